"""Sessions of the past that are being filled in: each runs on its own time, in its own engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from roomtone.effects import opens_room
from roomtone.engine import Engine, Note, Output
from roomtone.events import Event
from roomtone.ports import Gauge
from roomtone.runtime.board import Board

MOST_HISTORIES = 1_000
"""How many may be open at once: each has an engine of its own, of about 110 KB."""


FULL = "too many history sessions are open"
"""What a refusal for want of room begins with; who knows which are over closes those."""


class Histories:
    """One small engine for each history session that is open."""

    def __init__(self, make_engine: Callable[[], Engine], gauge: Gauge) -> None:
        self._make_engine = make_engine
        self._gauge = gauge
        self.boards: dict[str, Board] = {}

    def __contains__(self, session: str) -> bool:
        return session in self.boards

    def __len__(self) -> int:
        return len(self.boards)

    def play(
        self, events: Sequence[Event], late: Callable[[Note], None] | None = None
    ) -> Iterator[Output]:
        """Play a batch; the ticks that its events' own times make due come out, in order."""
        # What a session has one after the other is played at once: it gives what one by one would.
        placed = ((place, event) for place, event in enumerate(events) if opens_room(event))
        for session, its in groupby(placed, lambda one: one[1].session):
            places, run = zip(*its, strict=True)
            board = self.boards.get(session)
            if board is None:
                board = Board(self._make_engine(), self._gauge, "history")
                self.boards[session] = board

            def tell(note: Note, places: Sequence[int] = places) -> None:
                if late is not None:
                    late(note._replace(place=places[note.place]))

            for out in board.engine.play(run, tell):
                board.take(out)
                yield out

    def close(self, session: str) -> Output | None:
        """The session got its last event: its last tick and its summary, or None if not open."""
        board = self.boards.pop(session, None)
        return None if board is None else board.engine.finish()

    def snapshot(self) -> dict[str, Any]:
        """Everything that the future of the open sessions depends on."""
        return {session: board.engine.snapshot() for session, board in self.boards.items()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on where the snapshot was taken."""
        for session, state in saved.items():
            board = Board(self._make_engine(), self._gauge, "history")
            board.engine.restore(state)
            self.boards[session] = board
