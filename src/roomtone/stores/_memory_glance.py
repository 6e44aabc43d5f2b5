"""What is weighed of memories that a question may be about, read without the rest of their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from roomtone.ports_memory import Glance
from roomtone.records import Memory
from roomtone.stores._memory import at_places, decoded, parts
from roomtone.stores._memory_near import Found

_READ = (
    "SELECT place, id, at, tier, session, importance, content, response, emotion_at_creation, "
    "answered, used, helped, judged, verified, metadata FROM memories WHERE place IN "
)


class Read:
    """Those found by one search as columns, and any of them in full: of one transaction."""

    def __init__(self, connection: sqlite3.Connection, near: Found, worded: Found) -> None:
        self._connection = connection
        places, cosines = near.places + worded.places, near.cosines + worded.cosines
        rows: dict[int, tuple[Any, ...]] = {}
        for part in parts(places):
            marks = f"({', '.join('?' * len(part))})"
            rows |= {row[0]: row for row in connection.execute(_READ + marks, part)}
        there = [n for n, place in enumerate(places) if place in rows]  # others are gone
        self._places = [places[n] for n in there]
        columns = list(zip(*(rows[place] for place in self._places), strict=True)) or [()] * 15
        self.glance = Glance(
            near=sum(n < len(near.places) for n in there),
            cosines=np.array([cosines[n] for n in there], float),  # None is NaN
            ids=columns[1],
            at=np.array(columns[2], float) / 1_000,
            tiers=columns[3],
            sessions=columns[4],
            importance=np.array(columns[5], float),
            contents=columns[6],
            responses=columns[7],
            emotions=columns[8],
            answered=np.array(columns[9], float),
            used=np.array(columns[10], float),
            helped=np.array(columns[11], float),
            judged=np.array(columns[12], float),
            verified=np.array(columns[13], bool),
            metadata=lambda row: decoded(columns[14][row]),
        )

    def whole(self, rows: Sequence[int]) -> list[Memory]:
        """Those at these places of the columns in full, in this order."""
        wanted = [self._places[row] for row in rows]
        found = at_places(self._connection, wanted)
        return [found[place] for place in wanted]
