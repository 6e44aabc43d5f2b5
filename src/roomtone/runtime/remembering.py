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
from roomtone.heard import Looked
from roomtone.memories import placed
from roomtone.recollections import look_back
from roomtone.records import TIERS, Memory, MemoryUse, TurnRecord
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_keeping import AT_ONCE, Keeping
from roomtone.runtime.memory_making import (
    number,
    of_reaction,
    of_revision,
    of_turn,
    said,
)
from roomtone.runtime.recalling import LOOK_S
from roomtone.turns import Pending

RETRY_S, LAST_RETRY_S = 0.5, 30.0
UPKEEP_S = 600.0
"""How often memories are moved by their use, and those past their time go."""

REVIEWED = 500
"""How many memories of a tier are looked at in one round, those recalled or used."""

MOST_TALKS = 20_000

log = structlog.get_logger()


class Remembering(Keeping):
    """The memory of a process with an engine: it also takes in what is heard.

    Every measured turn leaves one memory of its pair, and every reaction to a turn one. Nothing
    waits for it: what cannot be kept now waits in memory, and beyond some thousand on the disk.
    """

    def __init__(
        self, settings: Settings, clock: Clock, fault: Callable[[str, Exception], None]
    ) -> None:
        super().__init__(settings, clock, fault)
        self._news = asyncio.Event()
        self._last: OrderedDict[tuple[str, str, str], tuple[str, str]] = OrderedDict()
        self._drew: OrderedDict[tuple[str, str, str], tuple[str, ...]] = OrderedDict()
        self._mute: set[str] = set()  # what the model failed on, until the next upkeep
        self.moved = 0

    # -- what is heard ---------------------------------------------------------------------------

    def keep(self, out: Output) -> None:
        """Let what was measured of turns be remembered; never waits."""
        rules = self._settings.memory
        made = []
        for turn in out.turns:
            self._judge(turn)
            said_something = turn.user and (turn.message or turn.reply)
            if rules.turns and said_something and self._may(turn.user):
                who = (turn.session, turn.bot, turn.user)
                made.append(of_turn(turn, self._last.get(who, ("", ""))[1]))
                _put(self._last, who, (made[-1].id, said(made[-1])))
        for one in out.revisions:
            told = of_revision(one) if rules.turns else None
            if told is not None:
                made.append(told)
                who = (one.session, one.bot, one.user)
                if self._last.get(who, ("", ""))[0] == told.id:
                    del self._last[who]  # what the next one has as its context was another text
        if made:
            self.due.put(made)
            self._news.set()

    def hear(self, events: Sequence[Event], arrival_ms: int) -> None:
        """Let reactions be remembered, or no more; never waits."""
        if not self._settings.memory.reactions:
            return
        arrival = utc(arrival_ms)
        found = (of_reaction(event, arrival) for event in events)
        made = [one for one in found if one is not None and self._may(one.user)]
        if made:
            self.due.put(made)
            self._news.set()

    def _may(self, user: str) -> bool:
        return self.may is None or self.may(user)

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
            shown: dict[str, Any] = {}
            if turn.memories is None:
                shown = {"memories": memories, "retrieval_time_ms": took}
            if back is not None:
                shown |= {name: getattr(back, name) for name in SHARES}
                if back.used is not None:
                    for memory in own:
                        use = MemoryUse(id=memory.id, bot=turn.bot, at=utc(one.ms), answered=1)
                        self.note(structs.replace(use, used=int(memory.id in back.drew_on)))
                who = (turn.session, turn.bot, turn.user)
                _put(self._drew, who, (turn.id or "", *back.drew_on))
            if shown:
                found[one.key] = Looked(**shown)
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
        most = AT_ONCE + len(self._mute)
        found = [one for one in await store.unembedded(name, most) if one.id not in self._mute]
        waiting = found[:AT_ONCE]
        if not waiting:
            return 0
        try:
            lies, name, failed = await self.vectors_of_some(waiting)
            there = [place for place, own in enumerate(lies) if own]
            await store.add([waiting[n] for n in there], [lies[n] for n in there], name)
        except Exception as error:
            self._fault("memory", error)
            self.lacks_vectors = True
            return 0
        if failed is not None:
            self._fault("memory", failed)
            self._mute.update(one.id for one, own in zip(waiting, lies, strict=True) if not own)
        self.lacks_vectors = True  # there may be more
        return len(there)

    async def _upkeep(self) -> None:
        while True:
            await self._clock.wait_until(self._clock.now_ms() + round(UPKEEP_S * 1000))
            self.lacks_vectors = True  # a server of vectors may be back
            self._mute.clear()
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


SHARES = ("used", "stale", "repeated", "contradicted")


def _put(held: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    held[key] = value
    held.move_to_end(key)
    if len(held) > MOST_TALKS:
        held.popitem(last=False)
