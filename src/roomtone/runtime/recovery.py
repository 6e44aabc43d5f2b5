"""How a running Roomtone comes back: snapshot, journal behind it, and the gap it did not hear."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

from roomtone import __version__, state
from roomtone.engine import TICK_S, Engine
from roomtone.errors import JournalError
from roomtone.records import Batch, Gap
from roomtone.runtime.clock import utc

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

UNHEARD_S = 15
"""A pause in listening up to this long is caught up tick by tick, as if it had been silence; a
longer one is a gap: nobody knows what was said in it, so nothing is concluded from it."""

SNAPSHOT_EVENTS = 250_000
"""After so many events a snapshot is made, between two entries: to replay this many takes about a
second, which is what a start after a crash then takes."""

FORMAT = 1
"""Raised when a snapshot of an older release can no longer be read: the journal is replayed."""

log = structlog.get_logger()


async def rebuild(pipeline: Pipeline) -> None:
    """Bring the engine to where the journal ends: newest snapshot, then what came after it.

    What the stores had not yet been given is derived again on the way, so they miss nothing.
    """
    found = pipeline.journal.latest_snapshot()
    if found is not None:
        position, data = found
        try:
            _restore(pipeline, data)
            pipeline.position = position
        except (msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
            log.warning("a snapshot could not be used; replaying the journal", error=str(error))
            pipeline.reset()
    entries = 0
    for position, entry in pipeline.journal.replay(pipeline.position):
        await pipeline.apply(entry)
        pipeline.position = position
        pipeline.unsaved += len(entry.events) if isinstance(entry, Batch) else 0
        entries += 1
        if entries % 200 == 0:
            await pipeline.keeper.drain()
            await asyncio.sleep(0)
    await pipeline.keeper.drain()
    pipeline.next_due = pipeline.engine.next_tick
    if entries:
        log.info("the journal is replayed", entries=entries, sessions=len(pipeline.engine.rooms))


def unheard(engine: Engine, now: int) -> Gap | None:
    """The gap between the last thing heard and now, if it is long enough to be one."""
    heard = max(engine.clock_ms // 1000, engine.next_tick - TICK_S)
    if not engine.next_tick or now - heard <= UNHEARD_S:
        return None
    return Gap(start=heard, end=now)


def snapshot(pipeline: Pipeline) -> None:
    """Keep the present state, so that the next start is quick. Blocks: for a thread, or the end.

    Not while the stores have something to get yet, or history is behind the present: a restart
    derives that again from the journal.
    """
    behind = pipeline.keeper.lag or pipeline.past
    if pipeline.position == 0 or pipeline.journal.trouble is not None or behind:
        return
    saved = {
        "format": FORMAT,
        "rules": _rules(pipeline),
        "engine": pipeline.engine.snapshot(),
        "histories": pipeline.histories.snapshot(),
    }
    pipeline.journal.write_snapshot(pipeline.position, state.pack(saved))


async def checkpoint(pipeline: Pipeline) -> None:
    """Snapshot a running pipeline, in a thread. Nothing may be applied until it returns."""
    pipeline.unsaved = 0
    pipeline.engine.rooms.settle()  # so that whoever looks meanwhile finds nothing to settle
    try:
        await asyncio.to_thread(snapshot, pipeline)
    except JournalError as error:
        pipeline.inspector.fault("snapshot", error)
        log.warning("no snapshot could be made; the next start takes longer", error=str(error))


def _restore(pipeline: Pipeline, data: bytes) -> None:
    saved = state.unpack(data)
    if saved["format"] != FORMAT or saved["rules"] != _rules(pipeline):
        raise ValueError("it was made by another release or with other engine settings")
    pipeline.engine.restore(saved["engine"])
    pipeline.histories.restore(saved["histories"])


def _rules(pipeline: Pipeline) -> dict[str, object]:
    """What the state depends on beside the journal."""
    return {"release": __version__, **pipeline.settings.engine.model_dump()}


async def upkeep(pipeline: Pipeline) -> None:
    """Retention in the stores and the journal; and the next entry is followed by a snapshot."""
    now = pipeline.clock.now_ms()
    if pipeline.unsaved:
        pipeline.unsaved = SNAPSHOT_EVENTS + 1
    await pipeline.series.retain(utc(now))
    keep_s = pipeline.settings.retention.journal_days * 86_400
    await asyncio.to_thread(pipeline.journal.retain, now / 1000, keep_s=keep_s)
