"""Who watches: the topics that somebody listens to, here or in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from time import monotonic

from roomtone.ports import Channel

MARKED_S = 5.0
"""How long a topic counts as listened to because somebody asked for its first frame: longer than
a channel takes to hear of a new listener."""


class Audience:
    """The topics for which frames are worth making. What nobody looks at is not made."""

    def __init__(self, news: Channel, fault: Callable[[str, Exception], None]) -> None:
        self._news, self._fault = news, fault
        self._listened: Set[str] = frozenset()
        self._marked: dict[str, float] = {}

    async def look(self) -> None:
        """Ask the channel anew, before frames are made; one that fails leaves those who were."""
        try:
            self._listened = await self._news.listened()
        except Exception as error:
            self._fault("news", error)
        if self._marked:
            now = monotonic()
            self._marked = {topic: end for topic, end in self._marked.items() if end > now}

    def mark(self, topic: str) -> None:
        """Somebody elsewhere was given a first frame: the next ones are made, known or not."""
        self._marked[topic] = monotonic() + MARKED_S

    def __contains__(self, topic: str) -> bool:
        return topic in self._listened or topic in self._marked

    def __iter__(self) -> Iterator[str]:
        return iter({*self._listened, *self._marked})

    def __bool__(self) -> bool:
        return bool(self._listened or self._marked)
