"""Makes the weights that tell what reactions mean: python -m training.reactions [--figures].

It reads `training/reactions/cases.jsonl` and writes `judge.npz` beside the code that reads it.
`--blind FILE` writes the cases without labels for another labeller, `--second FILE` takes their
labels in, `--agreement` says how far both agree. What is done, and why, stands in
`training/reactions/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.models import _facts, _senses, judge
from roomtone.reactions import MEANINGS, Case, Said
from training.emotion import packed

CASES = Path(__file__).with_suffix("") / "cases.jsonl"
NINTH = CASES.with_name("ninth.jsonl")  # cases that are learnt from alone, none of them frozen
UNASKED = CASES.with_name("unasked.jsonl")  # talk in which nothing was asked for: no rating
OUT = Path(judge.__file__).with_name("judge.npz")
COST = 0.4  # of a miss beside the squares of the weights
OPEN = -1  # a label: any meaning but RATING
SAYING = 0.2  # how much a case with such a label counts beside one whose meaning is known
LEAST_CASES = 2  # a fact of fewer says nothing of others
FOLDS = 8
SAME = {"smalltalk": "tiage"} | dict.fromkeys(("later", "third", "fourth"), "ours")
WANTED = 0.9  # of those judged are to be right: what is less sure is left to a person
STEPS = 300
NO_RATING = np.array([one != "RATING" for one in MEANINGS])

Row = Mapping[str, Any]


def rows(path: Path = CASES) -> list[Row]:
    """The labelled cases as they stand in a file, ours or one of `GET /v1/reactions/gold`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_row(json.loads(line)) for line in lines if line]


def _row(told: dict[str, Any]) -> Row:
    """A line of ours as it is; one that a server gave out, with a person's word, as one of ours."""
    if "case" not in told:
        return told
    of = told["case"]
    talk = {
        slot: [[one["who"], one["text"]] if isinstance(one, dict) else one for one in of[slot]]
        for slot in ("before", "after")
    }
    group = hashlib.sha256(json.dumps([talk["before"], of["reply"]]).encode()).hexdigest()[:10]
    return {
        **of,
        **talk,
        "group": group,
        "source": "own",
        "language": "",
        "meaning": told["person"],
    }


def case(row: Row) -> Case:
    """The case of a row, without its label."""
    return Case(
        id=row["id"],
        emoji=row["emoji"],
        reply=row["reply"],
        before=tuple(Said(*one) for one in row["before"]),
        after=tuple(Said(*one) for one in row["after"]),
        target_is=row["target_is"],
        is_addressee=row["is_addressee"],
        latency_s=row["latency_s"],
        share_by_user=row.get("share_by_user"),
        others=tuple(row.get("others", ())),
    )


def frozen(row: Row) -> bool:
    """Whether it is of the third that nothing is learnt or chosen from; a dialogue stays whole."""
    return int(row["group"], 16) % 3 == 0


def truth(of: Sequence[Row]) -> Any:
    """The label of each row as a number; OPEN where it is only known that it is no rating."""
    return np.array([MEANINGS.index(row["meaning"]) if row["meaning"] else OPEN for row in of])


def names(of: Iterable[Mapping[str, float]]) -> list[str]:
    """The facts that are learnt from."""
    often = Counter(name for found in of for name in found)
    return sorted(name for name, count in often.items() if count >= LEAST_CASES)


def matrix(of: Sequence[Mapping[str, float]], columns: Sequence[str]) -> Any:
    """A row per case and a column per fact."""
    place = {name: i for i, name in enumerate(columns)}
    made = np.zeros((len(of), len(columns)))
    for i, found in enumerate(of):
        for name, value in found.items():
            if name in place:
                made[i, place[name]] = value
    return made


