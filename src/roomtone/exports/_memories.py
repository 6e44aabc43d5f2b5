"""Memories as they are told of: beside a reply, and as a person's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from roomtone.training_data import KeptMessage

_WORDS = ("content", "text", "memory", "summary")
_NEARNESS = ("similarity", "score", "relevance")


def recalled(message: KeptMessage) -> list[Mapping[str, Any]]:
    """The memories that a reply was made with; none where it is told of in another way."""
    if not message.memory_context:
        return []
    told = decoded(message.memory_context)
    if isinstance(told, dict):
        told = told.get("memories")
    if not isinstance(told, list):
        return []
    return [one if isinstance(one, dict) else {"content": one} for one in told if one]


def decoded(text: str) -> Any:
    """What a text of JSON says, and the text itself where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text


def words(memory: Mapping[str, Any]) -> str:
    """Its text, by any of the names it goes by; "" where there is none."""
    return next((v for n in _WORDS if isinstance(v := memory.get(n), str) and v.strip()), "")


def nearness(memory: Mapping[str, Any]) -> float | None:
    """How near it was to what was asked, 0 to 1 as a rule."""
    return next((v for n in _NEARNESS if (v := number(memory.get(n))) is not None), None)


def number(value: Any) -> float | None:
    """A number, where it is one."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else None
