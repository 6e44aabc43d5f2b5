"""A restore gives the folder of a moment: the journal's prefix, and stores that agree with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomtone import state
from roomtone.alerts import Alert
from roomtone.consents import ConsentGiven
from roomtone.errors import BackupError
from roomtone.events import Event, Leave, Message
from roomtone.records import Batch, Tick
from roomtone.runtime import recovery
from roomtone.runtime.backup import Backup, entry_ms
from roomtone.runtime.backup_manifest import read_manifest
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.restore import Restored, parse_point, restore, steps
from tests.runtime.conftest import House, until
from tests.runtime.prefix import check_restored

T0 = 1_763_719_200


def said(n: int, session: str = "s") -> Message:
    return Message(session=session, user=f"u{n % 7}", text="hello", id=f"{session}-{n}")


def back_up(house: House, target: Path, *, database: bool = True) -> None:
    job = Backup(house.settings, target, WallClock())
    job.run(database=database)
    job.close()


async def kept(house: House) -> None:
    """Wait until the stores have what they are to get."""
    keeper = house.pipeline.keeper
    await until(lambda: not keeper.lag and not len(keeper.letters))


async def lively(house: House, ticks: int, session: str = "s") -> None:
    """Events and ticks, then a silence that raises alerts."""
    for tick in range(ticks):
        events: Sequence[Event] = [said(1000 * tick + n, session) for n in range(5)]
        await house.pipeline.submit(events, source="test")
        await house.tick()
    await kept(house)


async def with_alerts(house: House) -> tuple[str, str]:
    """Two rooms that everybody leaves at once, which is noticed; the alerts' ids."""
    for tick in range(40):
        for room in ("a", "b"):
            events = [said(1000 * tick + n, room) for n in range(30)]
            await house.pipeline.submit(events, source="test")
        await house.tick()
    for room in ("a", "b"):
        leaving = [Leave(session=room, user=f"u{n}") for n in range(7)]
        await house.pipeline.submit(leaving, source="test")
    await house.tick(20)
    await kept(house)
    found = {row["session"]: row["id"] for row in await house.pipeline.archive.alerts()}
    return found["a"], found["b"]


async def opened(folder: Path) -> Pipeline:
    return await Pipeline.open(Settings(data=folder))


async def test_all_of_it_comes_back(house: House, tmp_path: Path) -> None:
    """The engine's state to the byte, the points one by one."""
    await lively(house, 6)
    wanted = state.pack(house.pipeline.engine.snapshot())
    back_up(house, tmp_path / "b")

    done = await restore(tmp_path / "b", Settings(data=tmp_path / "r"))

    assert done.position == done.of == house.pipeline.journal.end
    pipeline = await opened(tmp_path / "r")
    assert state.pack(pipeline.engine.snapshot()) == wanted
    await pipeline.stop()
    await check_restored(tmp_path / "r", house.settings.journal_folder, done.position)
    assert any("copied at" in step for step in steps(done))


async def test_a_moment_is_the_last_entry_at_or_before_it(house: House, tmp_path: Path) -> None:
    """By time instead of position."""
    await lively(house, 6)
    back_up(house, tmp_path / "b")
    entries = list(read_journal(house.settings.journal_folder))
    now = [entry.now for _, entry in entries if isinstance(entry, Tick)][3]
    position = max(end for end, entry in entries if entry_ms(entry) <= now * 1000)

    for at in (datetime.fromtimestamp(now, UTC), parse_point(str(position))):
        name = f"r{type(at).__name__}"
        done = await restore(tmp_path / "b", Settings(data=tmp_path / name), at)
        assert (done.position, done.heard_ms) == (position, now * 1000)
        await check_restored(tmp_path / name, house.settings.journal_folder, position)
    with pytest.raises(BackupError, match="nothing had come in"):
        await restore(
            tmp_path / "b", Settings(data=tmp_path / "x"), datetime(2020, 1, 1, tzinfo=UTC)
        )
    assert not (tmp_path / "x").exists()


async def test_what_came_after_the_cut_is_in_no_store(house: House, tmp_path: Path) -> None:
    """Points, alerts, summaries and history of later entries are gone, earlier ones are there."""
    await lively(house, 30)
    past = [
        Message(session="past", user="a", text="x", at=datetime.fromtimestamp(T0 + n * 30, UTC))
        for n in range(10)
    ]
    await house.pipeline.submit(past[:5], history=True)
    await house.pipeline.settled()
    cut = house.pipeline.journal.end
    await house.pipeline.submit(past[5:], history=True)
    await house.pipeline.close_history(["past"])
    await lively(house, 20, "later")
    back_up(house, tmp_path / "b")

    done = await restore(tmp_path / "b", Settings(data=tmp_path / "r"), cut)

    assert done.position == cut and done.database_from_ms is None
    await check_restored(tmp_path / "r", house.settings.journal_folder, cut)
    pipeline = await opened(tmp_path / "r")
    assert "later" not in pipeline.engine.rooms.rooms and "past" in pipeline.histories
    await pipeline.stop()


