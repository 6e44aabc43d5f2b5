"""A naive reference: every session's story as a list, told from its beginning at every tick."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
)

ABSENT = math.nan
LONG_AGO = -1


class Said(NamedTuple):
    """One event as it counts: in which second (None: too late for any), and when it was heard."""

    event: Event
    second: int | None
    heard: int


@dataclass
class Session:
    """What is kept of a live session: all that was said, in the order of its coming."""

    started: int
    seated: Sequence[str] = ()  # who was there when it came back
    said: list[Said] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)  # after so many said: until when
    counted: int = 0  # acts at the last tick
    scores: list[float] = field(default_factory=list)
    peak: float = 0


@dataclass
class Story:
    """What a session's list says when it is read from its beginning."""

    chat: list[int] = field(default_factory=list)  # seconds
    reactions: list[int] = field(default_factory=list)
    votes: list[int] = field(default_factory=list)
    joins: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    acted: dict[str, int] = field(default_factory=dict)  # the second of a person's latest act
    inside: dict[str, int] = field(default_factory=dict)  # who is in, since when
    gone: dict[str, int] = field(default_factory=dict)  # who left, when
    presence_told: bool = False
    reacted: dict[tuple[str, str, str], int] = field(default_factory=dict)
    polls: dict[str, set[str]] = field(default_factory=dict)
    voters: int = 0
    poll_until: int = 0
    late: int = 0
    late_chat: int = 0
    last: int = 0
    quiet_since: int = 0
    beat: int = 0

    # -- people ----------------------------------------------------------------------------------

    def tell_presence(self, heard: int) -> None:
        if not self.presence_told:
            self.presence_told = True
            for user, second in self.acted.items():
                if second > heard - 1800:
                    self.inside[user] = LONG_AGO

    def enter(self, user: str, second: int, heard: int, *, joined: bool) -> None:
        left = self.gone.pop(user, None)
        if left is not None and left > heard - 60:
            self.leaves.remove(left)
            self.inside[user] = LONG_AGO
        elif joined or left is not None:
            self.joins.append(second)
            self.inside[user] = second
        else:
            self.inside[user] = LONG_AGO

    def act(self, user: str | None, second: int, heard: int) -> None:
        if user is None or self.gone.get(user, LONG_AGO) > second:
            return
        self.met.add(user)
        if self.acted.get(user, LONG_AGO) >= second:
            return
        self.acted[user] = second
        if self.presence_told and user not in self.inside:
            self.enter(user, second, heard, joined=False)

    def leave(self, user: str, second: int, heard: int) -> None:
        self.tell_presence(heard)
        if user in self.gone:
            return
        self.acted.pop(user, None)
        came = self.inside.pop(user, None)
        self.gone[user] = second
        if came is not None and came > heard - 60:
            self.joins.remove(came)
            self.gone[user] = LONG_AGO
            return
        self.met.add(user)
        self.leaves.append(second)

    # -- polls -----------------------------------------------------------------------------------

    def open_poll(self, poll: str, second: int) -> None:
        if not self.polls:
            self.voters = 0
        self.polls.setdefault(poll, set())
        self.poll_until = second + 600

    def count_voters(self) -> None:
        self.voters = len(set().union(*self.polls.values()))

    # -- reading ---------------------------------------------------------------------------------

    def hear(self, said: Said) -> None:
        event, second, heard = said
        self.last = heard
        if second is None:
            self.late += 1
            if isinstance(event, Message) and event.role == "user":
                self.late_chat += 1
                if event.user is not None:
                    self.met.add(event.user)
            return
        if isinstance(event, Message | Reaction | PollVote):
            self.quiet_since = heard
        match event:
            case Message(role="user"):
                self.chat.append(second)
                self.act(event.user, second, heard)
            case Reaction():
                self._reaction(event, second, heard)
                self.act(event.user, second, heard)
            case Join() if event.user is not None:
                self.tell_presence(heard)
                self.met.add(event.user)
                if event.user not in self.inside:
                    self.enter(event.user, second, heard, joined=True)
            case Leave() if event.user is not None:
                self.leave(event.user, second, heard)
            case PollOpened():
                self.open_poll(event.poll, second)
            case PollVote():
                self.open_poll(event.poll, second)
                if event.user is not None:
                    self.polls[event.poll].add(event.user)
                    self.count_voters()
                self.votes.append(second)
                self.act(event.user, second, heard)
            case PollClosed() if event.poll in self.polls:
                del self.polls[event.poll]
                if self.polls:
                    self.count_voters()
                else:
                    self.poll_until = second + 60
            case Heartbeat():
                self.beat = max(self.beat, second)

    def _reaction(self, event: Reaction, second: int, heard: int) -> None:
        key = None if event.user is None else (event.user, event.emoji, event.target or "")
        if event.action == "add":
            self.reactions.append(second)
            if key is not None:
                self.reacted[key] = second
        elif key is not None:
            taken = self.reacted.pop(key, LONG_AGO)
            if taken > heard - 60:
                self.reactions.remove(taken)


