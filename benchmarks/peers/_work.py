"""The work that all peers do: two inputs as wire lines, and the rows that must come out."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

START_S = 1_800_000_000
"""The first second of the input: a multiple of 60."""

TICK_S, WINDOW_S = 5, 60
KINDS = ("message", "reaction", "poll_vote", "join", "leave")

Counts = tuple[int, int, int, int, int]
"""How many of each of KINDS in the 60 s before the tick."""

Rows = dict[tuple[str, int], tuple[Counts, float | None]]
"""By session and tick (epoch seconds): the counts, and the score where a peer tells one."""

_WORDS = (
    "this is so good",
    "wait what",
    'haha "yes"',
    "can you explain that again",
    "I think the second option",
    "hello from the back",
    "agreed 👍🏽",
    "that slide went too fast",
    "🎉🎉🎉",
    "where is the link?",
    "we tried that last year and it did not work because nobody had the time to look after it",
)
_EMOJI = ("👍", "❤️", "😂", "👏🏽", "🎉", "👨‍👩‍👧‍👦")


class Disagreement(AssertionError):
    """Two ways to the same rows gave different ones: no time may be told of either."""


@dataclass(frozen=True)
class Work:
    """One input file, and the ticks over which rows are compared."""

    name: str
    path: Path
    events: int
    sha256: str
    last_tick: int

    def __str__(self) -> str:
        size = self.path.stat().st_size / self.events
        return (
            f"{self.name}: {self.events:,} events of {size:.0f} bytes, one JSON object a line; "
            f"sha256 {self.sha256[:16]}"
        )


def generate(path: Path, *, sessions: int, seconds: int, rate: float, seed: int = 7) -> Work:
    """Write the generated input: `rate` events per session and second.

    A tenth of what people do arrives up to 3 s late, but never behind the tick that it belongs to:
    all peers can be told to wait for that, and ours needs no telling. Nobody comes back who left.
    """
    digest, number = hashlib.sha256(), 0
    with path.open("wb") as file:
        for line in _Crowd(sessions, seed).lines(seconds, rate):
            file.write(line)
            digest.update(line)
            number += 1
    return Work("generated", path, number, digest.hexdigest(), START_S + seconds)


class _Crowd:
    """People who come, talk, react, vote and go; only `random()` is drawn, stable for ever."""

    def __init__(self, sessions: int, seed: int) -> None:
        self.draw = random.Random(seed).random
        self.here: list[list[list[int]]] = [[] for _ in range(sessions)]  # number, came, last act
        self.known = [0] * sessions
        self.number = 0

    def lines(self, seconds: int, rate: float) -> Iterator[bytes]:
        count = int(len(self.here) * rate * TICK_S)
        for begin in range(0, seconds * 1000, TICK_S * 1000):
            arrivals = []
            for moment in sorted(int(self.draw() * TICK_S * 1000) for _ in range(count)):
                late, line = self._event(begin + moment)
                arrivals.append((min(moment + late, TICK_S * 1000 - 1), line))
            arrivals.sort(key=lambda pair: pair[0])
            for _, line in arrivals:
                yield line

    def _event(self, ms: int) -> tuple[int, bytes]:
        draw = self.draw
        s = int(draw() * len(self.here))
        here, what = self.here[s], draw()
        if what < 0.05 or not here:
            self.known[s] += 1
            here.append([self.known[s], ms, ms])
            return 0, self._line("join", s, ms, self.known[s])
        place = int(draw() * len(here))
        who, came, last = here[place]
        if what > 0.97 and ms - came > (WINDOW_S + TICK_S) * 1000 and ms - last > 5000:
            here.pop(place)
            return 0, self._line("leave", s, ms, who)
        here[place][2] = ms
        late = int(draw() * 3000) if draw() < 0.1 else 0
        if what < 0.22:
            emoji = _EMOJI[int(draw() * len(_EMOJI))]
            return late, self._line("reaction", s, ms, who, emoji=emoji)
        if what < 0.27:
            option = "abc"[int(draw() * 3)]
            return late, self._line("poll_vote", s, ms, who, poll="p1", option=option)
        return late, self._line("message", s, ms, who, text=_WORDS[int(draw() * len(_WORDS))])

    def _line(self, kind: str, s: int, ms: int, who: int, **more: str) -> bytes:
        self.number += 1
        id = f"{self.number:08x}-4c1d-{s:06x}"
        user = f"user-{s}-{who}"
        return wire(kind, f"room-{s:05d}", START_S * 1000 + ms, user, id=id, **more)


def wire(kind: str, session: str, ms: int, user: str, **more: str) -> bytes:
    """One event as it comes over the wire."""
    at = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    event = {"type": kind, "session": session, "at": f"{at}.{ms % 1000:03d}Z", "user": user}
    return json.dumps({**event, **more}, ensure_ascii=False).encode() + b"\n"


def real(path: Path, data: Path) -> Work:
    """Write the real chats, all from one start; whoever speaks first has come in just before."""
    spoken: list[tuple[int, int, str, str, str]] = []
    for source in sorted((data / "youtube_live_chat").glob("*.csv")):
        with source.open(encoding="utf-8", newline="") as file:
            chat = [
                (int(datetime.fromisoformat(row["published_at"]).timestamp() * 1000), row)
                for row in csv.DictReader(file)
            ]
        first = min(ms for ms, _ in chat)
        spoken += [
            (ms - first, len(spoken) + i, source.stem, row["author"], row["message"])
            for i, (ms, row) in enumerate(chat)
        ]
    lines, seen = [], set()
    for ms, _, session, author, text in sorted(spoken):
        if (session, author) not in seen:
            seen.add((session, author))
            lines.append(wire("join", session, START_S * 1000 + ms, author))
        lines.append(wire("message", session, START_S * 1000 + ms, author, text=text))
    body = b"".join(lines)
    path.write_bytes(body)
    last = START_S + max(spoken)[0] // 1000 // TICK_S * TICK_S + TICK_S
    return Work("real chats", path, len(lines), hashlib.sha256(body).hexdigest(), last)


def head(work: Work, path: Path, events: int) -> Work:
    """The first events of a work: what is subtracted as start-up."""
    with work.path.open("rb") as file:
        lines = [line for _, line in zip(range(events), file, strict=False)]
    body = b"".join(lines)
    path.write_bytes(body)
    last = max(json.loads(line)["at"] for line in lines)
    second = int(datetime.fromisoformat(last).timestamp()) // TICK_S * TICK_S + TICK_S
    name = f"{work.name}, its beginning"
    return Work(name, path, len(lines), hashlib.sha256(body).hexdigest(), second)


# -- rows ----------------------------------------------------------------------------------------


def read_rows(out: Path, work: Work) -> Rows:
    """What a peer wrote: CSV files `session,tick,counts...[,score]`, or columns in an .npz file.

    Some peers tell of windows in which nothing happened, or that reach past the end of the input;
    others do not. Both kinds are left out here, for all alike.
    """
    rows: Rows = {}
    for session, tick, counts, score in _columns(out) if out.suffix == ".npz" else _lines(out):
        if any(counts) and tick <= work.last_tick:
            if (session, tick) in rows:
                raise Disagreement(f"{out.name}: two rows for {session} at {tick}")
            rows[session, tick] = counts, score
    return rows


Row = tuple[str, int, Counts, float | None]


def _lines(out: Path) -> Iterator[Row]:
    paths = sorted(p for p in out.rglob("*") if p.is_file()) if out.is_dir() else [out]
    for path in paths:
        scored = True
        with path.open(encoding="utf-8", newline="") as file:
            for session, tick, *rest in csv.reader(file):
                if tick == "tick":  # a heading; what follows the counts is of the peer's own
                    scored = False
                    continue
                a, b, c, d, e = (int(n or 0) for n in rest[:5])
                score = float(rest[5]) if scored and rest[5:] else None
                yield session, int(tick), (a, b, c, d, e), score


def _columns(out: Path) -> Iterator[Row]:
    import numpy as np

    with np.load(out) as columns:
        names = ("session", "tick", "counts", "score")
        for session, tick, counts, score in zip(
            *(columns[name].tolist() for name in names), strict=True
        ):
            yield session, tick, tuple(counts), score


def compare(name: str, theirs: Rows, ours: Rows) -> str:
    """Say what agrees: counts exactly, scores to 1e-9; raises Disagreement at the first that
    does not."""
    if theirs.keys() != ours.keys():
        only = sorted(theirs.keys() ^ ours.keys())[:3]
        raise Disagreement(f"{name}: {len(theirs)} rows beside our {len(ours)}; as {only}")
    scores = 0
    for key, (counts, score) in theirs.items():
        mine, my_score = ours[key]
        if counts != mine:
            raise Disagreement(f"{name}: {key} counts {counts}, ours {mine}")
        if score is not None and my_score is not None:
            scores += 1
            if not abs(score - my_score) <= 1e-9:
                raise Disagreement(f"{name}: {key} scores {score!r}, ours {my_score!r}")
    if not theirs:
        raise Disagreement(f"{name}: no rows at all")
    return f"{len(theirs):,} rows equal" + (f", {scores:,} scores to 1e-9" if scores else "")
