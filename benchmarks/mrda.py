"""Engagement against people: which minutes of a meeting hold an utterance marked as involved.

The ICSI meetings with hot-spot marks (Wrede and Shriberg, "Spotting hot spots in meetings",
Eurospeech 2003, in the MRDA corpus). Each meeting is cut into windows of 60 s from its first
second; an utterance belongs to the window in which it begins, windows without any are left out,
and a window counts as involved when one of its utterances bears any hot-spot mark. Figures are
areas under the ROC curve over all windows together (`auc`) and the mean over meetings (`within`,
where a busy meeting earns nothing by being busy).

`documents` is the documents' formula with what a meeting has (chat rate and active share);
`overlap` the share of time in which two people speak at once; `eight features` a logistic
regression on message rate, people, share, turns, overlap, short answers, words a message and the
loudest speaker's share. `involvement` is the product's function with the weights it ships;
`involvement, left out` has its weights learnt anew for each tenth of the meetings from the other
nine tenths, which is the honest figure on these meetings. Without text (`no text`) what is
read from it is left out, as in a session of voice alone.

    python benchmarks/mrda.py --data DIR [--quick]

DIR holds `mrda_hotspots/` or is itself such a folder: tab-separated files (plain or .gz) with the
columns meeting, start, end, speaker, hotspot and text.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomtone.signals import involvement as product
from roomtone.signals.engagement import engagement_score

Floats = NDArray[np.float64]

COLUMNS = {"meeting", "start", "end", "speaker", "hotspot", "text"}
WINDOW_S = 60
FOLDS = 10
SHORT = 2  # words at most in a short answer
STEP_S = 0.1  # of the grid on which overlap is measured


@dataclass(frozen=True)
class Utterance:
    start: float
    end: float
    speaker: str
    involved: bool
    text: str


@dataclass(frozen=True)
class Windows:
    """All windows as columns; `counts` are the arguments of `involvement`, in its order."""

    meeting: NDArray[np.object_]
    involved: NDArray[np.bool_]
    counts: tuple[Floats, ...]
    share: Floats
    overlap: Floats
    short: Floats
    loudest: Floats

    def __len__(self) -> int:
        return len(self.meeting)


def read(folder: Path) -> dict[str, list[Utterance]]:
    """Meetings by name, each in order of time."""
    meetings = defaultdict(list)
    for path in sorted([*folder.rglob("*.tsv"), *folder.rglob("*.tsv.gz")]):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not set(table.fieldnames or ()) >= COLUMNS:
                continue
            for row in table:
                meetings[row["meeting"]].append(
                    Utterance(
                        float(row["start"]),
                        float(row["end"]),
                        row["speaker"],
                        bool((row["hotspot"] or "").strip()),
                        row["text"] or "",
                    )
                )
    return {name: sorted(said, key=lambda u: u.start) for name, said in sorted(meetings.items())}


def overlap_share(said: Sequence[Utterance], begin: float) -> float:
    """The share of the window in which at least two speak."""
    steps = round(WINDOW_S / STEP_S)
    voices = np.zeros(steps)
    for one in said:
        if one.start < begin + WINDOW_S and one.end > begin:
            first = int((max(one.start, begin) - begin) / STEP_S)
            voices[first : int((min(one.end, begin + WINDOW_S) - begin) / STEP_S)] += 1
    return float((voices >= 2).mean())


def window_row(heard: Sequence[Utterance], crowd: int) -> list[float]:
    """The eight counts of a window; its active share, short answers and loudest share."""
    speakers = [one.speaker for one in heard]
    marks = np.array([product.marks(one.text) for one in heard], np.float64)
    turns = sum(a != b for a, b in zip(speakers, speakers[1:], strict=False))
    numbers = [len(heard), len(set(speakers)), turns, *marks.sum(axis=0).tolist()]
    numbers += [
        len(set(speakers)) / crowd,
        int((marks[:, 0] <= SHORT).sum()),
        max(Counter(speakers).values()) / len(heard),
    ]
    return [float(number) for number in numbers]


def windows(meetings: dict[str, list[Utterance]]) -> Windows:
    """Cut all meetings."""
    names, involved, rows, overlaps = [], [], [], []
    for name, said in meetings.items():
        crowd = len({one.speaker for one in said})
        by_window = defaultdict(list)
        for one in said:
            by_window[int(one.start // WINDOW_S)].append(one)
        for number, heard in sorted(by_window.items()):
            names.append(name)
            involved.append(any(one.involved for one in heard))
            rows.append(window_row(heard, crowd))
            begin = number * WINDOW_S
            # Whoever speaks into the window began at most a few minutes before it.
            near = [u for n in range(number - 3, number + 1) for u in by_window.get(n, ())]
            overlaps.append(overlap_share(near, begin))
    columns = np.array(rows, np.float64).T
    return Windows(
        np.array(names, object),
        np.array(involved),
        tuple(columns[:8]),
        columns[8],
        np.array(overlaps),
        columns[9],
        columns[10],
    )


def auc(truth: NDArray[np.bool_], score: Floats) -> float:
    """The area under the ROC curve: the chance that a positive outscores a negative, ties half."""
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place]
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return float("nan")
    return float((rank[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def within(cut: Windows, score: Floats) -> float:
    """The mean area over the meetings that have both kinds of windows."""
    areas = [
        auc(cut.involved[cut.meeting == name], score[cut.meeting == name])
        for name in np.unique(cut.meeting)
    ]
    return float(np.nanmean(areas))


def learn(x: Floats, truth: NDArray[np.bool_], penalty: float = 1.0) -> Floats:
    """Weights (first the constant) of a logistic regression with a ridge, by Newton's method."""
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    ridge = penalty * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (truth - chance) - ridge @ weights
        curve = design.T @ (design * (chance * (1 - chance))[:, None]) + ridge
        weights = weights + np.linalg.solve(curve, slope)
    own = weights[1:] / spread
    return np.append(weights[0] - own @ mean, own)


