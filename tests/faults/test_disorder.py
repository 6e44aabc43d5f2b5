"""Repeated, shuffled, late: the windows are those of a plain count over what really happened."""

import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from roomtone import state
from roomtone.engine import Engine
from roomtone.events import (
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
)
from roomtone.records import Batch, Tick
from roomtone.rooms import LATE_S
from roomtone.runtime import plugins
from roomtone.runtime.journal import Journal

BEGIN = 1_790_000_000  # a multiple of 5
SECONDS = 240
ROOMS = 4


def an_event(chance: random.Random, n: int, *, presence: bool):
    about = {
        "session": f"room {chance.randrange(ROOMS)}",
        "id": f"event {n}",
        "user": f"user {chance.randrange(25)}",
        "at": datetime.fromtimestamp(BEGIN + chance.uniform(0, SECONDS), UTC),
    }
    kind = chance.randrange(10 if presence else 7)
    if kind < 4:
        return Message(text="t", role=chance.choice(["user", "user", "bot"]), **about)
    if kind < 6:
        return Reaction(emoji="👍", **about)
    if kind == 6:
        return PollVote(poll="p", option=chance.randrange(3), **about)
    presences = Join(**about), Leave(**about)
    return chance.choice([*presences, PollOpened(poll="p", **about), PollClosed(poll="p", **about)])


def deliveries(chance: random.Random, count: int, *, most_late_s: float, presence: bool):
    """Each event one to five times, each time up to so late; as (arrival ms, event), in order."""
    sent = []
    for n in range(count):
        event = an_event(chance, n, presence=presence)
        for _ in range(chance.randint(1, 5)):
            late_ms = int(chance.uniform(0, most_late_s) * 1000)
            sent.append((int(event.at.timestamp() * 1000) + late_ms, event))
    return sorted(sent, key=lambda pair: pair[0])


def entries(sent, chance: random.Random):
    """Deliveries in batches of some, each shuffled, with the ticks where the clock stood."""
    made, tick = [], BEGIN + 5
    while sent:
        size = chance.randint(1, 20)
        group, sent = sent[:size], sent[size:]
        arrival = group[-1][0]
        while tick * 1000 <= arrival:
            made.append(Tick(now=tick))
            tick += 5
        events = [event for _, event in group]
        chance.shuffle(events)
        made.append(Batch(arrival=arrival, source="t", events=events))
    return [*made, Tick(now=tick)]


class Count:
    """The reference: a list of everything that counts, counted from the start at each tick."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.acts: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
        self.late = 0

    def take(self, batch: Batch) -> None:
        for event in batch.events:
            if (event.session, event.id) in self.seen:
                continue
            self.seen.add((event.session, event.id))
            if batch.arrival - event.at.timestamp() * 1000 > LATE_S * 1000:
                self.late += 1
            elif not (isinstance(event, Message) and event.role != "user"):
                kind = type(event).__name__
                second = min(int(event.at.timestamp()), batch.arrival // 1000)
                self.acts[event.session].append((second, kind, event.user))

    def window(self, session: str, now: int) -> tuple[int, int, int]:
        """Messages, reactions and active people of the minute before `now`."""
        recent = [act for act in self.acts[session] if now - 60 <= act[0] < now]
        kinds = [kind for _, kind, _ in recent]
        return kinds.count("Message"), kinds.count("Reaction"), len({user for *_, user in recent})


def new_engine() -> Engine:
    return Engine(
        plugins.gauges(seed_weights=False), plugins.detectors(mode="calibrated", alarms_per_hour=1)
    )


async def run(folder, made, on_tick=None) -> Engine:
    """What the server does: through the journal, and from there into the engine."""
    engine = new_engine()

    def apply(_, entry):
        if isinstance(entry, Batch):
            engine.apply(entry.events, entry.arrival)
        else:
            block = engine.tick(entry.now).blocks
            if on_tick is not None:
                on_tick(entry.now, block)

    journal = Journal.open(folder)
    journal.on_commit = apply
    for entry in made:
        await journal.append(entry)
    await journal.close()
    return engine


@pytest.mark.parametrize("seed", range(3))
async def test_windows_equal_a_plain_count(tmp_path, seed):
    """Each event delivered one to five times, shuffled, up to twice the allowed lateness."""
    chance = random.Random(seed)
    sent = deliveries(chance, 1500, most_late_s=2 * LATE_S, presence=False)
    made = entries(sent, chance)
    count, checked, waiting = Count(), 0, list(made)

    def on_tick(now, blocks):
        nonlocal checked
        while not (isinstance(waiting[0], Tick) and waiting[0].now == now):
            count.take(waiting.pop(0))
        waiting.pop(0)
        for block in blocks:
            for row, session in enumerate(block.tags["session"]):
                f = block.fields
                found = [
                    f[name][row] for name in ("chat_per_min", "reactions_per_min", "active_users")
                ]
                wanted = count.window(session, now)
                assert [x if x == x else 0 for x in found] == list(wanted), (session, now)
                checked += 1

    engine = await run(tmp_path, made, on_tick)

    assert checked > 100
    assert count.late > 0
    assert engine.rooms.columns["late"].sum() == count.late
    assert len(count.seen) == 1500


@pytest.mark.parametrize("seed", range(3))
async def test_repeats_leave_no_trace(tmp_path, seed):
    """With joins, leaves and polls: the whole state is that of a run with every event once."""
    chance = random.Random(seed)
    made = entries(deliveries(chance, 800, most_late_s=15, presence=True), chance)
    seen, once = set(), []
    for entry in made:
        if isinstance(entry, Batch):
            new = []
            for event in entry.events:
                if (event.session, event.id) not in seen:
                    seen.add((event.session, event.id))
                    new.append(event)
            entry = Batch(arrival=entry.arrival, source="t", events=new)
        if isinstance(entry, Tick) or entry.events:
            once.append(entry)

    repeated = await run(tmp_path / "repeated", made)
    single = new_engine()
    for entry in once:
        if isinstance(entry, Batch):
            single.apply(entry.events, entry.arrival)
        else:
            single.tick(entry.now)

    assert state.pack(repeated.snapshot()) == state.pack(single.snapshot())
