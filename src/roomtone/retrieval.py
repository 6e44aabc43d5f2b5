"""Orders memories for a question: by its words, by meaning, by what stands beside them, by use.

Pure functions over columns. The weights were chosen on LoCoMo by `benchmarks/memories.py`, which
has the figures of each part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.stems import stems

Floats = NDArray[np.float64]

SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b, as Robertson and Zaragoza recommend (The Probabilistic Relevance Framework,
2009): how soon a repeated word counts no more, and how far long texts are held back."""

FEW = 20
"""From about so many candidates on, what all of them have in common is no sign of meaning."""

DAY_S = 86_400.0


class Weights(NamedTuple):
    """What each part counts in the score."""

    words: float = 1.0
    meaning: float = 0.7
    beside: tuple[float, ...] = (0.3, 0.15)  # of the memory next to it in its session; of the next
    session: float = 0.3
    recency: float = 0.02
    half_life_days: float = 30.0
    importance: float = 0.02
    use: float = 0.02


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Memories as columns of one length; NaN where a number is not known.

    `texts` are what words are looked for in: let them tell who said it and when (`told`).
    `similarity` holds cosines to the question for each vector that was compared.
    `sessions` and `at` (epoch seconds) say what stands beside what; a session "" is none. `words`
    may give what `counted` says of the texts, for who asks several questions of the same ones.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    similarity: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    at: NDArray[np.floating] | None = None
    sessions: Sequence[str] = ()
    importance: NDArray[np.floating] | None = None  # 0 to 1
    use: NDArray[np.floating] | None = None  # 0 to 1, how far use has proved it
    words: Sequence[Counter[str]] = ()

    def __len__(self) -> int:
        return len(self.ids)


