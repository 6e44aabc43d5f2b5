"""The arrays behind the emotion model: loaded once, and from a chunk of texts to log odds."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.emotions import EKMAN, EKMAN_OF, GROUP_OF, GROUPS, LABELS
from roomtone.models import _hashed

Floats = NDArray[np.float64]

ID_SHIFT = np.uint64(40)  # a feature is known by 24 bits of its hash
SLOT_SHIFT = 4
KNOWN_SHIFT = np.uint64(44)  # a word by 20
GAIN = 25.0  # units of a feature's gain to one of log(texts / texts that have it)

# The second stage is a product of whole numbers whose sums stay far below 2**53: exact, in whatever
# order and however many at a time.
FINE, COARSE = 1 << 16, 1 << 12

# Which labels belong to each coarser one: labels x (Ekman's and groups).
_MEMBERS = np.array(
    [
        [float(label in EKMAN_OF[one]) for one in EKMAN]
        + [float(label in GROUP_OF[one]) for one in GROUPS]
        for label in LABELS
    ]
)


_WIDE = ("unit", "bias", "shift", "levels", "cuts", "base")


class Weights(NamedTuple):
    """What was learnt; `training/README.md` says how."""

    ids: NDArray[np.int64]  # sorted
    gain: NDArray[np.int64]
    slots: NDArray[np.int32]  # by the upper bits of an id: where the first such stands, or -1
    crowd: int  # how many ids stand in one slot at most
    weights: NDArray[np.float32]  # feature x label, whole numbers
    unit: Floats  # what one step of a weight is worth, by label
    bias: Floats
    top: Floats  # second stage, bent margins x label, whole numbers of units of 1 / FINE
    shift: Floats
    levels: Floats  # see `levelled`
    cuts: Floats  # log odds from which on a label is said
    base: Floats  # how often each label is true at all
    known: NDArray[np.bool_]  # by a word's hash


def load() -> Weights:
    """Read the file beside this one; arrays only, nothing that could be run."""
    path = files(__package__) / "emotion.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    wide = {name: of[name].astype(np.float64) for name in _WIDE}
    ids = np.cumsum(of["ids"].astype(np.int64))
    slots = np.full(1 << 20, -1, np.int32)
    slots[ids[::-1] >> SLOT_SHIFT] = np.arange(len(ids))[::-1]
    return Weights(
        ids=ids,
        slots=slots,
        crowd=int(np.bincount(ids >> SLOT_SHIFT).max()),
        gain=of["gain"].astype(np.int64),
        weights=np.ascontiguousarray(of["weights"].T, np.float32),
        top=np.rint(of["top"].astype(np.float64) * FINE),
        known=np.unpackbits(of["known"]).astype(bool),
        **wide,
    )


def margins(of: Weights, chunk: _hashed.Chunk) -> Floats:
    """The first stage: sums of the weights of a text's features, over their length.

    The sums are of whole numbers below 2**24, so that they are exact in single precision.
    """
    found = _hashed.features(chunk)
    at, place = find(of, (found.hash >> ID_SHIFT).astype(np.int64))
    keys = np.sort(found.text[at] * len(of.ids) + place)
    new = np.ones(len(keys), bool)
    new[1:] = keys[1:] != keys[:-1]
    keys = keys[new]  # each feature once a text
    text, place = keys // len(of.ids), keys % len(of.ids)
    gain = of.gain[place]
    square = np.bincount(text, gain * gain, minlength=chunk.size)
    sums = np.zeros((chunk.size, len(of.unit)))
    if len(text):
        first = np.flatnonzero(np.append(True, text[1:] != text[:-1]))
        sums[text[first]] = np.add.reduceat(of.weights[place], first, axis=0)
    return sums * of.unit / np.sqrt(np.maximum(square, 1.0))[:, None] + of.bias


def find(of: Weights, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of these ids are known, and where they stand among the known ones."""
    place = of.slots[ids >> SLOT_SHIFT]
    at = np.flatnonzero(place >= 0)
    place, ids = place[at].astype(np.int64), ids[at]
    for _ in range(of.crowd - 1):  # those of one slot stand side by side
        place += (of.ids[place] < ids) & (place + 1 < len(of.ids))
    hit = of.ids[place] == ids
    return at[hit], place[hit]


def bent(margin: Floats) -> Floats:
    """The margins, and behind them the same through the logistic function."""
    wide = margin.astype(np.float64, copy=False)
    return np.concatenate([wide, 1.0 / (1.0 + np.exp(-wide))], axis=1)


def log_odds(of: Weights, chunk: _hashed.Chunk) -> Floats:
    """Both stages: the log odds of every label for every text."""
    return second_stage(of, margins(of, chunk))


def second_stage(of: Weights, margin: Floats) -> Floats:
    """From the margins of some texts to the log odds of every label."""
    inputs = np.rint(bent(margin) * COARSE)
    return (inputs @ of.top) / (FINE * COARSE) + of.shift


def any_of(odds: Floats) -> Floats:
    """For each coarser label the log odds that any of its labels is true, each taken by itself."""
    fine = np.logaddexp(0.0, odds[:, : len(LABELS)])
    quiet = np.rint(fine * FINE) @ _MEMBERS
    quiet = np.minimum(np.maximum(quiet, 1.0), 500.0 * FINE) / FINE  # faster than `clip`
    told: Floats = np.log(np.expm1(quiet))
    return told


def levelled(odds: Floats, levels: Floats) -> Floats:
    """The log odds of all labels, where what its labels say counts for a coarser one as well.

    Rows of `levels`, a column for each coarser label: what its own log odds count, what those of
    `any_of`, and a shift.
    """
    own, told, shift = levels
    out = odds.copy()
    out[:, len(LABELS) :] = own * odds[:, len(LABELS) :] + told * any_of(odds) + shift
    return out


def understood(of: Weights, chunk: _hashed.Chunk) -> Floats:
    """Which share of a text's words is known, with half a known word added; 1 without words."""
    text, hashes = _hashed.words(chunk)
    known = of.known[(hashes >> KNOWN_SHIFT).astype(np.int64)]
    count = np.bincount(text, minlength=chunk.size)
    share: Floats = (np.bincount(text, known, minlength=chunk.size) + 0.5) / (count + 0.5)
    return share
