"""Poisoned clocks: one event of next year moves no other session's window by a bit."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from roomtone import state
from roomtone.engine import Engine
from roomtone.events import Join, Message, decode
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import START, ManualClock

POISON = {
    "a day ahead": START + timedelta(days=1),
    "a year ahead": START + timedelta(days=365),
    "31 seconds ahead": START + timedelta(seconds=331),
    "20 seconds ahead": START + timedelta(seconds=320),
    "five minutes behind": START,
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "before 1970": datetime(1969, 12, 31, tzinfo=UTC),
    "year 1": datetime(1, 1, 1, tzinfo=UTC),
    "year 9999": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
}
BEGIN = int(START.timestamp())


def new_engine() -> Engine:
    return Engine(
        plugins.gauges(seed_weights=False), plugins.detectors(mode="calibrated", alarms_per_hour=1)
    )


def talk(second: int) -> list[Message | Join]:
    """What the healthy sessions say in a second."""
    return [
        Message(session=f"healthy {n}", user=f"user {second % (7 + n)}", text="t")
        for n in range(3)
        if (second + n) % (n + 1) == 0
    ]


@cache  # the same run is compared with every poison
def clean_blocks():
    """The blocks of a run that nothing was done to."""
    return run(None, "")[0]


def run(poison: datetime | None, session: str):
    """Six minutes of healthy talk; in the fifth comes one poisoned event. All blocks, the end."""
    engine, blocks = new_engine(), []
    for second in range(BEGIN, BEGIN + 360):
        if second % 5 == 0 and second > BEGIN:
            blocks += engine.tick(second).blocks
        engine.apply(talk(second), second * 1000)
        if second == BEGIN + 300 and poison is not None:
            engine.apply([Message(session=session, user="p", at=poison, text="t")], second * 1000)
    return blocks, engine


def healthy(blocks) -> list[list[bytes]]:
    """Every number of the healthy sessions, as bytes."""
    rows = []
    for block in blocks:
        keep = [i for i, name in enumerate(block.tags["session"]) if name.startswith("healthy")]
        rows.append([block.fields[name][keep].tobytes() for name in sorted(block.fields)])
    return rows


@pytest.mark.parametrize("name", POISON)
def test_other_sessions_do_not_move_by_a_bit(name):
    """Even if such an event got as far as the engine."""
    poisoned, engine = run(POISON[name], "poisoned")

    assert healthy(poisoned) == healthy(clean_blocks())
    assert engine.rooms.head == BEGIN + 359
    assert "poisoned" in engine.rooms.rooms


@pytest.mark.parametrize("name", POISON)
def test_its_own_session_keeps_its_window(name):
    """In the poisoned session itself the event counts at most as one."""
    poisoned, _ = run(POISON[name], "healthy 0")

    both = (clean_blocks(), poisoned)
    before, after = (blocks[-1].fields["chat_per_min"][0] for blocks in both)
    assert after - before in (0, 1)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("name", POISON)
async def test_the_door_answers_each_with_a_reason_or_takes_it(tmp_path, name, history):
    """Ahead is refused, behind is kept; the healthy event beside it is taken, nothing breaks."""
    clock = ManualClock(START + timedelta(seconds=300))
    pipeline = await Pipeline.open(Settings(data=tmp_path), clock)
    await pipeline.start()
    good = Message(session="healthy", user="u", text="t", at=START + timedelta(seconds=299))
    bad = Message(session="poisoned", user="u", text="t", at=POISON[name])

    receipt = await pipeline.submit([bad, good], history=history)
    await pipeline.settled()
    faults = pipeline.inspector.faults()
    await pipeline.stop()

    ahead = POISON[name] > START + timedelta(seconds=330)
    assert receipt.accepted == (1 if ahead else 2)
    assert [error.index for error in receipt.errors] == ([0] if ahead else [])
    assert all("ahead of this server's clock" in error.reason for error in receipt.errors)
    assert faults == []


@pytest.mark.parametrize("at", ['"-1"', "-1", "NaN", "1e300", "9999999999999", '"tomorrow"'])
def test_what_is_no_instant_is_refused_by_the_decoder(at):
    """Numbers are no instants: nobody can tell seconds from milliseconds."""
    body = f'[{{"type":"join","session":"s","at":{at}}}, {{"type":"join","session":"s"}}]'.encode()

    try:
        events, refusals, _ = decode(body)
    except ValueError as error:
        assert "not a JSON array" in str(error)
        assert at == "NaN"
    else:
        assert (len(events), len(refusals)) == (1, 1)


def test_the_state_of_a_poisoned_engine_comes_back_equal():
    """A snapshot taken after any of this is as good as any other."""
    for poison in POISON.values():
        _, engine = run(poison, "poisoned")
        saved = state.pack(engine.snapshot())
        again = new_engine()
        again.restore(state.unpack(saved))

        assert state.pack(again.snapshot()) == saved
