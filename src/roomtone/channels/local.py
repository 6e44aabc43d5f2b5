"""Spreads news inside one process: a bounded queue per listener, the oldest dropped, no waiting."""

from __future__ import annotations

from collections.abc import Set
from weakref import WeakSet

from roomtone.channels._listener import QUEUE, Listener
from roomtone.errors import BadConfig


class Local:
    """A Channel for the tasks of one event loop; not for use from other threads.

    A payload is handed on as it is, the same bytes to all. Nothing is kept for a topic that
    nobody listens to, and a listener that is dropped without a word is forgotten with it.
    """

    def __init__(self, url: str = "local://", name: str = "main", *, queue: int = QUEUE) -> None:
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
        listener = Listener(topic, self._queue, self.leave)
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
