"""Finds personal data by Presidio's pattern recognisers: a second look beside our own rules."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from roomtone.errors import RoomtoneError
from roomtone.folded import Found

KINDS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "MAC_ADDRESS": "mac",
    "CRYPTO": "secret",
    "US_SSN": "id",
    "US_ITIN": "id",
    "UK_NHS": "id",
    "MEDICAL_LICENSE": "id",
}
"""What its entities are called here. Others (any date, any link, any number that a bank may have)
are no personal data by themselves, and are left out."""

LEAST = 0.4
"""From which of its scores on a finding counts; one with a fitting check digit has 1."""


class Presidio:
    """A finder for `Redactor(second=…)`. No language model is loaded and nothing is fetched."""

    def __init__(self, *, least: float = LEAST, languages: Collection[str] = ("en",)) -> None:
        try:
            presidio: Any = importlib.import_module("presidio_analyzer")
            suffixes: Any = importlib.import_module("tldextract.tldextract")
        except ImportError as exc:
            raise RoomtoneError(
                "Presidio is not installed; install it with: pip install 'roomtone[pii]'"
            ) from exc
        # What it brings asks the network for a list of domains at its first address; the list that
        # is in the package does.
        suffixes.TLD_EXTRACTOR = suffixes.TLDExtract(suffix_list_urls=(), cache_dir=None)
        registry = presidio.RecognizerRegistry()
        registry.load_predefined_recognizers(languages=list(languages))
        self._least = least
        self._recognizers = [
            (one, wanted)
            for one in registry.recognizers
            if one.name != "SpacyRecognizer"
            and (wanted := [name for name in one.supported_entities if name in KINDS])
        ]

    def __call__(self, text: str) -> list[Found]:
        """What it finds in a text; where two of the same kind overlap, both."""
        found = []
        for one, wanted in self._recognizers:
            for its in one.analyze(text, wanted, None) or ():
                if its.score >= self._least:
                    value = " ".join(text[its.start : its.end].lower().split())
                    kind = KINDS[its.entity_type]
                    found.append(Found(its.start, its.end, kind, f"presidio {one.name}", value))
        return found
