"""Makes the weights that tell topics apart: python -m training.coherence --data DIR --encoder DIR.

The first DIR holds `tiage/` and `goemotions/`, of which only the training splits are read; the
second `model.onnx` and `tokenizer.json` of all-MiniLM-L6-v2. What is done, and why, stands in
`training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.models import _pairs, coherence
from training._solver import Sparse, dense, fit
from training.emotion import packed, say

OUT = Path(coherence.__file__).parent / "coherence.npz"
SEED, FOLDS = 20_261, 10
WORDS, DIMENSIONS = 6_500, 32
RARE = 3e-4  # a word of this frequency tells half
LEAST_PAIRS = 3  # a gram of fewer messages says nothing of others
COST, EPOCHS = 0.2, 40
PAIR_COST = 0.02
FACTS = 0.6  # how much a fact of usual size counts beside a gram
SCALES = {"m": 0.5, "l": 0.5, "p": 0.4, "q": 0.4, "s": 0.4}
LEAST_SHIFT = 0.4  # which number the best threshold becomes

Talk = list[tuple[str, bool]]


def talks(path: Path) -> list[Talk]:
    """The utterances of each dialogue, and whether each changes the topic."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return [[(text, label == "1") for text, label in lines] for lines in told.values()]


def examples(of: list[Talk]) -> tuple[list[tuple[str, str, str]], Any, Any]:
    """Each utterance but the first as (earlier, last, message), the truth, and its dialogue."""
    rows, truth, whose = [], [], []
    for number, lines in enumerate(of):
        for i in range(1, len(lines)):
            rows.append((lines[i - 2][0] if i > 1 else "", lines[i - 1][0], lines[i][0]))
            truth.append(lines[i][1])
            whose.append(number)
    return rows, np.array(truth, np.int8), np.array(whose)


def vocabulary(texts: list[str]) -> tuple[list[str], Any]:
    """The most frequent words in the order of their hashes, and how much each tells."""
    nothing = _pairs.Words(np.empty(0, np.int64), np.empty((0, 1)), np.empty(0))
    often = Counter(word for text in texts for word in _pairs.Text(text, nothing).spoken)
    total = sum(often.values())
    by_hash = {_pairs.hash_of(word): word for word, _ in often.most_common(WORDS)}
    chosen = [by_hash[one] for one in sorted(by_hash)]
    tells = np.array([RARE / (RARE + often[word] / total) for word in chosen])
    return chosen, np.maximum(1, np.rint(tells * 255)).astype(np.uint8)


