"""What training data as columns promises: the same messages as page by page, in the same order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from roomtone.kept_columns import FIELDS, columns_of
from roomtone.ports_training import TrainingArchive

_UNREAD = ("emotion_raw", "memory_context", "agent_outputs", "context_embedding")

ASKED: Sequence[Collection[str]] = (
    FIELDS,
    [name for name in FIELDS if name not in (*_UNREAD, "content_hash", "training_flag")],
    ("content",),
    ("emotion", "feedback_source", "user_feedback", "edited_ms"),
)


async def check_columns(archive: TrainingArchive) -> int:
    """Raise AssertionError where columns are not as pages are; how many messages were compared."""
    compared = 0
    for needs in ASKED:
        for trainable in (True, False):
            for more in ({"messages": 1}, {"messages": 7}, {"user": "Pat"}, {}):
                compared += await _same(archive, {"needs": needs, "trainable": trainable, **more})
    return compared


async def _same(archive: TrainingArchive, asked: dict[str, Any]) -> int:
    after: int | None = 0
    compared = 0
    while after is not None:
        page, then = await archive.training_page(after=after, **asked)
        kept, other = await archive.training_columns(after=after, **asked)
        plain = columns_of(page, asked["needs"])
        assert then == other, f"columns go on behind {other}, pages behind {then}"
        assert kept.counts == plain.counts
        ids = [one.id for one in kept.conversations]
        assert ids == [one.id for one in plain.conversations]
        for name, column in plain.columns.items():
            assert list(kept.columns[name]) == list(column), f"{name} is not what pages have"
        compared += len(kept)
        after = then
    return compared
