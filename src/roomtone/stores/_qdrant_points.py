"""Memories as Qdrant's points: payloads there and back, and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from qdrant_client import models

from roomtone.records import Memory
from roomtone.stores._steps import from_ms, to_ms

NEVER = 2**53 - 1
"""When a memory expires that is kept for good: ranges leave out what has no number."""

_TIMES = ("at", "accessed", "verified_at", "corrected_at")
INDEXED = {
    "user": "keyword",
    "session": "keyword",
    "tier": "keyword",
    "interaction_type": "keyword",
    "models": "keyword",
    "at": "integer",
    "expires": "integer",
    "hidden": "bool",
    "superseded": "bool",
    "verified": "bool",
}
"""What of a payload the server finds by an index."""


def payload(memory: Memory) -> dict[str, Any]:
    """A memory as it is kept: times in epoch milliseconds, and what filters ask for."""
    plain: dict[str, Any] = msgspec.to_builtins(memory)
    plain |= fields_of({name: getattr(memory, name) for name in (*_TIMES, "expires")})
    plain["superseded"] = bool(memory.superseded_by)
    plain["timestamp_unix"] = memory.at.timestamp()
    return plain


def fields_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Some of a memory's fields, likewise."""
    plain: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, datetime):
            plain[name] = to_ms(value)
        elif name == "expires" and value is None:
            plain[name] = NEVER
        else:
            plain[name] = msgspec.to_builtins(value)
        if name == "superseded_by":
            plain["superseded"] = bool(value)
    return plain


def as_memory(kept: Mapping[str, Any]) -> Memory:
    """The memory of a payload; what was added to it is left out."""
    plain = {name: kept[name] for name in Memory.__struct_fields__ if name in kept}
    for name in (*_TIMES, "expires"):
        value: Any = plain.get(name)
        never = value is None or (name == "expires" and value >= NEVER)
        plain[name] = None if never else from_ms(int(value))
    return msgspec.convert(plain, Memory, strict=False)


def condition(sought: Mapping[str, Any]) -> models.Filter | None:
    """The filter of what is sought; None where all are."""
    must: list[Any] = []
    for name in ("user", "session", "tier", "interaction_type", "hidden", "superseded", "verified"):
        if sought.get(name) is not None:
            match = models.MatchValue(value=sought[name])
            must.append(models.FieldCondition(key=name, match=match))
    start, end, alive = (sought.get(name) for name in ("start", "end", "alive"))
    if start is not None or end is not None:
        low = None if start is None else to_ms(start)
        high = None if end is None else to_ms(end)
        must.append(models.FieldCondition(key="at", range=models.Range(gte=low, lt=high)))
    if alive is not None:
        must.append(models.FieldCondition(key="expires", range=models.Range(gt=to_ms(alive))))
    if sought.get("expired") is not None:
        past = models.Range(lte=to_ms(sought["expired"]))
        must.append(models.FieldCondition(key="expires", range=past))
    if sought.get("ids") is not None:
        must.append(models.HasIdCondition(has_id=list(sought["ids"])))
    return models.Filter(must=must) if must else None


def lacking(model: str) -> models.Filter:
    """Those that have no vectors of this model."""
    match = models.MatchValue(value=model)
    return models.Filter(must_not=[models.FieldCondition(key="models", match=match)])


def sizes(vectors: Sequence[Mapping[str, Any]]) -> dict[str, models.VectorParams]:
    """The vectors that there are, and how long each is."""
    found = {name: len(vector) for lies in vectors for name, vector in lies.items()}
    return {
        name: models.VectorParams(size=size, distance=models.Distance.COSINE, on_disk=True)
        for name, size in found.items()
    }
