"""Reads whether a reply speaks of its message, and whether a message changes the topic, offline.

Trained by `training/coherence.py`; figures and licence are in `coherence.md` beside the weights.
NumPy is all it needs. With the extra `models` sentence vectors count as well: that is trained by
`training/coherence_network.py`, and `coherence_network.md` says what of it there is to know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _minilm, _pairs

# Of a text of which less than half of the words is known nothing is said: it is in another
# language, or no text at all.
LEAST_KNOWN = 0.5

DIGITS = 4

NETWORK = "coherence_network.npz"
KEPT = 512  # texts whose vectors are remembered: a message is the next one's text before, 2 MB


class Weights(NamedTuple):
    """What was learnt; `training/README.md` says how."""

    words: _pairs.Words
    grams: dict[int, float]  # weight by hash
    facts: _pairs.Floats
    bias: float
    pair: _pairs.Floats
    pair_bias: float


class Coherence:
    """`hashed://`, and `local://` without the extra `models`: the model inside the package.

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
        if url not in ("local://", "hashed://"):
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
            self._shift(earlier, last, message, cut)
            for (earlier, last), message in zip(before, messages, strict=True)
        ]

    def _relevance(self, message: _pairs.Text, reply: _pairs.Text) -> float | None:
        if not _understood(message) or not _understood(reply):
            return None
        nothing = _pairs.Text("", self._of.words)
        facts = _pairs.facts(reply, message, nothing, self._of.words)
        return _odds(float(facts @ self._of.pair) + self._of.pair_bias)

    def _shift(
        self, earlier: str, last: str, message: str, cut: dict[str, _pairs.Text]
    ) -> float | None:
        if not cut[last].tokens:
            earlier, last = "", earlier
        if not _understood(cut[last]) or not _understood(cut[message]):
            return None
        facts = _pairs.facts(cut[message], cut[last], cut[earlier], self._of.words)
        known = self._of.grams
        grams = _pairs.grams(cut[message], cut[last])
        said = [known.get(_pairs.hash_of(gram), 0.0) for gram in grams]
        odds = float(facts @ self._of.facts) + math.fsum(said) + self._of.bias
        return _odds(odds + self._meant(earlier, last, message))

    def _meant(self, earlier: str, last: str, message: str) -> float:
        """What another reader adds to the log odds of a shift; here there is none."""
        return 0.0

    def _cut(self, texts: Any) -> dict[str, _pairs.Text]:
        return {text: _pairs.Text(text, self._of.words) for text in dict.fromkeys(["", *texts])}


class MiniLM(Coherence):
    """`minilm://`, and `local://` where the extra `models` is there.

    Relevance is that of the other model; a shift is seen by what whole sentences mean, too. The
    network is loaded at the first text that is read with it.
    """

    name = "tiage-minilm"

    def __init__(self, url: str = "minilm://") -> None:
        """Raises MissingExtra without the extra, BadConfig where its weights are other ones."""
        super().__init__("local://" if url == "minilm://" else url)
        _minilm.weights_file()
        path = files(__package__) / NETWORK
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            of = {name: arrays[name] for name in arrays.files}
        grams = np.cumsum(of["grams"].astype(np.int64)).tolist()
        weights = (of["weights"] * float(of["unit"][0])).tolist()
        self._of = self._of._replace(
            grams=dict(zip(grams, weights, strict=True)),
            facts=of["facts"],
            bias=float(of["bias"][0]),
        )
        self._near, self._way = of["near"], of["way"]
        self._vector = lru_cache(KEPT)(self._read)

    def _meant(self, earlier: str, last: str, message: str) -> float:
        own = self._vector(message)
        before = self._vector(earlier) if earlier else np.zeros_like(own)
        near = cosines(before[None], self._vector(last)[None], own[None])[0]
        return float(near @ self._near) + float(own @ self._way)

    def _read(self, text: str) -> _pairs.Floats:
        return vector(_minilm.encoder(), text)


def vector(encoder: _minilm.Encoder, text: str) -> _pairs.Floats:
    """What a text means: the mean of the last layer, at length 1."""
    mean = encoder.last(text).astype(np.float64).mean(0)
    length: _pairs.Floats = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return length


def cosines(earlier: _pairs.Floats, last: _pairs.Floats, message: _pairs.Floats) -> _pairs.Floats:
    """How near texts are, from rows of vectors of length 1 (0 for none): rows x 5.

    Message and last, message and earlier, message and both, last and earlier, the nearer of the
    two.
    """
    both = last + earlier
    both = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9)
    one, two = (message * last).sum(1), (message * earlier).sum(1)
    rest = (message * both).sum(1), (last * earlier).sum(1), np.maximum(one, two)
    return np.stack([one, two, *rest], axis=1)


class Local:
    """`local://`: with MiniLM where the extra `models` is installed whole, else without it.

    `name` says which.
    """

    def __init__(self, url: str = "local://") -> None:
        self._member = _best(url)
        self.name, self.version = self._member.name, self._member.version

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float | None]:
        """How far each reply speaks of its message, 0 to 1; None where one was not understood."""
        return self._member.relevance(pairs)

    def shift(
        self, before: Sequence[tuple[str, str]], messages: Sequence[str]
    ) -> Sequence[float | None]:
        """How surely each message changes the topic, 0 to 1; see `Coherence.shift`."""
        return self._member.shift(before, messages)


def _best(url: str) -> Coherence:
    try:
        return MiniLM(url)
    except (MissingExtra, BadConfig):
        return Coherence(url)


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
