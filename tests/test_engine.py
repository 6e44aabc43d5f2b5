"""The engine gives the same for the same, whatever else is going on."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from roomtone import state
from roomtone.engine import Engine, Note
from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollVote,
    Reaction,
    RelationshipSet,
    TurnRead,
)
from roomtone.points import Block
from roomtone.runtime import plugins
from roomtone.signals.engagement import Engagement

pytestmark = pytest.mark.usefixtures("each_way")

T0 = 1_763_719_200


def make_engine() -> Engine:
    """An engine as the product runs it."""
    return Engine([Engagement()], plugins.detectors(mode="calibrated", alarms_per_hour=0.5))


def crowd(seed: int, seconds: int = 300, sessions: int = 5) -> list[tuple[int, Event]]:
    """Some minutes of several rooms with all kinds of events, at epoch milliseconds."""
    rng = random.Random(seed)
    made: list[tuple[int, Event]] = []
    ms = T0 * 1000
    while ms < (T0 + seconds) * 1000:
        ms += rng.randrange(20, 400)
        common: dict[str, Any] = {"session": f"s{rng.randrange(sessions)}"}
        common["user"] = f"u{rng.randrange(30)}"
        kind = rng.random()
        event: Event
        if kind < 0.6:
            event = Message(text="hello", **common)
        elif kind < 0.8:
            event = Reaction(emoji="👍", target=f"m{rng.randrange(3)}", **common)
        elif kind < 0.88:
            event = Join(**common)
        elif kind < 0.94:
            event = Leave(**common)
        elif kind < 0.98:
            event = PollVote(poll="p", option=rng.randrange(3), **common)
        else:
            event = Heartbeat(session=common["session"])
        made.append((ms, event))
    return made


def run(engine: Engine, events: list[tuple[int, Event]], until: int) -> list[Any]:
    """Feed events one by one, ticking in between as the clock would; everything that came out."""
    out: list[Any] = []

    def tick() -> None:
        made = engine.tick(engine.next_tick)
        out.append((made.now, rows(made.blocks), made.alerts, made.ended))

    for ms, event in events:
        while engine.next_tick and engine.next_tick * 1000 <= ms:
            tick()
        engine.apply([event], ms)
    while engine.next_tick <= until:
        tick()
    return out


def rows(blocks: list[Block]) -> dict[str, bytes]:
    """Each session's numbers to the bit."""
    return {
        str(session): np.array([c[row] for c in block.fields.values()]).tobytes()
        for block in blocks
        for row, session in enumerate(block.tags["session"])
    }


def test_the_same_events_give_the_same_points_to_the_bit() -> None:
    """Two engines that hear the same say the same."""
    events = crowd(1)

    assert run(make_engine(), events, T0 + 400) == run(make_engine(), events, T0 + 400)


def test_sessions_do_not_hear_each_other() -> None:
    """A session's points and alerts are the same alone as among others."""
    events = crowd(2)
    alone = [(ms, event) for ms, event in events if event.session == "s3"]

    together = run(make_engine(), events, T0 + 400)
    single = run(make_engine(), alone, T0 + 400)

    mine = {now: points["s3"] for now, points, *_ in together if "s3" in points}
    its = {now: points["s3"] for now, points, *_ in single if "s3" in points}
    assert {now: mine[now] for now in its} == its
    assert [a for *_, alerts, _ in together for a in alerts if a.session == "s3"] == [
        a for *_, alerts, _ in single for a in alerts
    ]


def test_a_restored_engine_goes_on_as_if_it_had_never_stopped() -> None:
    """State goes to bytes and back in mid-flight, and nothing is different afterwards."""
    events = crowd(3)
    half = len(events) // 2
    whole = make_engine()
    before = make_engine()
    run(whole, events[:half], 0)
    run(before, events[:half], 0)

    after = make_engine()
    after.restore(state.unpack(state.pack(before.snapshot())))

    assert run(after, events[half:], T0 + 600) == run(whole, events[half:], T0 + 600)


