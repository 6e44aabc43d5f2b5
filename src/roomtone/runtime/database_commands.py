"""What `roomtone db` does: brings databases up to this release, and takes conversations in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from roomtone.errors import StoreError
from roomtone.ports import Archive
from roomtone.records import Memory
from roomtone.runtime import native_rows, plugins, predecessor, terminal
from roomtone.runtime.config import Settings
from roomtone.runtime.looking import sqlite_file
from roomtone.runtime.tombstones import Tombstones

TOLD = 20
"""How many refused rows are listed; `--json` lists all."""

ERASED_HERE = "its person was erased here; `roomtone people readmit USER` takes them in again"

AT_ONCE = 100
"""Conversations that are taken in in one transaction."""


async def upgrade(settings: Settings, *, check: bool, as_json: bool) -> int:
    """`roomtone db upgrade`: every SQL store, in place; 1 where `check` finds one behind."""
    told = []
    for url in dict.fromkeys((settings.archive_url, settings.series_url, settings.memory_url)):
        scheme = url.partition(":")[0]
        if scheme not in ("sqlite", "postgresql", "postgres"):
            continue
        store: Any = plugins.archive(url)
        was, newest = await store.revision()
        if not check:
            try:
                await store.open()
            finally:
                await store.close()
        shown = str(sqlite_file(url) or f"{scheme}:{url.rpartition('@')[2].partition('?')[0]}")
        told.append({"store": shown, "was": was, "is": was if check else newest, "newest": newest})
    behind = [one for one in told if one["is"] != one["newest"]]
    if as_json:
        terminal.print_json({"stores": told})
    else:
        for one in told:
            terminal.out.print(terminal.plain(_upgraded(one)))
    return int(bool(behind))


def _upgraded(one: dict[str, Any]) -> str:
    store, was, newest = one["store"], one["was"], one["newest"]
    if was == newest:
        return f"{store} is up to date (schema {newest})"
    if one["is"] != newest:
        stands = f"stands at schema {was}" if was else "is not there yet"
        return f"{store} {stands}, this release is at {newest}; run: roomtone db upgrade"
    if was is None:
        return f"{store} was made (schema {newest})"
    return f"{store} was brought from schema {was} to {newest}; a file is kept as it was beside it"


async def take_in(settings: Settings, file: Path, *, bot: str, dry_run: bool, as_json: bool) -> int:
    """`roomtone db import FILE`: what is there already stays; 1 where a row could not be taken."""
    if native_rows.is_native(file):
        return await _take_back(settings, file, dry_run=dry_run, as_json=as_json)
    found = await asyncio.to_thread(predecessor.read, file, bot)
    await asyncio.to_thread(_leave_out, found, settings)
    messages = sum(len(one.messages) for one in found.conversations)
    logs = sum(len(one.agent_logs) for one in found.conversations)
    told: dict[str, Any] = {
        "rows": found.rows,
        "found": {
            "conversations": len(found.conversations),
            "messages": messages,
            "agent_logs": logs,
            "memories": len(found.memories),
        },
        "refused": [{"table": t, "id": id, "why": why} for t, id, why in found.refused],
        "dry_run": dry_run,
    }
    if not dry_run:
        archive = plugins.archive(settings.archive_url)
        try:
            await archive.open()
            told["new"] = await _keep(archive, found)
        finally:
            await archive.close()
        told["new"]["memories"] = await _remember(settings, found.memories)
    _tell(told, as_json=as_json)
    return int(bool(found.refused))


async def _take_back(settings: Settings, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Our own native export, some conversations at a time."""
    barred = Tombstones(settings.data / "erasures")
    await asyncio.to_thread(barred.load)
    count: Counter[str] = Counter({name: 0 for name in ("rows", *FOUND, "remembered", "new")})
    refused: list[dict[str, Any]] = []
    moved: dict[int, int] = {}
    lost = ""
    archive = None if dry_run else plugins.archive(settings.archive_url)
    before = after = 0
    try:
        if archive is not None:
            await archive.open()
            before = await _said(archive)
        rows = native_rows.read(file)
        while some := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
            count["rows"] += len(some)
            found = predecessor.Found()
            for one in some:
                why = one.why
                if one.talk is not None and barred.bars(one.talk.user):
                    why = ERASED_HERE
                if why or one.talk is None:
                    refused.append({"table": "rows", "id": one.place, "why": why})
                    continue
                own = [r for r in one.talk.reactions if not barred.bars(r.person)]
                found.conversations.append(msgspec.structs.replace(one.talk, reactions=own))
                found.memories += one.memories
            count.update(_amounts(found))
            if archive is None:
                continue
            ids, made = await archive.keep(found.conversations)
            moved |= {was: id for was, id in ids.items() if was and was != id}
            count["new"] += len(made)
            if not lost:
                try:
                    count["remembered"] += await _remember(settings, found.memories)
                except StoreError as error:
                    lost = str(error)
        if archive is not None:
            after = await _said(archive)
    finally:
        if archive is not None:
            await archive.close()
    if lost:
        refused.append({"table": "memories", "id": "all", "why": f"their store failed: {lost}"})
    told: dict[str, Any] = {
        "rows": {"native": count["rows"]},
        "found": {name: count[name] for name in FOUND},
        "refused": refused,
        "dry_run": dry_run,
    }
    if not dry_run:
        told["new"] = {
            "conversations": count["new"],
            "messages": after - before,
            "memories": count["remembered"],
            "other_ids": moved,
        }
    _tell(told, as_json=as_json)
    return int(bool(refused))