def left_out(cut: Windows, x: Floats) -> Floats:
    """Each meeting's scores with weights learnt on other meetings only."""
    names = np.unique(cut.meeting)
    np.random.default_rng(7).shuffle(names)
    score = np.zeros(len(cut))
    for fold in range(min(FOLDS, len(names))):
        held = np.isin(cut.meeting, names[fold::FOLDS])
        weights = learn(x[~held], cut.involved[~held])
        score[held] = weights[0] + x[held] @ weights[1:]
    return score


def scores(cut: Windows) -> dict[str, Floats]:
    """Every way to score the windows."""
    messages, people, turns, words, *_ = cut.counts
    missing = np.full(len(cut), np.nan)
    none = np.zeros(len(cut))
    parts = product.parts(*cut.counts)
    eight = np.column_stack(
        [
            np.log1p(messages),
            people,
            cut.share,
            np.log1p(turns),
            cut.overlap,
            np.log1p(cut.short),
            np.log1p(words / messages),
            cut.loudest,
        ]
    )
    return {
        "documents": engagement_score(
            messages, missing, cut.share, missing, none, seed_weights=True
        ),
        "messages": messages,
        "overlap": cut.overlap,
        "eight features, left out": left_out(cut, eight),
        "involvement": product.involvement(*cut.counts),
        "involvement, left out": left_out(cut, parts),
        "involvement, left out, no text": left_out(cut, parts[:, :3]),
    }


def run(data: Path, quick: bool = False) -> dict[str, dict[str, float]]:
    """The areas of every score on the meetings below `data`; quick takes every third meeting."""
    folder = data / "mrda_hotspots" if (data / "mrda_hotspots").is_dir() else data
    meetings = read(folder)
    if not meetings:
        print(f"skipped: no meetings below {folder}; give --data DIR", file=sys.stderr)
        if os.environ.get("CI"):
            raise FileNotFoundError(folder)
        return {}
    if quick:
        meetings = dict(list(meetings.items())[::3])
    cut = windows(meetings)
    table = {
        name: {"auc": auc(cut.involved, score), "within": within(cut, score)}
        for name, score in scores(cut).items()
    }
    print(f"{len(meetings)} meetings, {len(cut):,} windows, {cut.involved.mean():.1%} involved")
    print(f"{'':32}{'auc':>8}{'within':>8}")
    for name, row in table.items():
        print(f"{name:32}{row['auc']:8.3f}{row['within']:8.3f}")
    weights = learn(product.parts(*cut.counts), cut.involved)
    print("weights: " + ", ".join(labelled(["base", *product.WEIGHTS], weights)))
    return table


def labelled(names: Iterable[str], weights: Floats) -> list[str]:
    return [f"{name} = {weight:.3f}" for name, weight in zip(names, weights, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Engagement against people's marks")
    beside = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("BENCHMARK_DATA", beside)), metavar="DIR"
    )
    parser.add_argument("--quick", action="store_true", help="every third meeting")
    options = parser.parse_args()
    run(options.data, options.quick)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
