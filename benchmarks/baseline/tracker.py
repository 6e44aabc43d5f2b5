"""What one session did in its last minute, in deques: the documents' tracker, built plainly."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple

WINDOW_S = 60


class Signals(NamedTuple):
    """One session's last minute."""

    chat_per_min: float
    poll_participation: float
    active_share: float
    reactions_per_min: float
    leave_rate: float
    active_users: int
    total_users: int


class Tracker:
    """One session: what happened goes into deques, and what is too old leaves them at a tick."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.messages: deque[tuple[float, str]] = deque()
        self.reactions: deque[tuple[float, str]] = deque()
        self.votes: deque[tuple[float, str]] = deque()
        self.joins: deque[float] = deque()
        self.leaves: deque[float] = deque()
        self.connected: set[str] = set()
        self.polls: dict[str, set[str]] = {}
        self.last_activity = 0.0

    def handle(self, event: dict[str, Any], at: float) -> None:
        """Take one decoded event that happened at epoch second `at`."""
        kind = event.get("type")
        user = event.get("user", "")
        self.last_activity = at
        if kind == "message":
            if event.get("role", "user") == "user":
                self.messages.append((at, user))
        elif kind == "reaction":
            self.reactions.append((at, user))
        elif kind == "poll_vote":
            self.polls.setdefault(event.get("poll", ""), set()).add(user)
            self.votes.append((at, user))
        elif kind == "join":
            if user not in self.connected:
                self.connected.add(user)
                self.joins.append(at)
        elif kind == "leave":
            if user in self.connected:
                self.connected.discard(user)
                self.leaves.append(at)
        elif kind == "poll_opened":
            self.polls.setdefault(event.get("poll", ""), set())
        elif kind == "poll_closed":
            self.polls.pop(event.get("poll", ""), None)

    def signals(self, now: float) -> Signals:
        """The minute before `now`."""
        oldest = now - WINDOW_S
        for acts in (self.messages, self.reactions, self.votes):
            while acts and acts[0][0] < oldest:
                acts.popleft()
        for moments in (self.joins, self.leaves):
            while moments and moments[0] < oldest:
                moments.popleft()
        active = {user for _, user in self.messages}
        active.update(user for _, user in self.reactions)
        active.update(user for _, user in self.votes)
        active &= self.connected  # who left is no longer active
        total = max(len(self.connected), len(active))
        voters = set().union(*self.polls.values())
        before = max(len(self.connected) + len(self.leaves) - len(self.joins), 0)
        return Signals(
            chat_per_min=len(self.messages),
            poll_participation=min(len(voters) / max(total, len(voters), 1), 1.0),
            active_share=len(active) / max(total, 1),
            reactions_per_min=len(self.reactions),
            leave_rate=min(len(self.leaves) / max(before, 1), 1.0),
            active_users=len(active),
            total_users=total,
        )


def engagement_score(signals: Signals) -> float:
    """The documents' weighted formula, between 0 and 1."""
    chat = min(math.log1p(signals.chat_per_min) / math.log1p(20), 1.0)
    reactions = min(math.log1p(signals.reactions_per_min) / math.log1p(10), 1.0)
    score = (
        0.30 * chat
        + 0.25 * signals.poll_participation
        + 0.25 * min(signals.active_share, 1.0)
        + 0.10 * reactions
        - 0.10 * signals.leave_rate
    )
    return max(0.0, min(1.0, score))


def category(score: float) -> str:
    """The word for a score."""
    for least, word in ((0.8, "VERY_HIGH"), (0.6, "HIGH"), (0.4, "MODERATE"), (0.2, "LOW")):
        if score >= least:
            return word
    return "VERY_LOW"