def test_history_gives_the_points_that_live_gave() -> None:
    """Events played on their own time give what they gave when they happened."""
    events = crowd(4)
    timed = [
        event.__class__(
            **{
                **{f: getattr(event, f) for f in event.__struct_fields__},
                "at": datetime.fromtimestamp(ms / 1000, UTC),
            }
        )
        for ms, event in events
    ]
    live = run(make_engine(), events, events[-1][0] // 1000)

    engine = make_engine()
    played = [(o.now, rows(o.blocks), o.alerts, o.ended) for o in engine.play(timed)]

    assert played == live[: len(played)]
    assert len(live) - len(played) <= 1


def test_events_up_to_ten_seconds_late_count_where_they_belong() -> None:
    """A late event falls into its own second; a later one moves no window and is reported.

    It was said nevertheless: the session's own total holds every message.
    """
    engine = Engine([Engagement()], [])
    at = datetime.fromtimestamp(T0, UTC)
    say = Message(session="s", user="a", text="x")

    first = engine.apply([say], (T0 + 9) * 1000)
    late = Message(session="s", user="b", text="x", at=at)
    in_time = engine.apply([late], (T0 + 10) * 1000)
    too_late = engine.apply([late], (T0 + 11) * 1000)

    assert (first, in_time) == ([], [])
    assert [(note.place, note.outcome) for note in too_late] == [(0, "late")]
    engine.rooms.settle()
    assert engine.rooms.buckets[:, 0, 0].sum() == 2
    assert engine.rooms.buckets[T0 % 60, 0, 0] == 1
    assert engine.summary("s").messages == 3
    assert engine.summary("s").late == 1


def test_a_channel_that_slept_still_has_its_people() -> None:
    """A session ends after half an hour of silence; whoever was in is in when it goes on."""
    engine = Engine([Engagement()], [])
    engine.apply([Join(session="s", user=f"u{i}") for i in range(10)], T0 * 1000)
    engine.apply([Leave(session="s", user="u0")], (T0 + 100) * 1000)
    ended = engine.tick(T0 + 1900).ended

    engine.apply([Leave(session="s", user=f"u{i}") for i in range(1, 5)], (T0 + 40_000) * 1000)

    fields = engine.tick(T0 + 40_005).blocks[0].fields
    assert [summary.people for summary in ended] == [10]
    assert (fields["present_before"][0], fields["leavers_60s"][0]) == (9, 4)


def test_a_clock_ahead_counts_as_now() -> None:
    """An event whose clock runs ahead cannot move the window of anybody."""
    engine = Engine([Engagement()], [])
    ahead = datetime.fromtimestamp(T0, UTC) + timedelta(days=365)

    engine.apply([Message(session="s", user="a", text="x", at=ahead)], T0 * 1000)

    assert engine.rooms.head == T0
    assert engine.tick(T0 + 5).blocks[0].fields["chat_per_min"][0] == 1


def test_a_gap_in_listening_is_no_silence() -> None:
    """When nobody listened, sessions live on, and nothing is concluded from the empty window."""
    engine = make_engine()
    run(engine, crowd(5, seconds=600, sessions=1), T0 + 600)

    engine.gap(T0 + 605, T0 + 605 + 3600)
    alerts = [a for _ in range(17) for a in engine.tick(engine.next_tick).alerts]

    assert alerts == []
    assert list(engine.rooms.rooms) == ["s0"]


def test_listening_begins_again_where_a_gap_ends() -> None:
    """A stop right after a long pause is measured from its end, not from the last event."""
    engine = make_engine()
    run(engine, crowd(5, seconds=60, sessions=1), T0 + 60)

    engine.gap(T0 + 65, T0 + 1004)

    assert engine.clock_ms == (T0 + 1004) * 1000


def test_slices_give_what_the_whole_gives() -> None:
    """A tick read in slices of two rooms is the tick read at once."""
    events = crowd(6, sessions=9)
    whole, sliced = make_engine(), make_engine()
    run(whole, events, 0)
    run(sliced, events, 0)
    now = whole.next_tick

    once = whole.tick(now)
    parts = list(sliced.ticking(now, rows=2))

    assert len(parts) == 5
    assert rows([b for part in parts for b in part.blocks]) == rows(once.blocks)


def disorder(seed: int) -> list[Event]:
    """A crowd's events with their own times, some early, late, much too late, or without any."""
    rng = random.Random(seed)
    made: list[Event] = []
    for ms, event in crowd(seed, seconds=200):
        late = rng.choice([0, 0, 0, 0, 0.4, 3, 8.9, 9.05, 9.95, 10.5, 40])
        at = datetime.fromtimestamp(ms / 1000 - late, UTC)
        if seed % 2 and rng.random() < 0.001:
            at = at.replace(year=9999, microsecond=999_999)  # what a float rounds up
        made.append(structs.replace(event, at=at if rng.random() < 0.98 else None))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_play_in_batches_is_play_one_by_one(seed: int) -> None:
    """However the past is cut: the same ticks, the same notes, the same state after it."""
    events, results = disorder(seed), []
    for size in (1, 7, 100, len(events)):
        engine, notes, out = make_engine(), [], []
        for start in range(0, len(events), size):

            def told(note: Note, start: int = start, notes: list[Note] = notes) -> None:
                notes.append(note._replace(place=start + note.place))

            for given in engine.play(events[start : start + size], told):
                out.append((given.now, rows(given.blocks), given.alerts, given.ended))
        results.append((out, notes, state.pack(engine.snapshot())))

    assert {note.outcome for note in results[0][1]} == {"late", "note"}
    for other in results[1:]:
        assert other == results[0]


@pytest.mark.parametrize("seed", range(2))
def test_a_crowd_beyond_the_bound_is_cut_as_it_likes(seed: int) -> None:
    """Who is in but could not be noted is asked for at each act, restored in between or not."""
    events, states = crowd(seed, seconds=100, sessions=1), []
    for often in (1, 10_000):
        engine = Engine([Engagement()], [], max_users=8)
        for place, (ms, event) in enumerate(events):
            engine.apply([event], ms)
            if place % often == 0:
                saved, engine = engine.snapshot(), Engine([Engagement()], [], max_users=8)
                engine.restore(state.unpack(state.pack(saved)))
        states.append(state.pack(engine.snapshot()))

    assert states[0] == states[1]


def test_acts_of_the_newest_second_are_acts_of_any() -> None:
    """What is counted without a call counts as what is counted with one: late, by a second."""
    states = []
    for late in (0, 1):
        engine, now = Engine([Engagement()], []), T0
        for ms, event in crowd(9, seconds=120):
            if ms // 1000 > now:
                now = ms // 1000
            if isinstance(event, Message | Reaction):
                at = datetime.fromtimestamp(now, UTC)
                engine.apply([structs.replace(event, at=at)], (now + late) * 1000)
        engine.rooms.advance(now + 1)
        engine.rooms.settle()
        people = {room.id: (room.users, room.present) for room in engine.rooms.rooms.values()}
        states.append((people, engine.rooms.buckets.tolist(), engine.rooms.minutes.tolist()))

    assert states[0] == states[1]


def test_a_gap_is_no_silence_of_theirs() -> None:
    """Sessions that were not listened to are as fresh as at its end, and are shown anew."""
    engine = make_engine()
    engine.apply([Message(session="s", user="ann", text="hi")], T0 * 1000)
    engine.rooms.settle()
    engine.rooms.changed[:] = False

    engine.gap(T0 + 5, T0 + 5000)

    assert engine.rooms.columns["last"][0] == engine.rooms.columns["quiet_since"][0] == T0 + 5000
    assert np.flatnonzero(engine.rooms.changed).tolist() == [0]


def test_what_was_read_of_a_turn_opens_no_room() -> None:
    """Neither does a relationship: nothing happened in a session."""
    engine = Engine([], [])
    engine.apply(
        [TurnRead(session="s", turn="t", bot="b"), RelationshipSet(bot="b", user="u", trust=0.5)],
        1_000_000,
    )

    assert len(engine.rooms) == 0
