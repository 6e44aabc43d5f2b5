"""Dead letters that wait for the archive: what could not be taken in, and why."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from roomtone.ports import Archive
from roomtone.records import DeadLetter
from roomtone.unread import sample

MOST = 2_000
"""How many wait; beyond them the oldest are let go."""


class Letters:
    """They wait as long as the archive is away, the newest of them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: deque[DeadLetter] = deque(maxlen=MOST)
        self._writing = asyncio.Lock()
        self.taken = 0  # to be kept, since the start

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, letter: DeadLetter) -> None:
        """Let one wait."""
        self.taken += 1
        self._waiting.append(
            DeadLetter(
                at=letter.at, source=letter.source, reason=letter.reason, raw=sample(letter.raw)
            )
        )

    async def write(self) -> None:
        """Write what waits. Raises StoreError, and then it waits still."""
        async with self._writing:
            letters = list(self._waiting)
            if letters:
                await self._archive.add_dead_letters(letters)
            written = {id(letter) for letter in letters}
            while self._waiting and id(self._waiting[0]) in written:
                self._waiting.popleft()

    async def forget(self, gone: Callable[[bytes], bool]) -> int:
        """Let none wait that this is true of; returns how many. What is on its way to the archive
        has arrived there when this returns."""
        async with self._writing:
            stay = [
                one for one in self._waiting if not (gone(one.raw) or gone(one.reason.encode()))
            ]
            many = len(self._waiting) - len(stay)
            self._waiting.clear()
            self._waiting.extend(stay)
        return many
