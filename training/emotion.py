"""Makes the weights that read emotion from text: python -m training.emotion --data DIR.

DIR holds `goemotions/`, of which only the training split is read. The same command gives the same
file. What is done, and why, stands in `training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.emotions import EKMAN, GROUPS, LABELS
from roomtone.models import _hashed, _weights
from training._joining import coarser, cuts
from training._solver import Sparse, dense, fit

OUT = Path(_weights.__file__).parent
SEED, FOLDS = 20_261, 5
ROWS = 30_000
COST, EPOCHS = 1.5, 8
SECOND_COST, SECOND_EPOCHS = 0.05, 30
LEAST_TEXTS = 2  # a feature of one text only says nothing of others
KNOWN_TEXTS = 5  # a word in so many texts is a word of the language
# How much a kind of feature counts beside words: by cross-validation on the training split.
SCALES = {"char2": 0.4, "char3": 0.4, "char4": 0.4, "three": 0.5, "skip": 0.5}
HEADS = (("original", LABELS), ("ekman", EKMAN), ("group", GROUPS))


def load(folder: Path, split: str) -> tuple[list[str], Any]:
    """Texts, and for each the 28, 7 and 4 labels side by side."""
    texts: list[str] = []
    columns = []
    for head, labels in HEADS:
        names = (folder / head / "labels.txt").read_text().split()
        if sorted(names) != sorted(labels):
            raise SystemExit(f"{folder / head / 'labels.txt'} names other labels than ours")
        lines = (folder / head / f"{split}.tsv").read_text(encoding="utf-8").split("\n")
        rows = [line.split("\t") for line in lines if line]
        texts = [row[0] for row in rows]
        truth = np.zeros((len(rows), len(labels)), np.int8)
        for i, row in enumerate(rows):
            for one in row[1].split(","):
                truth[i, labels.index(names[int(one)])] = 1
        columns.append(truth)
    return texts, np.hstack(columns)


def found(texts: list[str]) -> tuple[Any, Any, Any]:
    """Every feature once per text: (text, id) in order, and the scale of its kind."""
    where, ids, scales = [], [], []
    base = 0
    for chunk in _hashed.chunks(texts):
        part = _hashed.features(chunk)
        where.append(part.text + base)
        ids.append((part.hash >> _weights.ID_SHIFT).astype(np.int64))
        scales.append(np.repeat([SCALES.get(kind, 1.0) for kind in part.kinds], part.lengths))
        base += chunk.size
    keys = np.concatenate(where) << 24 | np.concatenate(ids)
    order = np.lexsort((-np.concatenate(scales), keys))
    keys, scale = keys[order], np.concatenate(scales)[order]
    new = np.append(True, keys[1:] != keys[:-1])
    return keys[new] >> 24, keys[new] & 0xFFFFFF, scale[new]


class Matrix:
    """The features of some texts, and those of them that count."""

    def __init__(self, texts: list[str]) -> None:
        self.count = len(texts)
        self.where, ids, scale = found(texts)
        self.ids, self.column, often = np.unique(ids, return_inverse=True, return_counts=True)
        strongest = np.zeros(len(self.ids))
        np.maximum.at(strongest, self.column, scale)
        gain = np.rint(_weights.GAIN * strongest * np.log(self.count / often))
        self.gain = np.clip(gain, 1, 255).astype(np.int64)
        self.often = often

    def chosen(self, columns: Any) -> Sparse:
        """Rows of length 1 of these columns (sorted), numbered anew."""
        place = np.full(len(self.ids), -1)
        place[columns] = np.arange(len(columns))
        at = place[self.column]
        where, at = self.where[at >= 0], at[at >= 0]
        gain = self.gain[columns][at]
        square = np.bincount(where, gain * gain, minlength=self.count)
        starts = np.concatenate(([0], np.cumsum(np.bincount(where, minlength=self.count))))
        values = (gain / np.sqrt(np.maximum(square, 1))[where]).astype(np.float32)
        return Sparse(starts, at, values)


def first_stage(all_of_them: Matrix, rows: Any, y: Any) -> tuple[Any, Any, Any]:
    """Learn from some texts: which columns to keep, their weights and the biases.

    Fitted twice: with every feature, and then with those alone that weighed most in the first.
    """
    wide = np.flatnonzero(all_of_them.often >= LEAST_TEXTS)
    x = all_of_them.chosen(wide)
    weights, _ = fit(x.take(rows), y[rows], len(wide), COST, EPOCHS, SEED)
    mine = x.take(rows)
    energy = np.bincount(mine.columns, mine.values**2, minlength=len(wide))
    weight = (weights.astype(np.float64) ** 2).sum(1) * energy
    columns = np.sort(wide[np.argsort(-weight, kind="stable")[:ROWS]])
    weights, bias = fit(
        all_of_them.chosen(columns).take(rows), y[rows], len(columns), COST, EPOCHS, SEED
    )
    return columns, weights, bias


def out_of_fold(features: Matrix, y: Any, folds: Any) -> Any:
    """The first stage's margins of each text by a model that never saw its fifth."""
    margins = np.zeros(y.shape, np.float32)
    for fold in range(FOLDS):
        rows, rest = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        columns, weights, bias = first_stage(features, rows, y)
        margins[rest] = features.chosen(columns).take(rest).times(weights, bias)
        say(f"fold {fold + 1} of {FOLDS}")
    return margins


