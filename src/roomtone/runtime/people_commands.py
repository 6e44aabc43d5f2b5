"""What the commands of `roomtone people` do: of a running server, or of a folder without one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
from rich.table import Table

from roomtone import events as wire
from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent, JournalError
from roomtone.runtime import person_export, terminal
from roomtone.runtime.clock import iso
from roomtone.runtime.config import Settings
from roomtone.runtime.consenting import standing
from roomtone.runtime.loading import load
from roomtone.runtime.looking import sqlite_file
from roomtone.runtime.people_remote import OfServer
from roomtone.runtime.person_export import would_erase
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.remote import Remote

Row = dict[str, Any]

PATIENT_S = 600.0
"""How long a server may take to go through all that it keeps."""


class Rights(Protocol):
    """What both a server and a folder do."""

    async def consent(self, user: str) -> Row: ...

    async def give_consent(self, said: ConsentGiven) -> Row: ...

    async def erase(self, user: str, dry_run: bool) -> Row: ...

    async def readmit(self, user: str) -> Row: ...

    async def export(self, user: str, out: BinaryIO) -> None: ...


class OfFolder:
    """Works in a data folder that no server has open."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self._pipeline, self._settings = pipeline, settings

    async def consent(self, user: str) -> Row:
        """What a person agreed to."""
        return await standing(self._pipeline.archive, self._settings, user)

    async def give_consent(self, said: ConsentGiven) -> Row:
        """Say what a person agrees to."""
        return await self._pipeline.give_consent(said)

    async def erase(self, user: str, dry_run: bool) -> Row:
        """Erase a person, or say what that would remove."""
        if dry_run:
            return await would_erase(self._pipeline, user)
        return await self._pipeline.erase_person(user)

    async def readmit(self, user: str) -> Row:
        """Take a person in again who was erased."""
        if not await self._pipeline.readmit_person(user):
            raise BadEvent(f"{user!r} was not erased here; there is nothing to take back")
        return {"user": user, "readmitted": True}

    async def export(self, user: str, out: BinaryIO) -> None:
        """Write all that is kept of a person."""
        async for piece in person_export.export(self._pipeline, user):
            out.write(piece)


@asynccontextmanager
async def opened(url: str | None, data: Path | None) -> AsyncIterator[Rights]:
    """Whoever can do it: the folder if one is named, else the server.

    Raises ServerError when no server answers, JournalError when the folder holds no data or
    another process has it open.
    """
    settings = load({"data": data})
    if data is None:
        remote = Remote(url or settings.url, PATIENT_S)
        try:
            yield OfServer(remote)
        finally:
            remote.close()
        return
    kept = sqlite_file(settings.archive_url)  # an imported database has no journal yet
    if not settings.journal_folder.is_dir() and not (kept and kept.is_file()):
        raise JournalError(f"{data} holds no Roomtone data; name the folder that `serve` was given")
    pipeline = await Pipeline.open(settings, patient=False)
    try:
        await pipeline.start()
        yield OfFolder(pipeline, settings)
    finally:
        await pipeline.stop()


async def consent(
    user: str,
    purposes: Mapping[str, bool],
    *,
    basis: str,
    by: str,
    url: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """`roomtone people consent`."""
    said = None
    if purposes:
        told = {"type": "consent", "user": user, "purposes": purposes, "basis": basis, "by": by}
        events, refusals, _ = wire.decode(msgspec.json.encode(told))
        if refusals:
            raise BadEvent(f"{refusals[0].reason}; write it otherwise")
        (said,) = events
    async with opened(url, data) as rights:
        if isinstance(said, ConsentGiven):
            found = await rights.give_consent(said)
        else:
            found = await rights.consent(user)
    if as_json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    terminal.out.print(terminal.clean(user), style="bold", markup=False)
    terminal.out.print(_table(found["purposes"]))


async def export(user: str, out: Path, *, url: str | None, data: Path | None) -> None:
    """`roomtone people export`: the file is there whole, or not at all, and for its owner alone."""
    part = out.with_name(out.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            async with opened(url, data) as rights:
                await rights.export(user, file)
            size = file.tell()
        os.replace(part, out)
    except IsADirectoryError:
        raise BadEvent(f"{terminal.clean(str(out))} is a folder; name a file in it") from None
    finally:
        part.unlink(missing_ok=True)
    terminal.note(f"{terminal.clean(str(out))} holds all that is kept, {size:,} bytes")


async def erase(
    user: str, *, dry_run: bool, url: str | None, data: Path | None, as_json: bool
) -> bool:
    """`roomtone people erase`; whether all is done."""
    async with opened(url, data) as rights:
        told = await rights.erase(user, dry_run)
    if as_json:
        terminal.print_json(msgspec.to_builtins(told))
    else:
        made = Table("store", "removed", "", box=None, pad_edge=False)
        for one in told["stores"]:
            mark = "" if one["ok"] else "NOT YET: "
            many, detail = f"{one['removed']:,}", mark + one["detail"]
            made.add_row(one["store"], many, terminal.plain(detail))
        terminal.out.print(made)
        for one in told["datasets"]:
            said = f"{one['name']} ({one['format']}, {one['id']}) held them"
            terminal.note(f"{terminal.clean(said)}; make it again")
        if dry_run:
            terminal.note("nothing was removed; leave --dry-run out to do it")
    return all(one["ok"] for one in told["stores"])


async def readmit(user: str, *, url: str | None, data: Path | None, as_json: bool) -> None:
    """`roomtone people readmit`."""
    async with opened(url, data) as rights:
        told = await rights.readmit(user)
    if as_json:
        terminal.print_json(told)
    else:
        terminal.note(f"what {terminal.clean(user)} does is taken again from now on")


def _table(purposes: Mapping[str, Row]) -> Table:
    made = Table("purpose", "agreed", "since (UTC)", "basis", "said by", box=None, pad_edge=False)
    for name, one in purposes.items():
        at = one["at"]
        since = (
            "nobody asked" if at is None else terminal.when(at if isinstance(at, str) else iso(at))
        )
        word = "yes" if one["granted"] else "no"
        made.add_row(name, word, since, terminal.plain(one["basis"]), terminal.plain(one["by"]))
    return made
