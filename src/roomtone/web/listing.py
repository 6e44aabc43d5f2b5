"""Sessions in pages: live ones, those that history is filled into, and ended ones."""

from __future__ import annotations

import math
from typing import Any, Literal

from roomtone.runtime.board import describe
from roomtone.runtime.pipeline import Pipeline
from roomtone.web.parameters import pack, unpack

Place = tuple[Literal["live", "past", "ended"], float, int, str]
"""Where a list of sessions was left: its part, and the last score and slot, or name, seen there.
Sessions that come or go in between neither repeat nor hide others."""


async def list_page(
    pipeline: Pipeline, state: str | None, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of sessions and the place to go on from: live ones, those that history is filled
    into, and ended ones, each part in its order."""
    start: Place = ("ended" if state == "ended" else "live", -1.0, -1, "")
    part, score, slot, name = start if cursor is None else unpack(cursor, Place)
    page: list[dict[str, Any]] = []
    place: Place = (part, score, slot, name)
    if part == "live":
        for value, at in _worst(pipeline, (score, slot))[:limit]:
            found = pipeline.board.session(pipeline.engine.rooms.at(at).id)
            if found is not None:
                page.append(found)
            place = ("live", value, at, "")
    if part != "ended":
        after = name if part == "past" else ""
        for past in sorted(past for past in pipeline.histories.boards if past > after):
            found = pipeline.histories.boards[past].session(past)
            if len(page) < limit and found is not None:
                page.append(found)
                place = ("past", 0.0, 0, past)
    if state != "live" and len(page) < limit:
        before = name if part == "ended" and name else None
        rows = await pipeline.archive.sessions(before=before, limit=limit - len(page))
        page += [describe(row) for row in rows]
        if rows:
            place = ("ended", 0.0, 0, rows[-1].id)
    return page, pack(*place) if len(page) >= limit else None


def _worst(pipeline: Pipeline, after: tuple[float, int]) -> list[tuple[float, int]]:
    """Scores and slots of live rooms behind a place, the worst first, new ones last."""
    scores = pipeline.board.fields["score"]
    keys = []
    for slot in pipeline.engine.rooms.slots().tolist():
        score = float(scores[slot]) if slot < len(scores) else math.nan
        key = (score if math.isfinite(score) else 2.0, slot)
        if key > after:
            keys.append(key)
    return sorted(keys)
