"""Answers the command line's questions from a running server, or from a folder where none runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from roomtone.errors import BadEvent, JournalError
from roomtone.runtime.board import describe
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.remote import Remote, escape

Row = dict[str, Any]
PAGE = 200


class Answers(Protocol):
    """The questions that both a server and a folder answer."""

    async def sessions(self, limit: int) -> list[Row]: ...

    async def alerts(self, session: str | None, limit: int) -> list[Row]: ...

    async def explain(self, session: str, at: datetime | None) -> Row: ...


class FromServer:
    """Asks a running server; each answer is what its API says."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def sessions(self, limit: int) -> list[Row]:
        """Live ones first, the worst at the top, then those that ended."""
        return self._pages("/v1/sessions", limit)

    async def alerts(self, session: str | None, limit: int) -> list[Row]:
        """The newest first."""
        return self._pages("/v1/alerts", limit, session=session)

    async def explain(self, session: str, at: datetime | None) -> Row:
        """The parts of one score."""
        path = f"/v1/sessions/{escape(session)}/explain"
        answer: Row = self._remote.get(path, at=None if at is None else at.isoformat())
        return answer

    def _pages(self, path: str, limit: int, **query: object) -> list[Row]:
        found: list[Row] = []
        cursor: object = None
        while len(found) < limit:
            size = min(limit - len(found), PAGE)
            page = self._remote.get(path, limit=size, cursor=cursor, **query)
            found += page["data"]
            cursor = page.get("next_cursor")
            if not cursor or not page["data"]:
                break
        return found


class FromFolder:
    """Reads a data folder that no server has open."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def sessions(self, limit: int) -> list[Row]:
        """Those that were open when it was last written, then those that ended."""
        found = self._pipeline.sessions()[:limit]
        for row in found:
            if row["score"] is None and (told := await self._pipeline.explain(row["session"])):
                row.update(at=told["at"], score=told["score"], level=told["level"])
        open_ones = {row["session"] for row in found}
        for summary in await self._pipeline.archive.sessions(limit=limit):
            if summary.session not in open_ones:
                found.append(describe(summary))
        return found[:limit]

    async def alerts(self, session: str | None, limit: int) -> list[Row]:
        """The newest first."""
        return await self._pipeline.recent_alerts(session, limit)

    async def explain(self, session: str, at: datetime | None) -> Row:
        """The parts of one score. Raises BadEvent when the session is not known."""
        answer = await self._pipeline.explain(session, at)
        if answer is None:
            raise BadEvent(
                f"nothing is known of session {session!r} at that time; see: roomtone sessions"
            )
        return answer


@asynccontextmanager
async def open_answers(
    settings: Settings, url: str | None, data: Path | None
) -> AsyncIterator[Answers]:
    """Whoever can answer: the folder if one is named, else the server.

    Raises ServerError when no server answers, JournalError when the folder holds no data or
    another process has it open.
    """
    if data is None:
        remote = Remote(url or settings.url)
        try:
            yield FromServer(remote)
        finally:
            remote.close()
        return
    if not settings.journal_folder.is_dir():
        raise JournalError(f"{data} holds no Roomtone data; name the folder that `serve` was given")
    pipeline = await Pipeline.open(settings, patient=False)
    try:
        yield FromFolder(pipeline)
    finally:
        await pipeline.stop()


def parse_moment(text: str) -> datetime:
    """A moment as people type it; without an offset it is UTC. Raises BadEvent with an example."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadEvent(f"{text!r} is no time; write 2026-01-31T12:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
