"""Reads whether a reply speaks of its message, and whether a message changes the topic, offline.

Trained by `training/coherence.py`; figures and licence are in `coherence.md` beside the weights.
NumPy is all it needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig
from roomtone.models import _pairs

# Of a text of which less than half of the words is known nothing is said: it is in another
# language, or no text at all.
LEAST_KNOWN = 0.5

DIGITS = 4


class Weights(NamedTuple):
    """What was learnt; `training/README.md` says how."""

    words: _pairs.Words
    grams: dict[int, float]  # weight by hash
    facts: _pairs.Floats
    bias: float
    pair: _pairs.Floats
    pair_bias: float


class Coherence:
    """`local://`: the model inside the package.

    >>> model = Coherence()
    >>> near, far = model.relevance([
    ...     ("Do you like dogs?", "Yes, I have two puppies."),
    ...     ("Do you like dogs?", "The bank opens at nine tomorrow."),
    ... ])
    >>> near > far
    True
    >>> stays, leaves = model.shift(
    ...     [("I have a dog.", "What is the name of your dog?")] * 2,
    ...     ["His name is Rex, he is a big dog", "What do you do for a living?"],
    ... )
    >>> stays < 0.4 < leaves
    True
    """

    name = "tiage-pairs"
    version = "1"

    def __init__(self, url: str = "local://") -> None:
        if url != "local://":
            raise BadConfig(
                f"the model inside the package has no address; write local://, not {url}"
            )
        self._of = load()

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float | None]:
        """How far each reply speaks of its message, 0 to 1; None where one was not understood.

        It is the probability that this is the reply which the message got, beside one from
        another conversation.
        """
        cut = self._cut(text for pair in pairs for text in pair)
        return [self._relevance(cut[message], cut[reply]) for message, reply in pairs]

    def shift(
        self, before: Sequence[tuple[str, str]], messages: Sequence[str]
    ) -> Sequence[float | None]:
        """How surely each message changes the topic, 0 to 1, against (message, reply) before it.

        From .4 on it is one: there the F1 is best. None where nothing was said before, or where
        the message was not understood.
        """
        cut = self._cut(text for texts in (*before, messages) for text in texts)
        return [
            self._shift(cut[earlier], cut[last], cut[message])
            for (earlier, last), message in zip(before, messages, strict=True)
        ]

    def _relevance(self, message: _pairs.Text, reply: _pairs.Text) -> float | None:
        if not _understood(message) or not _understood(reply):
            return None
        nothing = _pairs.Text("", self._of.words)
        facts = _pairs.facts(reply, message, nothing, self._of.words)
        return _odds(float(facts @ self._of.pair) + self._of.pair_bias)

    def _shift(self, earlier: _pairs.Text, last: _pairs.Text, message: _pairs.Text) -> float | None:
        if not last.tokens:
            earlier, last = _pairs.Text("", self._of.words), earlier
        if not _understood(last) or not _understood(message):
            return None
        facts = _pairs.facts(message, last, earlier, self._of.words)
        known = self._of.grams
        said = [known.get(_pairs.hash_of(gram), 0.0) for gram in _pairs.grams(message, last)]
        return _odds(float(facts @ self._of.facts) + math.fsum(said) + self._of.bias)

    def _cut(self, texts: Any) -> dict[str, _pairs.Text]:
        return {text: _pairs.Text(text, self._of.words) for text in dict.fromkeys(texts)}


def load() -> Weights:
    """Read the file beside this one; arrays only, nothing that could be run."""
    path = files(__package__) / "coherence.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    grams = np.cumsum(of["grams"].astype(np.int64)).tolist()
    weights = (of["weights"] * float(of["unit"][0])).tolist()
    return Weights(
        words=words(np.cumsum(of["words"].astype(np.int64)), of["vectors"], of["tells"]),
        grams=dict(zip(grams, weights, strict=True)),
        facts=of["facts"],
        bias=float(of["bias"][0]),
        pair=of["pair"],
        pair_bias=float(of["pair_bias"][0]),
    )


def words(
    ids: NDArray[np.int64], vectors: NDArray[np.int8], tells: NDArray[np.uint8]
) -> _pairs.Words:
    """Known words from the bytes that they are kept in."""
    wide = vectors.astype(np.float64)
    lengths = np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9)
    return _pairs.Words(ids, wide / lengths, tells / 255.0)


def _understood(text: _pairs.Text) -> bool:
    return text.known >= LEAST_KNOWN


def _odds(log_odds: float) -> float:
    bounded = min(30.0, max(-30.0, log_odds))
    return round(1 / (1 + math.exp(-bounded)), DIGITS)
