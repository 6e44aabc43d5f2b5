"""Coming back: the newest snapshot, the journal behind it, and what was not heard."""

from __future__ import annotations

from pathlib import Path

from roomtone.engine import Engine
from roomtone.events import Message
from roomtone.records import Gap
from roomtone.runtime import keeper, recovery
from roomtone.runtime.config import Engine as EngineSettings
from roomtone.runtime.config import Settings
from tests.runtime.conftest import House, until

T0 = 1_763_719_200


def engine_at(second: int) -> Engine:
    engine = Engine([], [])
    engine.apply([Message(session="s", user="a", text="x")], second * 1000)
    return engine


def test_a_short_pause_is_caught_up_and_a_long_one_is_a_gap() -> None:
    """Up to fifteen seconds are ticked through; beyond, nobody knows what was said."""
    engine = engine_at(T0)

    assert recovery.unheard(engine, T0 + 15) is None
    assert recovery.unheard(engine, T0 + 16) == Gap(start=T0, end=T0 + 16)
    assert recovery.unheard(Engine([], []), T0) is None


async def test_a_damaged_snapshot_costs_time_and_nothing_else(house: House) -> None:
    """When no snapshot can be read, the journal alone gives the same state."""
    await house.pipeline.submit([Message(session="s", user="a", text="x")])
    await house.tick(3)
    await house.pipeline.stop()
    for path in _snapshots(house.settings.journal_folder):
        path.write_bytes(b"x" * path.stat().st_size)

    again = await house.open()

    assert again.engine.summary("s").messages == 1


async def test_other_rules_make_the_engine_anew(house: House) -> None:
    """A snapshot made with other settings is not used: the journal is replayed."""
    await house.pipeline.submit([Message(session="s", user="a", text="x")])
    await house.tick(2)
    literal = house.pipeline.board.known("s")["score"]
    await house.pipeline.stop()
    rules = EngineSettings(seed_weights=True)
    house.settings = Settings(data=house.settings.data, engine=rules)

    again = await house.open()

    assert again.engine.summary("s").messages == 1
    assert again.board.known("s")["score"] < literal


async def test_a_start_writes_before_it_must_let_go(house: House, monkeypatch) -> None:
    """Ticks of many rooms do not all fit into memory; where stores are well none is let go."""
    sessions = [f"s{n}" for n in range(20)]
    await house.pipeline.submit([Message(session=s, user="a", text="x") for s in sessions])
    await house.tick(12)
    written = house.pipeline.keeper
    await until(lambda: not written.lag)
    await house.pipeline.stop()
    for path in _snapshots(house.settings.journal_folder):
        path.unlink()
    monkeypatch.setattr(keeper, "MOST_BYTES", 6 * written.written // 12 * 200)

    again = await house.open()

    assert again.keeper.written >= written.written
    assert again.keeper.dropped == 0


def _snapshots(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.is_file() and "snap" in p.name)
    assert found
    return found
