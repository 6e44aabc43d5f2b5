"""What bots remember, in a terminal and from a program of one's own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from roomtone.errors import BadEvent, RoomtoneError, ServerError
from roomtone.ports import MemoryStore
from roomtone.records import Memory, Recollection
from roomtone.runtime import looking, plugins, terminal
from roomtone.runtime.clock import iso
from roomtone.runtime.config import Settings
from roomtone.runtime.remote import Remote

PAGE = 500
SHOWN_CHARS = 100
LOOK_S = 5.0
"""How long `doctor` waits for a store of memories."""

URL = "http://127.0.0.1:8003"
REMEDY = "start one with `roomtone serve`, or name another in ROOMTONE_URL or with url="


async def memory(
    settings: Settings, user: str, asked: Mapping[str, Any], *, limit: int, as_json: bool
) -> None:
    """`roomtone memory USER`: the one said last first. Raises BadEvent where nothing is kept."""
    looking.see_that_it_is_there(settings.memory_url)
    store = plugins.memory(settings.memory_url)
    found: list[Memory] = []
    total = 0
    try:
        await store.open()
        while len(found) < limit:
            many = min(PAGE, limit - len(found))
            page, total = await store.memories(user=user, offset=len(found), limit=many, **asked)
            found += page
            if not page:
                break
    finally:
        await store.close()
    if as_json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    if not found:
        raise BadEvent(f"nothing like that is remembered of {user!r}; see: roomtone person")
    terminal.out.print(table(found))
    if total > len(found):
        terminal.note(f"{total - len(found):,} more; ask for them with --limit")


def table(memories: list[Memory]) -> Table:
    """Memories as a table: what was said, where it is kept, and why."""
    made = Table("said (UTC)", "bot", "what", "tier", "why", "until", box=None, pad_edge=False)
    for name in ("recalled", "used"):
        made.add_column(name, justify="right")
    for one in memories:
        marks = [word for word in ("hidden", "verified") if getattr(one, word)]
        if one.superseded_by:
            marks.append("replaced")
        what = " ".join(one.content.split())
        what = what if len(what) <= SHOWN_CHARS else f"{what[:SHOWN_CHARS]}…"
        made.add_row(
            terminal.when(iso(one.at)),
            terminal.plain(one.bot),
            terminal.plain(what),
            terminal.plain(", ".join([one.tier, *marks])),
            terminal.plain(one.reason),
            terminal.when(iso(one.expires)) if one.expires else "for good",
            f"{one.accesses:,}",
            f"{one.used:,}",
        )
    return made


def doctor(settings: Settings) -> tuple[bool, str, str]:
    """Whether the store of memories answers, what it holds, and what to do if it does not.

    A file is not made where there is none, and a folder that a server uses is left to it.
    """
    url = settings.memory_url
    file = looking.sqlite_file(url)
    if file is not None and not file.is_file():
        return True, "nothing is remembered yet", ""
    if url.startswith("qdrant:///"):
        return True, "a folder of Qdrant's; a running server has it to itself", ""
    try:
        bots = _bots_in(file) if file is not None else asyncio.run(_bots(plugins.memory(url)))
    except (RoomtoneError, ImportError, TimeoutError, sqlite3.Error) as error:
        detail = str(error) or f"it did not answer within {LOOK_S:.0f} s"
        return False, detail, "turns go on without it; start it, or choose another stores.memory"
    many = sum(bots.values())
    return True, f"{many:,} memories of {len(bots):,} bots", ""


def _bots_in(file: Path) -> Mapping[str, int]:
    """What a file holds, which may be of an older release: it is not made newer by looking."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=2)) as connection:
        known = "SELECT count(*) FROM sqlite_master WHERE name = 'memories'"
        if not connection.execute(known).fetchone()[0]:
            return {}
        return dict(connection.execute("SELECT bot, count(*) FROM memories GROUP BY bot"))


async def _bots(store: MemoryStore) -> Mapping[str, int]:
    try:
        async with asyncio.timeout(LOOK_S):
            await store.open()
            return await store.bots()
    finally:
        await store.close()


def remember(bot: str, user: str, content: str, *, url: str | None = None, **more: Any) -> Memory:
    """Have a bot remember something of a person; see `POST /v1/memories` for what more there is.

    Asks the server of ROOMTONE_URL (default: this machine's port 8003) and waits for it. Raises
    ServerError with what to do.
    """
    body = msgspec.json.encode({"bot": bot, "user": user, "content": content, **more})
    with closing(_remote(url)) as remote:
        kept: Memory = _read(remote.post("/v1/memories", body), Memory)
    return kept


def recall(
    bot: str, user: str, query: str, *, limit: int = 5, url: str | None = None
) -> list[Recollection]:
    """What a bot remembers of a person that has to do with a question, the best first.

    Asks and raises as `remember` does. What comes back can be told with the turn:

        found = roomtone.recall("luna", "ann", "what is my dog called?")
        seen = [roomtone.Recalled(id=one.memory.id, similarity=one.similarity) for one in found]
        roomtone.record(bot="luna", user="ann", message=…, reply=…, memories=seen)
    """
    with closing(_remote(url)) as remote:
        told = remote.get("/v1/memories/recall", bot=bot, user=user, query=query, limit=limit)
    found: list[Recollection] = _read(told.get("memories", []), list[Recollection])
    return found


def _remote(url: str | None) -> Remote:
    return Remote(url or os.environ.get("ROOMTONE_URL") or URL, remedy=REMEDY)


def _read(told: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError:
        raise ServerError(
            "what answered is no memory; see that the server is a Roomtone of this version"
        ) from None
