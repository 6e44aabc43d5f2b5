"""How good a bot's look into its memory was: how much it found, how near, how fast."""

from __future__ import annotations

from collections.abc import Sequence

from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns, share
from roomtone.turns import Heard

MEMORY_QUALITY = of_turns(
    "memory_quality",
    "what a look into memory gave for a turn",
    {
        "memory_count": Field("memories found", "memories", 0, None),
        "avg_similarity": share("mean similarity of those found"),
        "best_similarity": share("similarity of the nearest one"),
        "repeated": share("share of those found that were found under the same id before in it"),
        "retrieval_time_ms": Field("how long it took", "ms", 0, None),
        "used": share("share of those found that the answer draws on"),
        "stale": share("share of those found that are replaced, or bound to a time that is over"),
        "alike": share("share of those found that say what another one says"),
        "contradicted": share("share of those found that something said later contradicts"),
    },
)


class Recall:
    """Writes `memory_quality`: one row for each turn for which something was looked up.

    What was found, and how fast, its sender tells, or our own recall; what became of it is known
    of memories that are kept here. What a rehearsal found is an estimate of it.
    """

    measurements = (MEMORY_QUALITY,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row; none where nobody looked anything up."""
        memories, took, looked = heard.memories, heard.turn.retrieval_time_ms, heard.looked
        source = "measured"
        if memories is None and took is None and heard.turn.rehearsed is not None:
            looked = heard.turn.rehearsed
            memories, source = looked.memories, "estimate"
        if took is None and looked is not None:
            took = looked.retrieval_time_ms
        if memories is None and took is None:
            return ()
        near = [memory.similarity for memory in memories or ()]
        ids = [memory.id for memory in memories or () if memory.id is not None]
        fields: dict[str, float | None] = {
            "memory_count": None if memories is None else float(len(near)),
            "avg_similarity": sum(near) / len(near) if near else None,
            "best_similarity": max(near, default=None),
            "repeated": 1 - len(set(ids)) / len(ids) if ids else None,
            "retrieval_time_ms": took,
        }
        if looked is not None:
            fields |= {
                "used": looked.used,
                "stale": looked.stale,
                "alike": looked.repeated,
                "contradicted": looked.contradicted,
            }
        return (heard.point(MEMORY_QUALITY, fields, source),)