def second_stage(margins: Any, y: Any) -> tuple[Any, Any]:
    """From all margins, straight and bent, to the log odds of each label."""
    inputs = _weights.bent(margins)
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-6
    x = dense((inputs - mean) / spread)
    weights, bias = fit(x, y, inputs.shape[1], SECOND_COST, SECOND_EPOCHS, SEED)
    straight = weights / spread[:, None]
    return straight, bias - mean @ straight


def decided(odds: Any, y: Any) -> tuple[Any, Any]:
    """What its labels count for a coarser one, and for each from where on it is said."""
    levels = coarser([odds], [1.0], odds, y)
    return levels, cuts(_weights.levelled(odds, levels), y)


def f1(said: Any, y: Any) -> Any:
    """F1 of each label."""
    return 2 * (said & (y > 0)).sum(0) / np.maximum(said.sum(0) + (y > 0).sum(0), 1)


def quantised(features: Matrix, columns: Any, weights: Any) -> tuple[Any, Any]:
    """Gain and weight of each feature in one byte, and each label's unit."""
    whole = weights * features.gain[columns][:, None]
    unit = np.quantile(np.abs(whole), 0.9999, axis=0) / 127
    small = np.clip(np.rint(whole / unit), -127, 127)
    small[np.abs(small) < 2] = 0
    return small.astype(np.int8), unit


def known_words(texts: list[str]) -> Any:
    """A bit for each word that stands in several texts."""
    pairs, base = [], 0
    for chunk in _hashed.chunks(texts):
        where, hashes = _hashed.words(chunk)
        pairs.append(((where + base).astype(np.uint64), hashes >> _weights.KNOWN_SHIFT))
        base += chunk.size
    both = np.unique(np.stack([np.concatenate(one) for one in zip(*pairs, strict=True)]), axis=1)
    words, often = np.unique(both[1], return_counts=True)
    bits = np.zeros(1 << 20, np.uint8)
    bits[words[often >= KNOWN_TEXTS].astype(np.int64)] = 1
    return np.packbits(bits)


def train(texts: list[str], y: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """All arrays of the model, and the figures of cross-validation."""
    features = Matrix(texts)
    folds = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    margins = out_of_fold(features, y, folds)
    odds = np.zeros(y.shape)
    said = np.zeros(y.shape, bool)
    for fold in range(FOLDS):
        rows, rest = folds != fold, folds == fold
        top, shift = second_stage(margins[rows], y[rows])
        odds[rest] = _weights.bent(margins[rest]) @ top + shift
    for fold in range(FOLDS):  # the honest figure: levels and cuts from the other fifths
        rows, rest = folds != fold, folds == fold
        levels, cut = decided(odds[rows], y[rows])
        said[rest] = _weights.levelled(odds[rest], levels) > cut
    levels, cut = decided(odds, y)
    top, shift = second_stage(margins, y)
    columns, weights, bias = first_stage(features, np.arange(len(texts)), y)
    small, unit = quantised(features, columns, weights)
    order = np.argsort(features.ids[columns])
    arrays = {
        "ids": np.diff(features.ids[columns][order], prepend=0).astype(np.uint32),
        "gain": features.gain[columns][order].astype(np.uint8),
        "weights": small[order].T.copy(),
        "unit": unit.astype(np.float32),
        "bias": bias.astype(np.float32),
        "top": top.astype(np.float32),
        "shift": shift.astype(np.float32),
        "levels": levels.astype(np.float32),
        "cuts": cut.astype(np.float32),
        "base": y.mean(0).astype(np.float32),
        "known": known_words(texts),
    }
    return arrays, {"cross-validated": summary(f1(said, y), said, y)}


def summary(scores: Any, said: Any, y: Any) -> dict[str, float]:
    """Macro- and micro-F1 of the three heads."""
    out = {}
    for name, part in (("28", slice(0, 28)), ("ekman", slice(28, 35)), ("group", slice(35, 39))):
        hits = (said[:, part] & (y[:, part] > 0)).sum()
        both = said[:, part].sum() + (y[:, part] > 0).sum()
        out[f"macro {name}"] = round(float(scores[part].mean()), 4)
        out[f"micro {name}"] = round(float(2 * hits / both), 4)
    return out


def packed(arrays: dict[str, Any]) -> bytes:
    """The arrays as a .npz whose bytes depend on nothing else: no times, no order of chance."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, array in sorted(arrays.items()):
            one = io.BytesIO()
            np.lib.format.write_array(one, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = zipfile.ZIP_LZMA
            file.writestr(info, one.getvalue())
    return out.getvalue()


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def main() -> None:
    """Train on the training split, write the file, print its digest and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--out", type=Path, default=OUT / "emotion.npz", help="file to write")
    args = parser.parse_args()
    texts, y = load(args.data / "goemotions", "train")
    arrays, figures = train(texts, y)
    data = packed(arrays)
    args.out.write_bytes(data)
    print(json.dumps({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **figures}))


if __name__ == "__main__":
    main()
