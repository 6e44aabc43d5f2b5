"""What came in lately, from where, and what became of it: the ingest inspector's memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from roomtone.engine import Note
from roomtone.events import Event, Refusal
from roomtone.runtime.clock import iso, utc

MOST_SOURCES = 50
"""How many sources are told apart; those beyond share the name `other`."""

KEPT = 200
"""How many events each source is remembered by."""

SHOWN_OF_A_BATCH = 5
"""How many accepted events of one batch are remembered; refused and late ones all are."""

SAMPLE = 300
OTHER = "other"


@dataclass(slots=True)
class _Source:
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    late: int = 0
    last_ms: int = 0
    items: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))


class Inspector:
    """Bounded memory of what each source sent: a help to the eye, never the truth."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._faults: dict[str, str] = {}
        self.fault_count = 0

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
            its.items.append(_item(at_ms, source, outcome, event, reason))

    def refused(
        self, source: str, refusals: Sequence[Refusal], samples: Sequence[bytes], at_ms: int
    ) -> None:
        """Some of a batch could not be taken; `samples` are the raw bytes, as far as there are."""
        its = self._source(source)
        its.refused += len(refusals)
        its.last_ms = max(its.last_ms, at_ms)
        for index, refusal in enumerate(refusals[:KEPT]):
            sample = samples[index][:SAMPLE] if index < len(samples) else b""
            its.items.append(
                {
                    "at": iso(utc(at_ms)),
                    "source": source,
                    "outcome": "refused",
                    "type": None,
                    "session": None,
                    "reason": refusal.reason,
                    "sample": sample.decode("utf-8", "replace"),
                }
            )

    def note(self, source: str, event: Event, note: Note) -> None:
        """An event was taken, but something about it is worth telling: it was late, say."""
        its = self._source(source)
        its.late += note.outcome == "late"
        its.items.append(_item(its.last_ms, source, note.outcome, event, note.reason))

    def fault(self, where: str, error: Exception) -> None:
        """A part of the server failed and goes on."""
        self.fault_count += 1
        if len(self._faults) < MOST_SOURCES:
            self._faults[where] = f"{where}: {type(error).__name__}: {error}"

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
        found = [i for s in chosen for i in s.items if outcome in (None, i["outcome"])]
        found.sort(key=lambda item: item["at"], reverse=True)
        return found[:limit]


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
