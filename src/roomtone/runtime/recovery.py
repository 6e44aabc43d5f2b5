"""How a running Roomtone comes back: snapshot, journal behind it, and the gap it did not hear."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from roomtone import __version__, state
from roomtone.conversations import Conversations
from roomtone.engine import SLICE, TICK_S, Engine, Output
from roomtone.errors import JournalError, RoomtoneError
from roomtone.records import Batch, Entry, Gap
from roomtone.runtime import expiring, journal_index, plugins
from roomtone.runtime.clock import utc
from roomtone.runtime.histories import Histories
from roomtone.runtime.replay import hear, play_entry
from roomtone.training_data import Consent

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

UNHEARD_S = 15
"""A pause in listening up to this long is caught up tick by tick, as if it had been silence; a
longer one is a gap: nobody knows what was said in it, so nothing is concluded from it."""

SNAPSHOT_EVENTS = 250_000
"""After so many events a snapshot is made, between two entries: to replay this many takes about a
second, which is what a start after a crash then takes."""

FORMAT = 2
"""Raised when a snapshot of an older release can no longer be read: the journal is replayed."""

SAID_FORMAT = 1
"""The same for conversations: as long as it is that, they outlive a change of release or rules."""

_UNUSABLE = (msgspec.MsgspecError, KeyError, ValueError, TypeError)
"""What a snapshot raises that cannot be used."""

log = structlog.get_logger()


async def rebuild(pipeline: Pipeline) -> None:
    """Bring the engine to where the journal ends: newest snapshot, then what came after it.

    What the stores had not yet been given is derived again on the way, so they miss nothing.
    """
    await _agreed(pipeline)
    heard = 0
    try:
        own = _Engines(pipeline.engine, pipeline.histories, pipeline.conversations)
        pipeline.position = _restore(pipeline, own)
    except _UNUSABLE as error:
        log.warning("a snapshot could not be used; replaying the journal", error=str(error))
        pipeline.reset()
        heard = _restore_conversations(pipeline, pipeline.conversations)
    entries = 0
    for position, entry in pipeline.journal.replay(pipeline.position):
        await pipeline.apply(entry, position, heard=position <= heard)
        pipeline.position = position
        pipeline.unsaved += len(entry.events) if isinstance(entry, Batch) else 0
        entries += 1
        if entries % 200 == 0 or pipeline.keeper.full:
            if pipeline.keeper.trouble is None:  # else it would be waited for again and again
                await pipeline.keeper.drain()
            await asyncio.sleep(0)
    await pipeline.keeper.drain()
    pipeline.next_due = pipeline.engine.next_tick
    if entries:
        log.info("the journal is replayed", entries=entries, sessions=len(pipeline.engine.rooms))


async def _agreed(pipeline: Pipeline) -> None:
    """What people agreed to: as the last snapshot has it, and as the archive does if it is there.

    What was said after that comes with the journal.
    """
    await asyncio.to_thread(pipeline.erasing.tombstones.load)
    if (found := pipeline.journal.latest_snapshot()) is not None:
        with contextlib.suppress(*_UNUSABLE):
            saved = state.unpack(found[1]).get("consents", b"\x90")
            pipeline.consenting.agreed.take(msgspec.msgpack.decode(saved, type=list[Consent]))
    if pipeline.opening.opened.is_set():
        await pipeline.consenting.read()


def behind(pipeline: Pipeline) -> bool:
    """Whether stores miss something, or history waits: a restart must derive it again."""
    return not pipeline.keeper.whole or bool(pipeline.past)


async def mend_for_good(pipeline: Pipeline) -> None:
    """What the stores missed while they were down they get once they are back."""
    while True:
        await pipeline.keeper.holed.wait()
        await pipeline.keeper.room()
        await mend(pipeline)


async def mend(pipeline: Pipeline) -> None:
    """Derive again what the keeper had to let go while a store was down, and hand it in anew.

    Beside the live engine a second one runs from the newest snapshot, which is older than what is
    missing: none was taken since. A crash on the way loses nothing, as a restart begins there too.
    """
    keeper = pipeline.keeper
    hole = keeper.take_hole()
    if hole is None:
        return
    done, count = False, 0
    try:
        engines, start = await asyncio.to_thread(_beside, pipeline)
        for position, entry in pipeline.journal.replay(start):
            if position > hole.last:
                break
            outputs = _play(engines, entry, heard=position <= engines.heard)
            while (out := _next(outputs)) is not None:
                if position >= hole.first:
                    await keeper.room()
                    keeper.keep(out, position)
                    count += 1
                await asyncio.sleep(0)  # some milliseconds each: others' turn
            await asyncio.sleep(0)
        done = True
    finally:
        keeper.close_hole(mended=done)
    keeper.mended += count
    log.info("what a store had missed is derived again", outputs=count)


def _next(outputs: Iterator[Output]) -> Output | None:
    """The next one; an entry that brought the live engine to fail, and was told of, ends here."""
    try:
        return next(outputs, None)
    except Exception:
        return None


def _play(engines: _Engines, entry: Entry, *, heard: bool) -> Iterator[Output]:
    if not heard:
        try:
            yield from hear(engines.conversations, entry)
        except Exception:  # as in the live run, where it was told of: rooms go on without it
            log.warning("an entry's turns could not be derived again", exc_info=True)
    yield from play_entry(engines.engine, engines.histories, entry, SLICE)


class _Engines(NamedTuple):
    """All that is computed from a journal."""

    engine: Engine
    histories: Histories
    conversations: Conversations
    heard: int = 0  # up to here in the journal its turns are in the conversations


def _beside(pipeline: Pipeline) -> tuple[_Engines, int]:
    """Other engines at the newest snapshot. Blocks: unpacking it takes as long as packing it."""
    engines = _fresh(pipeline)
    try:
        return engines, _restore(pipeline, engines)
    except _UNUSABLE:
        engines = _fresh(pipeline)
        heard = _restore_conversations(pipeline, engines.conversations)
        return engines._replace(heard=heard), 0


def _fresh(pipeline: Pipeline) -> _Engines:
    return _Engines(
        pipeline.make_engine(),
        Histories(pipeline.make_engine, pipeline.gauges[0]),
        plugins.conversations(pipeline.settings),
    )


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
    if pipeline.position == 0 or pipeline.journal.trouble is not None or behind(pipeline):
        return
    pipeline.memory.due.save()  # what the snapshot stands behind is not told again
    saved = {
        "format": FORMAT,
        "rules": _rules(pipeline),
        "engine": pipeline.engine.snapshot(),
        "histories": pipeline.histories.snapshot(),
        "conversations": pipeline.conversations.snapshot(),
        "said": SAID_FORMAT,
        "consents": msgspec.msgpack.encode(list(pipeline.consenting.agreed)),
    }
    pipeline.journal.write_snapshot(pipeline.position, state.pack(saved))


async def checkpoint(pipeline: Pipeline) -> None:
    """Snapshot a running pipeline, in a thread. Nothing may be applied until it returns."""
    pipeline.unsaved = 0
    pipeline.engine.rooms.settle()  # so that whoever looks meanwhile finds nothing to settle
    try:
        await asyncio.to_thread(_snapshot_lightly, pipeline)
    except JournalError as error:
        pipeline.inspector.fault("snapshot", error)
        log.warning("no snapshot could be made; the next start takes longer", error=str(error))


def _snapshot_lightly(pipeline: Pipeline) -> None:
    """Snapshot, and give back to the system what it took in passing.

    Packing takes as much memory as there is state. The C library would keep what is freed, in
    other pieces each time, and the process would look as if it grew.
    """
    try:
        snapshot(pipeline)
    finally:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)


def _restore(pipeline: Pipeline, engines: _Engines) -> int:
    """Bring engines to the newest snapshot; returns its position, 0 when there is none."""
    found = pipeline.journal.latest_snapshot()
    if found is None:
        return 0
    position, data = found
    saved = state.unpack(data)
    rules = (saved["format"], saved.get("said"), saved["rules"])
    if rules != (FORMAT, SAID_FORMAT, _rules(pipeline)):
        raise ValueError("it was made by another release or with other engine settings")
    engines.engine.restore(saved["engine"])
    engines.histories.restore(saved["histories"])
    engines.conversations.restore(saved["conversations"])
    return position


def _restore_conversations(pipeline: Pipeline, conversations: Conversations) -> int:
    """Bring conversations alone to the newest snapshot; returns its position, 0 where it cannot be.

    Of rooms nothing is lost that the journal does not tell again. How people stand goes back
    further than the journal is kept.
    """
    found = pipeline.journal.latest_snapshot()
    if found is None:
        return 0
    position, data = found
    try:
        saved = state.unpack(data)
        if saved.get("said") != SAID_FORMAT:
            return 0
        conversations.restore(saved["conversations"])
    except _UNUSABLE:
        return 0
    return position


def _rules(pipeline: Pipeline) -> dict[str, object]:
    """What the state depends on beside the journal."""
    return {"release": __version__, **pipeline.settings.engine.model_dump()}


async def upkeep(pipeline: Pipeline) -> None:
    """Retention in journal and stores, and its index; the next entry is followed by a snapshot.

    Each on its own: a store that is away must not keep the journal from making room. What fails is
    told, and done ten minutes later.
    """
    now = pipeline.clock.now_ms()
    if pipeline.unsaved:
        pipeline.unsaved = SNAPSHOT_EVENTS + 1
    keep_s = pipeline.settings.retention.journal_days * 86_400
    journal, jobs = pipeline.journal, dict[str, Callable[[], Awaitable[object]]]()
    jobs["the journal's retention"] = lambda: asyncio.to_thread(
        journal.retain, now / 1000, keep_s=keep_s
    )
    jobs["the store's retention"] = lambda: pipeline.series.retain(utc(now))
    jobs["the archive's retention"] = lambda: expiring.expire(pipeline)
    jobs["the journal's index"] = lambda: journal_index.note(journal, pipeline.archive)
    for name, job in jobs.items():
        try:
            await job()
        except (RoomtoneError, OSError) as error:
            pipeline.inspector.fault(name, error)
            log.warning("upkeep could not be done and is tried again", part=name, error=str(error))
