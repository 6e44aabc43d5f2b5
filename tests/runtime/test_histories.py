"""History sessions run on their own time, each for itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roomtone import state
from roomtone.engine import Engine
from roomtone.events import Message
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


def test_a_restored_history_goes_on() -> None:
    """Open sessions survive a restart."""
    before = make()
    list(before.play([say("s", 0), say("s", 7)]))
    after = make()
    after.restore(state.unpack(state.pack(before.snapshot())))

    ends = [histories.close("s") for histories in (before, after)]

    assert ends[0] is not None and ends[1] is not None
    assert ends[0].ended == ends[1].ended
