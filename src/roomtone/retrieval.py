"""Orders memories for a question: by its words, by meaning, by what stands beside them, by use.

Pure functions over columns. The weights were chosen on LoCoMo by `benchmarks/memories.py`, which
has the figures of each part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.stems import numbered, stems

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


class Held(NamedTuple):
    """How often each text holds each of a question's words (texts x words), and its length."""

    counts: Floats
    lengths: Floats

    def of(self, places: Sequence[int]) -> Held:
        """The same of some of the texts."""
        return Held(self.counts[places], self.lengths[places])


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Memories as columns of one length; NaN where a number is not known.

    `texts` are what words are looked for in: let them tell who said it and when (`told`).
    `similarity` holds cosines to the question for each vector that was compared.
    `sessions` and `at` (epoch seconds) say what stands beside what; a session "" is none. `words`
    may give what `held` says of the texts, for who knows it already.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    similarity: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    at: NDArray[np.floating] | None = None
    sessions: Sequence[str] = ()
    importance: NDArray[np.floating] | None = None  # 0 to 1
    use: NDArray[np.floating] | None = None  # 0 to 1, how far use has proved it
    words: Held | None = None

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
    words = candidates.words or held(words_of(question), candidates.texts)
    line, sessions = _line(candidates.ids), _numbered(candidates.sessions)
    lexical = weights.words * _bm25(words)
    meaning = weights.meaning * _meaning(candidates, vectors)
    parts = {
        "words": lexical,
        "meaning": meaning,
        "beside": _beside(lexical + meaning, candidates.at, sessions, line, weights.beside),
        "session": weights.session * _session(words, sessions),
        "recency": weights.recency * _recency(candidates.at, now, count, weights.half_life_days),
        "importance": weights.importance * _share(candidates.importance, count),
        "use": weights.use * _share(candidates.use, count),
    }
    score = np.sum(list(parts.values()), axis=0)
    newest = -_known(candidates.at, count)
    order = np.lexsort((line, newest, -score.round(9)))
    return Ranking(order, score, parts)


def told(text: str, *, who: str = "", when: str = "", answer: str = "") -> str:
    """A memory's text as it is matched and embedded: when it was, who said it, what was answered.

    >>> told("I adopted a dog", who="Ann", when="7 May 2023")
    '7 May 2023 Ann: I adopted a dog'
    """
    said = f"{who}: {text}" if who else text
    return "\n".join(filter(None, (f"{when} {said}" if when else said, answer)))


def words_of(question: str) -> list[str]:
    """The words that a question is matched by, each once."""
    return list(dict.fromkeys(stems(question)))


def held(asked: Sequence[str], texts: Sequence[str]) -> Held:
    """What texts hold of a question's words, all of them looked through in one go."""
    place = {word: n for n, word in enumerate(asked)}
    places, ends = numbered(texts, lambda stem: place.get(stem, len(asked)))
    lengths = np.diff(ends, prepend=0)
    text = np.repeat(np.arange(len(texts)), lengths)
    told = places < len(asked)
    counts = np.bincount(text[told] * len(asked) + places[told], minlength=len(texts) * len(asked))
    return Held(counts.reshape(len(texts), len(asked)).astype(float), lengths.astype(float))


def bm25(question: str, texts: Sequence[str]) -> Floats:
    """How far each text holds the question's words, rare ones above all: a share, 0 to 1.

    How rare a word is, is counted over these texts alone.
    """
    return _bm25(held(words_of(question), texts))


def _bm25(words: Held) -> Floats:
    texts, asked = words.counts.shape
    scores = np.zeros(texts)
    if not asked or not texts:
        return scores
    mean = max(1e-9, float(words.lengths.mean()))
    slow = SATURATION * (1 - LENGTH + LENGTH * words.lengths / mean)
    counts = np.ascontiguousarray(words.counts.T)  # words x texts
    having = np.count_nonzero(counts, axis=1).tolist()
    rarity = [math.log(1 + (texts - many + 0.5) / (many + 0.5)) for many in having]
    most = 0.0
    for one in rarity:
        most += one * (SATURATION + 1)
    told = np.flatnonzero(having)
    weight = np.array(rarity)[told, None] * (SATURATION + 1)
    for row in weight * counts[told] / (counts[told] + slow):
        scores += row
    share: Floats = scores / most
    return share


def _session(words: Held, place: NDArray[np.int64]) -> Floats:
    """The share of the question's words in each session as one text; 0 where there is but one."""
    shares = np.zeros(len(words.lengths))
    if len(place) != len(shares):
        return shares
    many = int(place.max(initial=-1)) + 1
    if many < 2:
        return shares
    there = place >= 0
    whole = Held(np.zeros((many, words.counts.shape[1])), np.zeros(many))
    np.add.at(whole.counts, place[there], words.counts[there])
    np.add.at(whole.lengths, place[there], words.lengths[there])
    shares[there] = _bm25(whole)[place[there]]
    return shares


def _numbered(sessions: Sequence[str]) -> NDArray[np.int64]:
    """A number for each session; -1 for none."""
    known = {one: n for n, one in enumerate(dict.fromkeys(filter(None, sessions)))}
    known[""] = -1
    return np.fromiter(map(known.__getitem__, sessions), np.int64, len(sessions))


def _line(ids: Sequence[str]) -> NDArray[np.int64]:
    """Where each stands in the order of their ids."""
    places = np.empty(len(ids), np.int64)
    places[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return places


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


def _beside(
    own: Floats,
    at: NDArray[np.floating] | None,
    sessions: NDArray[np.int64],
    line: NDArray[np.int64],
    shares: Sequence[float],
) -> Floats:
    """What is added to each for those beside it: they were said in one breath."""
    spread = np.zeros(len(own))
    if at is None or len(sessions) != len(own) or not len(own):
        return spread
    said = np.lexsort((line, at, sessions))
    own, sessions = own[said], sessions[said]
    added = np.zeros(len(own))
    for apart, share in enumerate(shares, 1):
        together = (sessions[apart:] == sessions[:-apart]) & (sessions[apart:] >= 0)
        added[apart:] += share * own[:-apart] * together
        added[:-apart] += share * own[apart:] * together
    spread[said] = added
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
