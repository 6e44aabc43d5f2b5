"""A sink's own way: what it fails on it tries again, longer apart each time; no other waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

RETRY_S, LAST_RETRY_S = 0.5, 30.0
"""How long after a failure a sink is tried again: and each time twice as long."""

log = structlog.get_logger()


class Lane:
    """Writes to one sink as long as something waits for it.

    `write` writes some of what waits, or raises and leaves it waiting; `waits` tells whether
    anything does. `told` is called after each attempt. Errors of stores hold no texts of chats.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[], Awaitable[None]],
        waits: Callable[[], bool],
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self._write, self._waits, self._told = name, write, waits, told
        self._news = asyncio.Event()
        self.failures = 0
        self.trouble: str | None = None

    def wake(self) -> None:
        """Something came that may be for this sink."""
        self._news.set()

    async def run(self) -> None:
        """Write what waits, for good."""
        delay = RETRY_S
        while True:
            await self._news.wait()
            if not self._waits():  # also where what failed was let go meanwhile
                self._news.clear()
                self.trouble, delay = None, RETRY_S
                self._told()
                continue
            try:
                await self._write()
            except Exception as error:
                self._fail(error)
                self._told()  # none of it is written, but who waits for it may wait no more
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_S)
            else:
                self.trouble, delay = None, RETRY_S
                self._told()

    async def drain(self) -> None:
        """Write all that waits, up to the first failure."""
        try:
            while self._waits():
                await self._write()
                self.trouble = None
        except Exception as error:
            self._fail(error)
        self._told()

    def _fail(self, error: Exception) -> None:
        self.failures += 1
        reason = str(error) or type(error).__name__
        if self.trouble is None:
            log.error("a store does not take what is to be kept", sink=self.name, error=reason)
        self.trouble = reason
