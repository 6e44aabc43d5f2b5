"""The checks accept what keeps a contract and refuse what breaks it; the clock obeys the hand."""

import asyncio
import math
from datetime import timedelta

import numpy as np
import pytest

from roomtone.alerts import Alert
from roomtone.channels.local import Local
from roomtone.emotions import UNSURE, Reading
from roomtone.points import Field, Measurement
from roomtone.rooms import Rooms
from roomtone.testing import (
    START,
    ListArchive,
    ListSeriesStore,
    ManualClock,
    check_archive,
    check_channel,
    check_detector,
    check_emotion_model,
    check_gauge,
    check_series_store,
    some_blocks,
)

MOOD = Measurement("mood", "how it is", ("session",), {"score": Field("the mood", "1", 0, 1)})


async def test_the_clock_moves_by_hand_only():
    """Who waits is woken when the hand has passed the moment, and not before."""
    clock = ManualClock()
    start = clock.now_ms()
    waiter = asyncio.create_task(clock.wait_until(start + 5000))
    await asyncio.sleep(0)
    clock.advance(4.999)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiter.done()
    clock.advance(0.001)
    await waiter

    assert clock.now_ms() == start + 5000


async def test_the_list_stores_keep_the_contracts():
    """What tests use in place of a database behaves as one."""
    await check_series_store(ListSeriesStore())
    await check_archive(ListArchive())


class Doubling(ListSeriesStore):
    async def write(self, blocks):
        await super().write(blocks)
        moved = [block for block in blocks if len(block)]
        for block in moved:
            later = block.time + timedelta(milliseconds=1)
            await super().write([type(block)(block.measurement, later, block.tags, block.fields)])


class ZeroForAbsent(ListSeriesStore):
    async def write(self, blocks):
        for b in blocks:
            fields = {name: np.nan_to_num(column) for name, column in b.fields.items()}
            await super().write([type(b)(b.measurement, b.time, b.tags, fields)])


class ClosedEnd(ListSeriesStore):
    async def read(self, measurement, *, end, **more):
        return await super().read(measurement, end=end + timedelta(milliseconds=1), **more)


class NoSteps(ListSeriesStore):
    async def read(self, measurement, *, step_s=0, **more):
        return await super().read(measurement, **more)


@pytest.mark.parametrize("broken", [Doubling, ZeroForAbsent, ClosedEnd, NoSteps])
async def test_a_broken_series_store_is_caught(broken):
    """Each way to be wrong that the contract names is found."""
    with pytest.raises(AssertionError):
        await check_series_store(broken())


class LosesVerdicts(ListArchive):
    async def add_alerts(self, alerts):
        for alert in alerts:
            self.kept.pop(alert.id, None)
        await super().add_alerts(alerts)


class KeepsFirstSummary(ListArchive):
    async def add_sessions(self, sessions):
        await super().add_sessions([s for s in sessions if s.id not in self.summaries])


class RepeatsAtPageEnd(ListArchive):
    async def alerts(self, *, before=None, **more):
        if before is not None:
            more["end"] = self.kept[before]["time"] + timedelta(milliseconds=1)
        page = await super().alerts(**more)
        return [row for row in page if row["id"] != before]


@pytest.mark.parametrize("broken", [LosesVerdicts, KeepsFirstSummary, RepeatsAtPageEnd])
async def test_a_broken_archive_is_caught(broken):
    """Each way to be wrong that the contract names is found."""
    with pytest.raises(AssertionError):
        async with asyncio.timeout(10):
            await check_archive(broken())
            raise TimeoutError


class Unbounded(Local):
    def __init__(self):
        super().__init__(queue=10**6)


class Forgetful(Local):
    def subscribe(self, topic):
        listener = super().subscribe(topic)
        take = listener.take

        def forget(payload):
            take(payload)
            listener.missed = 0

        listener.take = forget
        return listener


@pytest.mark.parametrize("broken", [Unbounded, Forgetful])
async def test_a_broken_channel_is_caught(broken):
    """A queue without a bound and a loss without a count are both found."""
    with pytest.raises(AssertionError):
        await check_channel(broken())


