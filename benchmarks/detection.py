"""Drops thinned into real chats: how many are found, how soon, at which rate of false alarms.

Every chat recording is cut at random into 50 minutes (a shorter one into nineteen twentieths of
itself); in every second cut all messages after a random second are thinned by 60 % or 80 %. Chats
of over 300 messages a minute are also thinned as a whole to 4-8 %, to resemble small rooms. A
detector sees ticks of 5 s. The threshold of each is set so that before the incidents 1, 0.5 or
0.1 false alarms an hour come (2 minutes apart); found is what alarms within 3 minutes.

    python benchmarks/detection.py --data DIR [--quick]

DIR holds `youtube_live_chat/*.csv` (video_id, author, message, published_at) and `irc_*/`
(events.jsonl, truth.json). Nothing is fitted to the files: what the detector knows before it
sees a chat are the constants in `roomtone/detectors/_budget.py` and `_deficit.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import _irc, _rivals
from benchmarks._chats import DEPTHS, SMALL, Cuts, chats, cut, simulated
from benchmarks._sweep import (
    Raised,
    cells,
    delays,
    false_per_hour,
    found,
    product,
    threshold_at,
)

RATES = (1.0, 0.5, 0.1)
BUDGET = 0.5
QUICK, FULL = 40, 200  # cuts of each set
BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)

Floats = NDArray[np.float64]
Parts = list[tuple[Cuts, Floats]]


def run(data: Path, quick: bool = False) -> dict[str, Any]:
    """Print and return all tables; `quick` takes fewer cuts and River on a tenth of them."""
    recordings = chats(data)
    if not recordings:
        raise FileNotFoundError(f"There are no chats in {data / 'youtube_live_chat'}; name another")
    rng = np.random.default_rng(2026)
    count = QUICK if quick else FULL
    counted, faint = [], []
    for chat in recordings:
        counted.append(cut(chat, count, rng, thin=False))
        thinned = cut(chat, count, rng, thin=True)
        (counted if chat.per_min > SMALL else faint).append(thinned)
    return {
        "matched": matched(counted, quick),
        "transfer": transfer(counted),
        "budget": budget([*counted, *faint]),
        "noise": noise(count, rng),
        "exits": exits(data, quick),
    }


def matched(sets: Sequence[Cuts], quick: bool) -> dict[str, Any]:
    """Share found and delay at equal rates of false alarms, over all sets together."""
    few = [_some(cuts, min(cuts.cuts, 10 if quick else 60)) for cuts in sets]
    rivals: dict[str, tuple[Sequence[Cuts], Callable[[Cuts], Floats]]] = {
        "deficit statistic (ours)": (sets, _rivals.deficit),
        "River trees, min-max, window 100, 25": (few, _rivals.river_shares),
        "River trees as documented, window 250": (few, lambda cuts: _rivals.river(cuts, 250)),
        "plain z": (sets, _rivals.plain_z),
        "the documents' .7 trees + .3 z": (sets, _rivals.documents),
    }
    table: dict[str, Any] = {"clairvoyant CUSUM (the bound)": _bound(sets)}
    table["product, its budget swept (ours)"] = _swept_product(
        sets, BUDGETS[1::3] if quick else BUDGETS
    )
    for name, (some, statistic) in rivals.items():
        parts = [(cuts, statistic(cuts)) for cuts in some]
        table[name] = {rate: _at(parts, threshold_at(parts, rate)) for rate in RATES}
    print(f"\n{sum(c.cuts for c in sets)} cuts: {', '.join(c.name for c in sets)}")
    heads = [f"{d:.0%} at {r:g}/h" for r in RATES for d in DEPTHS]
    print(f"{'found within 3 min, median delay':40}" + "".join(f"{h:>14}" for h in heads))
    for name, row in table.items():
        print(f"{name:40}" + "".join(f"{c:>14}" for r in RATES for c in row[r]["cells"]))
    return table


def _at(parts: Parts, threshold: float) -> dict[str, Any]:
    late = [(cuts, delays(cuts, statistic, threshold)) for cuts, statistic in parts]
    return {
        "cells": cells(late),
        "found": [found(late, depth)[0] for depth in DEPTHS],
        "delay_s": [found(late, depth)[1] for depth in DEPTHS],
        "false_per_h": false_per_hour(parts, threshold),
    }


def _bound(sets: Sequence[Cuts]) -> dict[float, dict[str, Any]]:
    """Each depth and each set has its own CUSUM and threshold: all that could be known, is."""
    rows: dict[float, dict[str, Any]] = {}
    for rate in RATES:
        row: dict[str, Any] = {"cells": [], "found": [], "delay_s": []}
        for place, depth in enumerate(DEPTHS):
            late = []
            for cuts in sets:
                some = _some(cuts, keep=(cuts.depth == 0) | (cuts.depth == depth))
                path = _rivals.clairvoyant(some, depth)
                late.append((some, delays(some, path, threshold_at([(some, path)], rate))))
            share, delay = found(late, depth)
            row["cells"].append(cells(late)[place])
            row["found"].append(share)
            row["delay_s"].append(delay)
        rows[rate] = row
    return rows


def _swept_product(sets: Sequence[Cuts], budgets: Sequence[float]) -> dict[float, dict[str, Any]]:
    """All alarms of the product, its budget set so that no more than the rate really come."""
    runs: list[tuple[float, float, list[Raised]]] = []
    for per_hour in budgets:
        raised = [product(cuts, per_hour) for cuts in sets]
        runs.append((per_hour, _realised(sets, raised), raised))
    rows = {}
    for rate in RATES:
        fits = [r for r in runs if r[1] <= rate] or runs[:1]
        per_hour, real, raised = max(fits, key=lambda r: r[0])
        late = [(cuts, one.delays(cuts)) for cuts, one in zip(sets, raised, strict=True)]
        rows[rate] = {
            "cells": cells(late),
            "found": [found(late, depth)[0] for depth in DEPTHS],
            "delay_s": [found(late, depth)[1] for depth in DEPTHS],
            "false_per_h": real,
            "budget_per_h": per_hour,
        }
    return rows


def _realised(sets: Sequence[Cuts], raised: Sequence[Raised]) -> float:
    weights = [cuts.sound_ticks.sum() for cuts in sets]
    rates = [one.false_per_hour(cuts) for cuts, one in zip(sets, raised, strict=True)]
    return float(np.average(rates, weights=weights))


def transfer(sets: Sequence[Cuts]) -> dict[str, Any]:
    """A threshold set on all other chats to 0.5 an hour: what really comes on the one left out."""
    rivals = {"deficit statistic": _rivals.deficit, "plain z": _rivals.plain_z}
    table: dict[str, Any] = {}
    print("\nleave one chat out: threshold for 0.5 an hour on the others, realised on it")
    for name, statistic in rivals.items():
        parts = [(cuts, statistic(cuts)) for cuts in sets]
        for chat in sorted({cuts.name.split(",")[0] for cuts in sets}):
            others = [p for p in parts if not p[0].name.startswith(chat)]
            own = [p for p in parts if p[0].name.startswith(chat)]
            if others:
                real = false_per_hour(own, threshold_at(others, BUDGET))
                table[f"{name}, {chat}"] = real
                print(f"{name + ', ' + chat:60}{real:8.2f}/h")
    return table


def budget(sets: Sequence[Cuts]) -> dict[str, Any]:
    """The budget merely set: all alarms of both detectors, every cut starting cold."""
    table: dict[str, Any] = {}
    print(f"\nbudget set to {BUDGET}/h, nothing tuned: alarms of all types that really come")
    print(f"{'':44}{'real/h':>8}{'60 %':>12}{'80 %':>12}   types before the incidents")
    for cuts in sets:
        raised = product(cuts, BUDGET)
        late = [(cuts, raised.delays(cuts))]
        before = [a.type for t, c, a in raised.alarms if t < cuts.sound_ticks[c]]
        types = {kind: before.count(kind) for kind in sorted(set(before))}
        real = raised.false_per_hour(cuts)
        found_late = cells(late)
        table[cuts.name] = {"false_per_h": real, "cells": found_late, "types": types}
        print(f"{cuts.name:44}{real:8.2f}{found_late[0]:>12}{found_late[1]:>12}   {types}")
    return table


def noise(count: int, rng: np.random.Generator) -> dict[str, float]:
    """Rooms without incidents: alarms an hour by the shape of their noise."""
    print(f"\nsimulated rooms, budget {BUDGET}/h: alarms that really come")
    table = {}
    for cuts in simulated(count, rng):
        table[cuts.name] = product(cuts, BUDGET).false_per_hour(cuts)
        print(f"{cuts.name:44}{table[cuts.name]:8.2f}/h")
    return table


def exits(data: Path, quick: bool) -> dict[str, Any]:
    """Mass exits and net splits of recorded channels."""
    table = {}
    for folder in _irc.channels(data):
        result = _irc.judge(folder, days=30 if quick else np.inf)
        table[folder.name] = asdict(result) | {"false_per_day": result.false_per_day}
        print(
            f"\n{folder.name}, {result.days:.0f} days: net splits of 5 and more "
            f"{result.splits_found} of {result.splits}, mass exits of any cause "
            f"{result.mass_found} of {result.mass}, false {result.false} "
            f"({result.false_per_day:.3f} a day), median delay {result.delay_s:.0f} s"
        )
    return table


def _some(cuts: Cuts, count: int = 0, keep: NDArray[np.bool_] | None = None) -> Cuts:
    """The first `count` cuts, or those to keep."""
    chosen = np.arange(count) if keep is None else np.flatnonzero(keep)
    fields = {name: values[:, chosen] for name, values in cuts.fields.items()}
    return Cuts(
        cuts.name, fields, cuts.incident_s[chosen], cuts.depth[chosen], cuts.truth[:, chosen]
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="drops thinned into real chats")
    beside = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("BENCHMARK_DATA", beside)))
    parser.add_argument("--quick", action="store_true", help="fewer cuts, 30 days of the channel")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there; name it with --data DIR", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    run(options.data, options.quick)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
