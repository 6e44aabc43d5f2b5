"""Keeps what waits to be remembered, linked with what is near; what cannot be holds up none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from msgspec import structs

from roomtone.errors import RoomtoneError, ServerError, StoreAway, StoreRefused
from roomtone.ports_memory import Vectors
from roomtone.recollections import told
from roomtone.records import Link, MemoriesSought, Memory
from roomtone.runtime.clock import Clock
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_making import DELETED, REVISED, around, revised, whole_reaction
from roomtone.runtime.memory_queue import Due
from roomtone.runtime.recalling import Recalling

AT_ONCE = 32
"""How many memories are embedded and kept together: some 200 ms of a thread with MiniLM."""

ALIKE, MOST_LINKS = 0.6, 3
"""How near another memory of the pair must be to be linked, and how many are."""

PAGE, MOST_AFTER = 200, 5_000
"""Among how many of the memories of its session that were said after it a text is looked for that
is another one now."""

CHANGED = ("content", "response", "corrected_at", "metadata")

OUTAGES = (StoreAway, ServerError, OSError, MemoryError)
"""What says nothing of a memory: it waits, and all behind it."""

log = structlog.get_logger()


def is_sure(error: Exception) -> bool:
    """Whether an error is of what was given, and not of a store that may be better later."""
    return isinstance(error, StoreRefused) or not isinstance(error, RoomtoneError)


class Keeping(Recalling):
    """The memory of a process that also keeps: what cannot be kept now waits."""

    def __init__(
        self, settings: Settings, clock: Clock, fault: Callable[[str, Exception], None]
    ) -> None:
        super().__init__(settings, clock, fault)
        self.due = Due(settings.data)
        self.kept = 0

    async def kept_all(self, within_s: float = 10.0) -> bool:
        """Wait until nothing waits to be remembered; whether that came in time."""
        end = asyncio.get_running_loop().time() + within_s
        while len(self.due) or self.due.far_bytes:
            if asyncio.get_running_loop().time() > end:
                return False
            if not await self.keep_some():
                break
        return True

    async def keep_some(self) -> int:
        """Keep the oldest of what waits; returns how many that were. Raises StoreError.

        What cannot be kept though others can is let go, and counted; in an outage all waits.
        """
        async with self._keeping:
            batch = self.due.some(AT_ONCE)
            if not batch:
                return 0
            try:
                await self._keep(batch)
            except Exception as error:
                if isinstance(error, OUTAGES):
                    raise
                await self._keep_singly(batch)
            self.due.done(len(batch))
            return len(batch)

    async def _keep_singly(self, batch: Sequence[Memory]) -> None:
        """Keep each alone, and let go what fails twice though the store takes another between."""
        store = await self.ready()
        refused = await self._each(batch)
        failing = {id(memory) for memory, _ in refused}
        good = [one for one in batch if id(one) not in failing]
        if good:
            refused = await self._each([memory for memory, _ in refused])
            await store.change(good[-1].id, good[-1].bot, {"context": good[-1].context})
        elif all(is_sure(error) for _, error in refused):
            await store.bots()  # it answers: what it does not take it will not take later
        else:
            raise refused[-1][1]
        for memory, error in refused:
            self.due.lost += 1
            log.warning("a memory cannot be kept", id=memory.id, reason=type(error).__name__)
            self._fault("memory", error)

    async def _each(self, memories: Sequence[Memory]) -> list[tuple[Memory, Exception]]:
        """Keep each alone; returns those that cannot be, with why. Raises what is an outage."""
        refused = []
        for memory in memories:
            try:
                await self._keep([memory])
            except OUTAGES:
                raise
            except Exception as error:
                refused.append((memory, error))
        return refused

    async def _keep(self, batch: Sequence[Memory]) -> None:
        store = await self.ready()
        whole = await self._reacted(batch)
        there = {one.id for one in await store.get([one.id for one in whole])}
        fresh = {one.id: one for one in whole if one.id not in there and not self._past(one)}
        now_ms = self._clock.now_ms()
        gone = [id for id in fresh if self.forgotten.holds(id, now_ms)]
        for id in gone:  # deleted, and told again by a journal that was read again
            del fresh[id]
        await self._add(list(fresh.values()))

    def _past(self, memory: Memory) -> bool:
        return memory.expires is not None and memory.expires <= self.now

    async def _add(self, memories: list[Memory]) -> None:
        if not memories:
            return
        store = await self.ready()
        try:
            lies, model, failed = await self.vectors_of_some(memories)
        except Exception as error:  # kept now, found by meaning once the model answers
            lies, model, failed = [{}] * len(memories), "none", error
        if failed is not None:
            self._fault("memory", failed)
            self.lacks_vectors = True
        linked = []
        for place, memory in enumerate(memories):
            links = await self._near(memories, lies, place, model) if lies[place] else []
            linked.append(structs.replace(memory, related=(*memory.related, *links)))
        whole = await self._superseding(linked)
        await store.add(whole, lies, model)
        self.kept += len(whole)

    async def _near(
        self, memories: Sequence[Memory], lies: Sequence[Vectors], place: int, model: str
    ) -> list[Link]:
        """The nearest other memories of the pair, also of those that are kept with this one."""
        memory, own = memories[place], lies[place]["content"]
        near = {
            other.id: float(lies[n]["content"] @ own)
            for n, other in enumerate(memories[:place])
            if lies[n] and (other.bot, other.user) == (memory.bot, memory.user)
        }
        store = await self.ready()
        for other, cosine in await store.search(
            memory.bot, own, model=model, user=memory.user, limit=MOST_LINKS
        ):
            near[other.id] = cosine
        best = sorted(near.items(), key=lambda one: (-one[1], one[0]))[:MOST_LINKS]
        known = {link.id for link in memory.related}
        return [
            Link(id=id, strength=round(min(1.0, cosine), 4))
            for id, cosine in best
            if cosine >= ALIKE and id not in known
        ]

    async def _superseding(self, memories: Sequence[Memory]) -> list[Memory]:
        """What somebody says of himself replaces what he said of it before."""
        store, made = await self.ready(), {one.id: one for one in memories}
        for memory in memories:
            said = told(memory)
            if not said:
                continue
            page, _ = await store.memories(bot=memory.bot, user=memory.user, tier="personal")
            others = [one for one in (*page, *made.values()) if one.id != memory.id]
            for other in others:
                same = (other.bot, other.user) == (memory.bot, memory.user)
                before = told(other)
                if not same or not any(before.get(n, v) != v for n, v in said.items()):
                    continue
                if other.superseded_by or made[memory.id].superseded_by:
                    continue
                newer, older = (memory, other) if memory.at >= other.at else (other, memory)
                if told(older).keys() - told(newer).keys():  # it says more than what is replaced
                    if newer.id in made:
                        link = Link(id=older.id, kind="contradicts")
                        links = (*made[newer.id].related, link)
                        made[newer.id] = structs.replace(made[newer.id], related=links)
                    continue
                why = "replaced: the person said otherwise later"
                if older.id in made:
                    gone = {"superseded_by": newer.id, "reason": why}
                    made[older.id] = structs.replace(made[older.id], **gone)
                else:
                    fields = {"superseded_by": newer.id, "reason": why}
                    await store.change(older.id, older.bot, fields)
                if newer.id in made:
                    link = Link(id=older.id, kind="supersedes")
                    links = (*made[newer.id].related, link)
                    made[newer.id] = structs.replace(made[newer.id], related=links)
        return list(made.values())

    async def _revise(self, told: Memory, whole: dict[str, Memory]) -> None:
        """A text is another one now, or gone: in its memory, and in those that repeat it."""
        store = await self.ready()
        kept = await store.get([told.id], told.bot)
        old = whole.get(told.id) or (kept[0] if kept else None)
        if old is None:
            return
        new = revised(old, told)
        sought: MemoriesSought = {
            "bot": old.bot,
            "user": old.user,
            "session": old.session,
            "start": old.at,
            "limit": PAGE,
        }
        for offset in range(0, MOST_AFTER, PAGE):
            sought["offset"] = offset
            page, total = await store.memories(**sought)
            for other in page:
                now = around(other, old, new)
                if now is not other and other.id != old.id:
                    fields = {"context": now.context, "metadata": now.metadata}
                    await store.change(other.id, other.bot, fields)
            if offset + PAGE >= total:
                break
        for id, other in [*whole.items()]:
            whole[id] = around(other, old, new)
        if new is None:
            whole.pop(told.id, None)
            await self.forget(told.id)
        elif told.id in whole:
            whole[told.id] = new
        elif new != old:
            fields = {name: getattr(new, name) for name in CHANGED}
            await store.change(told.id, told.bot, fields)
            await self.embed_again(await store.get([told.id], told.bot))

    async def _reacted(self, batch: Sequence[Memory]) -> list[Memory]:
        """The memories to keep: reactions with what they are about, and those taken back gone."""
        whole: dict[str, Memory] = {}
        store = await self.ready()
        for memory in batch:
            action = memory.metadata.get("action")
            if action is None:
                whole[memory.id] = memory
            elif action in (REVISED, DELETED):
                await self._revise(memory, whole)
            elif action == "remove":
                whole.pop(memory.id, None)
                await store.forget(ids=[memory.id])
            else:
                turn_id = memory.related[0].id
                kept = {one.id: one for one in await store.get([memory.id, turn_id], memory.bot)}
                known = whole.get(memory.id) or kept.get(memory.id)
                turn = whole.get(turn_id) or kept.get(turn_id)
                made = whole_reaction(memory, known, turn)
                if memory.id in kept:
                    await store.change(made.id, made.bot, {"metadata": made.metadata})
                else:
                    whole[made.id] = made
        return list(whole.values())
