"""Makes the weights that tell topics apart with MiniLM: python -m training.coherence_network.

`--data DIR` holds `tiage/`, of which only the training split is read. The words are those of
`coherence.npz`, the vectors of texts those of the extra `models`. What is done, and why, stands in
`training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.models import _minilm, coherence
from training._solver import Sparse, fit
from training.coherence import (
    COST,
    EPOCHS,
    FACTS,
    LEAST_SHIFT,
    SEED,
    Matrix,
    area,
    best,
    examples,
    out_of_fold,
    talks,
)
from training.emotion import packed, say

OUT = Path(coherence.__file__).parent / coherence.NETWORK
AXES = 32  # of the message's vector
NEAR, WAY = 0.6, 0.3  # how much a cosine and an axis of usual size count beside a gram


def vectors(rows: list[tuple[str, str, str]]) -> Any:
    """What the encoder makes of the texts of each row: rows x 3 x 384, zeros for none."""
    encoder = _minilm.Encoder(_minilm.weights_file())
    found = {"": np.zeros(_minilm.WIDE)}
    for text in {text: None for row in rows for text in row if text}:
        found[text] = coherence.vector(encoder, text)
    return np.array([[found[text] for text in row] for row in rows])


def axes(of: Any) -> Any:
    """The directions in which messages and the texts before them differ most: axes x 384."""
    both = np.vstack([of[:, 2], of[:, 1]])
    _, _, found = np.linalg.svd(both - both.mean(0), full_matrices=False)
    return found[:AXES] * np.sign(found[np.arange(AXES), np.abs(found[:AXES]).argmax(1)])[:, None]


def widened(x: Sparse, width: int, more: Any) -> Sparse:
    """The rows with more columns behind theirs."""
    count = more.shape[1]
    ends, lengths = x.starts[1:], np.diff(x.starts)
    columns = np.insert(
        x.columns, np.repeat(ends, count), np.tile(width + np.arange(count), len(ends))
    )
    values = np.insert(x.values, np.repeat(ends, count), more.astype(np.float32).ravel())
    return Sparse(np.concatenate(([0], np.cumsum(lengths + count))), columns, values)


def train(data: Path) -> dict[str, Any]:
    """All arrays of the model."""
    of = talks(data / "tiage/data/personachat/anno/train/anno_train.json")
    rows, y, whose = examples(of)
    matrix = Matrix(rows, coherence.load().words)
    say("reads the texts")
    meant = vectors(rows)
    way = axes(meant)
    near = coherence.cosines(meant[:, 0], meant[:, 1], meant[:, 2])
    more = np.hstack([near, meant[:, 2] @ way.T])
    mean, spread = more.mean(0), more.std(0) + 1e-6
    share = np.concatenate([np.full(near.shape[1], NEAR), np.full(AXES, WAY)])
    x = widened(matrix.rows(), matrix.width, (more - mean) / spread * share)
    wide = matrix.width + more.shape[1]
    odds = out_of_fold(x, y, whose, wide)
    cut, score = best(odds, y)
    say(f"shift, cross-validated: F1 {score:.3f}, area {area(odds, y):.3f}, at {cut:.3f}")
    weights, bias = fit(x, y[:, None], wide, COST, EPOCHS, SEED)
    count = matrix.facts.shape[1]
    straight = weights[:count, 0] * FACTS / matrix.spread
    beside = weights[matrix.width :, 0] * share / spread
    heavy = weights[count : matrix.width, 0] * matrix.scale
    unit = np.abs(heavy).max() / 127
    small = np.rint(heavy / unit).astype(np.int8)
    kept = np.flatnonzero(small)
    moved = np.log(LEAST_SHIFT / (1 - LEAST_SHIFT)) - cut - matrix.mean @ straight - mean @ beside
    return {
        "grams": np.diff(matrix.ids[kept], prepend=0).astype(np.uint32),
        "weights": small[kept],
        "unit": np.array([unit]),
        "facts": straight,
        "near": beside[: near.shape[1]],
        "way": (beside[near.shape[1] :] @ way).astype(np.float32),
        "bias": np.array([bias[0] + moved]),
    }


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    told = parser.parse_args()
    made = packed(train(told.data))
    OUT.write_bytes(made)
    sys.stdout.write(f"{OUT}: {len(made):,} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}\n")


if __name__ == "__main__":
    main()
