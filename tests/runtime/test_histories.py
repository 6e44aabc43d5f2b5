"""History sessions run on their own time, each for itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone import state
from roomtone.engine import Engine, Note, Output
from roomtone.events import Event, Join, Leave, Message, PollVote, Reaction
from roomtone.runtime.histories import Histories
from roomtone.signals.engagement import Engagement

START = datetime(2020, 1, 1, tzinfo=UTC)


def make() -> Histories:
    return Histories(lambda: Engine([Engagement()], []), Engagement())


def say(session: str, second: float) -> Message:
    at = START + timedelta(seconds=second)
    return Message(session=session, user="a", text="x", at=at)


def test_sessions_of_different_years_do_not_disturb_each_other() -> None:
    """One session may be years behind another in the same batch."""
    histories = make()
    year = 365 * 86_400
    events = [say("new", year), say("old", 0), say("new", year + 7), say("old", 7)]

    ticks = [(out.now, list(out.blocks[0].tags["session"])) for out in histories.play(events)]

    t0 = int(START.timestamp())
    assert ticks == [(t0 + year + 5, ["new"]), (t0 + 5, ["old"])]


def test_closing_gives_the_last_tick_and_the_summary() -> None:
    """Nothing of a session is left when it is closed."""
    histories = make()
    list(histories.play([say("s", 0), say("s", 3)]))

    out = histories.close("s")

    assert out is not None and [s.messages for s in out.ended] == [2]
    assert len(out.blocks[0]) == 1
    assert "s" not in histories and histories.close("s") is None


def test_late_events_are_told_with_their_place() -> None:
    """An event that jumps back more than ten seconds is late, and which one is said."""
    told: list[int] = []

    list(
        make().play([say("s", 0), say("s", 60), say("s", 5)], lambda note: told.append(note.place))
    )

    assert told == [2]


EVENTS = st.builds(
    lambda kind, session, user, second: kind(
        session=session, user=user, at=START + timedelta(seconds=second)
    ),
    st.sampled_from(
        [
            partial(Message, text="x"),
            partial(Reaction, emoji="👍"),
            partial(Reaction, emoji="👍", bot="luna"),
            partial(PollVote, poll="p", option=1),
            Join,
            Leave,
        ]
    ),
    st.sampled_from("sst"),
    st.sampled_from("abc"),
    st.integers(0, 900).map(lambda tenths: tenths / 10),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=40), st.booleans())
def test_a_batch_gives_what_its_events_give_one_by_one(events: list[Event], sort: bool) -> None:
    """Sessions one after the other or mixed, in order or not: ticks, notes and state are equal."""
    if sort:
        events.sort(key=lambda event: (event.session, event.at))
    batch, single = make(), make()
    notes: tuple[list[Note], list[Note]] = ([], [])

    together = list(batch.play(events, notes[0].append))
    apart = []
    for place, event in enumerate(events):
        apart += single.play(
            [event], lambda note, place=place: notes[1].append(note._replace(place=place))
        )

    def told(outs: list[Output]) -> list[tuple[Any, ...]]:
        return [
            (out.now, list(point.tags.items()), list(point.fields.items()))
            for out in outs
            for block in out.blocks
            for point in block.points()
        ]

    assert told(together) == told(apart)
    assert notes[0] == notes[1]
    assert state.pack(batch.snapshot()) == state.pack(single.snapshot())


def test_a_restored_history_goes_on() -> None:
    """Open sessions survive a restart."""
    before = make()
    list(before.play([say("s", 0), say("s", 7)]))
    after = make()
    after.restore(state.unpack(state.pack(before.snapshot())))

    ends = [histories.close("s") for histories in (before, after)]

    assert ends[0] is not None and ends[1] is not None
    assert ends[0].ended == ends[1].ended
