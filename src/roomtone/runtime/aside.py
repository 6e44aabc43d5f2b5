"""Runs what may hang in a thread of its own, and waits for it so long and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from roomtone.beside import beside
from roomtone.errors import ServerError

T = TypeVar("T")

MOST_HUNG = 4
"""How many calls may hang at once; as long as they do no other is begun."""


class Aside:
    """Calls that block, one after another; one that hangs is left behind.

    The threads are daemons: a call that was given up keeps neither the program from ending nor
    others from using the loop's own threads.
    """

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.hung = 0

    async def run(self, call: Callable[[], T]) -> T:
        """What the call returns or raises. Raises TimeoutError where it takes too long, and
        ServerError as long as too many others hang."""
        if self.hung >= MOST_HUNG:
            raise ServerError(
                f"{self.hung} calls of the judge hang; see that it answers, and restart the server"
            )
        self.hung += 1
        done = beside(call, name="aside", ended=self._ended)
        async with asyncio.timeout(self.timeout_s):
            return await done

    def _ended(self) -> None:
        self.hung -= 1