def fit(x: Any, y: Any, cost: float = COST) -> Any:
    """Weights (facts x MEANINGS) that minimise |w|^2 / 2 + cost * sum of log losses.

    Of an OPEN label the loss is that of all meanings but RATING together, SAYING times. Nesterov's
    accelerated descent with its constant step, as the loss is smooth and small.
    """
    want, open_ = np.eye(len(MEANINGS))[y], y == OPEN
    much = cost * np.where(open_, SAYING, 1.0)[:, None]
    steepest = float(np.linalg.eigvalsh(x.T @ (much * x))[-1])
    step = 1.0 / (1.0 + 0.5 * steepest)
    weights = ahead = np.zeros((x.shape[1], len(MEANINGS)))
    pace = 1.0
    for _ in range(STEPS):
        shares = softmax(x @ ahead)
        if open_.any():
            others = shares[open_] * NO_RATING
            want[open_] = others / others.sum(1, keepdims=True)
        slope = x.T @ (much * (shares - want)) + ahead
        after = ahead - step * slope
        further = (1.0 + (1.0 + 4.0 * pace**2) ** 0.5) / 2.0
        ahead = after + (pace - 1.0) / further * (after - weights)
        weights, pace = after, further
    return weights


def softmax(odds: Any) -> Any:
    """Probabilities of log odds, row by row."""
    grown = np.exp(odds - odds.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)


def by_dialogue(of: Sequence[Row]) -> Any:
    """A fold of each case; a dialogue stays whole."""
    return np.array([int(row["group"][2:], 16) % FOLDS for row in of])


def by_source(of: Sequence[Row]) -> Any:
    """The same: who wrote it, or where it is from; what is from one corpus stays whole."""
    sources = [SAME.get(row["source"], row["source"]) for row in of]
    return np.unique(sources, return_inverse=True)[1]


def out_of_fold(of: Sequence[Row], facts: Sequence[Mapping[str, float]], fold: Any) -> Any:
    """The log odds of each case by a model that saw nothing of its fold."""
    y = truth(of)
    odds = np.zeros((len(of), len(MEANINGS)))
    for one in np.unique(fold):
        seen, rest = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        columns = names(facts[i] for i in seen)
        weights = fit(matrix([facts[i] for i in seen], columns), y[seen])
        odds[rest] = matrix([facts[i] for i in rest], columns) @ weights
    return odds


def heat(odds: Any, y: Any) -> float:
    """What log odds are divided by so that they are likeliest (Guo et al. 2017)."""
    tried = np.geomspace(0.2, 5.0, 200)
    loss = [-np.log(softmax(odds / t)[np.arange(len(y)), y]).mean() for t in tried]
    return float(tried[int(np.argmin(loss))])


def least(shares: Any, y: Any) -> float:
    """The lowest probability from which on WANTED of what is said is right."""
    sure, right = shares.max(1), shares.argmax(1) == y
    order = np.argsort(-sure, kind="stable")
    good = np.cumsum(right[order]) / np.arange(1, len(y) + 1)
    last = np.flatnonzero(good >= WANTED)
    return float(sure[order][last[-1]]) if len(last) else 1.0


def f1(shares: Any, y: Any) -> list[float]:
    """The F1 of each meaning."""
    said = shares.argmax(1)
    found = []
    for one in range(len(MEANINGS)):
        hits = int(((said == one) & (y == one)).sum())
        found.append(2 * hits / max(int((said == one).sum() + (y == one).sum()), 1))
    return found


def digests() -> Any:
    """The SHA-256 of the weights whose readings are facts here, one after another."""
    place = files("roomtone.models")
    sums = [hashlib.sha256((place / one).read_bytes()).digest() for one in _senses.FILES]
    return np.frombuffer(b"".join(sums), np.uint8)


def train(of: Sequence[Row], also: Sequence[Row] = ()) -> dict[str, Any]:
    """All arrays of the model, from the part that may be learnt from, and all of `also`."""
    learnt = [row for row in of if not frozen(row)]
    learnt += [row for row in also if row["meaning"] in ("", *MEANINGS) and row["reply"].strip()]
    y = truth(learnt)
    facts = [_facts.facts(case(row)) for row in learnt]
    known = y != OPEN
    odds = out_of_fold(learnt, facts, by_dialogue(learnt))[known]
    warm = heat(odds, y[known])
    shares = softmax(odds / warm)
    sure = least(shares, y[known])
    f1s = f1(shares, y[known])
    say(
        f"{len(learnt)} cases learnt from; cross-validated: macro-F1 {np.mean(f1s):.3f}, "
        f"heat {warm:.2f}, sure from {sure:.2f} on, which is {(shares.max(1) >= sure).mean():.0%}"
    )
    columns = names(facts)
    weights = fit(matrix(facts, columns), y)
    return {
        "names": np.frombuffer("\n".join(columns).encode(), np.uint8),
        "weights": weights.astype(np.float32),
        "heat": np.array([warm]),
        "least": np.array([round(sure, 2)]),
        "made_with": digests(),
    }


