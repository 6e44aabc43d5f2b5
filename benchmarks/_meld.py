"""MELD with what its own training split teaches: seven offsets, and a small linear head.

MELD is under the GPL: nothing that is learnt here is kept, and none of it is in the package. The
head sees what our readings give (log odds of 39 labels, of the line and of what the same speaker,
everybody and the last two lines felt before) and the n-grams of our own hasher; with the extra
`models` also what the network's heads see of the line (768 numbers). Its cost, the scales and the
offsets are chosen on the training split, in three folds by dialogue.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.emotions import EKMAN
from roomtone.models import _hashed, _weights
from roomtone.models.emotion import Emotion, MiniLM

Talk = list[tuple[str, str, str]]  # speaker, text, label

FOLDS, SEED = 3, 1
COST, STEPS = 1.0, 45
LEAST_TEXTS = 2
SCALES = {"char2": 0.4, "char3": 0.4, "char4": 0.4, "three": 0.5, "skip": 0.5}  # as in training/
OWN, BEFORE = 0.1, 0.05  # of the standardised log odds, beside n-grams of length 1
SEEN = 0.03  # the same of what a network's heads see, where there is one


def talks(data: Path, split: str) -> list[Talk]:
    """The dialogues of a split, in order."""
    found: dict[str, Talk] = defaultdict(list)
    path = data / "meld_emorynlp/data/MELD" / f"{split}_sent_emo.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["Dialogue_ID"]].append((row["Speaker"], row["Utterance"], row["Emotion"]))
    return list(found.values())


def truth(of: Sequence[Talk]) -> Any:
    return np.array([EKMAN.index(label) for talk in of for _, _, label in talk])


def felt(model: Emotion, of: Sequence[Talk]) -> tuple[Any, Any]:
    """Log odds of the 39 labels of each line, and the same of what was said before it."""
    texts = [text for talk in of for _, text, _ in talk]
    scores = np.array(
        [
            [*one.scores.values(), *one.ekman_scores.values(), *one.group_scores.values()]
            for one in model.read(texts)
        ]
    )
    odds = np.log((scores + 1e-3) / (1.001 - scores))
    nothing = np.zeros(odds.shape[1])
    before = []
    rest = iter(odds)
    for talk in of:
        own: dict[str, Any] = defaultdict(lambda: nothing)
        all_of_them, last = nothing, [nothing, nothing]
        for i, (speaker, _, _) in enumerate(talk):
            same = float(i > 0 and talk[i - 1][0] == speaker)
            place = [i == 0, min(i, 10) / 10, same]
            before.append(np.concatenate([own[speaker], all_of_them, *last, place]))
            now = next(rest)
            own[speaker] = 0.5 * own[speaker] + 0.5 * now
            all_of_them = 0.6 * all_of_them + 0.4 * now
            last = [now, last[0]]
    return odds, np.array(before)


def grams(of: Sequence[Talk]) -> tuple[Any, Any, Any]:
    """Each feature of our hasher once a line: line, id, scale of its kind."""
    texts = [text for talk in of for _, text, _ in talk]
    keys, scales, base = [], [], 0
    for chunk in _hashed.chunks(texts):
        found = _hashed.features(chunk)
        ids = (found.hash >> _weights.ID_SHIFT).astype(np.int64)
        keys.append((found.text + base) << 24 | ids)
        scales.append(np.repeat([SCALES.get(kind, 1.0) for kind in found.kinds], found.lengths))
        base += chunk.size
    key, scale = np.concatenate(keys), np.concatenate(scales)
    order = np.lexsort((-scale, key))
    key, scale = key[order], scale[order]
    new = np.append(True, key[1:] != key[:-1])
    return key[new] >> 24, key[new] & 0xFFFFFF, scale[new]


def matrices(model: Emotion, train: Sequence[Talk], dev: Sequence[Talk]) -> tuple[Any, Any]:
    """What the head sees of both splits; ids, gains, means and spreads are the first one's."""
    from scipy import sparse

    _, ids, _ = found = grams(train)
    known, often = np.unique(ids, return_counts=True)
    count = sum(map(len, train))
    known, often = known[often >= LEAST_TEXTS], often[often >= LEAST_TEXTS]
    gain = np.log(count / often)
    sides: list[tuple[Any, ...]] = [felt(model, of) for of in (train, dev)]
    shares: tuple[float, ...] = (OWN, BEFORE)
    if isinstance(model, MiniLM):
        texts = [[text for talk in of for _, text, _ in talk] for of in (train, dev)]
        sides = [(*side, model.features(own)) for side, own in zip(sides, texts, strict=True)]
        shares = (OWN, BEFORE, SEEN)
    means = [(a.mean(0), a.std(0) + 1e-6) for a in sides[0]]
    out = []
    for of, side, (where, ids, scale) in zip((train, dev), sides, (found, grams(dev)), strict=True):
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        hit = known[at] == ids
        where, at, scale = where[hit], at[hit], scale[hit]
        size = sum(map(len, of))
        spelled = sparse.csr_matrix((gain[at] * scale, (where, at)), (size, len(known)))
        length = np.sqrt(np.bincount(where, (gain[at] * scale) ** 2, minlength=size))
        parts = [sparse.diags(1 / np.maximum(length, 1e-9)) @ spelled]
        for one, (mean, spread), share in zip(side, means, shares, strict=True):
            parts.append(sparse.csr_matrix(share * (one - mean) / spread))
        out.append(sparse.hstack(parts).tocsr())
    return out[0], out[1]


