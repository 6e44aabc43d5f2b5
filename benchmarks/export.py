"""Messages per second and peak memory of an export, beside an ORM's loop and pandas.

Real dialogues (DailyDialog), told again and again by 2,000 people until there are enough messages;
all agreed to training, a fifth of the replies is rated (`_kept.py`). Rows as JSON Lines and Parquet
are all messages, flat; rows for KTO are rated replies with up to twenty messages before each. Every
way runs in a process of its own, and first all must have written the same rows. Rates are by CPU
seconds, from when everything is imported: the machine is shared.

All ways are measured on 60,000 messages, where what an export costs once still tells; ours and the
ORM's loop on a million too, ours before and after. `--only few` or `--only many` is one of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks import _kept
from benchmarks._protocol import Disagreement, Options, Report, ratios

WAYS = ("ours", "orm", "orm tuned", "pandas")
KINDS = ("jsonl", "kto", "parquet")
BAR, MEMORY = 10.0, 300.0


def run(options: Options) -> Report:
    """Compare, then measure; ours and the loop at a million messages too."""
    report = Report("export")
    with tempfile.TemporaryDirectory() as folder:
        if "many" not in options.only:
            _few(report, options, Path(folder))
        if "few" not in options.only:
            _many(report, options, Path(folder))
    return report


def _few(report: Report, options: Options, folder: Path) -> None:
    database = folder / "few.db"
    made = _kept.make(database, _data(options), 2_000 if options.quick else 60_000)
    report.lines.append(f"{made:,} messages for all ways")
    for kind in KINDS:
        outs = {way: folder / f"{way.replace(' ', '-')}.{kind}" for way in WAYS}
        first = {way: job(way, kind, database, outs[way]) for way in WAYS}
        compare(kind, outs)
        reps = options.repeat(2, 1)
        found: dict[str, list[dict[str, float]]] = {way: [first[way]] for way in WAYS}
        for _ in range(reps - 1):
            for way in WAYS:
                found[way].append(job(way, kind, database, outs[way]))
        _tell(report, kind, found, made)
    for path in folder.glob("*.db*"):
        path.unlink()


def _many(report: Report, options: Options, folder: Path) -> None:
    database = folder / "many.db"
    made = _kept.make(database, _data(options), 6_000 if options.quick else 1_000_000)
    report.lines.append(f"{made:,} messages for ours and the loop")
    for kind in KINDS:
        out = folder / f"l.{kind}"
        before, loop, after = [job(way, kind, database, out) for way in ("ours", "orm", "ours")]
        _large(report, f"{kind}, ours", [before, after], made, MEMORY)
        _large(report, f"{kind}, orm", [loop], made, None)
        times = [loop["s"] / one["s"] for one in (before, after)]
        report.add(f"{kind}, times orm, {made:,}", "x", times, bar=BAR)
    for kind in ("jsonl", "kto"):
        told = job("cleaned", kind, database, folder / f"c.{kind}")
        _large(report, f"{kind}, cleaned, ours", [told], made, MEMORY)


def _data(options: Options) -> Path:
    return options.data or Path("../shared/data")


def job(way: str, kind: str, database: Path, out: Path) -> dict[str, float]:
    """One export in a fresh process: its seconds and the most memory it held."""
    for path in out.parent.glob(f"{out.name}*"):
        path.unlink()
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks._export_jobs", way, kind, str(database), str(out)],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    if ran.returncode:
        raise RuntimeError(f"{way} {kind}: {ran.stderr[-2000:]}")
    told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return told


def compare(kind: str, outs: dict[str, Path]) -> None:
    """Raises Disagreement where two ways did not write the same rows in the same order."""
    for way in WAYS[1:]:
        pairs = zip_longest(rows(kind, outs["ours"]), rows(kind, outs[way]))
        for number, (mine, theirs) in enumerate(pairs):
            if mine != theirs:
                raise Disagreement(f"row {number} of {kind}: ours {mine}, {way} {theirs}")


def rows(kind: str, path: Path) -> Iterator[Any]:
    """Rows as dictionaries."""
    if kind == "parquet":
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(path).iter_batches(5_000):
            yield from batch.to_pylist()
    else:
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def _tell(report: Report, kind: str, found: dict[str, list[dict[str, float]]], made: int) -> None:
    for way in WAYS:
        rates = [made / one["s"] for one in found[way]]
        report.add(f"{kind}, {way}", "messages/s", rates)
        report.add(f"{kind}, {way}: peak", "MB", [one["peak"] / 1e6 for one in found[way]])
    for way, bar in (("orm", BAR), ("orm tuned", None), ("pandas", None)):
        times = ratios([one["s"] for one in found[way]], [one["s"] for one in found["ours"]])
        report.add(f"{kind}, times {way}", "x", times, bar=bar)


def _large(
    report: Report, name: str, told: list[dict[str, float]], made: int, most: float | None
) -> None:
    report.add(f"{name}, {made:,}", "messages/s", [made / one["s"] for one in told])
    peaks = [one["peak"] / 1e6 for one in told]
    report.add(f"{name}, {made:,}: peak", "MB", peaks, bar=most, less_is_better=True)