def read(session: Session) -> Story:
    """The whole story, from the first thing that was said."""
    story = Story(quiet_since=session.started, last=session.started)
    if session.seated:
        story.presence_told = True
        story.inside = dict.fromkeys(session.seated, LONG_AGO)
        story.met = set(session.seated)
    gaps = defaultdict(list)
    for place, end in session.gaps:
        gaps[place].append(end)
    for place in range(len(session.said) + 1):
        for end in gaps[place]:
            story.last = story.quiet_since = end
            story.beat = end if story.beat else 0
        if place < len(session.said):
            story.hear(session.said[place])
    return story


def score(chat: float, polls: float, active: float, reactions: float, leaving: float) -> float:
    """The documented formula, for one room."""
    parts = [
        (0.30, min(math.log(1 + chat) / math.log(1 + 20), 1)),
        (0.25, min(polls, 1)),
        (0.25, min(active, 1)),
        (0.10, min(math.log(1 + reactions) / math.log(1 + 10), 1)),
    ]
    given = [(weight, share) for weight, share in parts if not math.isnan(share)]
    there = sum(weight for weight, _ in given)
    total = sum(weight * share for weight, share in given) * 0.9 / there
    if not math.isnan(leaving):
        total -= 0.10 * min(leaving, 1)
    return min(max(total, 0), 1)


class Naive:
    """All sessions, recomputed from scratch whenever the clock strikes."""

    def __init__(self, idle_s: int) -> None:
        self.idle_s = idle_s
        self.live: dict[str, Session] = {}
        self.resting: dict[str, list[str]] = {}
        self.known: set[tuple[str, str]] = set()
        self.heard = 0  # the newest second that anything is known of

    def take(self, arrival_ms: int, events: Sequence[Event]) -> None:
        """Events that were durable at this instant; what is known already is passed over."""
        heard = arrival_ms // 1000
        for event in events:
            if event.id is not None:
                if (event.session, event.id) in self.known:
                    continue
                self.known.add((event.session, event.id))
            self.heard = heard
            second = _second(event, arrival_ms)
            session = self.live.get(event.session)
            if session is None:
                started = heard if second is None else second
                session = Session(started, self.resting.pop(event.session, ()))
                self.live[event.session] = session
            session.said.append(Said(event, second, heard))

    def gap(self, end: int) -> None:
        """Nobody listened until now."""
        self.heard = end
        for session in self.live.values():
            session.gaps.append((len(session.said), end))

    def tick(self, now: int) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        """Every session's numbers at this second, and the totals of those that end at it."""
        self.heard = max(self.heard, now)
        rows, ended = {}, {}
        for name, session in list(self.live.items()):
            story = read(session)
            rows[name] = numbers = _numbers(story, now, session.counted)
            session.counted = len(story.chat) + len(story.reactions) + len(story.votes)
            session.scores.append(numbers["score"])
            session.peak = max(session.peak, numbers["active_users"])
            if story.last <= now - self.idle_s:
                ended[name] = totals(session, story)
                if story.inside:
                    self.resting[name] = sorted(story.inside)
                del self.live[name]
        return rows, ended


def totals(session: Session, story: Story) -> dict[str, float]:
    """What a session was, once it is over."""
    return {
        "started": session.started,
        "ended": story.last,
        "messages": len(story.chat) + story.late_chat,
        "reactions": len(story.reactions),
        "votes": len(story.votes),
        "people": len(story.met),
        "peak_active": session.peak,
        "late": story.late,
        "mean_score": sum(session.scores) / len(session.scores),
        "min_score": min(session.scores),
        "max_score": max(session.scores),
    }


def _second(event: Event, arrival_ms: int) -> int | None:
    """The second in which an event counts; None for what comes more than ten seconds late."""
    if event.at is None:
        return arrival_ms // 1000
    at_ms = event.at.timestamp() * 1000
    if arrival_ms - at_ms > 10_000:
        return None
    return min(int(at_ms // 1000), arrival_ms // 1000)


def _numbers(story: Story, now: int, counted: int) -> dict[str, float]:
    def within(seconds: Sequence[int], span: int = 60) -> int:
        return len([second for second in seconds if now - span <= second < now])

    active = within(list(story.acted.values()))
    minute = (now - 1) // 60
    lately = [user for user, second in story.acted.items() if minute - second // 60 < 30]
    total = len(story.inside) if story.presence_told else len(lately)
    chat = within(story.chat) if story.chat else ABSENT
    reactions = within(story.reactions) if story.reactions else ABSENT
    polls = ABSENT
    if story.poll_until > now:
        polls = story.voters / max(total, story.voters, 1)
    leaves, before, rate = ABSENT, ABSENT, ABSENT
    if story.presence_told:
        leaves = within(story.leaves)
        before = max(total + leaves - within(story.joins), 0)
        rate = min(leaves / max(before, 1), 1)
    share = active / max(total, active, 1)
    acts = len(story.chat) + len(story.reactions) + len(story.votes)
    return {
        "chat_per_min": chat,
        "reactions_per_min": reactions,
        "active_users": active,
        "total_users": max(total, active),
        "active_share": share,
        "poll_participation": polls,
        "leave_rate": rate,
        "leavers_60s": leaves,
        "leavers_15s": within(story.leaves, 15) if story.presence_told else ABSENT,
        "present_before": before,
        "activity_5s": max(acts - counted, 0),
        "quiet_s": max(now - story.quiet_since, 0),
        "heartbeat_age_s": now - story.beat if story.beat else ABSENT,
        "score": score(chat, polls, share, reactions, rate),
    }
