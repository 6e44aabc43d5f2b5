"""The plain way to weigh memories: objects in hand, one ranking, nothing spared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from roomtone.records import Memory
from roomtone.retrieval import Candidates, Held, held, rank, words_of
from roomtone.runtime.memory_words import MOST, matched

Found = Mapping[str, Sequence[tuple[Memory, float]]]
"""By tier: memories with their cosine to what is asked."""

Near = tuple[Memory, float | None]
"""A memory with its cosine; None where it has no vector."""


class Weighing:
    """How far memories have to do with a question, by its words and by meaning.

    What a memory holds of the question's words is counted once.
    """

    def __init__(self, question: str, now: datetime) -> None:
        self._question, self._now = question, now
        self._words = words_of(question)
        self._counted: dict[str, int] = {}  # a memory's place among what they hold
        self._held = held(self._words, [])

    def best_of(self, found: Found, worded: Sequence[Near]) -> list[Near]:
        """Of those that words found and no vector did the few that fit best, by words alone."""
        if not worded:
            return []
        blind = [(memory, np.nan) for memory, _ in worded]
        fits = self.ranks({**found, "": blind})
        return sorted(worded, key=lambda one: (-fits[one[0].id], one[0].id))[:MOST]

    def ranks(self, found: Found) -> dict[str, float]:
        """How far each of those found has to do with the question."""
        rows = [one for those in found.values() for one in those]
        if not rows:
            return {}
        memories = [memory for memory, _ in rows]
        candidates = Candidates(
            ids=[one.id for one in memories],
            texts=(),
            similarity={"content": np.array([near for _, near in rows], float)},
            at=np.array([one.at.timestamp() for one in memories]),
            sessions=[one.session for one in memories],
            importance=np.array([one.importance for one in memories]),
            words=self._of(memories),
        )
        ranking = rank(self._question, candidates, now=self._now.timestamp())
        return dict(zip(candidates.ids, ranking.score.tolist(), strict=True))

    def _of(self, memories: Sequence[Memory]) -> Held:
        known, first = self._counted, len(self._counted)
        if new := [one for one in memories if one.id not in known]:
            more = held(self._words, [_matched(one) for one in new])
            self._held = Held(*map(np.concatenate, zip(self._held, more, strict=True)))
            known |= {one.id: first + n for n, one in enumerate(new)}
        return self._held.of([known[one.id] for one in memories])


def _matched(memory: Memory) -> str:
    return matched(memory.content, memory.response, f"{memory.at:%d %B %Y}")
