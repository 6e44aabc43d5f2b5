"""What reactions meant: the judges on the frozen third, beside two that look at no talk.

    python -m benchmarks reactions [--quick]

The cases are our own (`training/reactions/README.md`); nothing was learnt or chosen from the
third.
`REACTIONS=FILE` judges the cases of another file instead, all of them: the same fields, one a line,
with the label in `meaning`. `JUDGE=openai+http://host/v1?model=NAME` adds a language model, which
gets 60 of the cases.

Precision of RATING is given where half, and seven tenths, of all true ratings are found, the surest
first; coverage at 90 % is the largest share of them that is found while nine of ten are right.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.emoji_types import character, kind
from roomtone.models.judge import Judge
from roomtone.reactions import MEANINGS, Case, Judgement
from roomtone.runtime import plugins
from training.reactions import CASES, case, f1, fit, frozen, matrix, names, rows, softmax, truth

BAR = {"macro-F1": 0.75, "ECE": 0.08, "precision at 50 %": 0.90}
ASKED = 60  # cases a language model gets
BINS = 10
RATING = MEANINGS.index("RATING")

Rows = Sequence[dict[str, Any]]
Judged = Callable[[Sequence[Case]], Sequence[Judgement]]


def run(data: Path, quick: bool) -> None:
    """Print every table; `data` is not needed, as the cases are our own."""
    del data
    path = Path(os.environ.get("REACTIONS", CASES))
    of: Any = [row for row in rows(path) if path != CASES or frozen(row)][:: 5 if quick else 1]
    y = truth(of)
    cases = [case(row) for row in of]
    meant = ", ".join(f"{one} {count}" for one, count in Counter(MEANINGS[i] for i in y).items())
    print(f"{len(of)} cases, {len({row['group'] for row in of})} dialogues: {meant}")
    begun = time.process_time()
    words = Judge().judge(cases)
    spent = (time.process_time() - begun) / len(of)
    ours = shares(words)
    head()
    line("always RATING", np.eye(len(MEANINGS))[np.zeros(len(of), int)], y)
    line("the emoji alone, learnt", emoji_alone(of), y)
    line("ours", ours, y)
    said = np.array([word.meaning is not None for word in words])
    right = ours.argmax(1) == y
    print(
        f"\nours: {1000 * spent:.2f} ms a case; says a meaning of {said.mean():.0%}, of which "
        f"{right[said].mean():.3f} are right; " + ", ".join(
            f"{name} {one:.2f}" for name, one in zip(MEANINGS, f1(ours, y), strict=True))
    )  # fmt: skip
    for key in ("language", "source"):
        print(f"\n| {key} | cases | accuracy |\n|---|---|---|")
        for name, count in Counter(row[key] for row in of).most_common():
            at = np.array([row[key] == name for row in of])
            print(f"| {name} | {count} | {right[at].mean():.3f} |")
    if url := os.environ.get("JUDGE"):
        beside(url, of, ours)


def beside(url: str, of: Rows, ours: Any) -> None:
    """A language model on some of the cases, and ours on the same."""
    at = np.linspace(0, len(of) - 1, min(ASKED, len(of))).astype(int)
    asked: Any = [of[i] for i in at]
    begun = time.perf_counter()
    words = plugins.judge(url).judge([case(row) for row in asked])
    took = (time.perf_counter() - begun) / len(asked)
    own = np.array([" instead of " not in word.model for word in words])
    print(f"\n{len(asked)} of them, {took:.1f} s each; {own.sum()} answered by the model itself")
    head()
    line("language model, where it answered", shares(words)[own], truth(asked)[own])
    line("ours on the same", ours[at][own], truth(asked)[own])


def shares(words: Sequence[Judgement]) -> Any:
    """Probabilities as rows; even ones where there are none."""
    even = dict.fromkeys(MEANINGS, 1.0 / len(MEANINGS))
    return np.array([[(w.probabilities or even)[one] for one in MEANINGS] for w in words])


def emoji_alone(of: Rows) -> Any:
    """What the emoji alone tells, learnt from the same cases as ours."""

    def seen(row: dict[str, Any]) -> dict[str, float]:
        known = kind(row["emoji"])
        return {"bias": 1.0, known.type: 1.0, character(row["emoji"]): 1.0}

    learnt = [row for row in rows() if not frozen(row)]
    facts = [seen(row) for row in learnt]
    columns = names(facts)
    weights = fit(matrix(facts, columns), truth(learnt))
    return softmax(matrix([seen(row) for row in of], columns) @ weights)


def head() -> None:
    columns = (
        "accuracy",
        "macro-F1",
        "ECE",
        "RATING precision at 50 %",
        "at 70 %",
        "found at 90 %",
    )
    print(f"\n| | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")


def line(name: str, p: Any, y: Any) -> None:
    """One row of the table."""
    numbers = (
        (p.argmax(1) == y).mean(),
        np.mean(f1(p, y)),
        ece(p, y),
        precision(p[:, RATING], y == RATING, 0.5),
        precision(p[:, RATING], y == RATING, 0.7),
        found(p[:, RATING], y == RATING, 0.9),
    )
    print(f"| {name} | {' | '.join(f'{number:.3f}' for number in numbers)} |")


def ece(p: Any, y: Any) -> float:
    """How far the probability of what is said is from how often it is right (Guo et al. 2017)."""
    sure, right = p.max(1), p.argmax(1) == y
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(sure[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in range(BINS)
        if (bins == one).any()
    ]
    return float(sum(gaps))


def precision(score: Any, yes: Any, share: float) -> float:
    """How many are right where this share of all is found; equal scores are found together."""
    for right, count in _cuts(score, yes):
        if right >= share * yes.sum():
            return float(right / count)
    return float("nan")


def found(score: Any, yes: Any, least: float) -> float:
    """The largest share of all that is found with at least this precision."""
    good = [right for right, count in _cuts(score, yes) if right >= least * count]
    return float(max(good, default=0) / yes.sum())


def _cuts(score: Any, yes: Any) -> list[tuple[int, int]]:
    """Of every cut, the surest first: how many above it are right, and how many there are."""
    cuts = []
    for least in np.unique(score)[::-1]:
        above = score >= least
        cuts.append((int(yes[above].sum()), int(above.sum())))
    return cuts
