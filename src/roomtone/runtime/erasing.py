"""Erases a person from every store, one by one, however often that is broken off on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from roomtone.blanking import Blank
from roomtone.consents import Erased
from roomtone.engine import Output
from roomtone.errors import BadEvent, JournalError, RoomtoneError, StoreError
from roomtone.events import ERASED, Event, Refusal
from roomtone.forgetting import forget_rooms, forget_talks
from roomtone.runtime import journal_rewriting
from roomtone.runtime.came_back import came_back
from roomtone.runtime.consenting import Consenting
from roomtone.runtime.erasing_stores import STORES, Job, Stores
from roomtone.runtime.tombstones import Erasure, Tombstones, receipt
from roomtone.unread import users_in

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

REASON = (
    "this person was erased, and nothing more of them is taken; `roomtone people readmit USER` "
    "takes them in again"
)

AGAIN_MS = 600_000

log = structlog.get_logger()


class Erasing:
    """What is erased stays erased: first the door is shut, then each store is gone through.

    A store that fails never stops the others; it is done ten minutes later, or at the next start.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.tombstones = Tombstones(pipeline.settings.data / "erasures")
        self.consenting = Consenting(pipeline.settings, pipeline.archive, pipeline.opening)
        pipeline.memory.may = self.may_be_remembered
        self._stores = Stores(pipeline, self.tombstones, self.consenting.agreed)
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
        allows, bars = self.consenting.agreed.allows, self.tombstones.bars
        return any(bars(user) or not allows(user, "analytics") for user in users_in(raw))

    def may_be_remembered(self, user: str) -> bool:
        """Whether something of this person may be kept in memory, or recalled."""
        return self.consenting.may_be_remembered(user) and not self.tombstones.bars(user)

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
        if not user or "\0" in user:
            raise BadEvent("nobody is named whom events can name; say whom to erase")
        async with self._one_by_one:
            one = self.tombstones.of(user)
            if one is None or one.is_done:
                one = await self._begin(user)
            try:
                await self._go_through(one)
            finally:
                told = receipt(one)
                done = self._finish(one)
            return {**told, "done": done}

    async def _begin(self, user: str) -> Erasure:
        """From here on the door is shut, whatever happens."""
        now = self._pipeline.clock.now_ms()
        try:
            person = await asyncio.to_thread(self.tombstones.hash, user)
            one = Erasure(person=person, begun_ms=now, user=user)
            self.tombstones.put(one)
        except OSError as error:
            raise StoreError(
                f"{self.tombstones.folder} cannot be written ({error.strerror}), so nobody is "
                "erased yet; see that the disk has room, and say it again"
            ) from None
        return one

    async def run(self) -> None:
        """Finish what was broken off, now and every ten minutes; and hear what people agreed to."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.consenting.run())
            jobs.create_task(self._resume_for_good())

    async def _resume_for_good(self) -> None:
        clock = self._pipeline.clock
        while True:
            if self.tombstones.is_restored:  # who came back is looked for in all stores
                await self._pipeline.opening.opened.wait()
            try:
                await self.resume()
            except (RoomtoneError, OSError) as error:
                self._pipeline.inspector.fault("erasing", error)
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
                if one in self.tombstones.unfinished:  # nobody else did it, or took it back
                    await self._go_through(one)
                    done += self._finish(one)
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
                if not self._finish(one):
                    raise StoreError(
                        "they are not yet erased everywhere; see that all stores are there, and "
                        "say it again"
                    )
            return self.tombstones.lift(user)

    def _finish(self, one: Erasure) -> bool:
        """Forget whom it was of, once that is on the disk; whether all is done."""
        if not all(one.stores.get(name, {}).get("ok") for name in STORES):
            self._note_down(one)
            return False
        now = self._pipeline.clock.now_ms()
        done = Erasure(person=one.person, begun_ms=one.begun_ms, stores=one.stores, done_ms=now)
        return self._note_down(done)

    def _note_down(self, one: Erasure) -> bool:
        """Keep how it stands; a disk that takes nothing does not end it, and it is done again."""
        try:
            self.tombstones.put(one)
        except OSError as error:
            self._pipeline.inspector.fault("erasing", error)
            return False
        return True

    async def _go_through(self, one: Erasure) -> None:
        """Each store that is not done yet. What the person said is learnt before it is gone.

        Before the engine has forgotten them and all that it told is kept, a store that they were
        taken out of may be given more of them: then it is not done. Nothing is judged meanwhile: a
        judge was shown what stood around a reaction.
        """
        if not one.stores.get("engine", {}).get("ok"):
            one.stores = {}
        blank = self._blank(one)
        async with self._pipeline.judging.cycle:
            is_through = bool(one.stores.get("journal", {}).get("ok"))
            learnt = is_through or await self._learn(one, blank)
            jobs = self._stores.jobs(one, blank, learnt)
            for name in STORES:
                await self._store(one, name, jobs[name])

    async def _learn(self, one: Erasure, blank: Blank) -> bool:
        """What they said, by the journal; False where that cannot be read now."""
        with contextlib.suppress(JournalError):  # then there is a word on it below
            await self._stores.seal()
        folder = self._pipeline.journal.folder
        try:
            await asyncio.to_thread(journal_rewriting.learn, folder, blank)
        except (RoomtoneError, OSError) as error:
            self._pipeline.inspector.fault("erasing: journal", error)
            return False
        finally:
            one.said = sorted(blank.said)
            self._note_down(one)
        return True

    async def _store(self, one: Erasure, name: str, job: Job) -> None:
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
        self._note_down(one)