def fit(x: Any, y: Any) -> Any:
    """Multinomial logistic regression: weights and, as the last row, biases."""
    from scipy.optimize import minimize

    wide, labels = x.shape[1], len(EKMAN)
    true = np.eye(labels)[y]

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(wide + 1, labels)
        said = shares(x, weights)
        total = -COST * np.log(np.maximum((said * true).sum(1), 1e-12)).sum()
        slope = COST * (said - true)
        down = np.vstack([x.T @ slope + weights[:-1], slope.sum(0)])
        return total + 0.5 * (weights[:-1] ** 2).sum(), down.ravel()

    start = np.zeros((wide + 1) * labels)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return found.x.reshape(wide + 1, labels)


def shares(x: Any, weights: Any) -> Any:
    margins = x @ weights[:-1] + weights[-1]
    up = np.exp(margins - margins.max(1, keepdims=True))
    return up / up.sum(1, keepdims=True)


def weighted(said: Any, true: Any) -> float:
    """F1 of each label, weighted by how often it is true."""
    total = 0.0
    for label in range(len(EKMAN)):
        both = (said == label).sum() + (true == label).sum()
        hits = ((said == label) & (true == label)).sum()
        total += 2 * hits / max(1, both) * (true == label).mean()
    return float(total)


def moved(scores: Any, offsets: Any) -> Any:
    return (np.log(scores + 1e-9) + offsets).argmax(1)


def offsets(scores: Any, true: Any) -> tuple[Any, float]:
    """What to add to each label's log score for the best weighted F1, one label at a time."""
    found = np.zeros(len(EKMAN))
    best = weighted(moved(scores, found), true)
    for _ in range(3):
        for label in range(len(EKMAN)):
            for value in np.arange(-1.0, 1.5, 0.1):
                tried = found.copy()
                tried[label] = value
                if (score := weighted(moved(scores, tried), true)) > best + 1e-6:
                    best, found = score, tried
    return found, best


def head(model: Emotion, data: Path) -> str:
    """The head's figures: cross-validated on the training split, and on the development split."""
    train, dev = talks(data, "train"), talks(data, "dev")
    x, strange = matrices(model, train, dev)
    y = truth(train)
    chance = np.random.default_rng(SEED).permutation(len(train)) % FOLDS
    fold = np.repeat(chance, [len(talk) for talk in train])
    said = np.zeros((len(y), len(EKMAN)))
    for one in range(FOLDS):
        said[fold == one] = shares(x[fold == one], fit(x[fold != one], y[fold != one]))
    add, best = offsets(said, y)
    own = weighted(moved(shares(strange, fit(x, y)), add), truth(dev))
    return f"head learnt on its train split: {own:.3f} (cross-validated there {best:.3f})"


def shifted(train: tuple[Any, Any], dev: tuple[Any, Any]) -> str:
    """Our own seven scores with seven offsets from the training split, and nothing else."""
    add, best = offsets(*train)
    own = weighted(moved(dev[0], add), dev[1])
    return f"seven offsets from its train split: {own:.3f} (there {best:.3f})"