class Ranking(NamedTuple):
    """`order` has the best first; `parts` by name sum up to `score`, by the candidates' places."""

    order: NDArray[np.int64]
    score: Floats
    parts: Mapping[str, Floats]

    def why(self, place: int) -> str:
        """The parts of one candidate's score in words, the largest first.

        >>> ranking = rank("my dog", Candidates(ids=["a"], texts=["the dogs bark"]))
        >>> ranking.why(0)
        'words 0.45'
        """
        parts = {name: round(float(part[place]), 2) for name, part in self.parts.items()}
        told = sorted(parts.items(), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{name} {value:.2f}" for name, value in told if value) or "nothing"


def rank(
    question: str,
    candidates: Candidates,
    *,
    now: float | None = None,
    vectors: Mapping[str, float] | None = None,
    weights: Weights = WEIGHTS,
) -> Ranking:
    """Order candidates by a weighted sum of their parts; equal ones by time, newest first, and id.

    *words*: BM25 over the candidates, as a share of what a text with all words of the question
    would reach, 0 to 1. *meaning*: mean of the cosines, weighed by `vectors` (each vector's share;
    none: all alike), each as far as it is above what the candidates have on average; 0 where it is
    not known. *beside*: shares of both from its neighbours in the session. *session*: the words of
    the question in all candidates of its session taken together. *recency* halves every
    `half_life_days` before `now` (epoch seconds; without it age counts nothing). *importance* and
    *use* as given.
    """
    count = len(candidates)
    words = candidates.words or counted(candidates.texts)
    asked = list(dict.fromkeys(stems(question)))
    lexical = weights.words * _bm25(asked, words)
    meaning = weights.meaning * _meaning(candidates, vectors)
    parts = {
        "words": lexical,
        "meaning": meaning,
        "beside": _beside(lexical + meaning, candidates, weights.beside),
        "session": weights.session * _session(asked, words, candidates.sessions),
        "recency": weights.recency * _recency(candidates.at, now, count, weights.half_life_days),
        "importance": weights.importance * _share(candidates.importance, count),
        "use": weights.use * _share(candidates.use, count),
    }
    score = np.sum(list(parts.values()), axis=0)
    newest = -_known(candidates.at, count)
    order = np.lexsort((np.array(candidates.ids, object), newest, -score.round(9)))
    return Ranking(order, score, parts)


def told(text: str, *, who: str = "", when: str = "", answer: str = "") -> str:
    """A memory's text as it is matched and embedded: when it was, who said it, what was answered.

    >>> told("I adopted a dog", who="Ann", when="7 May 2023")
    '7 May 2023 Ann: I adopted a dog'
    """
    said = f"{who}: {text}" if who else text
    return "\n".join(filter(None, (f"{when} {said}" if when else said, answer)))


def counted(texts: Sequence[str]) -> list[Counter[str]]:
    """How often each text has each of its words, as they are matched."""
    return [Counter(stems(text)) for text in texts]


def bm25(question: str, texts: Sequence[str]) -> Floats:
    """How far each text holds the question's words, rare ones above all: a share, 0 to 1.

    How rare a word is, is counted over these texts alone.
    """
    return _bm25(list(dict.fromkeys(stems(question))), counted(texts))


def _bm25(asked: Sequence[str], texts: Sequence[Counter[str]]) -> Floats:
    scores = np.zeros(len(texts))
    if not asked or not texts:
        return scores
    lengths = np.array([one.total() for one in texts], float)
    held = SATURATION * (1 - LENGTH + LENGTH * lengths / max(1e-9, float(lengths.mean())))
    most = 0.0
    for word in asked:
        times = np.array([one.get(word, 0) for one in texts], float)
        having = int(np.count_nonzero(times))
        rarity = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        most += rarity * (SATURATION + 1)
        if having:
            scores += rarity * (SATURATION + 1) * times / (times + held)
    share: Floats = scores / most
    return share


def _session(
    asked: Sequence[str], words: Sequence[Counter[str]], sessions: Sequence[str]
) -> Floats:
    """The share of the question's words in each session as one text; 0 where there is but one."""
    if len(sessions) != len(words):
        return np.zeros(len(words))
    whole: dict[str, Counter[str]] = {}
    for session, one in zip(sessions, words, strict=True):
        if session:
            whole.setdefault(session, Counter()).update(one)
    if len(whole) < 2:
        return np.zeros(len(words))
    names = sorted(whole)
    found = dict(zip(names, _bm25(asked, [whole[name] for name in names]), strict=True))
    return np.array([found.get(session, 0.0) for session in sessions], float)


def _meaning(candidates: Candidates, vectors: Mapping[str, float] | None) -> Floats:
    there = candidates.similarity
    shares = {name: share for name, share in (vectors or {}).items() if name in there and share > 0}
    shares = shares or dict.fromkeys(there, 1.0)
    total, sums = np.zeros(len(candidates)), np.zeros(len(candidates))
    for name, share in shares.items():
        cosine = np.asarray(there[name], float)
        known = ~np.isnan(cosine)
        many = int(np.count_nonzero(known))
        if not many:
            continue
        usual = max(0.0, float(cosine[known].mean())) * many / (many + FEW)
        total += share * known
        sums += share * np.where(known, np.maximum(cosine - usual, 0.0), 0.0)
    mean: Floats = sums / np.where(total > 0, total, 1.0)
    return mean


def _beside(own: Floats, candidates: Candidates, shares: Sequence[float]) -> Floats:
    """What is added to each for those beside it: they were said in one breath."""
    spread = np.zeros(len(own))
    if candidates.at is None or len(candidates.sessions) != len(own) or not len(own):
        return spread
    ids = np.array(candidates.ids, object)
    sessions = np.array(candidates.sessions, object)
    line = np.lexsort((ids, candidates.at, sessions))
    own, sessions = own[line], sessions[line]
    added = np.zeros(len(own))
    for apart, share in enumerate(shares, 1):
        together = (sessions[apart:] == sessions[:-apart]) & (sessions[apart:] != "")
        added[apart:] += share * own[:-apart] * together
        added[:-apart] += share * own[apart:] * together
    spread[line] = added
    return spread


def _recency(
    at: NDArray[np.floating] | None, now: float | None, count: int, half_life_days: float
) -> Floats:
    if at is None or now is None:
        return np.zeros(count)
    age_days = np.maximum(0.0, now - np.asarray(at, float)) / DAY_S
    fresh: Floats = np.nan_to_num(0.5 ** (age_days / half_life_days), nan=0.0)
    return fresh


def _known(column: NDArray[np.floating] | None, count: int) -> Floats:
    return np.zeros(count) if column is None else np.nan_to_num(np.asarray(column, float))


def _share(column: NDArray[np.floating] | None, count: int) -> Floats:
    return np.clip(_known(column, count), 0.0, 1.0)
