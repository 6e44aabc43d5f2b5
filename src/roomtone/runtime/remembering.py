"""Makes memories of turns and reactions behind the engine's back, and moves them by their use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from msgspec import structs

from roomtone.engine import Output
from roomtone.errors import RoomtoneError
from roomtone.events import Event
from roomtone.heard import Looked, ends
from roomtone.memories import placed
from roomtone.recollections import look_back
from roomtone.records import TIERS, Memory, MemoryUse, TurnRecord
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_making import (
    CONTEXT_CHARS,
    number,
    of_reaction,
    of_turn,
    whole_reaction,
)
from roomtone.runtime.memory_queue import Due
from roomtone.runtime.recalling import LOOK_S, Recalling
from roomtone.turns import Pending

AT_ONCE = 32
"""How many memories are embedded and kept together: some 200 ms of a thread with MiniLM."""

ALIKE, MOST_LINKS = 0.6, 3
"""How near another memory of the pair must be to be linked, and how many are."""

RETRY_S, LAST_RETRY_S = 0.5, 30.0
UPKEEP_S = 600.0
"""How often memories are moved by their use, and those past their time go."""

REVIEWED = 500
"""How many memories of a tier are looked at in one round, those recalled or used."""

MOST_TALKS = 20_000

log = structlog.get_logger()


class Remembering(Recalling):
    """The memory of a process with an engine: it also takes in what is heard.

    Every measured turn leaves one memory of its pair, and every reaction to a turn one. Nothing
    waits for it: what cannot be kept now waits in memory, and beyond some thousand on the disk.
    """

    def __init__(
        self, settings: Settings, clock: Clock, fault: Callable[[str, Exception], None]
    ) -> None:
        super().__init__(settings, clock, fault)
        self.due = Due(settings.data)
        self._news = asyncio.Event()
        self._keeping = asyncio.Lock()  # who erases waits for what is being kept
        self._last: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._drew: OrderedDict[tuple[str, str, str], tuple[str, ...]] = OrderedDict()
        self.kept = 0
        self.moved = 0

    # -- what is heard ---------------------------------------------------------------------------

    def keep(self, out: Output) -> None:
        """Let what was measured of turns be remembered; never waits."""
        rules = self._settings.memory
        made = []
        for turn in out.turns:
            self._judge(turn)
            if rules.turns and turn.user and (turn.message or turn.reply):
                who = (turn.session, turn.bot, turn.user)
                made.append(of_turn(turn, self._last.get(who, "")))
                said = f"{made[-1].content}\n{made[-1].response}"
                _put(self._last, who, ends(said, CONTEXT_CHARS))
        if made:
            self.due.put(made)
            self._news.set()

    def hear(self, events: Sequence[Event], arrival_ms: int) -> None:
        """Let reactions be remembered, or no more; never waits."""
        if not self._settings.memory.reactions:
            return
        made = [one for event in events if (one := of_reaction(event, utc(arrival_ms))) is not None]
        if made:
            self.due.put(made)
            self._news.set()

    def _judge(self, turn: TurnRecord) -> None:
        """What a person says next tells how the answer before went, and so what it drew on."""
        who = (turn.session, turn.bot, turn.user)
        content = number(turn.values.get("conversation_quality", {}), "satisfaction_score")
        drew = self._drew.get(who)
        if drew is None or content is None:
            return
        key, *ids = drew
        if key == turn.id:
            return  # that is the turn itself
        del self._drew[who]
        for id in ids:
            helped = max(-1.0, min(1.0, 2 * content - 1))
            self.note(MemoryUse(id=id, bot=turn.bot, at=turn.at, helped=helped, judged=1))

    async def looked(self, batch: Sequence[Pending]) -> dict[tuple[str, str], Looked]:
        """What became of what was looked up for these turns, as far as it is kept here."""
        found = {}
        loop = asyncio.get_running_loop()
        end = loop.time() + LOOK_S  # of all together: turns do not wait for memory
        for one in batch:
            turn = one.turn
            if not turn.user:
                continue
            memories, took = turn.memories, None
            if memories is None:
                here = self.recalled_for(turn.bot, turn.user, one.ms)
                if here is None:
                    continue
                memories, took = here
            ids = [memory.id for memory in memories if memory.id is not None]
            own: list[Memory] = []
            if self.trouble is None and loop.time() < end:
                own = await self.own(turn.bot, turn.user, ids)
            back = look_back(own, turn.message, turn.reply, utc(one.ms))
            said: dict[str, Any] = {}
            if turn.memories is None:
                said = {"memories": memories, "retrieval_time_ms": took}
            if back is not None:
                said |= {name: getattr(back, name) for name in _SHARES}
                if back.used is not None:
                    for memory in own:
                        use = MemoryUse(id=memory.id, bot=turn.bot, at=utc(one.ms), answered=1)
                        self.note(structs.replace(use, used=int(memory.id in back.drew_on)))
                who = (turn.session, turn.bot, turn.user)
                _put(self._drew, who, (turn.id or "", *back.drew_on))
            if said:
                found[one.key] = Looked(**said)
        return found

    # -- keeping ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep what waits, count what was used, and move what has earned it; for good."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(super().run())
            jobs.create_task(self._keep_all())
            jobs.create_task(self._upkeep())

    async def _keep_all(self) -> None:
        self.due.load()
        delay = RETRY_S
        while True:
            try:
                more = await self.keep_some() or await self._embed_some()
                self.trouble, delay = None, RETRY_S
            except Exception as error:
                if self.trouble is None:
                    log.warning("nothing can be remembered now; it waits", error=str(error))
                self.trouble = str(error) or type(error).__name__
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_S)
                continue
            if not more:
                self._news.clear()
                await self._news.wait()

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
        """Keep the oldest of what waits; returns how many that were. Raises StoreError."""
        async with self._keeping:
            batch = self.due.some(AT_ONCE)
            if not batch:
                return 0
            store = await self.ready()
            whole = await self._reacted(batch)
            there = {one.id for one in await store.get([one.id for one in whole])}
            fresh = {one.id: one for one in whole if one.id not in there and not self._past(one)}
            now_ms = self._clock.now_ms()
            gone = [id for id in fresh if self.forgotten.holds(id, now_ms)]
            for id in gone:  # deleted, and told again by a journal that was read again
                del fresh[id]
            await self._add(list(fresh.values()))
            self.due.done(len(batch))
            return len(batch)

    def _past(self, memory: Memory) -> bool:
        return memory.expires is not None and memory.expires <= self.now

    async def _add(self, memories: list[Memory]) -> None:
        if not memories:
            return
        store = await self.ready()
        try:
            lies, model = await self.vectors(memories)
        except Exception as error:  # kept now, found by meaning once the model answers
            self._fault("memory", error)
            lies, model, self.lacks_vectors = [{}] * len(memories), "none", True
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
            if (other.bot, other.user) == (memory.bot, memory.user)
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

    async def _reacted(self, batch: Sequence[Memory]) -> list[Memory]:
        """The memories to keep: reactions with what they are about, and those taken back gone."""
        whole: dict[str, Memory] = {}
        store = await self.ready()
        for memory in batch:
            action = memory.metadata.get("action")
            if action is None:
                whole[memory.id] = memory
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

    async def _embed_some(self) -> int:
        """Give vectors of the present model to memories that have none; returns how many got one.

        Those of another model stay as they are, and are not compared.
        """
        if not self.lacks_vectors:
            return 0
        self.lacks_vectors = False
        store = await self.ready()
        if self._embedding is None and not await store.bots():
            return 0  # nobody has said anything to a bot: no model is loaded for nothing
        model = await self.model()
        if not model.dim:
            return 0
        name = f"{model.name}/{model.version}/{model.dim}"
        waiting = await store.unembedded(name, AT_ONCE)
        if not waiting or not await self.embed_again(waiting):
            return 0
        self.lacks_vectors = True  # there may be more
        return len(waiting)

    async def _upkeep(self) -> None:
        while True:
            await self._clock.wait_until(self._clock.now_ms() + round(UPKEEP_S * 1000))
            self.lacks_vectors = True  # a server of vectors may be back
            self._news.set()
            try:
                await self.review()
            except RoomtoneError as error:
                self._fault("memory", error)

    async def review(self) -> int:
        """Move memories by what became of them, and delete those past their time; how many moved.

        Of each bot and tier those are looked at that were said last.
        """
        store, now, moved = await self.ready(), self.now, 0
        await store.forget(expired=now)
        for bot in await store.bots():
            for tier in TIERS:
                page, _ = await store.memories(bot=bot, tier=tier, limit=REVIEWED, superseded=False)
                for memory in page:
                    if (place := placed(memory, now)) is None:
                        continue
                    fields = {
                        "tier": place.tier,
                        "reason": place.reason,
                        "expires": place.expires,
                    }
                    moved += await store.change(memory.id, bot, fields)
        self.moved += moved
        return moved

    async def erase(self, user: str, bot: str | None = None) -> int:
        """Delete all that is remembered of a person, also what still waits to be."""
        async with self._keeping:
            waited = self.due.forget(lambda m: m.user == user and bot in (None, "", m.bot))
            for held in (self._last, self._drew):
                for key in [key for key in held if key[2] == user and bot in (None, key[1])]:
                    held.pop(key, None)
            return waited + await super().erase(user, bot)

    async def close(self) -> None:
        """Keep what waits where that is quick, and put the rest onto the disk."""
        try:
            async with asyncio.timeout(5):
                await self.kept_all(5)
        except Exception as error:
            self._fault("memory", error)
        await asyncio.to_thread(self.due.save)
        await super().close()


_SHARES = ("used", "stale", "repeated", "contradicted")


def _put(held: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    held[key] = value
    held.move_to_end(key)
    if len(held) > MOST_TALKS:
        held.popitem(last=False)
