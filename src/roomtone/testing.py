"""For tests, ours and plug-in authors': a clock moved by hand, list stores, a check per port."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from roomtone.alerts import Alert
from roomtone.contracts import START as START
from roomtone.contracts import check_archive as check_archive
from roomtone.contracts import check_channel as check_channel
from roomtone.contracts import check_series_store as check_series_store
from roomtone.emotions import LABELS, UNSURE, mixed
from roomtone.errors import StoreError, UndeclaredField
from roomtone.points import Block, Measurement, Point
from roomtone.ports import VERDICTS, Detector, EmotionModel, Gauge
from roomtone.records import DeadLetter, JournalSegment, SessionSummary
from roomtone.rooms import Rooms


class ManualClock:
    """A clock in epoch milliseconds that stands still until it is moved by hand."""

    def __init__(self, start: datetime = START) -> None:
        self._now = round(start.timestamp() * 1000)
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        return self._now

    async def wait_until(self, ms: int) -> None:
        while self._now < ms:
            await self._moved.wait()

    def advance(self, seconds: float) -> None:
        """Move on, waking whoever waited for a moment up to the new one."""
        self._now += round(seconds * 1000)
        self._moved.set()
        self._moved = asyncio.Event()


class ListSeriesStore:
    """A SeriesStore in a dictionary, simple enough to be believed; never deletes."""

    def __init__(self) -> None:
        self.measurements: dict[str, Measurement] = {}
        self.rows: dict[tuple[str, datetime, tuple[tuple[str, str], ...]], dict[str, float]] = {}

    async def open(self, measurements: Sequence[Measurement]) -> None:
        self.measurements |= {m.name: m for m in measurements}

    async def write(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            declared = self._declared(block.measurement)
            if unknown := block.fields.keys() - declared.fields.keys():
                raise UndeclaredField(declared.name, unknown)
            if set(block.tags) != set(declared.tags):
                raise StoreError(f"give exactly the tags {declared.tags}, not {[*block.tags]}")
        for block in blocks:
            for point in block.points():
                row = self.rows.setdefault(
                    (block.measurement, block.time, tuple(sorted(point.tags.items()))), {}
                )
                for name in block.fields:
                    row.pop(name, None)
                row |= point.fields

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        fields: Sequence[str] = (),
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]:
        declared = self._declared(measurement)
        names = set(fields) or set(declared.fields)
        if unknown := (names - declared.fields.keys()) | (tags.keys() - set(declared.tags)):
            raise StoreError(f"{measurement} does not declare {unknown}")
        gathered: dict[tuple[datetime, tuple[tuple[str, str], ...]], dict[str, list[float]]] = {}
        step = timedelta(seconds=step_s)
        for (name, time, own), row in sorted(self.rows.items()):
            at = _floor(time, step)
            if name != measurement or not _floor(start, step) <= at < end:
                continue
            if tags.items() <= dict(own).items():
                values = gathered.setdefault((at, own), {})
                for field in names & row.keys():
                    values.setdefault(field, []).append(row[field])
        summed = _summary if step_s else lambda name, values: {name: values[0]}
        return [
            Point(
                measurement,
                at,
                dict(own),
                {k: v for name in sorted(row) for k, v in summed(name, row[name]).items()},
            )
            for (at, own), row in sorted(gathered.items())
        ][:limit]

    async def retain(self, now: datetime) -> int:
        return 0

    async def close(self) -> None:
        pass

    def _declared(self, measurement: str) -> Measurement:
        if measurement not in self.measurements:
            raise StoreError(f"{measurement!r} was not declared; pass it to open()")
        return self.measurements[measurement]


def _floor(time: datetime, step: timedelta) -> datetime:
    return time - (time - datetime(1970, 1, 1, tzinfo=UTC)) % step if step else time


def _summary(name: str, values: list[float]) -> dict[str, float]:
    mean = sum(values) / len(values)
    return {name: mean, f"{name}_min": min(values), f"{name}_max": max(values)}


class ListArchive:
    """An Archive in lists; keeps everything."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.summaries: dict[str, SessionSummary] = {}
        self.letters: list[DeadLetter] = []
        self.noted: dict[tuple[str, int], JournalSegment] = {}

    async def open(self) -> None:
        pass

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        fresh = {"verdict": "", "verdict_by": "", "verdict_at": None}
        for alert in alerts:
            values = {name: getattr(alert, name) for name in alert.__struct_fields__}
            own = {"id": alert.id, "deviation": alert.deviation}
            self.kept[alert.id] = fresh | self.kept.get(alert.id, {}) | values | own

    async def alerts(
        self,
        *,
        session: str | None = None,
        type: str | None = None,
        severity: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[Mapping[str, Any]]:
        wanted = {"session": session, "type": type, "severity": severity}
        rows = [
            row
            for row in self.kept.values()
            if all(value in (None, row[name]) for name, value in wanted.items())
            and (start is None or start <= row["time"])
            and (end is None or row["time"] < end)
        ]
        rows.sort(key=lambda row: (row["time"], row["id"]), reverse=True)
        return [dict(row) for row in _after(rows, lambda row: row["id"] == before, before)[:limit]]

    async def alert(self, id: str) -> Mapping[str, Any] | None:
        return self.kept.get(id)

    async def judge_alert(self, id: str, verdict: str, by: str, at: datetime) -> bool:
        if verdict not in VERDICTS:
            raise StoreError(f"no verdict is called {verdict!r}; choose one of: {VERDICTS}")
        if id not in self.kept:
            return False
        given = (verdict, by, at) if verdict else ("", "", None)
        self.kept[id] |= dict(zip(("verdict", "verdict_by", "verdict_at"), given, strict=True))
        return True

    async def add_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        self.summaries |= {summary.id: summary for summary in sessions}

    async def sessions(
        self, *, session: str | None = None, before: str | None = None, limit: int = 100
    ) -> Sequence[SessionSummary]:
        rows = [s for s in self.summaries.values() if session in (None, s.session)]
        rows.sort(key=lambda s: (s.started, s.id), reverse=True)
        return _after(rows, lambda s: s.id == before, before)[:limit]

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            id, raw = len(self.letters) + 1, letter.raw[:2048]
            self.letters.append(
                DeadLetter(at=letter.at, source=letter.source, reason=letter.reason, raw=raw, id=id)
            )

    async def dead_letters(
        self, *, source: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[DeadLetter]:
        rows = [d for d in reversed(self.letters) if source in (None, d.source)]
        return [d for d in rows if before is None or d.id < before][:limit]

    async def note_segments(
        self, journal: str, segments: Sequence[JournalSegment], *, first: int
    ) -> None:
        self.noted |= {(journal, segment.base): segment for segment in segments}
        for name, base in [*self.noted]:
            if name == journal and base < first:
                del self.noted[name, base]

    async def segments(self, journal: str | None = None) -> Sequence[JournalSegment]:
        return [self.noted[key] for key in sorted(self.noted) if journal in (None, key[0])]

    async def close(self) -> None:
        pass


def _after(rows: list[Any], is_last: Callable[[Any], bool], before: str | None) -> list[Any]:
    if before is None:
        return rows
    return next((rows[i + 1 :] for i, row in enumerate(rows) if is_last(row)), [])


def some_blocks(measurement: Measurement, *, ticks: int = 120, rows: int = 12) -> list[Block]:
    """Blocks as a gauge might give them: sessions in any order, some away, some numbers unknown.

    Values wander in the upper half of each field's declared range; half of the sessions begin at
    its low end, and fall back to it from three quarters of the time on until shortly before the
    end. The same arguments always give the same blocks.
    """
    random = np.random.default_rng(7)
    names = np.array([f"session {row}" for row in range(rows)], dtype=object)
    blocks = []
    for tick in range(ticks):
        slots = random.permutation(rows)[: rows - tick % 3]
        fields = {}
        for name, field in measurement.fields.items():
            low = 0.0 if field.low is None else field.low
            high = low + 100.0 if field.high is None else field.high
            column = low + (high - low) * (0.6 + 0.1 * random.random(len(slots)))
            if tick < 3 or ticks * 3 // 4 <= tick < ticks - 3:
                column[slots < rows // 2] = low
            if high - low == 1 and field.high is not None and name.endswith(("known", "feed")):
                column = np.round(column)
            column[random.random(len(slots)) < 0.02] = math.nan
            fields[name] = column
        tags = {tag: names[slots] for tag in measurement.tags}
        time = START + timedelta(seconds=5 * tick)
        blocks.append(measurement.block(time, slots, tags, **fields))
    return blocks


def check_detector(
    make: Callable[[], Detector], measurement: Measurement, blocks: Sequence[Block] = ()
) -> list[Alert]:
    """Raise AssertionError where what `make` gives breaks the contract of `Detector`.

    Runs over `blocks`, by default `some_blocks(measurement)`; returns the alerts of that run.
    """
    blocks = list(blocks) or some_blocks(measurement)
    assert make().measurement == measurement.name
    alerts = [list(detector.observe(block)) for detector in [make()] for block in blocks]
    for block, noticed in zip(blocks, alerts, strict=True):
        here = set(block.tags[measurement.tags[0]]) if len(block) else set()
        for alert in noticed:
            assert alert.session in here, "an alert is about a session of the block"
            assert alert.time == block.time, "and of its time"
            assert 0 <= alert.score <= 1, "a score is from 0 to 1"
            assert all(map(math.isfinite, alert.evidence.values())), "evidence is numbers"

    again = make()
    for at, block in enumerate(blocks):
        if at % max(1, len(blocks) // 8) == 0:
            kept = {name: array.copy() for name, array in again.snapshot().items()}
            for later in blocks[at:]:
                again.observe(later)
            again = make()
            again.restore(kept)
            for array in kept.values():
                array.fill(0)  # what was handed in is not held on to
        same = list(again.observe(block)) == alerts[at]
        assert same, f"a restored detector goes on as if it had never stopped (block {at})"

    used = max((int(block.slots.max()) for block in blocks if len(block)), default=-1) + 1
    again.forget(np.arange(used))
    for at, block in enumerate(blocks):
        same = list(again.observe(block)) == alerts[at]
        assert same, f"forgetting leaves nothing behind (block {at})"

    empty = measurement.block(
        START,
        np.empty(0, np.intp),
        {tag: np.empty(0, object) for tag in measurement.tags},
        **{name: np.empty(0) for name in measurement.fields},
    )
    assert not list(make().observe(empty)), "nobody there, nothing to say"
    unknown = {name: np.full(len(blocks[0]), math.nan) for name in measurement.fields}
    first = blocks[0]
    nothing = measurement.block(first.time, first.slots, first.tags, **unknown)
    assert not list(make().observe(nothing)), "nothing known, nothing to say"
    return [alert for noticed in alerts for alert in noticed]


def check_gauge(gauge: Gauge, rooms: Rooms, now: int) -> Block:
    """Raise AssertionError where a gauge, reading `rooms` at `now`, breaks the contract of `Gauge`.

    Returns the block it read.
    """
    declared, block = gauge.measurement, gauge.read(rooms, now)
    assert block.measurement == declared.name
    assert int(block.time.timestamp()) == now, "a block is of the time that was asked"
    assert set(block.tags) == set(declared.tags), "exactly the declared tags"
    assert set(block.fields) <= set(declared.fields), "no field but the declared"
    assert len(set(block.slots.tolist())) == len(block.slots) == len(block), "a slot per row"
    for texts in block.tags.values():
        assert len(texts) == len(block)
        assert all(isinstance(text, str) for text in texts), "tags are text"
    for name, column in block.fields.items():
        field = declared.fields[name]
        assert column.dtype.name == "float64", f"{name} is a column of floats"
        assert len(column) == len(block), f"{name} has a number per row"
        assert not np.isinf(column).any(), f"{name}: unknown is NaN, never infinite"
        known = column[~np.isnan(column)]
        assert field.low is None or (known >= field.low).all(), f"{name} is below its range"
        assert field.high is None or (known <= field.high).all(), f"{name} is above its range"
    again = gauge.read(rooms, now)
    for name, column in block.fields.items():
        assert np.array_equal(column, again.fields[name], equal_nan=True), "reading learns nothing"
    return block


HARD_TEXTS = ("", "\0\n\r\t", "\ud800", "\u202eevil", "😂", "a" * 100_000, "no " * 50_000, "hello")


def check_emotion_model(model: EmotionModel) -> None:
    """Raise AssertionError where a model breaks the contract of `EmotionModel`."""
    readings = list(model.read(HARD_TEXTS))
    assert len(readings) == len(HARD_TEXTS), "a reading for each text, whatever it is"
    assert list(model.read([])) == [], "nothing read, nothing said"
    for one in readings:
        assert one.primary in (*LABELS, UNSURE), f"{one.primary!r} is no label of ours"
        assert set(one.scores) <= set(LABELS), "scores by canonical labels"
        for number in (one.intensity, one.confidence, *one.scores.values()):
            assert 0.0 <= number <= 1.0, "strength, confidence and scores are in 0..1"
        assert -1.0 <= one.valence <= 1.0, "valence is in -1..1"
        assert one.primary == UNSURE or one.mixed == mixed(one.primary, one.scores)
        assert one.primary != UNSURE or one.confidence < 0.5, "who is sure does not say unsure"
        assert one.model and one.source, "a reading says who read it"
    assert list(model.read(HARD_TEXTS[::-1])) == readings[::-1], "the company changes nothing"
    assert [model.read([text])[0] for text in HARD_TEXTS] == readings, "nor does being alone"
