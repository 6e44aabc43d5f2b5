"""Says offline what a reaction meant: a linear model over what was asked, said, felt and shown.

Trained by `training/reactions.py` on cases of our own; figures and limits are in `judge.md` beside
the weights. NumPy is all it needs, and no text of a case is in what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from roomtone.emoji_types import kind
from roomtone.errors import BadConfig
from roomtone.models import _facts, _reasons
from roomtone.models._conventions import RATING, not_the_bots, rounded, scores, told_by
from roomtone.reactions import MEANINGS, Case, Judgement

Floats = NDArray[np.float64]

VERSION = "1"

CONVERSATIONAL = MEANINGS.index("CONVERSATIONAL")

# What no data taught, as nobody has published any: conventions, each small, each said in `docs/`.
CROWD = 4  # others on the message that are of one mind with it
SURER, UNSURER = 1.15, 0.8  # how log odds grow where many agree, shrink where they differ


class Weights(NamedTuple):
    """What was learnt; `training/README.md` says how."""

    place: dict[str, int]  # row by the name of a fact
    weights: Floats  # facts x MEANINGS
    heat: float  # what log odds are divided by
    least: float  # under this probability a person decides


class Judge:
    """`local://`: the model inside the package; `local:///path/to/judge.npz`: weights of your own.

    >>> from roomtone.reactions import Said
    >>> asked = Said("user", "Can you explain how tides work?")
    >>> reply = "The moon pulls the sea, so twice a day the water rises and falls."
    >>> word, = Judge().judge([Case(id="1", emoji="❤️", reply=reply, before=(asked,))])
    >>> word.meaning, word.satisfaction, word.score
    ('RATING', 0.95, 1.0)
    """

    name = "local"
    version = VERSION

    def __init__(self, url: str = "local://") -> None:
        parts = urlsplit(url)
        if parts.scheme != "local" or parts.netloc or parts.query or parts.fragment:
            raise BadConfig(
                "the judge inside the package has no address; write local://, or "
                f"local:///path/to/judge.npz for weights of your own, not {url}"
            )
        path = unquote(parts.path)
        self._of = _own(Path(path)) if path else load()
        if path:
            self.version = f"{VERSION}-{sha256(Path(path).read_bytes()).hexdigest()[:8]}"

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        """One judgement for each case, in their order; each depends on its own case alone."""
        return [self._one(case) for case in cases]

    def _one(self, case: Case) -> Judgement:
        if not case.emoji.strip("\0 \ufe0f"):
            return self._nothing("There is no emoji to judge.")
        if not case.reply.strip("\0 \t\r\n"):
            return self._nothing("The message that was reacted to has no text, so nothing tells.")
        found = _facts.facts(case)
        at = np.array([self._of.place[name] for name in found if name in self._of.place], np.int64)
        values = np.array([value for name, value in found.items() if name in self._of.place])
        parts = self._of.weights[at] * values[:, None]
        told = told_by(case)
        shares, notes = _weighed(parts.sum(0) / self._of.heat, case, told)
        first, second = np.argsort(-shares, kind="stable")[:2].tolist()
        parts_of_one = rounded(shares.tolist())
        sure = parts_of_one[first]
        meaning = MEANINGS[first] if sure >= self._of.least else None
        names = [name for name in found if name in self._of.place]
        weighed = zip(names, (parts[:, first] - parts[:, second]).tolist(), strict=True)
        numbers = scores(case.emoji, told) if meaning == "RATING" else (None, None)
        return Judgement(
            probabilities=dict(zip(MEANINGS, parts_of_one, strict=True)),
            meaning=meaning,
            confidence=sure,
            reasoning=_reasons.sentence(
                MEANINGS[first], MEANINGS[second], meaning is not None, dict(weighed), notes
            ),
            satisfaction=numbers[0],
            score=numbers[1],
            model=self.name,
            version=self.version,
        )

    def _nothing(self, why: str) -> Judgement:
        return Judgement(
            probabilities={},
            meaning=None,
            confidence=0.0,
            reasoning=why,
            model=self.name,
            version=self.version,
        )


def _weighed(odds: Floats, case: Case, told: float) -> tuple[Floats, list[str]]:
    """The probabilities, after the conventions, and what is to be said of those."""
    notes = []
    mood = kind(case.emoji).polarity
    moods = [kind(one).polarity for one in case.others[:50]]
    if any(one * mood < 0 for one in moods):
        odds = odds * UNSURER
        notes.append("others put emoji of the other kind on it")
    elif mood and sum(one * mood > 0 for one in moods) >= CROWD:
        odds = odds * SURER
        notes.append("many put emoji of the same kind on it")
    if told < 1.0:
        odds = odds.copy()
        odds[RATING] -= 1.0 - told
        odds[CONVERSATIONAL] += 1.0 - told
        notes.append("this person gives this emoji often, so it tells less")
    shares = np.exp(odds - odds.max())
    shares /= shares.sum()
    if case.target_is != "bot":
        shares = np.array(not_the_bots(shares.tolist()))
        notes.append("the message is a person's, which is not rated")
    return shares, notes


def load() -> Weights:
    """The weights beside this file."""
    with (files(__package__) / "judge.npz").open("rb") as file:
        return _read(file)


def _own(path: Path) -> Weights:
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BadConfig(
            f"{path} holds no weights of a judge ({type(error).__name__}); make them with "
            "python -m training.reactions --out FILE, or write local://"
        ) from error


def _read(file: BinaryIO | IO[bytes]) -> Weights:
    """Arrays only, nothing that could be run. Raises ValueError where they do not fit."""
    with np.load(file, allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in ("names", "weights", "heat", "least")}
    names = of["names"].astype(np.uint8).tobytes().decode().split("\n")
    made = Weights(
        place={name: i for i, name in enumerate(names)},
        weights=of["weights"].astype(np.float64),
        heat=float(of["heat"][0]),
        least=float(of["least"][0]),
    )
    fits = made.weights.shape == (len(made.place), len(MEANINGS))
    if not (fits and np.isfinite(made.weights).all() and made.heat > 0.0 and 0.0 < made.least <= 1):
        raise ValueError("they do not fit each other")
    return made
