"""What came in lately, from where, and what became of it: the ingest inspector's memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import msgspec

from roomtone.engine import Note
from roomtone.events import (
    MALFORMED,
    REFUSALS,
    UNAVAILABLE,
    Event,
    Refusal,
)
from roomtone.heard import MAX_NAME
from roomtone.runtime.clock import iso, utc

MOST_SOURCES = 50
"""How many sources are told apart; those beyond share the name `other`."""

KEPT = 200
"""How many events each source is remembered by: so many that went well and so many that did not,
lest a busy source's good ones push out the one that you look for."""

SHOWN_OF_A_BATCH = 5
"""How many accepted events of one batch are remembered; refused and late ones all are."""

SAMPLE = 300
"""How many bytes of an event are shown."""

OTHER = "other"


_Item = tuple[int, dict[str, Any]]  # in the order of their coming


class _Said(msgspec.Struct):
    """What a refused event said of itself, as far as it can be read."""

    type: Any = None
    session: Any = None


@dataclass(slots=True)
class _Source:
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    late: int = 0
    last_ms: int = 0
    good: deque[_Item] = field(default_factory=lambda: deque(maxlen=KEPT))
    odd: deque[_Item] = field(default_factory=lambda: deque(maxlen=KEPT))


class Inspector:
    """Bounded memory of what each source sent: a help to the eye, never the truth."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._faults: dict[str, str] = {}
        self._old_faults: frozenset[str] = frozenset()
        self.fault_count = 0
        self.refusals = dict.fromkeys(REFUSALS, 0)
        """Events refused, by the kind of the reason."""
        self._count = itertools.count()

    def _source(self, name: str) -> _Source:
        known = self._sources.get(name)
        if known is None:
            if len(self._sources) >= MOST_SOURCES:
                name = OTHER
            known = self._sources.setdefault(name, _Source())
        return known

    def took(
        self, source: str, events: Sequence[Event], duplicates: Collection[int], at_ms: int
    ) -> None:
        """A batch is durable; `duplicates` are the places of those that were there already."""
        its = self._source(source)
        its.accepted += len(events) - len(duplicates)
        its.duplicates += len(duplicates)
        its.last_ms = max(its.last_ms, at_ms)
        for place in range(max(0, len(events) - SHOWN_OF_A_BATCH), len(events)):
            event = events[place]
            outcome = "duplicate" if place in duplicates else "accepted"
            reason = "its id is known" if outcome == "duplicate" else ""
            kept = its.odd if outcome == "duplicate" else its.good
            kept.append((next(self._count), _item(at_ms, source, outcome, event, reason)))

    def refused(
        self, source: str, refusals: Sequence[Refusal], samples: Sequence[bytes], at_ms: int
    ) -> None:
        """Some of a batch could not be taken; `samples` are the raw bytes, as far as there are."""
        its = self._source(source)
        its.refused += len(refusals)
        for refusal in refusals:
            self.refusals[refusal.kind if refusal.kind in self.refusals else MALFORMED] += 1
        its.last_ms = max(its.last_ms, at_ms)
        for index, refusal in enumerate(refusals[:KEPT]):
            sample = samples[index] if index < len(samples) else b""
            said = _read(sample)
            item = {
                "at": iso(utc(at_ms)),
                "source": source,
                "outcome": "refused",
                "type": _name(said.type),
                "session": _name(said.session),
                "reason": refusal.reason,
                "sample": sample[:SAMPLE].decode("utf-8", "replace"),
            }
            its.odd.append((next(self._count), item))

    def turned_away(self, events: int) -> None:
        """So many could not be made durable just now; their sender will come again."""
        self.refusals[UNAVAILABLE] += events

    def note(self, source: str, event: Event, note: Note) -> None:
        """An event was taken, but something about it is worth telling: it was late, say."""
        its = self._source(source)
        its.late += note.outcome == "late"
        item = _item(its.last_ms, source, note.outcome, event, note.reason)
        its.odd.append((next(self._count), item))

    def remarked(self, source: str, remarks: Mapping[str, int], at_ms: int) -> None:
        """Something about what came in is worth saying, though it was no event, and how often."""
        its = self._source(source)
        its.last_ms = max(its.last_ms, at_ms)
        for reason, times in list(remarks.items())[:KEPT]:
            item = {
                "at": iso(utc(at_ms)),
                "source": source,
                "outcome": "note",
                "type": None,
                "session": None,
                "reason": reason if times == 1 else f"{times:,} times: {reason}",
                "sample": "",
            }
            its.odd.append((next(self._count), item))

    def forget(self, user: str) -> int:
        """Leave out what names a person; returns how many events that were."""
        gone = 0
        for its in self._sources.values():
            for kept in (its.good, its.odd):
                stay = [item for item in kept if user not in str(item[1])]
                gone += len(kept) - len(stay)
                kept.clear()
                kept.extend(stay)
        self._faults = {where: told for where, told in self._faults.items() if user not in told}
        return gone

    def fault(self, where: str, error: Exception) -> None:
        """A part of the server failed and goes on."""
        self.fault_count += 1
        if where in self._faults or len(self._faults) < MOST_SOURCES:
            self._faults[where] = f"{where}: {type(error).__name__}: {error}"
            self._old_faults -= {where}

    def forgive(self) -> None:
        """What has not failed since this was last called works again; it stays counted."""
        for where in self._old_faults:
            self._faults.pop(where, None)
        self._old_faults = frozenset(self._faults)

    def faults(self) -> list[str]:
        """What failed since the start, the latest of each part."""
        return list(self._faults.values())

    def sources(self) -> list[dict[str, Any]]:
        """Totals by source, the one heard last first."""
        newest = sorted(self._sources.items(), key=lambda item: -item[1].last_ms)
        return [
            {
                "source": name,
                "accepted": its.accepted,
                "duplicates": its.duplicates,
                "refused": its.refused,
                "late": its.late,
                "last_at": iso(utc(its.last_ms)) if its.last_ms else None,
            }
            for name, its in newest
        ]

    def items(
        self, source: str | None = None, outcome: str | None = None, limit: int = 200
    ) -> list[dict[str, Any]]:
        """The last events, newest first, of one source or all, of one outcome or all."""
        chosen = [s for name, s in self._sources.items() if source in (None, name)]
        kept = [item for its in chosen for item in (*its.good, *its.odd)]
        found = [item for item in kept if outcome in (None, item[1]["outcome"])]
        found.sort(key=itemgetter(0), reverse=True)
        return [item for _, item in found[:limit]]


def _item(at_ms: int, source: str, outcome: str, event: Event, reason: str) -> dict[str, Any]:
    return {
        "at": iso(utc(at_ms)),
        "source": source,
        "outcome": outcome,
        "type": str(event.__struct_config__.tag),
        "session": event.session,
        "reason": reason,
        "sample": msgspec.json.encode(event)[:SAMPLE].decode("utf-8", "replace"),
    }


def _read(sample: bytes) -> _Said:
    try:
        return msgspec.json.decode(sample, type=_Said)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _Said()


def _name(said: object) -> str | None:
    return said[:MAX_NAME] if isinstance(said, str) else None