def left_out(learnt: Sequence[Row]) -> None:
    """How each source and language is judged by a model that saw nothing of it."""
    facts = [_facts.facts(case(row)) for row in learnt]
    y = truth(learnt)
    for key in ("source", "language"):
        named = np.array([row[key] for row in learnt])
        named[named == "smalltalk"] = SAME["smalltalk"]
        shares = softmax(out_of_fold(learnt, facts, named))
        for one, count in Counter(named[y != OPEN].tolist()).most_common():
            at = (named == one) & (y != OPEN)
            right = (shares[at].argmax(1) == y[at]).mean()
            say(f"without {one}: {count} cases, accuracy {right:.3f}, macro-F1 "
                f"{np.mean(f1(shares[at], y[at])):.3f}")  # fmt: skip


def agreement(
    of: Sequence[Row], first: str = "first", second: str = "second"
) -> tuple[float, float]:
    """The share of equal labels of two passes, and Cohen's kappa; of cases that have both."""
    both = [(row[first], row[second]) for row in of if row.get(first) and row.get(second)]
    if not both:
        return float("nan"), float("nan")
    same = sum(a == b for a, b in both) / len(both)
    ones, others = Counter(a for a, _ in both), Counter(b for _, b in both)
    chance = sum(ones[one] * others[one] for one in MEANINGS) / len(both) ** 2
    return same, (same - chance) / (1.0 - chance)


def blind(of: Sequence[Row], path: Path) -> None:
    """The cases in another order and without labels, for a labeller who has seen none."""
    hidden = ("meaning", "first", "second", "source")
    shown = [{k: v for k, v in row.items() if k not in hidden} for row in of]
    shown.sort(key=lambda row: hashlib.sha256(row["id"].encode()).hexdigest())
    lines = (json.dumps(row, ensure_ascii=False) for row in shown)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def second(of: Sequence[Row], path: Path) -> list[Row]:
    """The cases with what another labeller said of each; a label that is none is refused."""
    said = {row["id"]: row["meaning"] for row in rows(path)}
    if wrong := sorted(id for id, label in said.items() if label not in MEANINGS):
        raise SystemExit(f"{len(wrong)} labels are none of {', '.join(MEANINGS)}, as of {wrong[0]}")
    return [{**row, "second": said[row["id"]]} if row["id"] in said else row for row in of]


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def main() -> None:
    """Read, train, write; or say what was asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--figures", action="store_true", help="each source and language left out")
    parser.add_argument("--agreement", action="store_true", help="how far the labellers agree")
    parser.add_argument("--blind", type=Path, help="write the cases without labels to this file")
    parser.add_argument("--second", type=Path, help="take another's labels in from this file")
    parser.add_argument("--also", type=Path, help="learn from these labels too; needs --out")
    parser.add_argument("--out", type=Path, default=OUT, help="where the weights go")
    told = parser.parse_args()
    of = rows()
    if told.blind:
        return blind(of, told.blind)
    if told.second:
        of = second(of, told.second)
        lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in of)
        CASES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if told.agreement or told.second:
        same, kappa = agreement(of)
        return say(f"equal {same:.3f}, Cohen's kappa {kappa:.3f}")
    also = [*rows(NINTH), *rows(UNASKED), *(rows(told.also) if told.also else ())]
    if told.figures:
        return left_out([*(row for row in of if not frozen(row)), *also])
    if told.also and told.out == OUT:
        parser.error("weights with labels of your own go to a file of their own: --out FILE")
    made = packed(train(of, also))
    told.out.write_bytes(made)
    digest = hashlib.sha256(made).hexdigest()
    sys.stdout.write(f"{told.out}: {len(made):,} bytes, SHA-256 {digest}\n")


if __name__ == "__main__":
    main()
