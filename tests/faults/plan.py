"""What happens in a simulated life, all of it drawn from a seed before it begins."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

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

BEGIN = 1_790_000_000  # a multiple of 5
MINUTES, LONG_MINUTES = 10, 45


@dataclass(frozen=True)
class Send:
    """Events arrive together; the disk takes them, refuses them, or the machine dies over them."""

    ms: int
    events: Sequence[Event]
    fate: str = "ok"  # or: refused, torn (died, lost), kept (died, but it was written)
    pause_ms: int = 0  # how long the machine is down


@dataclass(frozen=True)
class Snapshot:
    ms: int


@dataclass(frozen=True)
class Stop:
    """A stop in good order, and a pause."""

    ms: int
    pause_ms: int


Step = Send | Snapshot | Stop


@dataclass(frozen=True)
class Plan:
    """A seed's steps in order, and the world that they happen in."""

    seed: int
    idle_s: int
    real: bool  # through the real journal, on a disk that fails
    watched: bool  # with detectors, whose state must survive as well
    end_ms: int
    steps: list[Step]


class Crowd:
    """Who talks where, by clocks that are wrong now and then."""

    def __init__(self, chance: random.Random, minutes: int) -> None:
        self.chance, self.minutes = chance, minutes
        self.sessions = [f"room {n}" for n in range(chance.randint(2, 4))]
        self.users: list[str | None] = [f"user {n}" for n in range(chance.randint(3, 9))]
        self.numbers = count()
        self.presence = chance.random() < 0.7 and minutes == MINUTES
        self.ids = chance.random() < 0.9

    def awake(self) -> list[tuple[str, int, int]]:
        """Stretches in which a session is talked in: session, from, to, in ms."""
        found = []
        for session in self.sessions:
            at = self.chance.randrange(60_000)
            while at < self.minutes * 60_000:
                length = self.chance.randrange(20_000, 240_000)
                found.append((session, at, at + length))
                at += length + self.chance.randrange(5_000, 200_000)
        return found

    def says(self, session: str, ms: int, skew_ms: int) -> Event:
        chance = self.chance
        about: dict[str, Any] = {
            "session": session,
            "user": chance.choice([*self.users, None]) if chance.random() < 0.2 else None,
        }
        about["user"] = about["user"] or chance.choice(self.users)
        if chance.random() < 0.05:
            about["user"] = None
        if self.ids and chance.random() < 0.95:
            about["id"] = f"event {next(self.numbers)}"
        if chance.random() < 0.85:  # never a whole millisecond: no age is exactly the bound
            us = (BEGIN * 1000 + ms + skew_ms) * 1000 + 500
            about["at"] = datetime.fromtimestamp(us // 1_000_000, UTC).replace(
                microsecond=us % 1_000_000
            )
        return self.something(about)

    def something(self, about: dict[str, Any]) -> Event:
        chance = self.chance
        kind = chance.randrange(20 if self.presence else 15)
        poll = chance.choice(["p", "q"])
        if kind < 6:
            return Message(text="t", role=chance.choice(["user"] * 4 + ["bot", "host"]), **about)
        if kind < 10:
            action = chance.choice(["add", "add", "remove"])
            emoji, target = chance.choice("👍🎉"), chance.choice([None, "m"])
            return Reaction(emoji=emoji, target=target, action=action, **about)
        if kind < 12:
            return PollVote(poll=poll, option=chance.randrange(3), **about)
        if kind == 12:
            return PollOpened(poll=poll, **about)
        if kind == 13:
            return PollClosed(poll=poll, **about)
        if kind == 14:
            return Heartbeat(**about)
        return (Join if kind < 18 else Leave)(**about)


def deliveries(crowd: Crowd) -> list[tuple[int, Event]]:
    """(ms, event) in the order of arriving: dropped, repeated, delayed, by clocks that jump."""
    chance, sent = crowd.chance, []
    every = chance.choice([900, 2_000, 5_000]) * (4 if crowd.minutes > MINUTES else 1)
    for session, start, end in crowd.awake():
        skew = 0
        ms = start
        while ms < min(end, crowd.minutes * 60_000):
            ms += int(chance.expovariate(1 / every)) + 1
            if chance.random() < 0.02:  # the producer's clock jumps
                skew = chance.choice([0, 0, -3_000, -9_000, -60_000, 5_000, 40_000, 86_400_000])
            event = crowd.says(session, ms, skew)
            if chance.random() < 0.05:
                continue
            for _ in range(1 + (chance.random() < 0.15) + (chance.random() < 0.05)):
                delay = chance.choice([500, 500, 500, 3_000, 9_999, 30_000])
                sent.append((ms + chance.randrange(delay), event))
    return sorted(sent, key=lambda pair: pair[0])


def make(seed: int) -> Plan:
    """The plan of a seed; the same seed always makes the same one."""
    chance = random.Random(seed)
    minutes = LONG_MINUTES if chance.random() < 0.03 else MINUTES
    idle_s = chance.choice([60, 90, 1800]) if minutes == MINUTES else 1800
    real, watched = chance.random() < 0.05, chance.random() < 0.2
    crowd = Crowd(chance, minutes)
    steps: list[Step] = []
    sent = deliveries(crowd)
    while sent:
        size = chance.randint(1, 10)
        group, sent = sent[:size], sent[size:]
        ms = BEGIN * 1000 + group[-1][0]
        events = [event for _, event in group]
        chance.shuffle(events)
        steps += _sending(chance, ms, events)
    for _ in range(chance.randint(0, 6)):
        steps.append(Snapshot(BEGIN * 1000 + chance.randrange(minutes * 60_000)))
    for _ in range(chance.randint(0, 2)):
        steps.append(Stop(BEGIN * 1000 + chance.randrange(minutes * 60_000), _pause(chance)))
    steps.sort(key=lambda step: step.ms)
    return Plan(seed, idle_s, real, watched, (BEGIN + minutes * 60 + 30) * 1000, steps)


def _pause(chance: random.Random) -> int:
    return chance.choice([500, 2_000, 9_000, 14_000, 25_000, 100_000])


def _sending(chance: random.Random, ms: int, events: list[Event]) -> list[Send]:
    """The attempts to send a batch: until it is acknowledged, each after the last was not."""
    made: list[Send] = []
    while chance.random() < 0.04:
        fate = chance.choice(["refused", "refused", "torn", "kept"])
        made.append(Send(ms, events, fate, 0 if fate == "refused" else _pause(chance)))
        ms += chance.randrange(100, 4_000)
    return [*made, Send(ms, events)]
