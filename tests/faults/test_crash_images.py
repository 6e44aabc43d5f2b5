"""The journal folder as it stands at any moment is enough to go on exactly where the engine was."""

import asyncio
import contextlib
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from roomtone import state
from roomtone.events import Heartbeat, Join, Leave, Message, PollClosed, PollVote, Reaction
from roomtone.records import Batch, Closed, Gap, Tick
from roomtone.runtime import recovery
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings
from roomtone.runtime.histories import Histories
from roomtone.runtime.journal import read_journal
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import START, ManualClock


def some_events(chance: random.Random, now_ms: int) -> list:
    """What a few rooms might send at once, some of it late, some of it again."""
    made = []
    for _ in range(chance.randint(1, 12)):
        about = {
            "session": f"room {chance.randrange(6)}",
            "user": f"user {chance.randrange(30)}",
            "id": f"event {chance.randrange(2000)}",
            "at": utc(now_ms) - timedelta(seconds=chance.uniform(0, 12)),
        }
        made.append(
            chance.choice(
                [
                    Message(text="t", **about),
                    Message(text="t", role="bot", **about),
                    Reaction(emoji="👍", action=chance.choice(["add", "remove"]), **about),
                    Join(**about),
                    Leave(**about),
                    PollVote(poll="p", option=1, **about),
                    PollClosed(poll="p", **about),
                    Heartbeat(**about),
                ]
            )
        )
    return made


def some_history(chance: random.Random, number: int) -> list:
    """A part of an old session's chat; each call goes on where its session may be by now."""
    return [
        Message(
            session=f"past {number}",
            user=f"user {chance.randrange(9)}",
            text="t",
            at=START - timedelta(days=3) + timedelta(seconds=chance.uniform(0, 600)),
        )
        for _ in range(10)
    ]


def play_whole(pipeline: Pipeline, journal: Path) -> bytes:
    """The state of engines that read the journal from its beginning."""
    engine = pipeline.make_engine()
    histories = Histories(pipeline.make_engine, pipeline.gauges[0])
    for _, entry in read_journal(journal):
        match entry:
            case Batch(history=True):
                list(histories.play(entry.events))
            case Closed():
                histories.close(entry.session)
            case Batch():
                engine.apply(entry.events, entry.arrival)
            case Tick():
                engine.tick(entry.now)
            case Gap():
                engine.gap(entry.start, entry.end)
    return state.pack([engine.snapshot(), histories.snapshot()])


def state_of(pipeline: Pipeline) -> bytes:
    """All that the pipeline's future depends on."""
    return state.pack([pipeline.engine.snapshot(), pipeline.histories.snapshot()])


async def check_image(folder: Path, image: Path) -> None:
    """Start from a copy of the journal folder, and hold the engine against the whole journal."""
    journal = Settings(data=image).journal_folder
    journal.mkdir(parents=True)
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):  # files come and go while we copy
            shutil.copy(path, journal)
    pipeline = await Pipeline.open(Settings(data=image))

    assert state_of(pipeline) == play_whole(pipeline, journal)
    await pipeline.stop()


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.faults)])
async def test_any_moments_image_goes_on_exactly(tmp_path, seed, monkeypatch):
    """With snapshots every forty events, amid pending writes, across silences and gaps."""
    monkeypatch.setattr(recovery, "SNAPSHOT_EVENTS", 40)
    chance, clock = random.Random(seed), ManualClock()
    settings = Settings(data=tmp_path / "live")
    pipeline = await Pipeline.open(settings, clock)
    await pipeline.start()
    used = 0
    for step in range(80):
        clock.advance(chance.choice([0.2, 1, 3, 5, 5, 20]))
        sending = [
            asyncio.ensure_future(pipeline.submit(some_events(chance, clock.now_ms())))
            for _ in range(chance.randint(0, 3))
        ]
        if step % 4 == 0:
            await pipeline.submit(some_history(chance, step // 20), history=True)
        if step in (25, 65):
            await pipeline.close_history([f"past {step // 20}"])
        if chance.random() < 0.5:
            await asyncio.gather(*sending)
        if step % 10 == 9:
            used += bool(list(settings.journal_folder.glob("snapshot-*")))
            await check_image(settings.journal_folder, tmp_path / f"image {step}")
        if step % 27 == 26:  # a stop in good order, and a pause that nobody listened in
            await asyncio.gather(*sending)
            await pipeline.stop()
            clock.advance(chance.choice([3, 90, 4000]))
            pipeline = await Pipeline.open(settings, clock)
            await pipeline.start()
        await asyncio.gather(*sending)
    await pipeline.settled()

    assert pipeline.inspector.faults() == []
    assert used >= 6
    assert state_of(pipeline) == play_whole(pipeline, settings.journal_folder)
    await pipeline.stop()


async def test_an_entry_that_breaks_the_engine_does_not_keep_it_from_starting(
    tmp_path, monkeypatch
):
    """It is skipped, counted and shown; what comes after it is applied."""
    settings, clock = Settings(data=tmp_path), ManualClock()
    pipeline = await Pipeline.open(settings, clock)
    await pipeline.start()
    real = pipeline.engine.apply

    def apply(events, arrival):
        if events[0].user == "breaker":
            raise ZeroDivisionError("an unknown bug")
        return real(events, arrival)

    monkeypatch.setattr(pipeline.engine, "apply", apply)
    await pipeline.submit([Message(session="s", user="breaker", text="t")])
    await pipeline.submit([Message(session="s", user="ann", text="t")])
    await pipeline.settled()

    assert pipeline.engine.summary("s").messages == 1
    assert "an unknown bug" in pipeline.inspector.faults()[0]
    await pipeline.stop()


async def test_news_that_cannot_be_spread_changes_nothing(tmp_path, monkeypatch):
    """A channel that fails at a tick is counted; the engine goes on as in a replay."""
    settings, clock = Settings(data=tmp_path), ManualClock()
    pipeline = await Pipeline.open(settings, clock)
    await pipeline.start()
    watching = pipeline.news.subscribe("pulse")

    async def publish(topic, payload):
        raise ConnectionError("the channel is gone")

    monkeypatch.setattr(pipeline.news, "publish", publish)
    for _ in range(5):
        clock.advance(5)
        await pipeline.submit([Message(session=f"s {n}", user="u", text="t") for n in range(9)])
    await pipeline.settled()

    assert [fault.split(":")[0] for fault in pipeline.inspector.faults()] == ["news"]
    assert state_of(pipeline) == play_whole(pipeline, settings.journal_folder)
    watching.close()
    await pipeline.stop()