FOUND = ("conversations", "messages", "agent_logs", "reactions", "revisions", "memories")


def _amounts(found: predecessor.Found) -> dict[str, int]:
    told = {
        name: sum(len(getattr(one, name)) for one in found.conversations) for name in FOUND[1:-1]
    }
    return {
        "conversations": len(found.conversations),
        **told,
        "memories": len(found.memories),
    }


async def _said(archive: Archive) -> int:
    many: int = (await archive.training_counts(brief=True))["messages"]
    return many


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(told)
    else:
        _say(told)


def _leave_out(found: predecessor.Found, settings: Settings) -> None:
    """Whoever was erased here is not brought back by a file that still has them."""
    stones = Tombstones(settings.data / "erasures")
    stones.load()
    gone = [one for one in found.conversations if stones.bars(one.user)]
    found.refused += [("conversations", one.id, ERASED_HERE) for one in gone]
    found.conversations = [one for one in found.conversations if not stones.bars(one.user)]
    lost = [one for one in found.memories if stones.bars(one.user)]
    found.refused += [("memories", one.id, ERASED_HERE) for one in lost]
    found.memories = [one for one in found.memories if not stones.bars(one.user)]


async def _keep(archive: Archive, found: predecessor.Found) -> dict[str, Any]:
    before = (await archive.training_counts())["messages"]
    new, moved = 0, dict[int, int]()
    for first in range(0, len(found.conversations), AT_ONCE):
        ids, made = await archive.keep(found.conversations[first : first + AT_ONCE])
        new += len(made)
        moved |= {was: id for was, id in ids.items() if was != id}
    after = (await archive.training_counts())["messages"]
    return {"conversations": new, "messages": after - before, "other_ids": moved}


async def _remember(settings: Settings, memories: Sequence[Memory]) -> int:
    if not memories:
        return 0
    store: Any = plugins.memory(settings.memory_url)
    try:
        await store.open()
        return len(await store.add(memories, [{}] * len(memories), ""))
    finally:
        await store.close()


def _say(told: dict[str, Any]) -> None:
    for name, count in told["found"].items():
        line = f"{count:>9,} {name.replace('_', ' ')}"
        if "new" in told and name in told["new"]:
            line += f", {told['new'][name]:,} of them new here"
        terminal.out.print(line)
    if moved := told.get("new", {}).get("other_ids"):
        some = ", ".join(f"{was} is {id}" for was, id in list(moved.items())[:TOLD])
        terminal.out.print(f"conversations under another id here: {some}")
    for one in told["refused"][:TOLD]:
        words = f"not taken: row {one['id']} of {one['table']}, as {one['why']}"
        terminal.out.print(terminal.plain(words))
    if (more := len(told["refused"]) - TOLD) > 0:
        terminal.out.print(f"and {more:,} more; --json lists all")
    if told["dry_run"]:
        terminal.out.print("nothing was written: --dry-run")
