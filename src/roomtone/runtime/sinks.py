"""Where events go that a command takes in: a running server, or a data folder where none runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from roomtone.errors import ServerError
from roomtone.events import Event, encode
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.remote import Busy, Remote

PATIENCE = 40
"""How often a server that says `later` is asked again: at a second each, most of a minute; and how
often a model that fails is looked after."""

CLOSED_AT_ONCE = 1000
"""How many histories one request closes."""

LOOK_S = 0.5
"""How often it is told how many turns wait to be read."""

log = structlog.get_logger()


class Sink(Protocol):
    """Where events go; the answer is accepted, duplicates, and (index, reason) of the rest."""

    async def send(self, events: Sequence[Event]) -> tuple[int, int, Sequence[tuple[int, str]]]: ...

    async def finish(self, sessions: Sequence[str]) -> None: ...


class Server:
    """A sink that is a running server."""

    def __init__(self, remote: Remote, *, history: bool) -> None:
        self._remote = remote
        self._query: dict[str, object] = {"source": "ingest"}
        if history:
            self._query["history"] = "true"
        self._history = history

    async def send(self, events: Sequence[Event]) -> tuple[int, int, Sequence[tuple[int, str]]]:
        """Post a batch, waiting while the server asks to wait."""
        body = encode(events)
        for _ in range(PATIENCE):
            try:
                answer = await asyncio.to_thread(self._post, body)
            except Busy as busy:
                last = busy
                await asyncio.sleep(busy.retry_s)
                continue
            errors = [(int(e["index"]), str(e["reason"])) for e in answer["errors"]]
            return int(answer["accepted"]), int(answer["duplicates"]), errors
        raise ServerError(f"the server kept asking to wait: {last}")

    async def finish(self, sessions: Sequence[str]) -> None:
        """Tell the server that these histories are over."""
        if not self._history:
            return
        for start in range(0, len(sessions), CLOSED_AT_ONCE):
            body = json.dumps({"sessions": list(sessions[start : start + CLOSED_AT_ONCE])}).encode()
            await asyncio.to_thread(self._remote.post, "/v1/history/close", body)

    def _post(self, body: bytes) -> Any:
        return self._remote.post("/v1/events", body, **self._query)


class Folder:
    """A sink that is a data folder, opened by this process."""

    def __init__(
        self, pipeline: Pipeline, *, history: bool, waiting: Callable[[int], None] = lambda n: None
    ) -> None:
        self._pipeline = pipeline
        self._history = history
        self._waiting = waiting

    async def send(self, events: Sequence[Event]) -> tuple[int, int, Sequence[tuple[int, str]]]:
        """Write a batch through the pipeline's own door."""
        receipt = await self._pipeline.submit(events, source="ingest", history=self._history)
        errors = [(refusal.index, refusal.reason) for refusal in receipt.errors]
        return receipt.accepted, receipt.duplicates, errors

    async def finish(self, sessions: Sequence[str]) -> None:
        """Close these histories: their last tick and their summary, once their turns are read.

        `waiting` hears how many are not. What no model reads for PATIENCE looks is left to whoever
        opens the folder next, and told.
        """
        await self._pipeline.settled()  # what was sent last waits to be read too
        reader = self._pipeline.reader
        failing = 0
        while not await reader.done(LOOK_S) and failing < PATIENCE:
            self._waiting(reader.behind)
            failing = 0 if reader.trouble is None else failing + 1
            await asyncio.sleep(LOOK_S if failing else 0)  # which is not waited for above
        self._waiting(0)
        if reader.behind:
            log.warning(
                "turns are not read yet; the next start goes on with them",
                turns=reader.behind,
                reason=reader.trouble,
            )
        if self._history:
            await self._pipeline.close_history(sessions)


@asynccontextmanager
async def open_folder(
    settings: Settings, *, history: bool, waiting: Callable[[int], None] = lambda n: None
) -> AsyncIterator[Folder]:
    """A data folder to write into; closed cleanly at the end. `waiting` hears how many turns wait
    to be read while nothing else is left to do. Raises JournalError when it is in use."""
    pipeline = await Pipeline.open(settings, patient=False)
    await pipeline.start()
    try:
        yield Folder(pipeline, history=history, waiting=waiting)
    finally:
        await pipeline.stop()
