"""Chooses what is recalled on columns, and reads in full only what may still be among it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.memories import (
    EXPECTED,
    FAINT,
    HALF_LIFE,
    LEAST_OF_USE,
    PER_TIER,
    WEIGHT,
    choose,
)
from roomtone.ports_memory import Glance, Near, Whole
from roomtone.records import TIERS, Memory, Recollection
from roomtone.retrieval import Candidates, Held, held, rank, words_of
from roomtone.runtime.memory_making import feeling
from roomtone.runtime.memory_words import MOST, matched

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

FELT_ALIKE = 0.15
"""What a feeling in common adds to how near a memory is, where a question asks for feelings."""

READ = PER_TIER + 3
"""How many of each tier are read in full: those that are recalled, and some to spare, as what says
the same as another is passed over."""

EDGE = 2e-6
"""Scores are told to six digits: what is further below another is below it when told, too."""

_DAY_S = 86_400


class Chosen(NamedTuple):
    """What is recalled, how many of each tier were weighed for it, and what was felt in those."""

    memories: list[Recollection]
    tiers: dict[str, int]
    felt: list[str]


class _Weighed(NamedTuple):
    """Of what was looked at: the tier of each, the nearest by tier, how near each is, what each
    holds of the question's words, and those that words found."""

    tier: Rows
    near: Rows
    cosines: Floats
    words: Held
    more: Rows


def glance_of(found: Near) -> tuple[Glance, Whole]:
    """What a store found that gives memories in full, as the columns that are weighed."""
    rows = [*found.near, *found.worded]
    memories = [memory for memory, _ in rows]

    def numbers(name: str) -> Floats:
        return np.array([getattr(one, name) for one in memories], np.float64)

    made = Glance(
        near=len(found.near),
        cosines=np.array([cosine for _, cosine in rows], np.float64),  # None is NaN
        ids=[one.id for one in memories],
        at=np.array([one.at.timestamp() for one in memories], np.float64),
        tiers=[one.tier for one in memories],
        sessions=[one.session for one in memories],
        importance=numbers("importance"),
        contents=[one.content for one in memories],
        responses=[one.response for one in memories],
        emotions=[one.emotion for one in memories],
        answered=numbers("answered"),
        used=numbers("used"),
        helped=numbers("helped"),
        judged=numbers("judged"),
        verified=np.array([one.verified for one in memories], bool),
        metadata=lambda row: memories[row].metadata,
    )
    return made, lambda places: [memories[place] for place in places]


def alike(own: NDArray[np.float32] | None, metadata: Mapping[str, Any]) -> float:
    """What a memory of this metadata gains that felt as the question does."""
    return 0.0 if own is None else FELT_ALIKE * float(own @ feeling(metadata))


def standings(glance: Glance, now: datetime) -> Floats:
    """What `memories.standing` says of each, but for the last digits (1e-12 of it)."""
    weight = np.array([WEIGHT[tier] for tier in glance.tiers])
    life = np.array([HALF_LIFE[tier] for tier in glance.tiers])
    life *= 1 + np.log2(1 + np.maximum(0.0, glance.used))
    age = np.maximum(0.0, (now.timestamp() - glance.at) / _DAY_S)
    worth = 0.70 + 0.15 * glance.importance + 0.15 * 0.5 ** (age / life)
    share = (glance.used + EXPECTED / 2) / (glance.answered + EXPECTED)
    use = np.clip(np.sqrt(2 * share), LEAST_OF_USE, 1.2)  # 1 of what nothing is known of
    use = np.where(glance.verified, np.maximum(1.0, use), use)
    became = np.clip(glance.helped / (glance.judged + 2), -1.0, 1.0)
    made: Floats = worth * weight * (1 + 0.3 * became) * use
    return made


