"""Reads emotion from English text and from emoji, offline: hashed n-grams, two linear stages.

Trained on GoEmotions by `training/emotion.py`; figures and licence are in `emotion.md` beside the
weights. NumPy is all it needs. With the extra `models` a fine-tuned MiniLM is asked as well:
`training/emotion_network.py` trained it, and `emotion_network.md` says what of it there is to know.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.emotions import EKMAN, GROUPS, LABELS, UNSURE, Reading, ekman, group, mixed, valence
from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _hashed, _minilm, _weights
from roomtone.models._alone import MOST_CHARS, Alone, Heard

MODEL = "goemotions-hashed"
VERSION = "1"
NETWORK = "emotion_network.npz"

# Below the lower share of known words (see `_weights.understood`) nothing of a text counts, above
# the upper one all of it; a reading that counts for less than a fifth is called unsure. On the
# development split one text in 200 is, and no line of ours in another language is not.
LEAST_KNOWN, ENOUGH_KNOWN = 0.5, 0.75
LEAST_TRUST = 0.2

# What our table says of an emoji counts half. Of the 750 training lines that hold one it names a
# label that people gave for 23 %, and a label of Ekman's for 62 %; but people had read the words.
EMOJI_TRUST = 0.5

# Where there is nothing but emoji, what was learnt of them in English lines counts a fifth.
EMOJI_ALONE = 0.2

# So few texts together are faster one by one.
FEW = 3

DIGITS = 4

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
# The three heads stand side by side: 28 fine labels with neutral as the last, Ekman's, groups.
FINE, COARSE = len(LABELS), len(LABELS) + len(EKMAN)
NEUTRAL = FINE - 1
_NAMES = (*LABELS, *EKMAN, *GROUPS)
_ROW = {
    label: np.array(
        [one == label for one in LABELS]
        + [one == ekman(label) for one in EKMAN]
        + [one == group(label) for one in GROUPS],
        np.float64,
    )
    for label in LABELS
}


class Emotion:
    """`hashed://`, and `local://` without the extra `models`: the model inside the package.

    >>> one, two = Emotion().read(["Thank you so much, this made my day!", "Olen surullinen"])
    >>> one.primary, one.confidence > 0.9, two.primary, two.confidence < 0.2
    ('gratitude', True, 'unsure', True)
    """

    model: ClassVar[str] = MODEL
    version: ClassVar[str] = VERSION

    def __init__(self, url: str = "local://") -> None:
        if url not in ("local://", "hashed://"):
            raise BadConfig(
                f"the model inside the package has no address; write local://, not {url}"
            )
        self._weights = _weights.load()
        self._alone = Alone(self._weights)

    def read(self, texts: Sequence[str]) -> Sequence[Reading]:
        """One reading for each text, in their order; the same in whatever company."""
        if len(texts) <= FEW and all([len(text) <= MOST_CHARS for text in texts]):
            return [self._one(text) for text in texts]
        readings: list[Reading] = []
        for chunk in _hashed.chunks(texts):
            readings += self._chunk(chunk, texts[len(readings) : len(readings) + chunk.size])
        return readings

    def _one(self, text: str) -> Reading:
        """A text alone."""
        odds, heard = self._alone.hear(text)
        odds, cuts = self._weighed([text], odds, [heard])
        learnt = 1.0 / (1.0 + np.exp(-odds))
        said = (odds > cuts)[0]
        return self._said(learnt[0], learnt.round(DIGITS)[0].tolist(), said, heard)

    def _chunk(self, chunk: _hashed.Chunk, texts: Sequence[str]) -> Iterator[Reading]:
        heard = list(_heard(self._weights, chunk))
        odds, cuts = self._weighed(texts, _weights.log_odds(self._weights, chunk), heard)
        learnt = 1.0 / (1.0 + np.exp(-odds))
        said = odds > cuts
        rows = learnt.round(DIGITS).tolist()
        for i, one in enumerate(heard):
            yield self._said(learnt[i], rows[i], said[i], one)

    def _weighed(
        self, texts: Sequence[str], odds: Floats, heard: Sequence[Heard]
    ) -> tuple[Floats, Floats]:
        """The log odds of every label for some texts (a row each), and from where on each is said.

        Where another reader is asked as well, its word goes in here.
        """
        return _weights.levelled(odds, self._weights.levels), self._weights.cuts

    def _said(self, learnt: Floats, row: list[float], said: Mask, heard: Heard) -> Reading:
        """What was learnt of a text (`row` is it in four digits), weighed by how far it is read.

        Where it was not understood that counts which its emoji show, and without any how often
        each label is true at all.
        """
        sure = trust(heard)
        if sure < 1.0 or heard.emoji:
            shown = np.zeros(len(_NAMES))
            for label in heard.emoji:
                shown += _ROW[label] / len(heard.emoji)
            told = self._weights.base
            if heard.emoji:
                told = told + EMOJI_TRUST * (shown - told)
            row = (sure * learnt + (1.0 - sure) * told).round(DIGITS).tolist()
            if sure < LEAST_TRUST and not heard.emoji:
                return self._unsure(row, sure)
            if sure <= LEAST_TRUST:
                said = shown >= 0.5
        return self._reading(row, said.nonzero()[0].tolist(), heard.loud)

    def _reading(self, row: list[float], said: list[int], loud: float) -> Reading:
        """The likeliest label first; how strong is what the strongest feeling is beside neutral."""
        fine = row[:FINE]
        own = dict(zip(LABELS, fine, strict=True))
        confidence = max(fine)
        primary = LABELS[fine.index(confidence)]
        feeling, neutral = max(fine[:NEUTRAL]), row[NEUTRAL]
        intensity = feeling / (feeling + neutral) if feeling else 0.0
        return Reading(
            primary=primary,
            raw=primary,
            intensity=round(min(1.0, intensity + loud), DIGITS),
            confidence=confidence,
            valence=valence(own),
            mixed=mixed(primary, own),
            labels=tuple([_NAMES[i] for i in said if i < FINE]),
            ekman_labels=tuple([_NAMES[i] for i in said if FINE <= i < COARSE]),
            group_labels=tuple([_NAMES[i] for i in said if i >= COARSE]),
            scores=own,
            ekman_scores=dict(zip(EKMAN, row[FINE:COARSE], strict=True)),
            group_scores=dict(zip(GROUPS, row[COARSE:], strict=True)),
            model=self.model,
            version=self.version,
        )

    def _unsure(self, row: list[float], trust: float) -> Reading:
        """No label; the confidence says how little there was to go by, always below a fifth."""
        return Reading(
            primary=UNSURE,
            raw=UNSURE,
            confidence=round(trust * max(row[:FINE]), DIGITS),
            scores=dict(zip(LABELS, row, strict=False)),
            ekman_scores=dict(zip(EKMAN, row[FINE:COARSE], strict=True)),
            group_scores=dict(zip(GROUPS, row[COARSE:], strict=True)),
            model=self.model,
            version=self.version,
        )


class Parts(NamedTuple):
    """What was learnt beside the base weights, and how both readers count."""

    adapter: dict[str, NDArray[Any]]
    heads: Floats  # [first, mean] of the last layer (768) x label
    bias: Floats
    network: Floats  # weight of this reader's log odds, by label
    hashed: Floats  # and of the other's
    shift: Floats
    levels: Floats  # see `_weights.levelled`
    cuts: Floats  # log odds from which on a label is said


class MiniLM(Emotion):
    """`minilm://`, and `local://` where the extra `models` is there.

    A text is read alone, so company changes nothing and there is no padding; memory is that of the
    longest. The network is loaded at the first text that is understood: a fifth of a second.
    """

    model: ClassVar[str] = "goemotions-minilm"

    def __init__(self, url: str = "minilm://") -> None:
        """Raises MissingExtra without the extra, BadConfig where its weights are other ones."""
        super().__init__("local://" if url == "minilm://" else url)
        self._file = _minilm.weights_file()
        self._parts = parts()
        self._encoder: _minilm.Encoder | None = None
        self._lock = threading.Lock()

    def features(self, texts: Sequence[str]) -> _minilm.Floats:
        """What the heads see: texts x 768, the first token of the last layer and the mean."""
        with self._lock:
            if self._encoder is None:
                self._encoder = _minilm.Encoder(self._file, self._parts.adapter)
        return pooled(self._encoder, texts)

    def _weighed(
        self, texts: Sequence[str], odds: Floats, heard: Sequence[Heard]
    ) -> tuple[Floats, Floats]:
        """Both readers' log odds of what can be read, those of the n-grams alone of the rest."""
        of = self._parts
        told, _ = super()._weighed(texts, odds, heard)
        at = [i for i, one in enumerate(heard) if trust(one) > LEAST_TRUST]
        if at:
            seen = self.features([texts[i] for i in at])
            both = np.empty((len(at), len(of.cuts)))
            for i, row in enumerate(seen):  # one by one: the sums are always the same
                own = row.astype(np.float64) @ of.heads + of.bias
                both[i] = of.network * own + of.hashed * odds[at[i]] + of.shift
            told[at] = _weights.levelled(both, of.levels)
        return told, of.cuts


