"""Makes what the network learnt of emotion: python -m training.emotion_network --data DIR.

DIR holds `goemotions/`: the network learns from the training split, and what joins it to the
n-grams from lines of that which it did not see, and from the development split. The base weights
are those of the extra `models`. What is done, and why, stands in `training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from roomtone.models import _hashed, _minilm, _onnx, _weights
from roomtone.models import emotion as shipped
from roomtone.models._wordpiece import WordPiece
from training import _joining, emotion
from training._joining import FINE
from training.emotion import packed, say

OUT = Path(shipped.__file__).parent / shipped.NETWORK
FOLDS_FILE = Path(__file__).with_name("emotion_network_folds.npz")  # see `folded`
SEED = 20_261
ORDER = 102  # of three networks, each by an order of its own, that with the least loss: see README
HELD = 10  # a text in so many is kept from the network, to join the two readers by
MOST_PIECES = 48  # of a text while it learns
HOW = {
    "epochs": 3,
    "batch": 32,
    "pile": 64,  # batches whose texts are sorted by length together
    "rate": 1e-3,
    "norm_rate": 5e-4,
    "warm": 0.06,
    "decay": 0.01,
    "seed": ORDER,
}
PRIOR = (0.6, 0.4)  # what each reader counts where there is little to learn it from


def small(factor: Any, axis: int) -> tuple[Any, Any]:
    """A factor of an adapter in one byte a number, and the unit along the other axis."""
    unit = np.maximum(np.abs(factor).max(axis, keepdims=True), 1e-12) / 127
    return np.rint(factor / unit).astype(np.int8), unit


def adapter(learnt: dict[str, Any], base: _minilm.Base) -> dict[str, Any]:
    """What was learnt beside the base, as `_minilm.adapted` takes it."""
    out: dict[str, Any] = {}
    layers = range(_minilm.LAYERS)
    for part in _minilm.PARTS:
        down, down_unit = small(np.stack([learnt[f"{i}_{part}_A"] for i in layers]), 1)
        up, up_unit = small(np.stack([learnt[f"{i}_{part}_B"] for i in layers]), 2)
        out |= {f"{part}.down": down, f"{part}.up": up}
        out[f"{part}.unit"] = (down_unit[:, 0] * up_unit[:, :, 0]).astype(np.float32)
    for name in (one for one in base.layers[0] if "." in one):
        own = np.stack([learnt[f"{i}_{name.replace('.', '_')}"] for i in layers])
        out[name] = (own - np.stack([layer[name] for layer in base.layers])).astype(np.float16)
    norm = np.stack([learnt["n0_w"], learnt["n0_b"]]) - np.stack(base.norm)
    return out | {"n0": norm.astype(np.float16)}


def heads(learnt: dict[str, Any]) -> dict[str, Any]:
    """The linear layer behind the network, in one byte a weight."""
    weights, unit = small(learnt["head_w"], 0)
    return {"heads": weights, "heads_unit": unit.astype(np.float32), "bias": learnt["head_b"]}


def joined(network: Any, hashed: Any, y: Any) -> dict[str, Any]:
    """What either reader counts for each label, what its labels for a coarser one, and the cuts."""
    readers = [network, hashed]
    own = _joining.joined([one[:, :FINE] for one in readers], PRIOR, y[:, :FINE])
    odds = _joining.said([one[:, :FINE] for one in readers], own)
    coarse = _joining.coarser(readers, PRIOR, odds, y)
    levels = np.stack([np.ones(len(coarse[0])), coarse[2], np.zeros(len(coarse[0]))])
    both = np.hstack([own, coarse[[0, 1, 3]]])
    of = dict(zip(("network", "hashed", "shift"), both, strict=True)) | {"levels": levels}
    return of | {"cuts": _joining.cuts(said(network, hashed, of), y)}


def said(network: Any, hashed: Any, of: dict[str, Any]) -> Any:
    """The log odds of both readers together."""
    both = of["network"] * network + of["hashed"] * hashed + of["shift"]
    return _weights.levelled(both, of["levels"])


def hashed_odds(texts: list[str], y: Any) -> Any:
    """The other reader's log odds of each training text, by one that did not see it."""
    features = emotion.Matrix(texts)
    folds = np.random.default_rng(emotion.SEED).permutation(len(texts)) % emotion.FOLDS
    margins = emotion.out_of_fold(features, y, folds)
    odds = np.zeros(y.shape)
    for fold in range(emotion.FOLDS):
        rows, rest = folds != fold, folds == fold
        top, shift = emotion.second_stage(margins[rows], y[rows])
        odds[rest] = _weights.bent(margins[rest]) @ top + shift
    return odds