async def test_verdicts_and_refused_events_of_the_time_are_kept(
    house: House, tmp_path: Path
) -> None:
    """What a person said by the moment stands; what was said later was not said yet."""
    first, second = await with_alerts(house)
    clock = house.clock
    archive = house.pipeline.archive
    await archive.judge_alert(first, "false_alarm", "ann", _now(clock))
    house.pipeline.keeper.bury(_now(clock), "test", "why", b"{")
    await house.tick(2)
    await kept(house)
    cut = house.pipeline.journal.end
    await house.tick(2)
    await archive.judge_alert(second, "acknowledged", "bob", _now(clock))
    house.pipeline.keeper.bury(_now(clock), "test", "later", b"[")
    await kept(house)
    back_up(house, tmp_path / "b")

    for name, at, verdicts, letters in (("r1", cut, 1, 1), ("r2", None, 2, 2)):
        done = await restore(tmp_path / "b", Settings(data=tmp_path / name), at)
        pipeline = await opened(tmp_path / name)
        alerts = {row["id"]: row for row in await pipeline.archive.alerts()}
        buried = await pipeline.archive.dead_letters()
        await pipeline.stop()
        assert alerts[first]["verdict"] == "false_alarm"
        assert alerts[first]["verdict_by"] == "ann"
        assert (alerts[second]["verdict"] != "") == (at is None)
        assert len(buried) == letters
        assert done.verdicts == verdicts


def _now(clock: Any) -> datetime:
    return datetime.fromtimestamp(clock.now_ms() / 1000, UTC)


async def test_nothing_is_overwritten(house: House, tmp_path: Path) -> None:
    """A folder that holds anything is refused; an empty one is filled."""
    await lively(house, 2)
    back_up(house, tmp_path / "b")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("mine")
    (tmp_path / "empty").mkdir()

    with pytest.raises(BackupError, match="not overwritten"):
        await restore(tmp_path / "b", Settings(data=tmp_path / "full"))
    done = await restore(tmp_path / "b", Settings(data=tmp_path / "empty"))

    assert (tmp_path / "full" / "a").read_text() == "mine"
    assert isinstance(done, Restored)
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith("restoring")] == []


