"""What sources tell each other, and themselves after a restart, through the Redis they read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from roomtone.errors import SourceError
from roomtone.sources._documents import MAX_POLLS, Documents
from roomtone.sources._link import Link

EVENT_KEY = "roomtone:event:"
"""Before a session's name: the key under which its event (in the documents' sense) stands."""

POLLS_KEY = "roomtone:polls:"
"""Before the number of a day: a hash of the polls first voted in on it, and their sessions."""

DAY_S = 86_400
MOST_NAMES = 20_000


class Shared:
    """Keeps which event a session belongs to for a day, and which session a poll is in for two."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._named: OrderedDict[str, str] = OrderedDict()

    async def recall(self, link: Link) -> None:
        """Learn of the polls that were voted in before."""
        today = await _day(link)
        for day in (today - 1, today):
            key = f"{POLLS_KEY}{day}"
            if await link.ask("HLEN", key) > MAX_POLLS:
                continue
            pairs = await link.ask("HGETALL", key)
            words = [word.decode("utf-8", "replace") for word in pairs]
            self._documents.know_polls(dict(zip(words[::2], words[1::2], strict=True)))

    def news(self, names: Mapping[str, str]) -> dict[str, str]:
        """Those of these names that have not been told yet."""
        return {s: e for s, e in names.items() if self._named.get(s) != e}

    @property
    def is_behind(self) -> bool:
        """Whether there are polls to be told of."""
        return bool(self._documents.fresh_polls)

    async def tell(self, link: Link, names: Mapping[str, str]) -> None:
        """Write down what is new."""
        commands: list[list[Any]] = [
            ["SET", EVENT_KEY + session, event, "EX", DAY_S] for session, event in names.items()
        ]
        polls, self._documents.fresh_polls = self._documents.fresh_polls, {}
        try:
            if polls:
                key = f"{POLLS_KEY}{await _day(link)}"
                told = [word for pair in polls.items() for word in pair]
                commands += [["HSET", key, *told], ["EXPIRE", key, 2 * DAY_S]]
            if commands:
                await link.ask_all(commands)
        except SourceError:
            self._documents.fresh_polls = polls | self._documents.fresh_polls
            raise
        self._named |= names
        while len(self._named) > MOST_NAMES:
            self._named.popitem(last=False)


async def _day(link: Link) -> int:
    seconds, _ = await link.ask("TIME")
    return int(seconds) // DAY_S
