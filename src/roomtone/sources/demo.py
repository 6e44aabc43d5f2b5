"""A crowd that does not exist: a keynote, some chats, and bots that people talk to."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

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
from roomtone.sources._demo_talks import LIVE
from roomtone.sources._demo_talks import past as past

# When the keynote goes wrong and when it is mended, in seconds after the start: early enough to
# be seen within the first minute, late enough to have seen the room well first.
CRASH_S, MENDED_S = 25.0, 105.0

# Later troubles come every six minutes, in a room drawn by lot: long enough for a room to
# calm down in between.
TROUBLE_EVERY_S, TROUBLE_LASTS_S = 360.0, 90.0

NAMES = (
    "ada",
    "bilal",
    "Chloé",
    "dmitri",
    "eun-ji",
    "farah",
    "Gaël",
    "hana",
    "imani",
    "João",
    "kaito",
    "léa",
    "milo",
    "Nadia",
    "oleg",
    "priya",
    "quinn",
    "Rosa",
    "sven",
    "tariq",
    "ume",
    "Věra",
    "wanda",
    "xiu",
    "Yara",
    "zoë",
    "明美",
    "Олена",
    "أمل",
    "विवेक",
)
SAYINGS = (
    "hello from {place}",
    "can somebody share the slides?",
    "that chart is lovely",
    "wait, how does that scale?",
    "+1",
    "exactly what we ran into last year",
    "louder please",
    "is there a recording?",
    "{name} asked the right thing",
    "wow",
    "what happens when the disk is full?",
    "we do it the other way round, for what it's worth",
    "this part is new to me",
    "haha",
    "the demo gods are kind today",
    "so it decays when nobody talks?",
    "good question",
    "I would love a poll about that",
    "clear, thank you",
    "numbers first, I like it",
)
TROUBLED = ("no sound here", "is it frozen?", "lost the stream", "anyone else black screen?")
PLACES = ("Lagos", "Kyoto", "Porto", "Lima", "Tromsø", "Pune", "Quito", "Gdańsk")
EMOJI = ("👏", "❤️", "🎉", "🔥", "🤔", "👍🏽", "😂", "👩🏾‍💻")
POLLS = (
    ("Where do you watch from?", ["office", "home", "train"]),
    ("Go deeper into this part?", ["yes", "no, move on"]),
    ("Did you know this before?", ["all of it", "some", "none"]),
)


@dataclass(frozen=True, slots=True)
class Personality:
    """How a room behaves while all is well. Rates are per minute for the whole room."""

    session: str
    people: int
    messages: float
    reactions: float
    swing: float
    """How far the rates go up and down over some minutes, as a share of themselves."""
    comings: float
    poll_every_s: float = 0.0
    host: bool = False


ROOMS = (
    Personality("keynote", 140, 46.0, 24.0, 0.15, 6.0, poll_every_s=240.0, host=True),
    Personality("design-chat", 24, 11.0, 4.0, 0.4, 1.0),
    Personality("help-desk", 9, 5.0, 0.0, 0.3, 0.7),
    Personality("late-night", 5, 2.0, 0.7, 0.6, 0.2),
)

Timed = tuple[float, Event]

FIRST_TALK_S, TALK_EVERY_S = 15.0, 330.0
"""When the first dialogue with a bot begins, behind those of the days before, and how long after
that the next one; one lasts some five minutes."""


class Demo:
    """Endless events of synthetic rooms, the same for the same seed.

    `script` gives them with their time in seconds after the start, negative during the `warmup_s`
    seconds of ordinary life before it; events carry no `at`, as they happen when they are sent.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        warmup_s: float = 0.0,
        speed: float = 1.0,
        rooms: tuple[Personality, ...] = ROOMS,
        talks: bool = True,
        name: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seed = seed
        self._warmup_s = warmup_s
        self._speed = speed
        self._rooms = rooms
        self._talks = talks
        self._name = name  # of this showing: in the ids of turns, which must not come again
        self._sleep = sleep

    def script(self) -> Iterator[Timed]:
        """(seconds after the start, event) in order of time, without end."""
        rooms = [
            _Room(
                personality, random.Random(f"{self._seed}/{personality.session}"), -self._warmup_s
            )
            for personality in self._rooms
        ]
        chance = random.Random(f"{self._seed}/trouble")
        for room in rooms[:1]:
            room.troubles.append((CRASH_S, MENDED_S))
        running = [room.run() for room in rooms] + [self._said()] * self._talks
        merged = heapq.merge(*running, key=lambda timed: timed[0])
        next_trouble = TROUBLE_EVERY_S
        for at, event in merged:
            if rooms and at >= next_trouble:
                chance.choice(rooms).troubles.append((at, at + TROUBLE_LASTS_S))
                next_trouble += TROUBLE_EVERY_S
            yield at, event

    def _said(self) -> Iterator[Timed]:
        """One dialogue with a bot after another, without end, each in a session of its own."""
        for number in itertools.count():
            one = LIVE[number % len(LIVE)]
            session = f"{one.bot}/{one.user}/{self._name or 'now'}-{number}"
            begin = FIRST_TALK_S + number * TALK_EVERY_S
            for after, event in one.events(session, session):
                yield begin + after, event

    async def events(self) -> AsyncIterator[Event]:
        """The events, each when its time has come; those of the warm-up at once."""
        clock = 0.0
        for at, event in self.script():
            if at > clock:
                await self._sleep((at - clock) / self._speed)
                clock = at
            yield event