def folded(network: Any, hashed: Any, y: Any, scored: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Which fold each of the `scored` rows is in, and what joins the readers without each.

    All other rows tell of it every time. Whoever scores a row by what was made without its fold
    scores lines that nothing was learnt from.
    """
    fold = np.random.default_rng(SEED).permutation(len(scored)) % emotion.FOLDS
    made = []
    for one in range(emotion.FOLDS):
        rows = np.ones(len(y), bool)
        rows[scored[fold == one]] = False
        made.append(joined(network[rows], hashed[rows], y[rows]))
    return fold, made


def honest(network: Any, hashed: Any, y: Any, scored: Any) -> dict[str, float]:
    """Figures of the `scored` rows, each by weights and cuts of which its fold says nothing."""
    fold, made = folded(network, hashed, y, scored)
    told = np.zeros((len(scored), y.shape[1]), bool)
    for one, of in enumerate(made):
        rows = scored[fold == one]
        told[fold == one] = said(network[rows], hashed[rows], of) > of["cuts"]
    return emotion.summary(emotion.f1(told, y[scored]), told, y[scored])


def kept_folds(network: Any, hashed: Any, y: Any, scored: Any) -> None:
    """Write what the benchmark scores development lines by."""
    fold, made = folded(network, hashed, y, scored)
    arrays = {name: np.stack([of[name] for of in made]).astype(np.float32) for name in made[0]}
    FOLDS_FILE.write_bytes(packed(arrays | {"fold": fold.astype(np.uint8)}))


def main() -> None:
    """Train, join, write the file, print its digest and the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--learnt", type=Path, help="keep or take what the network learnt here")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    args = parser.parse_args()
    texts, y = emotion.load(args.data / "goemotions", "train")
    held = np.random.default_rng(SEED).permutation(len(texts)) % HELD == 0
    file = _minilm.weights_file()
    base = _minilm.base(_onnx.weights(file))
    if args.learnt and args.learnt.exists():
        with np.load(args.learnt, allow_pickle=False) as kept:
            arrays = dict(kept)  # also those of a whole file: what joins is made anew
    else:
        rows = [np.array(ids) for ids in WordPiece().ids(texts, MOST_PIECES)]
        tune = import_module("training._tuning").tune
        chance = np.random.default_rng(ORDER)
        learnt = tune(base, rows, y, np.flatnonzero(~held), chance, HOW)
        arrays = adapter(learnt, base) | heads(learnt)
        if args.learnt:
            np.savez(args.learnt, **arrays)
    say("reads what the network did not see")
    more, more_y = emotion.load(args.data / "goemotions", "dev")
    strange = [text for text, one in zip(texts, held, strict=True) if one]
    pooled = shipped.pooled(_minilm.Encoder(file, arrays), [*strange, *more])
    weights = arrays["heads"].astype(np.float64) * arrays["heads_unit"].astype(np.float64)
    network = pooled.astype(np.float64) @ weights + arrays["bias"]
    ngrams = _weights.load()
    known = [_weights.log_odds(ngrams, chunk) for chunk in _hashed.chunks(more)]
    hashed = np.vstack([hashed_odds(texts, y)[held], *known])
    truth = np.vstack([y[held], more_y])
    of = joined(network, hashed, truth)
    arrays |= {name: one.astype(np.float32) for name, one in of.items()}
    data = packed(arrays)
    args.out.write_bytes(data)
    own, other = np.split(np.arange(len(truth)), [len(strange)])
    kept_folds(network, hashed, truth, other)
    digest = hashlib.sha256(data).hexdigest()
    print(json.dumps({"bytes": len(data), "sha256": digest}))
    for name, scored in (("held out", own), ("development", other)):
        print(name, json.dumps(honest(network, hashed, truth, scored)))


if __name__ == "__main__":
    main()