class Choosing:
    """For one question: by its words and by meaning, what a plain ranking of the same, all of it
    read, would give `choose`. `own` is what it feels like, where it asks for feelings.
    """

    def __init__(
        self, question: str, now: datetime, most: int, own: NDArray[np.float32] | None = None
    ) -> None:
        self._question, self._now, self._most, self._own = question, now, most, own

    def __call__(self, glance: Glance, whole: Whole) -> Chosen | None:
        """What is recalled; None where some without a vector (`blind`) must be embedded for it."""
        tier, near, cosines, words, more = self._weighed(glance)
        if np.isnan(glance.cosines[more]).any():
            return None
        rows = np.concatenate([near, more])
        rows = rows[np.argsort(tier[rows], kind="stable")]
        fits = self._ranks(glance, rows, cosines[rows], words)
        chosen = self._choose(glance, whole, tier, rows, cosines, fits)
        counts = np.bincount(tier[rows], minlength=len(TIERS)).tolist()
        felt = [glance.emotions[row] for row in rows.tolist()]
        return Chosen(chosen, dict(zip(TIERS, counts, strict=True)), felt)

    def blind(self, glance: Glance) -> list[int]:
        """Which of them have no vector, and are needed with their cosine."""
        *_, more = self._weighed(glance)
        return [row for row in more.tolist() if np.isnan(glance.cosines[row])]

    def _weighed(self, glance: Glance) -> _Weighed:
        near = np.arange(glance.near)
        cosines = np.where(np.isnan(glance.cosines), 0.0, glance.cosines)
        if self._own is not None:
            gained = [alike(self._own, glance.metadata(row)) for row in range(glance.near)]
            cosines[: glance.near] = np.minimum(1.0, cosines[: glance.near] + gained)
        tier = np.array([TIERS.index(one) for one in glance.tiers], np.intp)
        near = near[np.argsort(tier[near], kind="stable")]
        words = _words(self._question, glance)
        return _Weighed(tier, near, cosines, words, self._best_of(glance, near, cosines, words))

    def _best_of(self, glance: Glance, near: Rows, cosines: Floats, words: Held) -> Rows:
        """Of those that words found and no vector did the few that fit best, by words alone."""
        worded = np.arange(glance.near, len(glance.ids))
        if not len(worded):
            return worded
        rows = np.concatenate([near, worded])
        known = np.where(rows < glance.near, cosines[rows], np.nan)
        fits = self._ranks(glance, rows, known, words)[len(near) :].tolist()
        ids = glance.ids[glance.near :]
        first = sorted(range(len(worded)), key=lambda n: (-fits[n], ids[n]))
        return worded[first[:MOST]]

    def _ranks(self, glance: Glance, rows: Rows, cosines: Floats, words: Held) -> Floats:
        """How far each of these rows has to do with the question."""
        if not len(rows):
            return np.zeros(0)
        places = rows.tolist()
        candidates = Candidates(
            ids=[glance.ids[n] for n in places],
            texts=(),
            similarity={"content": cosines},
            at=glance.at[rows],
            sessions=[glance.sessions[n] for n in places],
            importance=glance.importance[rows],
            words=Held(words.counts[rows], words.lengths[rows]),
        )
        return rank(self._question, candidates, now=self._now.timestamp()).score

    def _choose(
        self,
        glance: Glance,
        whole: Whole,
        tier: NDArray[np.intp],
        rows: Rows,
        cosines: Floats,
        fits: Floats,
    ) -> list[Recollection]:
        """Read the best of each tier and choose; read all where another may come before those."""
        rows, fits = rows[fits > 0], fits[fits > 0]
        scores = fits * standings(glance, self._now)[rows]
        read = np.zeros(len(rows), np.bool_)
        for n in range(len(TIERS)):
            own = np.flatnonzero(tier[rows] == n)
            least = np.sort(scores[own])[-READ] - EDGE if len(own) > READ else -np.inf
            read[own] = scores[own] >= least

        def chosen(some: Rows) -> list[Recollection]:
            memories = whole(rows[some].tolist())
            found: dict[str, list[tuple[Memory, float]]] = {name: [] for name in TIERS}
            for memory, near in zip(memories, cosines[rows[some]].tolist(), strict=True):
                found[memory.tier].append((memory, near))
            told = {m.id: fit for m, fit in zip(memories, fits[some].tolist(), strict=True)}
            return choose(found, self._now, relevance=told, most=self._most)

        first = chosen(np.flatnonzero(read))
        left = np.zeros(len(TIERS))
        np.maximum.at(left, tier[rows[~read]], scores[~read])
        return first if self._certain(first, left) else chosen(np.arange(len(rows)))

    def _certain(self, chosen: Sequence[Recollection], left: Floats) -> bool:
        """Whether of no tier that has room one that was not read, the best of which score `left`,
        can be among what is chosen. All of them come after those of their tier that were read."""
        least = 0.0
        if chosen:
            full = len(chosen) >= self._most
            least = chosen[-1].score if full else FAINT * chosen[0].score
        room = [sum(one.memory.tier == tier for one in chosen) < PER_TIER for tier in TIERS]
        return not (room & (left > 0) & (left >= least - EDGE)).any()


def _words(question: str, glance: Glance) -> Held:
    """What each holds of the question's words."""
    days = [_day(day) for day in (glance.at // _DAY_S).tolist()]
    texts = map(matched, glance.contents, glance.responses, days)
    return held(words_of(question), list(texts))


@lru_cache(10_000)
def _day(number: float) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number):%d %B %Y}"
