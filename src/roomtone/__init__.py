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
    Turn,
    TurnRevised,
)
from roomtone.heard import Agent, Context, Feeling, Recalled

if TYPE_CHECKING:
    from roomtone.records import Memory, Recollection
    from roomtone.runtime.pipeline import Pipeline
    from roomtone.runtime.recorder import Recorder as RecorderType

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
    from roomtone.runtime import loading
    from roomtone.runtime.pipeline import Pipeline

    pipeline = await Pipeline.open(loading.load({**(settings or {}), "data": Path(data)}))
    try:
        await pipeline.start()
        yield pipeline
    finally:
        await pipeline.stop()


_recorder: RecorderType | None = None


def Recorder(url: str | None = None, **options: Any) -> RecorderType:
    """A recorder of a bot's turns: `roomtone.runtime.recorder.Recorder` tells all of it."""
    from roomtone.runtime import recorder

    return recorder.Recorder(url, **options)


def _ours() -> RecorderType:
    global _recorder
    if _recorder is None:
        _recorder = Recorder()
    return _recorder


def record(turn: Turn | None = None, /, **fields: Any) -> bool:
    """Record a turn of a bot's: returns at once, never raises; False if nothing was taken.

    Goes to the server that ROOMTONE_URL names, by default this machine's port 8003. From sync and
    async code alike, as nothing is waited for. For another address, a bound or a decorator, make
    a `roomtone.Recorder` of your own.

        roomtone.record(bot="luna", user="ann", message="hi", reply="hello!")
    """
    try:
        return _ours().record(turn, **fields)
    except Exception:  # a recorder must never be what breaks a bot
        return False


def revise(**fields: Any) -> bool:
    """Tell what became of a text of a recorded turn: edited, regenerated, corrected, deleted.

    Like `record` it returns at once and never raises. `turn` is the `id` that the turn was recorded
    with; `runtime.recorder.Recorder.revise` tells all of it.

        roomtone.revise(bot="luna", user="ann", turn="t7", role="user", why="edited", text="hi!")
    """
    try:
        return _ours().revise(**fields)
    except Exception:  # as above
        return False


def consent(user: str, **said: Any) -> dict[str, Any]:
    """Say what a person agrees to, as in `consent("ann", training=True, basis="consent")`:
    `runtime.people_remote.consent` tells all of it."""
    from roomtone.runtime import people_remote

    return people_remote.consent(user, **said)


def remember(bot: str, user: str, content: str, **more: Any) -> Memory:
    """Have a bot remember something of a person: `runtime.memory_commands.remember` tells all."""
    from roomtone.runtime import memory_commands

    return memory_commands.remember(bot, user, content, **more)


def recall(bot: str, user: str, query: str, **more: Any) -> list[Recollection]:
    """What a bot remembers of a person that has to do with a question, the best first:
    `runtime.memory_commands.recall` tells all of it."""
    from roomtone.runtime import memory_commands

    return memory_commands.recall(bot, user, query, **more)


__all__ = [
    "Agent",
    "Context",
    "Event",
    "Feeling",
    "Heartbeat",
    "Join",
    "Leave",
    "Message",
    "PollClosed",
    "PollOpened",
    "PollVote",
    "Reaction",
    "Recalled",
    "Recorder",
    "Turn",
    "TurnRevised",
    "consent",
    "open",
    "recall",
    "record",
    "remember",
    "revise",
]
