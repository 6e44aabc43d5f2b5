"""The same number of several bots, people or sessions, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, Literal

from roomtone.errors import BadEvent
from roomtone.runtime.trajectories import Asked, Stores, trajectory

By = Literal["bot", "user", "session"]

MOST = 8
"""More lines than that nobody can tell apart."""


async def compare(stores: Stores, asked: Asked, by: By, names: Sequence[str]) -> dict[str, Any]:
    """Points, mean, count, trend and sources of each. Raises BadEvent for what cannot be asked."""
    if not 2 <= len(names) <= MOST or len(set(names)) < len(names):
        raise BadEvent(f"compare 2 to {MOST} different names; give each as `of=`")
    series = []
    for name in names:
        found = await trajectory(stores, _of(asked, by, name), explained=False)
        values = [one.value for one in found.samples]
        series.append(
            {
                "name": name,
                "step_s": found.step_s,
                "points": found.points(),
                "mean": fmean(values) if values else None,
                "count": len(values),
                "trend": found.trend.as_json(),
                "sources": found.sources(),
            }
        )
    return {"series": series}


def _of(asked: Asked, by: By, name: str) -> Asked:
    if by == "bot":
        return replace(asked, bot=name)
    return replace(asked, user=name) if by == "user" else replace(asked, session=name)
