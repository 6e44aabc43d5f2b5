"""One listener's bounded queue of payloads: the oldest dropped and counted, nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType

QUEUE = 256  # payloads that wait for one listener: 20 minutes of ticks, or 25 s of 100 ms news


class Listener:
    """A Subscription: one task's queue. `leave` is told once that it listens no more."""

    def __init__(self, topic: str, queue: int, leave: Callable[[Listener], None]) -> None:
        self.topic = topic
        self.missed = 0
        self._leave = leave
        self._waiting: deque[bytes] = deque(maxlen=queue)
        self._wake: asyncio.Future[None] | None = None
        self._closed = False

    def take(self, payload: bytes) -> None:
        """Queue a payload, in place of the oldest where the queue is full."""
        if len(self._waiting) == self._waiting.maxlen:
            self.missed += 1
        self._waiting.append(payload)
        self._rouse()

    def close(self) -> None:
        """Listen no more; what is queued can still be read."""
        self._closed = True
        self._leave(self)
        self._rouse()

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> bytes:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            wake = self._wake = asyncio.get_running_loop().create_future()
            try:
                await wake
            finally:
                if self._wake is wake:  # else a wait that was given up would undo the next one's
                    self._wake = None
        return self._waiting.popleft()

    async def __aenter__(self) -> Listener:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self._leave(self)

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
