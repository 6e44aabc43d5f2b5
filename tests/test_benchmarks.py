"""The benchmarks agree before they tell a time, and notice when they do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # the benchmarks are no part of the package

from benchmarks import __main__ as program
from benchmarks import decode, detect, e2e, redis_in, replay, store, window
from benchmarks._protocol import Disagreement, Load, Options, Report, alternate

QUICK = Options(quick=True, reps=1)


def load(seed: int = 7) -> Load:
    """A minute and a little in six rooms."""
    return Load(sessions=6, rate=2, seconds=70, people=5, seed=seed)


def figures(report: Report) -> dict[str, float]:
    """A report's medians by name."""
    return {figure.name: figure.median for figure in report.figures}


def test_both_designs_store_the_same_rows() -> None:
    """Every count is equal and every score within 1e-9, over a window that fills and rolls on."""
    events = load()

    theirs = e2e.run_baseline(events, whole=False).rows
    ours = e2e.run_ours(events).rows

    assert e2e.compare(theirs, ours) == 6 * 14
    assert len({row[0] for row in ours.values()}) > 20  # the scores are alive


def test_a_differing_row_is_noticed() -> None:
    """One count that is off by one, or one row too few, stops the benchmark."""
    rows: e2e.Rows = {(5, "a"): (0.5, 1, 0, 0, 0, 1, 1), (10, "a"): (0.6, 2, 0, 0, 0, 1, 1)}
    off = {**rows, (10, "a"): (0.6, 3, 0, 0, 0, 1, 1)}

    with pytest.raises(Disagreement, match="chat_per_min"):
        e2e.compare(rows, off)
    with pytest.raises(Disagreement, match="2 rows beside 1"):
        e2e.compare(rows, {(5, "a"): rows[5, "a"]})


def test_the_load_is_the_same_every_time() -> None:
    """The seed alone decides what happens."""
    assert load().sha256 == load().sha256 != load(seed=8).sha256


def test_nobody_comes_back_and_nobody_acts_who_left() -> None:
    """What the load leaves out, so that definitions cannot differ, it does leave out."""
    events = load()
    gone: set[str] = set()

    for event in decode.decode(b"\n".join(e for step in events.steps for e in step), lines=True)[0]:
        assert event.user not in gone
        if event.__struct_config__.tag == "leave":
            gone.add(event.user or "")
    assert gone


def test_jobs_alternate() -> None:
    """A-B-B-A: what drifts in the machine hits both alike."""
    order: list[str] = []

    def job(name: str) -> float:
        order.append(name)
        return 1.0

    alternate(2, a=lambda: job("a"), b=lambda: job("b"))

    assert order == ["a", "b", "b", "a"]


def test_decoding_beats_the_documents() -> None:
    """All ways read the same; a checked batch costs less than half of unchecked single events."""
    assert figures(decode.run(QUICK))["times less than the documents"] > 2


def test_columns_beat_deques() -> None:
    """Equal counts and scores; reading columns costs less than half of scanning deques."""
    found = figures(window.run(QUICK))

    assert found["2 events/s, 200 sessions: times less"] > 2


def test_trees_are_equal_to_the_bit() -> None:
    """On River's own geometry, every score of three windows is River's."""
    assert detect._agree(30, seed=5) == 90


def test_a_journal_gives_the_same_bytes_however_it_is_cut() -> None:
    """Played twice, one by one and at random; anything else raises."""
    assert any("agreed" in line for line in replay.run(QUICK).lines)


@pytest.mark.servers
def test_streams_and_pubsub_read_the_same() -> None:
    """The same rows out of a real Redis both ways; one that is missing is noticed."""
    found = figures(redis_in.run(QUICK))

    assert {f"streams, {size:,} in an entry" for size in redis_in.ENTRIES} <= found.keys()
    with pytest.raises(Disagreement, match="1 rows read, 2 expected"):
        redis_in._agree([("join", "s", "1")], [("join", "s", "1"), ("join", "s", "2")], 0.1)


def test_the_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name the program says what there is."""
    assert program.main([]) == 0
    assert {"decode", "e2e", "tick", "memory", "detection", "nab"} <= {
        line.split()[0] for line in capsys.readouterr().out.splitlines()
    }


def test_a_row_that_a_store_lost_is_noticed() -> None:
    """The store's benchmark compares all rows read back, absent numbers included."""
    ticks = store.make_ticks(sessions=4, count=2)
    rows = [row for tick in ticks.rows for row in tick]

    store._compare(rows, ticks)
    assert None in rows[0]
    with pytest.raises(Disagreement, match="7 rows read back beside 8"):
        store._compare(rows[1:], ticks)
    with pytest.raises(Disagreement):
        store._compare([rows[1], *rows[1:]], ticks)
