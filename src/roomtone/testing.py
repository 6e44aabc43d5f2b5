"""For tests, ours and plug-in authors': a clock moved by hand, list stores, a check per port."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import numpy as np

from roomtone.alerts import Alert
from roomtone.contracts import START as START
from roomtone.contracts import check_channel as check_channel
from roomtone.contracts_archive import check_archive as check_archive
from roomtone.contracts_memory import check_memory_store as check_memory_store
from roomtone.contracts_series import check_series_store as check_series_store
from roomtone.emotions import LABELS, UNSURE, mixed
from roomtone.events import decode, encode
from roomtone.listed import ListArchive as ListArchive
from roomtone.listed import ListSeriesStore as ListSeriesStore
from roomtone.points import Block, Measurement
from roomtone.ports import (
    CoherenceModel,
    Delivery,
    Detector,
    EmbeddingModel,
    EmotionModel,
    Feed,
    Gauge,
    Judge,
)
from roomtone.reactions import MEANINGS, Case, Said
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


def check_coherence_model(model: CoherenceModel) -> None:
    """Raise AssertionError where a model breaks the contract of `CoherenceModel`."""
    pairs = [(one, two) for one in HARD_TEXTS for two in HARD_TEXTS[::3]]
    messages = [HARD_TEXTS[i % len(HARD_TEXTS)] for i in range(len(pairs))]
    near, moved = list(model.relevance(pairs)), list(model.shift(pairs, messages))
    assert len(near) == len(moved) == len(pairs), "a number for each, whatever it is"
    assert list(model.relevance([])) == list(model.shift([], [])) == [], "nothing read, none said"
    for number in (*near, *moved):
        assert number is None or 0.0 <= number <= 1.0, "in 0..1, or not known"
    assert list(model.relevance(pairs[::-1])) == near[::-1], "the company changes nothing"
    assert [model.relevance([pair])[0] for pair in pairs] == near, "nor does being alone"
    alone = [model.shift([b], [m])[0] for b, m in zip(pairs, messages, strict=True)]
    assert alone == moved, "nor does being alone"


def check_embedding_model(model: EmbeddingModel) -> None:
    """Raise AssertionError where a model breaks the contract of `EmbeddingModel`."""
    rows = model.embed(HARD_TEXTS)
    assert rows.dtype == np.float32, "numbers of 32 bits"
    assert rows.shape == (len(HARD_TEXTS), model.dim), "a row for each text, whatever it is"
    assert model.embed([]).shape == (0, model.dim), "nothing read, no rows"
    assert model.name and model.version, "vectors say whose they are"
    lengths = np.sqrt((rows * rows).sum(axis=1))
    assert not lengths[:2].any(), "where there is nothing to read there is no direction"
    assert ((abs(lengths - 1) < 1e-4) | (lengths == 0)).all(), "rows have length 1, or none"
    assert lengths[-1] > 0, "a word has a direction"
    assert np.allclose(model.embed(HARD_TEXTS[::-1]), rows[::-1], atol=1e-4), "company is nothing"
    alone = np.concatenate([model.embed([text]) for text in HARD_TEXTS])
    assert np.allclose(alone, rows, atol=1e-4), "nor is being alone"


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


def check_judge(judge: Judge) -> None:
    """Raise AssertionError where a judge breaks the contract of `Judge`."""
    cases = [
        Case(
            id=str(i),
            emoji=emoji,
            reply=text,
            before=(Said("user", text), Said("bot", text)),
            after=(Said("user", text),),
            target_is=("bot", "user", "other")[i % 3],
        )
        for i, (text, emoji) in enumerate(
            zip(HARD_TEXTS, itertools.cycle(("❤️", "", ":pepe:", "👎🏽", "\0" * 99)), strict=False)
        )
    ]
    found = list(judge.judge(cases))
    assert len(found) == len(cases), "a judgement for each case, whatever it is"
    assert list(judge.judge([])) == [], "nothing asked, nothing said"
    for one in found:
        odds = one.probabilities
        assert not odds or set(odds) == set(MEANINGS), "a probability for each meaning, or none"
        assert not odds or abs(sum(odds.values()) - 1.0) < 1e-6, "they sum to 1"
        assert all(0.0 <= p <= 1.0 for p in odds.values()), "probabilities are in 0..1"
        assert one.meaning is None or one.meaning in MEANINGS, f"{one.meaning!r} is no meaning"
        assert 0.0 <= one.confidence <= 1.0, "confidence is in 0..1"
        assert one.meaning is None or odds, "who has no probabilities says no meaning"
        assert one.meaning is None or odds[one.meaning] == max(odds.values()), "the likeliest"
        numbers = (one.satisfaction, one.score)
        assert (one.meaning == "RATING") == (None not in numbers), "numbers are of a RATING alone"
        assert one.meaning == "RATING" or numbers == (None, None), "what has none is without"
        assert one.reasoning and one.model, "a judgement says why, and whose it is"


async def check_feed(feed: Feed, *, within_s: float = 10.0) -> Delivery:
    """A live source that has something to give: its first delivery is sound, and is acknowledged.

    Events are as the wire has them and have ids, places are told apart, each refusal has its
    sample. The feed is closed, twice. Returns the delivery.
    """
    assert feed.name and isinstance(feed.durable, bool)
    async with asyncio.timeout(within_s):
        async with aclosing(feed.deliveries("check")) as deliveries:  # type: ignore[type-var]
            delivery = await anext(deliveries)
            assert feed.connected, "what delivers is connected"
            kept = range(len(delivery.events)) if delivery.kept is None else delivery.kept
            places = [*kept, *(refusal.index for refusal in delivery.refusals)]
            assert len(kept) == len(delivery.events)
            assert len(places) == len(set(places)), "two things at one place"
            assert len(delivery.samples) == len(delivery.refusals), "a sample for each refusal"
            if delivery.events:
                events, refusals, _ = decode(encode(delivery.events))
                assert events == list(delivery.events), [refusal.reason for refusal in refusals]
                assert all(event.id for event in events), "a repeat without an id counts again"
            seen = await feed.look()
            assert seen.keys() >= {"pending", "lag", "lost"}
            assert all(value >= 0 for value in seen.values())
            await feed.acknowledge(delivery)
        await feed.close()
        await feed.close()
    return delivery
