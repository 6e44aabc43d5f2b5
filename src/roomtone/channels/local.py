"""Spreads news inside one process: a bounded queue per listener, the oldest dropped, no waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Set
from types import TracebackType
from weakref import WeakSet

from roomtone.errors import BadConfig

QUEUE = 256  # payloads that wait for one listener: 20 minutes of ticks, or 25 s of 100 ms news


class Local:
    """A Channel for the tasks of one event loop; not for use from other threads.

    A payload is handed on as it is, the same bytes to all. Nothing is kept for a topic that
    nobody listens to, and a listener that is dropped without a word is forgotten with it.
    """

    def __init__(self, url: str = "local://", *, queue: int = QUEUE) -> None:
        if not url.startswith("local:"):
            raise BadConfig(f"{url!r} is no local channel; write it like local://")
        if queue < 1:
            raise BadConfig(f"a queue of {queue} cannot hold news; choose at least 1")
        self._queue = queue
        self._topics: dict[str, WeakSet[Listener]] = {}

    async def publish(self, topic: str, payload: bytes) -> None:
        for listener in self._topics.get(topic, ()):
            listener.take(payload)

    def subscribe(self, topic: str) -> Listener:
        listener = Listener(self, topic, self._queue)
        self._topics.setdefault(topic, WeakSet()).add(listener)
        return listener

    async def listened(self) -> Set[str]:
        return set(self._topics)

    async def close(self) -> None:
        for listeners in list(self._topics.values()):
            for listener in list(listeners):
                listener.close()

    @property
    def topics(self) -> int:
        """Topics that somebody listens to."""
        return len(self._topics)

    def leave(self, listener: Listener) -> None:
        """Forget a listener, and its topic with the last of them."""
        listeners = self._topics.get(listener.topic)
        if listeners is None:
            return
        listeners.discard(listener)
        if not len(listeners):
            del self._topics[listener.topic]


class Listener:
    """A Subscription of a Local channel: one task's queue of payloads."""

    def __init__(self, channel: Local, topic: str, queue: int) -> None:
        self.topic = topic
        self.missed = 0
        self._channel = channel
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
        self._channel.leave(self)
        self._rouse()

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> bytes:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
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
        self._channel.leave(self)

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