class Local:
    """`local://`: the network where the extra `models` is installed whole, else the n-grams.

    `model` says which, as every reading does.
    """

    def __init__(self, url: str = "local://") -> None:
        self._member = _best(url)
        self.model = self._member.model

    def read(self, texts: Sequence[str]) -> Sequence[Reading]:
        """One reading for each text, in their order; the same in whatever company."""
        return self._member.read(texts)


def _best(url: str) -> Emotion:
    try:
        return MiniLM(url)
    except (MissingExtra, BadConfig):
        return Emotion(url)


def pooled(encoder: _minilm.Encoder, texts: Sequence[str]) -> _minilm.Floats:
    """The first token of the last layer and the mean of all, side by side: texts x 768."""
    out = np.zeros((len(texts), 2 * _minilm.WIDE), np.float32)
    for row, text in zip(out, texts, strict=True):
        last = encoder.last(text)
        row[: _minilm.WIDE] = last[0]
        row[_minilm.WIDE :] = last.mean(0)
    return out


def parts() -> Parts:
    """Read the file beside this one; arrays only, nothing that could be run."""
    path = files(__package__) / NETWORK
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    wide = {
        name: of.pop(name).astype(np.float64)
        for name in ("bias", "network", "hashed", "shift", "levels", "cuts")
    }
    heads = of.pop("heads").astype(np.float64) * of.pop("heads_unit").astype(np.float64)
    return Parts(adapter=of, heads=heads, **wide)


def trust(heard: Heard) -> float:
    """How far a text was understood, 0 to 1."""
    if heard.emoji and not heard.words:
        return EMOJI_ALONE
    if not heard.voiced:  # nothing there, or signs that say nothing to us
        return 0.0
    return min(1.0, max(0.0, (heard.share - LEAST_KNOWN) / (ENOUGH_KNOWN - LEAST_KNOWN)))


def _heard(of: _weights.Weights, chunk: _hashed.Chunk) -> Iterator[Heard]:
    """The same of each text of a chunk that `Alone` says of one."""
    voiced = chunk.tokens.text[chunk.tokens.kind != _hashed.SYMBOL]
    emoji: list[list[str]] = [[] for _ in range(chunk.size)]
    for text, label in chunk.emoji:
        emoji[text].append(label)
    return map(
        Heard,
        _weights.understood(of, chunk).tolist(),
        np.bincount(voiced, minlength=chunk.size).tolist(),
        np.bincount(_hashed.words(chunk)[0], minlength=chunk.size).tolist(),
        emoji,
        _hashed.emphasis(chunk).tolist(),
    )
