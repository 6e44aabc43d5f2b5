"""Which histories of a file are over, so that a server with no room for more can close them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roomtone.runtime.ingest import Reader

MOST = 100_000
"""How many sessions are looked for: some 10 MB."""

Ends = Callable[[], Mapping[str, int]]
"""Looks through the file: the line of each session's last event."""


class Room:
    """Makes room among the open histories of a sink, by closing those that are over.

    The file is only looked through when the sink is full for the first time: most never are.
    """

    def __init__(self, finish: Callable[[Sequence[str]], Awaitable[None]], ends: Ends) -> None:
        self._finish, self._ends = finish, ends
        self._last: Mapping[str, int] | None = None
        self._closed: set[str] = set()

    async def make(self, sent: Collection[str], line: int) -> bool:
        """Close what was sent and has no event from this line on; whether there was any such."""
        if self._last is None:
            self._last = await asyncio.to_thread(self._ends)
        over = sorted(
            session
            for session in sent
            if session not in self._closed and self._last.get(session, line) < line
        )
        if over:
            await self._finish(over)
            self._closed.update(over)
        return bool(over)


def last_lines(reader: Reader) -> dict[str, int]:
    """The line of each session's last event, for as many sessions as are looked for."""
    found: dict[str, int] = {}
    for row in reader.rows():
        if not isinstance(row, tuple) and (row.session in found or len(found) < MOST):
            found[row.session] = reader.line
    return found
