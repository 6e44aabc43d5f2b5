"""Deletes what is past the time that its kind is kept, as a part of the upkeep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from roomtone.runtime.clock import utc

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline


async def expire(pipeline: Pipeline) -> int:
    """Go through the kinds that have a time set; returns how many rows and datasets went."""
    rules, now = pipeline.settings.retention, utc(pipeline.clock.now_ms())
    kinds = {
        "conversations": rules.conversation_days,
        "reactions": rules.reaction_days,
        "agent_logs": rules.agent_log_days,
        "dead_letters": rules.dead_letter_days,
    }
    gone = 0
    for kind, days in kinds.items():
        if days:
            gone += await pipeline.archive.expire(kind, now - timedelta(days=days))
    if rules.dataset_days:
        old = now - timedelta(days=rules.dataset_days)
        for one in await pipeline.archive.datasets():
            if one.made < old and one.status != "running":
                gone += await pipeline.datasets.drop(one.id) is not None
    return gone