async def test_a_damaged_backup_restores_nothing(house: House, tmp_path: Path) -> None:
    """Every file is checked first: one flipped bit, and no folder is made."""
    await lively(house, 3)
    back_up(house, tmp_path / "b")
    manifest = read_manifest(tmp_path / "b")
    assert manifest is not None
    for number, file in enumerate(manifest.files):
        path = tmp_path / "b" / file.path
        good = path.read_bytes()
        bad = bytearray(good)
        bad[len(bad) // 2] ^= 4
        path.write_bytes(bytes(bad))
        with pytest.raises(BackupError, match="checksum"):
            await restore(tmp_path / "b", Settings(data=tmp_path / f"r{number}"))
        path.write_bytes(good)
        assert not (tmp_path / f"r{number}").exists()
    with pytest.raises(BackupError, match="holds no backup"):
        await restore(tmp_path / "nothing", Settings(data=tmp_path / "r"))


async def test_a_journal_that_lost_its_beginning_goes_back_as_far_as_it_can(
    house: House, tmp_path: Path
) -> None:
    """With the oldest segments dropped, points before the older database copy are refused."""
    folder = tmp_path / "data"
    settings = Settings(data=folder)
    journal = Journal.open(folder / "journal", segment_bytes=1_000)
    for n in range(40):
        await journal.append(Batch(arrival=T0 * 1000 + n, source="t", events=[said(n)]))
    await journal.close()
    pipeline = await Pipeline.open(settings)
    await pipeline.stop()  # the database, and a snapshot
    sorted((folder / "journal").glob("journal-*.log"))[0].unlink()
    job = Backup(settings, tmp_path / "b", WallClock())
    job.run()
    journal = Journal.open(folder / "journal", segment_bytes=1_000)
    await journal.append(Batch(arrival=T0 * 1000 + 50, source="t", events=[said(50)]))
    await journal.close()
    end = job.run(database=False).position
    job.close()

    with pytest.raises(BackupError, match="at the earliest"):
        await restore(tmp_path / "b", Settings(data=tmp_path / "early"), end // 2)
    done = await restore(tmp_path / "b", Settings(data=tmp_path / "r"))
    again = await opened(tmp_path / "r")
    messages = again.engine.summary("s").messages
    await again.stop()

    assert done.position == end and messages == 41


async def test_a_restored_folder_is_another_history(house: House, tmp_path: Path) -> None:
    """Its journal goes on where it was cut, and is not backed up over the one it came from."""
    await lively(house, 4)
    cut = house.pipeline.journal.end
    await lively(house, 2, "lost")
    back_up(house, tmp_path / "b")
    await restore(tmp_path / "b", Settings(data=tmp_path / "r"), cut)
    again = House(tmp_path / "r")
    again.clock.advance((house.clock.now_ms() - again.clock.now_ms()) / 1000)
    await again.open()
    await lively(again, 8, "new")
    await again.pipeline.stop()

    job = Backup(again.settings, tmp_path / "b", WallClock())
    with pytest.raises(BackupError, match="empty folder"):
        job.run()
    job.close()


async def test_who_withdrew_after_the_moment_stays_withdrawn(house: House, tmp_path: Path) -> None:
    """By the backup's journal behind it, and by the folder that was in use; nobody agrees by it."""

    async def says(user: str, yes: bool) -> None:
        await house.pipeline.submit([ConsentGiven(user=user, purposes={"training": yes})])
        await house.tick()
        await kept(house)

    for user in ("ann", "bob", "eve"):
        await says(user, True)
    moment = house.pipeline.position
    await says("ann", False)
    await says("new", True)
    back_up(house, tmp_path / "b")
    await says("bob", False)
    await recovery.checkpoint(house.pipeline)
    await says("eve", False)
    await says("eve", True)

    done = await restore(
        tmp_path / "b", Settings(data=tmp_path / "r"), moment, heed=[house.settings.data]
    )
    pipeline = await opened(tmp_path / "r")

    told = {one.user: one.granted for one in await pipeline.archive.consents()}
    holds = {user: pipeline.consenting.agreed.allows(user, "training") for user in told}
    assert told == holds == {"ann": False, "bob": False, "eve": True}
    assert done.withdrawn == 2 and "2 people had withdrawn" in str(list(steps(done)))
    await pipeline.stop()


def test_a_point_is_a_position_or_a_time() -> None:
    """Anything else is told how to write it."""
    assert parse_point(None) is None
    assert parse_point("12") == 12
    assert parse_point("2026-01-31T12:00:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    with pytest.raises(BackupError, match="write"):
        parse_point("yesterday")


@pytest.mark.servers
async def test_an_empty_postgres_is_filled_from_the_journal(
    house: House, tmp_path: Path, postgres_url: str
) -> None:
    """No copy of the database is needed; one that holds something is refused, or kept if said."""
    await lively(house, 8)
    cut = house.pipeline.journal.end
    await lively(house, 3, "later")
    back_up(house, tmp_path / "b")
    stores = {"series": postgres_url, "archive": postgres_url}
    settings = Settings(data=tmp_path / "r", stores=stores)

    done = await restore(tmp_path / "b", settings, cut)

    assert done.position == cut and done.database_from_ms is None
    await check_restored(settings.data, house.settings.journal_folder, cut, settings)
    pipeline = await Pipeline.open(settings)
    await pipeline.archive.add_alerts([an_alert()])
    await pipeline.stop()
    other = Settings(data=tmp_path / "r2", stores=stores)
    with pytest.raises(BackupError, match="empty database"):
        await restore(tmp_path / "b", other, cut)
    kept_as_is = await restore(tmp_path / "b", other, keep_stores=True)
    assert kept_as_is.position == house.pipeline.journal.end


def an_alert() -> Alert:
    return Alert(
        time=datetime.fromtimestamp(T0, UTC),
        session="s",
        type="SUDDEN_DROP",
        severity="WARNING",
        detector="test",
        score=0.5,
        current=1.0,
        expected=2.0,
    )


@pytest.mark.servers
async def test_points_alone_are_something(house: House, tmp_path: Path, postgres_url: str) -> None:
    """Of sessions that still live the archive knows nothing: their points must not be mixed."""
    await lively(house, 8)
    back_up(house, tmp_path / "b")
    stores = {"series": postgres_url, "archive": postgres_url}
    await restore(tmp_path / "b", Settings(data=tmp_path / "first", stores=stores))
    for kinds in (stores, {"series": postgres_url}):
        settings = Settings(data=tmp_path / "second", stores=kinds)
        with pytest.raises(BackupError, match="keep-stores"):
            await restore(tmp_path / "b", settings, (read_position(tmp_path / "b")) // 2)
        assert not (tmp_path / "second").exists()


def read_position(folder: Path) -> int:
    """How far a backup goes."""
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.position
