"""Erases a person from every store, one by one, however often that is broken off on the way."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from roomtone.blanking import Blank
from roomtone.consents import Erased
from roomtone.engine import Output
from roomtone.errors import BadEvent, JournalError, RoomtoneError, StoreError
from roomtone.events import ERASED, Event, Refusal
from roomtone.forgetting import forget_rooms, forget_talks
from roomtone.records import Batch, JournalSegment
from roomtone.runtime import journal_rewriting, recovery
from roomtone.runtime.came_back import came_back
from roomtone.runtime.clock import utc
from roomtone.runtime.consenting import Consenting
from roomtone.runtime.journal_snapshots import snapshot_paths, snapshot_position
from roomtone.runtime.pseudonyms import TAG, pseudonym
from roomtone.runtime.tombstones import Erasure, Tombstones, receipt
from roomtone.training_data import Consent

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

REASON = (
    "this person was erased, and nothing more of them is taken; `roomtone people readmit USER` "
    "takes them in again"
)

STORES = (
    *("engine", "series", "datasets", "archive", "mirror", "memory", "journal"),
    *("snapshots", "live", "old files"),
)
"""What is gone through, in this order."""

AGAIN_MS = 600_000

_USER = re.compile(rb'"user"\s*:\s*("(?:[^"\\]|\\.)*")')

log = structlog.get_logger()

Done = tuple[int, str]
"""How many were removed, and what is worth saying of it."""


class Erasing:
    """What is erased stays erased: first the door is shut, then each store is gone through.

    A store that fails never stops the others; it is done ten minutes later, or at the next start.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.tombstones = Tombstones(pipeline.settings.data / "erasures")
        self.consenting = Consenting(pipeline.settings, pipeline.archive, pipeline.opening)
        pipeline.memory.may = self.consenting.may_be_remembered
        self._one_by_one = asyncio.Lock()
        self.refused = 0

    # -- the door ------------------------------------------------------------------------------

    def bars(self, event: Event) -> bool:
        """Whether an event is of somebody who was erased."""
        if not len(self.tombstones) or isinstance(event, Erased):
            return False
        of = getattr(event, "of", None)
        return self.tombstones.bars(event.user) or self.tombstones.bars(getattr(of, "user", None))

    def sift(
        self, events: Sequence[Event], kept: Sequence[int] | None, errors: list[Refusal]
    ) -> tuple[Sequence[Event], Sequence[int] | None]:
        """The events that may be taken, with their places; `errors` gets the others."""
        if not len(self.tombstones) or not any(map(self.bars, events)):
            return events, kept
        places = range(len(events)) if kept is None else kept
        left, at = [], []
        for event, place in zip(events, places, strict=True):
            if self.bars(event):
                errors.append(Refusal(place, REASON, ERASED))
                self.refused += 1
            else:
                left.append(event)
                at.append(place)
        return left, at

    def is_unheard(self, raw: bytes) -> bool:
        """Whether what could not even be read names somebody of whom nothing is to be kept."""
        if not len(self.tombstones) and self.consenting.agreed.is_quiet:
            return False
        for found in _USER.findall(raw):
            with contextlib.suppress(msgspec.DecodeError):
                user = msgspec.json.decode(found, type=str)
                if self.tombstones.bars(user) or not self.consenting.agreed.allows(
                    user, "analytics"
                ):
                    return True
        return False

    # -- in the journal's order ----------------------------------------------------------------

    def take(self, out: Output) -> None:
        """Heed what an output tells of people's rights."""
        self.consenting.heard(out)
        for person in out.erased:
            self.heard(person)

    def heard(self, person: str) -> None:
        """The journal says here that somebody was erased: whatever is computed forgets them."""
        one = self.tombstones.by_hash(person)
        if one is None or not one.user:
            return  # it is long done: nothing before this place tells of them
        blank, pipeline = self._blank(one), self._pipeline
        forget_talks(pipeline.conversations, blank)
        boards = pipeline.histories.boards.values()
        for engine in (pipeline.engine, *(board.engine for board in boards)):
            forget_rooms(engine, blank)
        pipeline.consenting.agreed.forget(one.user)

    def _blank(self, one: Erasure) -> Blank:
        return Blank(one.user, one.person, one.said)

    # -- erasing -------------------------------------------------------------------------------

    async def erase(self, user: str) -> Mapping[str, Any]:
        """Erase a person; returns a receipt. What could not be done now is done later.

        Raises BadEvent where nobody is named, JournalError where the journal takes nothing now.
        """
        if not user:
            raise BadEvent("nobody is named; say whom to erase")
        async with self._one_by_one:
            one = self.tombstones.of(user)
            if one is None or one.is_done:
                person = await asyncio.to_thread(self.tombstones.hash, user)
                now = self._pipeline.clock.now_ms()
                one = Erasure(person=person, begun_ms=now, user=user)
                self.tombstones.put(one)  # from here on the door is shut, whatever happens
            try:
                await self._go_through(one)
            finally:
                told = receipt(one)
                self._finish(one)
            return {**told, "done": one.is_done}

    async def run(self) -> None:
        """Finish what was broken off, now and every ten minutes; and hear what people agreed to."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.consenting.run())
            jobs.create_task(self._resume_for_good())

    async def _resume_for_good(self) -> None:
        clock = self._pipeline.clock
        while True:
            await self.resume()
            await clock.wait_until(clock.now_ms() + AGAIN_MS)

    async def resume(self) -> int:
        """Go on with what was broken off; returns how many are done now.

        In a folder that came of a backup it is looked first who came back with it.
        """
        done = 0
        async with self._one_by_one:
            if self.tombstones.is_restored:
                await self._look_who_came_back()
        for one in self.tombstones.unfinished:
            async with self._one_by_one:
                await self._go_through(one)
                self._finish(one)
                done += one.is_done
        return done

    async def _look_who_came_back(self) -> None:
        stones, now = self.tombstones, self._pipeline.clock.now_ms()
        people = await came_back(self._pipeline, stones.bars)
        many = sum(stones.reopen(user, now) for user in people)
        stones.looked()
        if many:
            log.info("people who were erased came back with a backup, and are erased", people=many)

    async def readmit(self, user: str) -> bool:
        """Take a person in again from now on; False where they were not erased."""
        async with self._one_by_one:
            one = self.tombstones.of(user)
            if one is not None and not one.is_done:
                await self._go_through(one)
                self._finish(one)
                if not one.is_done:
                    raise StoreError(
                        "they are not yet erased everywhere; see that all stores are there, and "
                        "say it again"
                    )
            return self.tombstones.lift(user)

    def _finish(self, one: Erasure) -> None:
        if all(one.stores.get(name, {}).get("ok") for name in STORES):
            one.done_ms = self._pipeline.clock.now_ms()
            one.user, one.aka, one.said, one.datasets, one.segments = "", "", [], [], {}
        self.tombstones.put(one)

    async def _go_through(self, one: Erasure) -> None:
        """Each store that is not done yet. What the person said is learnt before it is gone.

        Nothing is judged meanwhile: a judge was shown what stood around a reaction.
        """
        blank = self._blank(one)
        jobs: dict[str, Callable[[], Awaitable[Done]]] = {
            "engine": lambda: self._engine(one),
            "series": lambda: self._series(one),
            "datasets": lambda: self._datasets(one),
            "archive": lambda: self._archive(one, blank),
            "mirror": lambda: self._mirror(one),
            "memory": lambda: self._memory(one),
            "journal": lambda: self._journal(one, blank),
            "snapshots": self._snapshots,
            "live": lambda: self._live(blank),
            "old files": self._old_files,
        }
        async with self._pipeline.judging.cycle:
            if not one.stores.get("journal", {}).get("ok"):
                await self._learn(one, blank)
            for name in STORES:
                await self._store(one, name, jobs[name])

    async def _learn(self, one: Erasure, blank: Blank) -> None:
        with contextlib.suppress(JournalError):  # then there is a word on it below
            await self._seal()
        folder = self._pipeline.journal.folder
        await asyncio.to_thread(journal_rewriting.learn, folder, blank)
        one.said = sorted(blank.said)
        self.tombstones.put(one)

    async def _store(self, one: Erasure, name: str, job: Callable[[], Awaitable[Done]]) -> None:
        if one.stores.get(name, {}).get("ok"):
            return
        try:
            removed, detail = await job()
            one.stores[name] = {"removed": removed, "ok": True, "detail": detail}
        except (RoomtoneError, OSError) as error:
            self._pipeline.inspector.fault(f"erasing: {name}", error)
            one.stores[name] = {"removed": 0, "ok": False, "detail": f"{error}; tried again later"}
        except Exception as error:
            self._pipeline.inspector.fault(f"erasing: {name}", error)
            log.error("a store could not be erased from", store=name, exc_info=True)
            told = f"{type(error).__name__}; tried again later, and at the next start"
            one.stores[name] = {"removed": 0, "ok": False, "detail": told}
        self.tombstones.put(one)

    # -- the stores ----------------------------------------------------------------------------

    async def _engine(self, one: Erasure) -> Done:
        """Have the journal say it, in its place; then nothing is computed of them any more."""
        pipeline = self._pipeline
        event = Erased(person=one.person)
        now = pipeline.clock.now_ms()
        await pipeline.journal.append(Batch(arrival=now, source="erase", events=[event]))
        await pipeline.settled()
        await pipeline.keeper.kept()
        if pipeline.keeper.lag or recovery.behind(pipeline):
            raise StoreError("what was measured before is not all kept yet")
        return 0, "pairs, conversations and reactions; rooms count somebody in their place"

    async def _series(self, one: Erasure) -> Done:
        one.aka = one.aka or pseudonym(await self._pipeline.keeper.key(), one.user)
        return await self._pipeline.series.drop_series({TAG: one.aka}), "points and steps"

    async def _mirror(self, one: Erasure) -> Done:
        if not one.aka:
            raise StoreError("their name in series is not known before the archive is back")
        store = self._pipeline.mirror.store
        if store is None:
            return 0, "there is none"
        return await store.drop_series({TAG: one.aka}), ""

    async def _datasets(self, one: Erasure) -> Done:
        pipeline = self._pipeline
        now = utc(pipeline.clock.now_ms())
        no = Consent(user=one.user, purpose="training", granted=False, at=now, basis="erased")
        await pipeline.archive.set_consents([no])  # what is made anew leaves them out
        found = await pipeline.datasets.forget(one.user)
        known = {dataset["id"] for dataset in one.datasets}  # before it was broken off
        one.datasets += [dataset for dataset in found if dataset["id"] not in known]
        return len(one.datasets), "to be made again, and what was trained on them too"

    async def _archive(self, one: Erasure, blank: Blank) -> Done:
        if not one.stores.get("datasets", {}).get("ok"):
            raise StoreError("which datasets hold them is not known yet")
        letters = self._pipeline.keeper.letters
        for letter in [x for x in letters if blank.user.encode() in x.raw]:
            letters.remove(letter)
        done = await self._pipeline.archive.erase(blank)
        self.consenting.agreed.forget(one.user)
        one.said = sorted(blank.said)
        return sum(done.values()), ", ".join(f"{many:,} {name}" for name, many in done.items())

    async def _memory(self, one: Erasure) -> Done:
        gone = await self._pipeline.memory.erase(one.user)
        await self._pipeline.memory.squeeze()
        return gone, "memories and their vectors"

    async def _journal(self, one: Erasure, blank: Blank) -> Done:
        """All that was said before the journal said so lies in sealed segments then."""
        pipeline = self._pipeline
        if not one.stores["engine"]["ok"]:
            raise JournalError("the journal has not said it yet")
        if not one.stores.get("archive", {}).get("ok"):
            raise JournalError("what they said is not all known before the archive is back")
        await self._seal()
        journal = pipeline.journal

        def about(base: int, sha256: str) -> None:
            one.segments[base] = sha256
            self.tombstones.put(one)  # once it is replaced nothing else tells that it was

        await asyncio.to_thread(journal.rewrite, blank, about)
        await self._note(one.segments)
        return len(one.segments), "segments written anew, every entry as long as before"

    async def _seal(self) -> None:
        pipeline = self._pipeline
        pipeline.journal.rotate()
        now = pipeline.clock.now_ms()
        await pipeline.journal.append(Batch(arrival=now, source="erase", events=[]))
        await pipeline.settled()

    async def _note(self, bases: Mapping[int, str]) -> None:
        """The archive's index of the journal knows the new files by their hashes."""
        archive, name = self._pipeline.archive, str(self._pipeline.journal.folder.resolve())
        known = await archive.segments(name)
        renewed = [
            _with_hash(segment, bases[segment.base])
            for segment in known
            if segment.base in bases and segment.sealed
        ]
        if renewed:
            await archive.note_segments(name, renewed, first=known[0].base)

    async def _snapshots(self) -> Done:
        """A new one, which does not know them; those before it go."""
        pipeline = self._pipeline
        position = pipeline.journal.end
        await pipeline.keeper.kept()
        pipeline.unsaved = recovery.SNAPSHOT_EVENTS + 1  # the next entry is followed by one
        await self._seal()
        folder = pipeline.journal.folder
        found = [(snapshot_position(path), path) for path in snapshot_paths(folder)]
        if not any(at >= position for at, _ in found):
            raise JournalError("no snapshot can be made now")
        old = [path for at, path in found if at < position]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old), ""

    async def _live(self, blank: Blank) -> Done:
        """What the pages show of the last minutes."""
        pipeline = self._pipeline
        gone = pipeline.recent.forget(blank.user) + pipeline.inspector.forget(blank.user)
        pseudonym.cache_clear()
        return gone, "events of the last minutes"

    async def _old_files(self) -> Done:
        """Databases as they were before a release's migration, beside those in use."""
        data: Path = self._pipeline.settings.data
        many = await asyncio.to_thread(_remove_all, data, "*.before-*")
        return many, "copies that migrations had left"


def _remove_all(folder: Path, pattern: str) -> int:
    old = list(folder.glob(pattern)) if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _with_hash(segment: JournalSegment, sha256: str) -> JournalSegment:
    return msgspec.structs.replace(segment, sha256=sha256)
