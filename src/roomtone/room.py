"""What one session knows of its people."""

from __future__ import annotations

from typing import Any

MOST_REACTED = 1000
"""How many reactions of a room are remembered, so that they can be taken back."""

MOST_UNREAD = 5 * MOST_REACTED


class Room:
    """What one session knows of its people; the numbers live in the columns of `Rooms`."""

    __slots__ = (
        "full",
        "gone",
        "id",
        "polls",
        "present",
        "reacted",
        "slot",
        "unread",
        "users",
        "voters",
    )

    def __init__(self, id: str, slot: int) -> None:
        self.id = id
        self.slot = slot
        self.users: dict[str, int] = {}  # everybody seen: the second of their last act, or NEVER
        self.present: dict[str, int] | None = None  # who is in, since which second
        self.gone: dict[str, int] | None = None  # who left, in which second
        self.full = False  # `present` was full: who acted lately may not be in it
        self.reacted: dict[tuple[str, str, str], int] = {}  # recent reactions, to take back ...
        self.unread: list[Any] = []  # ... and later ones, flat: key, second, `recent`
        self.polls: dict[str, set[str]] = {}  # open polls and who voted
        self.voters: dict[str, int] = {}  # in how many open polls each has voted

    def react(self, user: str, emoji: str, target: str | None, second: int, recent: int) -> None:
        """Somebody reacted in a second, and may take it back; up to `recent` none may any more."""
        self.unread += (user, emoji, target, second, recent)
        if len(self.unread) >= MOST_UNREAD:
            self.recall()

    def recall(self) -> None:
        """Look up what was unread: few reactions are ever taken back, and looking up costs."""
        unread, self.unread = iter(self.unread), []
        for user, emoji, target, second, recent in zip(*(unread,) * 5, strict=True):
            if len(self.reacted) >= MOST_REACTED:
                self.reacted = {key: at for key, at in self.reacted.items() if at > recent}
            if len(self.reacted) < MOST_REACTED:
                self.reacted[user, emoji, target or ""] = second
