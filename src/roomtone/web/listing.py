"""Sessions in pages: live ones, those that history is filled into, and ended ones."""

from __future__ import annotations

from typing import Any

from roomtone.runtime.board import describe
from roomtone.runtime.host import Host, Place
from roomtone.web.parameters import pack, unpack


async def list_page(
    host: Host, state: str | None, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of sessions and the place to go on from: live ones, those that history is filled
    into, and ended ones, each part in its order."""
    start: Place = ("ended" if state == "ended" else "live", -1.0, -1, "")
    place: Place = start if cursor is None else unpack(cursor, Place)
    part, _, _, name = place
    page: list[dict[str, Any]] = []
    if part != "ended":
        found = await host.open_sessions(place, limit)
        page = [session for _, session in found]
        place = found[-1][0] if found else place
    if state != "live" and len(page) < limit:
        before = name if part == "ended" and name else None
        rows = await host.archive.sessions(before=before, limit=limit - len(page))
        page += [describe(row) for row in rows]
        if rows:
            place = ("ended", 0.0, 0, rows[-1].id)
    return page, pack(*place) if len(page) >= limit else None
