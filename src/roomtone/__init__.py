"""Roomtone hears how a conversation feels: the public names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
)

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

__version__ = "0.1.0"


@asynccontextmanager
async def open(
    data: str | Path = "roomtone-data", settings: Mapping[str, Any] | None = None
) -> AsyncIterator[Pipeline]:
    """Run Roomtone inside your own asyncio program, without a server.

    `data` is the folder of journal and database; `settings` are those of docs/configuration.md by
    their full names, as in `{"engine.alarms_per_hour": 1}`. Raises BadConfig, JournalError (the
    folder is in use, say) or StoreError, each with what to do.

        async with roomtone.open("my-data") as tone:
            await tone.submit([roomtone.Message(session="standup", user="ann", text="hi")])
            await tone.settled()
            print(tone.sessions())
    """
    from roomtone.runtime import config
    from roomtone.runtime.pipeline import Pipeline

    pipeline = await Pipeline.open(config.load({**(settings or {}), "data": Path(data)}))
    try:
        await pipeline.start()
        yield pipeline
    finally:
        await pipeline.stop()


__all__ = [
    "Event",
    "Heartbeat",
    "Join",
    "Leave",
    "Message",
    "PollClosed",
    "PollOpened",
    "PollVote",
    "Reaction",
    "open",
]
