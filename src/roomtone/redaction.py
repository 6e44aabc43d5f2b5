"""Replaces personal data in texts that leave: the same value by the same name within a dataset."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from roomtone import personal
from roomtone.folded import PLACEHOLDER, Folded, Found
from roomtone.personal import KINDS
from roomtone.personal_names import Names

__all__ = ["KINDS", "PLACEHOLDER", "Finding", "Redactor"]

_LETTERS = "bcdfghjkmnpqrstvwxyz"
_PASSES = 8

Second = Callable[[str], Iterable[Found]]
"""Another finder: is given a text made plain, gives what it finds there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was replaced: where it stood in the text, and what it was."""

    start: int
    end: int
    kind: str
    rule: str
    placeholder: str


class Redactor:
    """Replaces personal data by placeholders such as `[EMAIL_kqzwbtm]`.

    The letters come from the value by way of `key`: within a dataset, whose key it is, the same
    value is always the same; in another it is another, so that two datasets cannot be joined by it,
    and without the key nobody can try out values. They are no digits, so that no rule takes a
    placeholder for a number, and no vowels, so that they spell nothing; 20^7 of them are enough for
    36,000 values of a kind before two are likely to meet.

    `names` are the people's own (see Names). `counts` says how often each kind and rule was found,
    without what was found; all that are `knowing` others count together.

    >>> redactor = Redactor(b"of a dataset", names=["Anna"])
    >>> redactor.cleaned("Anna: write to anna@example.com, or call +44 20 7946 0958!")
    '[PERSON_tjnfnkt]: write to [EMAIL_cmpqqsj], or call [PHONE_vtkvxjk]!'
    """

    __slots__ = ("_key", "_kinds", "_names", "_second", "counts")

    def __init__(
        self,
        key: bytes,
        names: Iterable[str] | Mapping[str, str] = (),
        *,
        kinds: Collection[str] = KINDS,
        second: Second | None = None,
    ) -> None:
        if not key:
            raise ValueError("a redactor needs a key; make one for each dataset")
        self._key, self._kinds, self._second = key, frozenset(kinds), second
        self._names = Names(names if "person" in self._kinds else ())
        self.counts: Counter[tuple[str, str]] = Counter()

    def knowing(self, names: Iterable[str] | Mapping[str, str]) -> Redactor:
        """The same one, with other people's names: for a conversation. They count together."""
        other = Redactor(self._key, names, kinds=self._kinds, second=self._second)
        other.counts = self.counts
        return other

    def cleaned(self, text: str) -> str:
        """The text without personal data."""
        if self._clear(text):
            return text
        return self.clean(text)[0]

    def clean(self, text: str) -> tuple[str, tuple[Finding, ...]]:
        """The text without personal data, and what was replaced. Cleaned again it stays."""
        if self._clear(text):
            return text, ()
        findings = self._findings(text)
        if not findings:
            return text, ()
        pieces: list[str] = []
        at = 0
        for one in findings:
            pieces += (text[at : one.start], one.placeholder)
            at = one.end
            self.counts[one.kind, one.rule] += 1
        pieces.append(text[at:])
        return "".join(pieces), tuple(findings)

    def pseudonym(self, kind: str, value: str) -> str:
        """What stands for a value of this kind in this dataset; `value` as a rule gives it."""
        said = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, said, "sha256")[:8], "big")
        letters = []
        for _ in range(7):
            number, letter = divmod(number, 20)
            letters.append(_LETTERS[letter])
        return f"[{kind.upper()}_{''.join(letters)}]"

    def report(self) -> dict[str, int]:
        """How often each kind was replaced."""
        totals: Counter[str] = Counter()
        for (kind, _), many in self.counts.items():
            totals[kind] += many
        return {kind: totals[kind] for kind in KINDS if totals[kind]}

    def by_rule(self) -> dict[str, dict[str, int]]:
        """How often each rule of each kind found something."""
        rules: dict[str, dict[str, int]] = {}
        for (kind, rule), many in sorted(self.counts.items()):
            rules.setdefault(kind, {})[rule] = many
        return rules

    # -- how ------------------------------------------------------------------------------------

    def _clear(self, text: str) -> bool:
        lower = text.lower()
        if self._second is not None or not personal.clear(text, lower):
            return False
        return not (self._names and self._names.maybe(lower))

    def _findings(self, text: str) -> list[Finding]:
        """Look until nothing is left: what was replaced may bare what stood beside it."""
        folded = Folded(text)
        findings: list[Finding] = []
        for looked in range(2 * _PASSES):
            found = self._found(folded)
            if not found:
                break
            if looked >= _PASSES:  # built to be found piece by piece: not worth a closer look
                first = 0 if looked == 2 * _PASSES - 1 else found[0].start
                last = len(folded.text) if not first else found[-1].end
                found = personal.merged(folded.text, [found[0]._replace(start=first, end=last)])
            places = folded.places
            for one in found:
                name = self.pseudonym(one.kind, one.value)
                findings.append(
                    Finding(places[one.start], places[one.end], one.kind, one.rule, name)
                )
            folded.blanked([(one.start, one.end) for one in found])
        findings.sort(key=lambda one: one.start)
        return findings

    def _found(self, folded: Folded) -> list[Found]:
        found = personal.find(folded, self._kinds)
        more = list(self._names.find(folded)) if self._names else []
        if self._second is not None:
            more += [one for one in self._second(folded.text) if one.kind in self._kinds]
        return personal.merged(folded.text, found + more) if more else found
