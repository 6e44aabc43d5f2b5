"""Real chats cut, thinned and broken at a known second, as engagement blocks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomtone.points import Block
from roomtone.signals.engagement import engagement_score

TICK_S = 5
CUT_S = 3_000  # 50 minutes
DEPTHS = (0.6, 0.8)
THIN = (0.04, 0.08)
SMALL = 300.0  # messages a minute: only chats above this are also thinned to resemble small rooms
START = datetime(2025, 1, 1, tzinfo=UTC).timestamp()

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chat:
    """One recording: the second of each message from the first on, and its author's number."""

    name: str
    seconds: Floats
    authors: NDArray[np.intp]

    @property
    def per_min(self) -> float:
        return len(self.seconds) / max(float(self.seconds[-1]) / 60, 1e-9)


@dataclass(frozen=True)
class Cuts:
    """Cuts as columns: fields of shape (ticks, cuts), and where the incident is (-1: none)."""

    name: str
    fields: Mapping[str, Floats]
    incident_s: NDArray[np.intp]
    depth: Floats
    truth: Floats  # the expected count per tick before any incident, as a clairvoyant knows it

    @property
    def ticks(self) -> int:
        return len(self.fields["activity_5s"])

    @property
    def cuts(self) -> int:
        return len(self.incident_s)

    @property
    def sound_ticks(self) -> NDArray[np.intp]:
        """How many ticks of each cut end before its incident."""
        return np.where(self.incident_s < 0, self.ticks, self.incident_s // TICK_S)

    def blocks(self) -> Iterator[Block]:
        """One engagement block per tick, all cuts as rows."""
        slots = np.arange(self.cuts)
        tags = {"session": np.array([f"{self.name}-{i}" for i in slots], object)}
        for tick in range(self.ticks):
            time = datetime.fromtimestamp(START + TICK_S * (tick + 1), UTC)
            fields = {name: values[tick] for name, values in self.fields.items()}
            yield Block("engagement", time, tags, fields, slots)


def chats(data: Path) -> list[Chat]:
    """Every recording of the folder, by name."""
    return [_load(path) for path in sorted((data / "youtube_live_chat").glob("*.csv"))]


def _load(path: Path) -> Chat:
    times, authors = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times.append(datetime.fromisoformat(row["published_at"]).timestamp())
            authors.append(row["author"])
    order = np.argsort(np.array(times), kind="stable")
    seconds = np.array(times)[order]
    numbers = np.unique(np.array(authors), return_inverse=True)[1][order]
    return Chat(path.stem, seconds - np.floor(seconds[0] / TICK_S) * TICK_S, numbers)


def cut(chat: Chat, count: int, rng: np.random.Generator, *, thin: bool) -> Cuts:
    """Cut a chat `count` times at random; every second cut loses 60 % or 80 % from a random second.

    Recordings under 53 minutes are cut to nineteen twentieths of their length.
    """
    length = min(CUT_S, int(chat.seconds[-1] * 0.95)) // TICK_S * TICK_S
    local = _local_rate(chat)
    parts, incidents, depths, truth = [], [], [], []
    for number in range(count):
        # Ticks stand at multiples of 5 s of the clock, wherever a cut begins.
        start = TICK_S * int(rng.integers(0, (int(chat.seconds[-1]) - length) // TICK_S + 1))
        inside = slice(*np.searchsorted(chat.seconds, [start, start + length]))
        seconds, authors = chat.seconds[inside] - start, chat.authors[inside]
        share = rng.uniform(*THIN) if thin else 1.0
        keep = rng.random(len(seconds)) < share
        at, depth = -1, 0.0
        if number % 2:
            at, depth = int(rng.uniform(0.3, 0.9) * length), DEPTHS[number // 2 % 2]
            keep &= (seconds < at) | (rng.random(len(seconds)) >= depth)
        parts.append(measure(seconds[keep], authors[keep], length))
        incidents.append(at)
        depths.append(depth)
        truth.append(share * local[start : start + length].reshape(-1, TICK_S).sum(axis=1))
    fields = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    name = f"{chat.name}, {'thinned' if thin else 'own volume'}"
    return Cuts(name, fields, np.array(incidents), np.array(depths), np.stack(truth, axis=1))


def simulated(count: int, rng: np.random.Generator) -> list[Cuts]:
    """Fifty minutes of noise of seven shapes at 1 to 300 messages a minute, without incidents."""
    ticks = CUT_S // TICK_S
    level = rng.choice([1, 5, 20, 60, 300], count) / 12
    clock = np.arange(ticks)[:, None] * TICK_S

    def wander(sd: float, memory_s: float) -> Floats:
        keep = np.exp(-TICK_S / memory_s)
        path = np.empty((ticks, count))
        path[0] = rng.normal(0, sd, count)
        for tick in range(1, ticks):
            path[tick] = keep * path[tick - 1] + rng.normal(0, sd * np.sqrt(1 - keep**2), count)
        return np.exp(path)

    shape = rng.choice([0.5, 2.0, 5.0], count) * np.maximum(level, 0.3)
    wave = 1 + 0.4 * np.sin(2 * np.pi * clock / 3600 + rng.uniform(0, 6.28, count))
    shapes = {
        "Poisson": rng.poisson(level, (ticks, count)),
        "bursty (negative binomial)": rng.poisson(rng.gamma(shape, level / shape, (ticks, count))),
        "drift (25 % over 10 min)": rng.poisson(level * wander(0.25, 600)),
        "bursts (30 % over 40 s)": rng.poisson(level * wander(0.3, 40)),
        "waves (40 %, hourly)": rng.poisson(level * wave),
        "regular (binomial)": rng.binomial(20, np.minimum(level / 20, 0.9), (ticks, count)),
        "flat": np.broadcast_to(np.round(level), (ticks, count)),
    }
    none = np.full(count, -1)
    return [
        Cuts(name, _from_counts(np.asarray(counts, float)), none, none * 0.0, counts * 1.0)
        for name, counts in shapes.items()
    ]


def measure(seconds: Floats, authors: NDArray[np.intp], length: int) -> dict[str, Floats]:
    """The engagement fields of one chat's messages, per tick, as the gauge measures them."""
    ticks = length // TICK_S
    counts = np.bincount((seconds // TICK_S).astype(int), minlength=ticks)[:ticks].astype(float)
    following = np.full(len(seconds), np.inf)
    order = np.lexsort((seconds, authors))
    same = authors[order][1:] == authors[order][:-1]
    following[order[:-1][same]] = seconds[order[1:][same]]
    active = _distinct(seconds, following, 60, ticks)
    total = np.maximum(_distinct(seconds, following, 1800, ticks), 1)
    return _score(counts, active, total)


def _distinct(seconds: Floats, following: Floats, window_s: int, ticks: int) -> Floats:
    """People who acted in the window, per tick: each stands where their last act is."""
    first = np.floor(seconds / TICK_S).astype(int)  # the first tick that ends after the act
    until = np.minimum(np.floor(seconds) + window_s, np.floor(following))
    last = np.minimum(np.floor(until / TICK_S), ticks).astype(int)
    change = np.zeros(ticks + 1)
    some = last > first
    np.add.at(change, first[some], 1)
    np.add.at(change, last[some], -1)
    return np.cumsum(change)[:ticks]


def _from_counts(counts: Floats) -> dict[str, Floats]:
    """Fields of simulated counts, as if two messages in three came from somebody new."""
    minute = _rolling(counts)
    active = np.ceil(minute * 2 / 3)
    total = np.maximum(np.maximum.accumulate(active, axis=0) * 1.5, 1)
    return _score(counts, active, total)


def _score(counts: Floats, active: Floats, total: Floats) -> dict[str, Floats]:
    minute, none = _rolling(counts), np.full(counts.shape, np.nan)
    share = active / total
    return {
        "score": engagement_score(minute, none, share, none, none),
        "chat_per_min": minute,
        "poll_participation": none,
        "active_share": share,
        "reactions_per_min": none,
        "leave_rate": none,
        "active_users": active,
        "total_users": total,
        "activity_5s": counts,
    }


def _rolling(counts: Floats) -> Floats:
    sums = np.cumsum(counts, axis=0)
    sums[12:] -= sums[:-12].copy()
    return sums


def _local_rate(chat: Chat) -> Floats:
    """Messages per second, averaged over the two minutes around each second."""
    per_second = np.bincount(chat.seconds.astype(int)).astype(float)
    return np.convolve(np.pad(per_second, 60, mode="edge"), np.full(121, 1 / 121), "valid")
