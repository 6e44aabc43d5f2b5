"""What is remembered of Discord: the newest of each kind, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from roomtone.errors import BadEvent
from roomtone.sources._discord_payloads import Emoji

MOST_KNOWN = 50_000
"""How many persons, threads, bots and custom emoji are remembered, each."""

MOST_REACTIONS = 100_000
"""How many reactions are remembered, so that they can be taken back when all of a message go."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Known(OrderedDict[Key, Value], Generic[Key, Value]):
    """The newest of what is known; the oldest is forgotten."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: Key, value: Value) -> None:
        """Remember it, as the newest."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)


class Emojis:
    """What custom emoji are called, as far as it was seen."""

    def __init__(self) -> None:
        self._names: Known[str, str] = Known()

    def written(self, emoji: Emoji) -> str:
        """An emoji as Discord writes it in texts: custom ones as `<:name:id>`.

        Animated ones are written the same way: when such a one is taken back, Discord does not say
        that it moves. It leaves out the name where the emoji was deleted meanwhile.
        """
        if emoji.id is None:
            if not emoji.name:
                raise BadEvent("a reaction without an emoji tells nothing")
            return emoji.name
        if emoji.name:
            self._names.keep(emoji.id, emoji.name)
        return f"<:{self._names.get(emoji.id, '_')}:{emoji.id}>"


class Reactions:
    """Who reacted how to which message, as far as it was seen."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, dict[tuple[str, str], str | None]] = OrderedDict()
        self._count = 0

    def add(self, message: str, user: str, emoji: str, bot: str | None) -> None:
        """One came; `bot` is whose message it is, where it is a bot's."""
        held = self._of.setdefault(message, {})
        self._of.move_to_end(message)
        self._count += (user, emoji) not in held
        held[user, emoji] = bot
        while self._count > MOST_REACTIONS:
            self._count -= len(self._of.popitem(last=False)[1])

    def remove(self, message: str, user: str, emoji: str) -> str | None:
        """One went; whose message it was."""
        held = self._of.get(message, {})
        self._count -= (user, emoji) in held
        return held.pop((user, emoji), None)

    def clear(self, message: str, emoji: str | None) -> list[tuple[str, str, str | None]]:
        """All of a message went, or all with one emoji: who had given them, which, and to whom."""
        held = self._of.get(message, {})
        gone = [(*one, bot) for one, bot in held.items() if emoji in (None, one[1])]
        for user, given, _ in gone:
            del held[user, given]
        self._count -= len(gone)
        return gone