class _Room:
    """One room: who is in it, and what happens next.

    Chat, reactions and comings are Poisson processes whose rates follow the room's mood; what is
    certain (heartbeats, polls, the exit when trouble starts) stands on an agenda.
    """

    def __init__(self, personality: Personality, chance: random.Random, start: float) -> None:
        self.personality = personality
        self._session = personality.session
        self.troubles: list[tuple[float, float]] = []
        self._chance = chance
        self._start = start
        self._here: list[str] = []
        self._away: list[str] = []
        self._count = 0
        self._polls = 0
        self._agenda: list[tuple[float, int, Event]] = []
        self._planned = 0
        self._seen_trouble = -math.inf

    def run(self) -> Iterator[Timed]:
        """This room's events in order of time, without end."""
        self._open()
        at = self._start
        while True:
            step = self._chance.expovariate(max(self._rate(at), 0.2) / 60)
            upto = at + min(step, 5.0)
            yield from self._due(upto)
            if step <= 5.0:
                yield from ((upto, event) for event in self._something(upto))
            at = upto

    def _open(self) -> None:
        for index in range(self.personality.people):
            self._plan(
                self._start + index * 0.02, Join(session=self._session, user=self._newcomer())
            )
        self._plan(self._start, Heartbeat(session=self._session, source="demo"))
        if self.personality.poll_every_s:
            self._plan_poll(self._start + 123.0)

    def _due(self, upto: float) -> Iterator[Timed]:
        trouble = self._trouble(upto)
        if trouble and trouble[0] > self._seen_trouble:
            self._seen_trouble = trouble[0]
            self._plan_exit(max(trouble[0], upto), trouble[1])
        while self._agenda and self._agenda[0][0] <= upto:
            at, _, event = heapq.heappop(self._agenda)
            if isinstance(event, Heartbeat):
                self._plan(at + 5.0, event)
            elif isinstance(event, PollOpened):
                self._plan_votes(at, event)
            if not isinstance(event, Join | Leave) or self._moves(event):
                yield at, event

    def _moves(self, event: Join | Leave) -> bool:
        """Carry out a planned coming or going; False when it happened of itself before."""
        who = event.user or ""
        there, to = (
            (self._away, self._here) if isinstance(event, Join) else (self._here, self._away)
        )
        if who in to or (isinstance(event, Leave) and who not in there):
            return False
        if who in there:
            there.remove(who)
        to.append(who)
        return True

    def _something(self, at: float) -> list[Event]:
        """One thing that happens at random, by the rates of this moment."""
        calm = self._calm(at)
        room = self.personality
        weights = (room.messages * calm, room.reactions * calm, room.comings, room.comings * 0.9)
        kind = self._chance.choices(("message", "reaction", "join", "leave"), weights)[0]
        if kind == "join":
            who = self._away.pop(0) if len(self._away) > 20 else self._newcomer()
            self._here.append(who)
            return [Join(session=self._session, user=who)]
        if not self._here:
            return []
        who = self._chance.choice(self._here)
        if kind == "message":
            return [self._message(at, who)]
        if kind == "reaction":
            return [Reaction(session=self._session, user=who, emoji=self._chance.choice(EMOJI))]
        if len(self._here) < max(2, room.people * 0.5):
            return []
        self._here.remove(who)
        self._away.append(who)
        return [Leave(session=self._session, user=who)]

    def _message(self, at: float, who: str) -> Event:
        trouble = self._trouble(at)
        saying = self._chance.choice(TROUBLED if trouble else SAYINGS)
        text = saying.format(place=self._chance.choice(PLACES), name=self._chance.choice(NAMES))
        host = self.personality.host and self._chance.random() < 0.03
        return Message(
            session=self._session,
            user="host" if host else who,
            text=text,
            role="host" if host else "user",
        )

    def _rate(self, at: float) -> float:
        room = self.personality
        return (room.messages + room.reactions) * self._calm(at) + 1.9 * room.comings

    def _calm(self, at: float) -> float:
        """How lively the room is against its usual, 0.05 in trouble and about 1 else."""
        if self._trouble(at):
            return 0.05
        room = self.personality
        wave = math.sin(at / 97.0 + len(room.session)) + 0.5 * math.sin(at / 31.0)
        return 1.0 + room.swing * wave / 1.5

    def _trouble(self, at: float) -> tuple[float, float] | None:
        while self.troubles and self.troubles[0][1] < at - 60.0:
            self.troubles.pop(0)
        return next((t for t in self.troubles if t[0] <= at < t[1]), None)

    def _plan(self, at: float, event: Event) -> None:
        self._planned += 1
        heapq.heappush(self._agenda, (at, self._planned, event))

    def _plan_exit(self, start: float, end: float) -> None:
        """A third of the room leaves within six seconds; most come back when it is mended."""
        leaving = self._chance.sample(self._here, round(len(self._here) * 0.35))
        for who in leaving:
            self._plan(
                start + 1.5 + self._chance.random() * 4.0, Leave(session=self._session, user=who)
            )
            if self._chance.random() < 0.85:
                self._plan(
                    end + self._chance.random() * 40.0, Join(session=self._session, user=who)
                )

    def _plan_poll(self, at: float) -> None:
        question, options = POLLS[self._polls % len(POLLS)]
        self._polls += 1
        session = self._session
        poll = f"poll-{self._polls}"
        self._plan(at, PollOpened(session=session, poll=poll, question=question, options=options))
        self._plan(at + 60.0, PollClosed(session=session, poll=poll))

    def _plan_votes(self, at: float, poll: PollOpened) -> None:
        for who in self._here:
            if self._chance.random() < 0.55:
                when = at + min(self._chance.expovariate(1 / 15.0), 55.0)
                option = self._chance.choice(poll.options)
                self._plan(
                    when, PollVote(session=self._session, user=who, poll=poll.poll, option=option)
                )
        self._plan_poll(at + self.personality.poll_every_s)

    def _newcomer(self) -> str:
        self._count += 1
        name = NAMES[self._count % len(NAMES)]
        return name if self._count <= len(NAMES) else f"{name}{self._count // len(NAMES) + 1}"