def vectors(words: list[str], encoder: Path) -> Any:
    """What the encoder makes of each word by itself, in few dimensions, a byte each."""
    runtime: Any = importlib.import_module("onnxruntime")
    tokenizers: Any = importlib.import_module("tokenizers")
    model = runtime.InferenceSession(str(encoder / "model.onnx"))
    tokens = tokenizers.Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokens.no_padding()
    takes = {one.name for one in model.get_inputs()}
    wide = []
    for word in words:
        ids = np.array([tokens.encode(word).ids], np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        made = model.run(None, {name: inputs[name] for name in takes})[0]
        wide.append(made[0].mean(0) if made.ndim == 3 else made[0])
    full = np.array(wide, np.float64)
    full /= np.linalg.norm(full, axis=1, keepdims=True)
    full -= full.mean(0)
    _, _, axes = np.linalg.svd(full, full_matrices=False)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    few = full @ axes[:DIMENSIONS].T
    few /= np.linalg.norm(few, axis=1, keepdims=True)
    return np.rint(few * 127).astype(np.int8)


class Matrix:
    """Facts and grams of all examples."""

    def __init__(self, rows: list[tuple[str, str, str]], words: _pairs.Words) -> None:
        cut = {text: _pairs.Text(text, words) for row in rows for text in row}
        facts, grams = [], []
        for earlier, last, message in rows:
            facts.append(_pairs.facts(cut[message], cut[last], cut[earlier], words))
            grams.append(list(_pairs.grams(cut[message], cut[last])))
        self.facts = np.array(facts)
        often = Counter(gram for found in grams for gram in found)
        kept = {}
        for gram, count in often.items():
            if count >= LEAST_PAIRS:
                kept.setdefault(_pairs.hash_of(gram), gram)
        self.ids = np.array(sorted(kept), np.int64)
        self.scale = np.array([SCALES[kept[one][0]] for one in sorted(kept)])
        self.mean, self.spread = self.facts.mean(0), self.facts.std(0) + 1e-6
        place = {one: i for i, one in enumerate(self.ids.tolist())}
        self.found = [
            sorted({place[h] for h in map(_pairs.hash_of, found) if h in place}) for found in grams
        ]

    @property
    def width(self) -> int:
        """Facts first, then grams."""
        return self.facts.shape[1] + len(self.ids)

    def rows(self) -> Sparse:
        """All of it as the solver takes it."""
        usual = (self.facts - self.mean) / self.spread * FACTS
        count = usual.shape[1]
        columns = [np.array([*range(count), *(count + i for i in found)]) for found in self.found]
        values = [
            np.concatenate([usual[i], self.scale[found]]) for i, found in enumerate(self.found)
        ]
        starts = np.concatenate(([0], np.cumsum([len(one) for one in columns])))
        return Sparse(starts, np.concatenate(columns), np.concatenate(values).astype(np.float32))


def out_of_fold(x: Sparse, y: Any, whose: Any, width: int) -> Any:
    """The log odds of each message by a model that saw nothing of its dialogue."""
    odds = np.zeros(len(y))
    fold = np.random.default_rng(SEED).permutation(whose.max() + 1)[whose] % FOLDS
    for one in range(FOLDS):
        seen, rest = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        weights, bias = fit(x.take(seen), y[seen, None], width, COST, EPOCHS, SEED)
        odds[rest] = x.take(rest).times(weights, bias)[:, 0]
    return odds


def best(odds: Any, y: Any) -> tuple[float, float]:
    """The threshold with the best F1, and that F1."""
    order = np.argsort(-odds, kind="stable")
    hits = np.cumsum(y[order])
    score = 2 * hits / (np.arange(1, len(order) + 1) + y.sum())
    at = int(score.argmax())
    return float(odds[order[at : at + 2]].mean()), float(score[at])


def pairs(of: list[Talk]) -> tuple[list[tuple[str, str]], Any]:
    """Each message with the reply that it got, and with one out of another dialogue."""
    chance = np.random.default_rng(SEED)
    rows, truth = [], []
    for number, lines in enumerate(of):
        for (message, _), (reply, _) in pairwise(lines):
            other = (number + int(chance.integers(1, len(of)))) % len(of)
            strange = of[other][int(chance.integers(len(of[other])))][0]
            rows += [(message, reply), (message, strange)]
            truth += [1, 0]
    return rows, np.array(truth, np.int8)


def related(of: list[Talk], words: _pairs.Words) -> dict[str, Any]:
    """A logistic regression on the facts alone: is this the reply that the message got?"""
    rows, y = pairs(of)
    cut = {text: _pairs.Text(text, words) for row in rows for text in row}
    nothing = _pairs.Text("", words)
    facts = np.array([_pairs.facts(cut[b], cut[a], nothing, words) for a, b in rows])
    mean, spread = facts.mean(0), facts.std(0) + 1e-6
    usual = (facts - mean) / spread
    fold = np.arange(len(y)) * FOLDS // len(y)
    odds = np.zeros(len(y))
    for one in range(FOLDS):
        seen, rest = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        weights, bias = fit(dense(usual[seen]), y[seen, None], len(mean), PAIR_COST, EPOCHS, SEED)
        odds[rest] = (usual[rest] @ weights + bias)[:, 0]
    say(
        f"reply or not, cross-validated: {(odds > 0).astype(int).tolist().count(1)} said yes, "
        f"accuracy {((odds > 0) == (y > 0)).mean():.3f}, area {area(odds, y):.3f}"
    )
    weights, bias = fit(dense(usual), y[:, None], len(mean), PAIR_COST, EPOCHS, SEED)
    straight = weights[:, 0] / spread
    return {"pair": straight, "pair_bias": np.array([bias[0] - mean @ straight])}


def area(odds: Any, y: Any) -> float:
    """The area under the curve of hits over false alarms."""
    rank = np.argsort(np.argsort(odds)) + 1.0
    yes = int(y.sum())
    return float((rank[y > 0].sum() - yes * (yes + 1) / 2) / (yes * (len(y) - yes)))


def train(data: Path, encoder: Path) -> dict[str, Any]:
    """All arrays of the model."""
    of = talks(data / "tiage/data/personachat/anno/train/anno_train.json")
    lines = (data / "goemotions/original/train.tsv").read_text(encoding="utf-8").split("\n")
    texts = [text for talk in of for text, _ in talk] + [line.split("\t")[0] for line in lines]
    chosen, tells = vocabulary(texts)
    small = vectors(chosen, encoder)
    ids = np.array([_pairs.hash_of(word) for word in chosen], np.int64)
    words = coherence.words(ids, small, tells)
    say(f"{len(chosen)} words")
    rows, y, whose = examples(of)
    matrix = Matrix(rows, words)
    x = matrix.rows()
    cut, score = best(out_of_fold(x, y, whose, matrix.width), y)
    say(f"shift, cross-validated: F1 {score:.3f} at log odds {cut:.3f}")
    weights, bias = fit(x, y[:, None], matrix.width, COST, EPOCHS, SEED)
    count = matrix.facts.shape[1]
    straight = weights[:count, 0] * FACTS / matrix.spread
    heavy = weights[count:, 0] * matrix.scale
    unit = np.abs(heavy).max() / 127
    small_weights = np.rint(heavy / unit).astype(np.int8)
    kept = np.flatnonzero(small_weights)
    moved = np.log(LEAST_SHIFT / (1 - LEAST_SHIFT)) - cut
    return {
        "words": np.diff(ids, prepend=0).astype(np.uint32),
        "vectors": small,
        "tells": tells,
        "grams": np.diff(matrix.ids[kept], prepend=0).astype(np.uint32),
        "weights": small_weights[kept],
        "unit": np.array([unit]),
        "facts": straight,
        "bias": np.array([bias[0] - matrix.mean @ straight + moved]),
        **related(of, words),
    }


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    told = parser.parse_args()
    made = packed(train(told.data, told.encoder))
    OUT.write_bytes(made)
    sys.stdout.write(f"{OUT}: {len(made):,} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}\n")


if __name__ == "__main__":
    main()