class Falls:
    """Notices when a score is far below the one before: a detector with a column of state."""

    measurement = "mood"

    def __init__(self):
        self.last = np.full(64, math.nan)

    def observe(self, block):
        score = block.fields["score"]
        fell = np.flatnonzero(score < self.last[block.slots] - 0.3)
        alerts = [self.alert(block, row, score[row]) for row in fell]
        self.last[block.slots] = np.where(np.isnan(score), self.last[block.slots], score)
        return alerts

    def alert(self, block, row, score):
        return Alert(
            time=block.time,
            session=block.tags["session"][row],
            type="SUDDEN_DROP",
            severity="WARNING",
            detector="falls",
            score=0.5,
            current=float(score),
            expected=float(self.last[block.slots[row]]),
        )

    def forget(self, slots):
        self.last[slots] = math.nan

    def snapshot(self):
        return {"last": self.last.copy()}

    def restore(self, state):
        self.last = np.array(state["last"])


def test_a_good_detector_passes_and_its_alerts_come_back():
    """The check runs the detector for real: the fall that the blocks hold is noticed."""
    alerts = check_detector(Falls, MOOD)

    assert {alert.session for alert in alerts} == {f"session {i}" for i in range(6)}


class Remembers(Falls):
    def forget(self, slots):
        pass


class HoldsOn(Falls):
    def restore(self, state):
        self.last = state["last"]


class ForgetsInSnapshot(Falls):
    def snapshot(self):
        return {"last": np.zeros(64)}


class Overconfident(Falls):
    def alert(self, block, row, score):
        alert = super().alert(block, row, score)
        alert.evidence["z"] = math.inf
        return alert


@pytest.mark.parametrize("broken", [Remembers, HoldsOn, ForgetsInSnapshot, Overconfident])
def test_a_broken_detector_is_caught(broken):
    """State that leaks, is shared or is lost, and evidence that is no number, are found."""
    with pytest.raises(AssertionError):
        check_detector(broken, MOOD)


class Mood:
    """A gauge that reads one number for two sessions."""

    measurement = MOOD

    def __init__(self, *values):
        self.values = iter(values)
        self.value = next(self.values)

    def read(self, rooms, now, slots=None):
        block = some_blocks(MOOD, ticks=1, rows=2)[0]
        fields = {"score": np.array([self.value, math.nan])}
        self.value = next(self.values, self.value)
        return type(block)("mood", START, block.tags, fields, block.slots)


NOW = int(START.timestamp())


def test_a_good_gauge_passes():
    """The block that was read is given back."""
    block = check_gauge(Mood(0.5), Rooms(), NOW)

    assert len(block) == 2


@pytest.mark.parametrize("values", [(1.5,), (-0.1,), (math.inf,), (0.5, 0.6)])
def test_a_broken_gauge_is_caught(values):
    """A number out of its range, or that reading has changed, is found."""
    with pytest.raises(AssertionError):
        check_gauge(Mood(*values), Rooms(), NOW)


def test_a_gauge_of_another_time_is_caught():
    """A block stands at the time that was asked for."""
    with pytest.raises(AssertionError):
        check_gauge(Mood(0.5), Rooms(), NOW + 5)


class Mirror:
    """A model that always says the same, or what it is told to say."""

    def __init__(self, **said):
        self.said = {"primary": "joy", "model": "mirror", "confidence": 0.4} | said

    def read(self, texts):
        return [Reading(**self.said) for _ in texts]


def test_a_good_emotion_model_passes():
    """One that knows a single feeling keeps the contract."""
    check_emotion_model(Mirror())


@pytest.mark.parametrize(
    "said",
    [
        {"primary": "happy"},
        {"confidence": 1.5},
        {"intensity": math.nan},
        {"valence": -2.0},
        {"scores": {"happy": 0.5}},
        {"scores": {"joy": 0.5, "love": 0.4}},
        {"primary": UNSURE, "confidence": 0.9},
        {"model": ""},
    ],
)
def test_a_broken_emotion_model_is_caught(said):
    """A label or number that the contract does not know is found."""
    with pytest.raises(AssertionError):
        check_emotion_model(Mirror(**said))


def test_an_emotion_model_that_learns_from_company_is_caught():
    """A reading must not depend on the texts beside it, nor may one be missing."""

    class Swayed(Mirror):
        def read(self, texts):
            return [
                Reading(**self.said | {"intensity": i / len(texts)}) for i, _ in enumerate(texts)
            ]

    class Lazy(Mirror):
        def read(self, texts):
            return super().read(list(texts)[1:])

    for broken in (Swayed(), Lazy()):
        with pytest.raises(AssertionError):
            check_emotion_model(broken)
