"""The numbers are those of the parts, and their labels are bounded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from roomtone.events import Message
from roomtone.runtime.inspector import MOST_SOURCES, OTHER, Inspector
from roomtone.runtime.journal import Journal
from roomtone.runtime.numbers import Number, of_folder, of_inspector, of_parts, of_running
from roomtone.runtime.tally import Durations
from tests.runtime.conftest import House


def flat(numbers: Any) -> dict[str, float]:
    """Every value by its name and labels."""
    found = {}
    for number in numbers:
        for labels, value in number.values:
            what = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
            name = f"{number.name}{{{what}}}" if what else number.name
            found[name] = value.count if isinstance(value, Durations) else value
    return found


def said(n: int) -> Message:
    return Message(session=f"s{n}", user=f"u{n}", text="hello", id=str(n))


async def test_what_happened_is_in_the_numbers(house: House) -> None:
    """Events, syncs, ticks, points and sessions, as many as there were."""
    pipeline = house.pipeline
    await pipeline.submit([said(1), said(2)], source="test")
    await pipeline.submit([said(2)], source="test")
    await house.tick(2)
    await pipeline.keeper.drain()
    found = flat(of_running(pipeline))

    assert found["roomtone_events_total{outcome=accepted,source=test}"] == 2
    assert found["roomtone_events_total{outcome=duplicate,source=test}"] == 1
    assert found["roomtone_journal_synced_events_total"] == 2
    assert found["roomtone_journal_sync_seconds"] > 0
    assert found["roomtone_journal_trouble"] == 0
    assert found["roomtone_tick_seconds"] >= 2
    assert found["roomtone_sessions{state=live}"] == 2
    assert found["roomtone_points_written_total"] == pipeline.keeper.written > 0
    assert found["roomtone_part_ok{part=journal}"] == 1
    assert 0 <= found["roomtone_engine_lag_seconds"] <= 5
    assert found["roomtone_engine_behind_bytes"] == 0


async def test_a_late_clock_shows_as_lag(house: House) -> None:
    """The engine's lag is the time since its last tick."""
    await house.pipeline.submit([said(1)])
    await house.tick()
    stopped = SimpleNamespace(clock=house.clock, engine=house.pipeline.engine)
    before = flat(of_running(stopped))["roomtone_engine_lag_seconds"]
    ahead = SimpleNamespace(now_ms=lambda: house.clock.now_ms() + 60_000)

    late = flat(of_running(SimpleNamespace(clock=ahead, engine=stopped.engine)))

    assert late["roomtone_engine_lag_seconds"] == before + 60


def test_sources_beyond_fifty_share_a_label() -> None:
    """Whatever a client calls itself, the number of series stays bounded."""
    inspector = Inspector()
    for n in range(10_000):
        inspector.took(f"source-{n}", [said(n)], (), 1)
    (events, *_) = of_inspector(inspector)
    sources = {labels["source"] for labels, _ in events.values}
    accepted = sum(v for labels, v in events.values if labels["outcome"] == "accepted")

    assert len(sources) == MOST_SOURCES + 1 and OTHER in sources
    assert accepted == 10_000


async def test_what_lies_on_the_disk_is_told(tmp_path: Path) -> None:
    """Segments, their bytes, and the age of the newest snapshot once there is one."""
    journal = Journal.open(tmp_path)
    empty = flat(of_folder(tmp_path))
    journal.write_snapshot(journal.end, b"state")
    found = flat(of_folder(tmp_path))
    await journal.close()

    assert empty["roomtone_journal_segments"] == 1
    assert "roomtone_snapshot_age_seconds" not in empty
    assert 0 <= found["roomtone_snapshot_age_seconds"] < 60
    assert found["roomtone_snapshot_position_bytes"] == journal.end


def test_a_process_with_few_parts_tells_what_it_has() -> None:
    """One that only serves pages has no journal and no engine, and answers all the same."""
    bare = SimpleNamespace(health=lambda: [{"name": "channel", "ok": False}])
    found = list(of_running(bare, role="web"))

    assert [number.name for number in found] == ["roomtone_build_info", "roomtone_part_ok"]
    assert found[0].values[0][0]["role"] == "web"
    assert of_parts(bare.health()).values == [({"part": "channel"}, 0.0)]


async def test_no_label_holds_a_session_or_a_user(house: House) -> None:
    """What strangers name without end is no label."""
    secret = Message(session="canary-s", user="canary-u", text="canary-t", at=None)
    await house.pipeline.submit([secret], source="test")
    await house.tick()
    told: list[Number] = [*of_running(house.pipeline)]

    assert "canary" not in repr(told)


def test_a_file_that_goes_while_it_is_looked_at_is_not_counted(tmp_path: Path) -> None:
    """Retention removes segments and snapshots at any moment; the page of numbers stands."""
    (tmp_path / f"journal-{0:020}.log").write_bytes(b"12345")
    for name in (f"journal-{5:020}.log", f"snapshot-{5:020}.bin"):
        (tmp_path / name).symlink_to(tmp_path / "gone")
    found = flat(of_folder(tmp_path))

    assert found["roomtone_journal_size_bytes"] == 5
    assert "roomtone_snapshot_age_seconds" not in found
