"""What bots remember of people, asked and told: recall, pages, a person's word, counts of use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, NamedTuple, Unpack
from uuid import uuid4

import numpy as np
import structlog
from msgspec import structs
from numpy.typing import NDArray

from roomtone.emotions import Reading
from roomtone.errors import BadEvent, ServerError
from roomtone.heard import Recalled
from roomtone.memories import expiry, facts, first_place, importance
from roomtone.ports_memory import MemoryStore, Near
from roomtone.recollections import congruence
from roomtone.records import (
    TIERS,
    MemoriesSought,
    Memory,
    MemoryUse,
    RecallAsked,
    Recollection,
    memory_id,
)
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_access import Access
from roomtone.runtime.memory_choosing import Choosing, Chosen, glance_of
from roomtone.runtime.memory_forgotten import Forgotten
from roomtone.runtime.memory_making import clean, feeling, with_facts, with_mood
from roomtone.runtime.memory_words import EACH, both, longest

CANDIDATES = 40
"""How many of each tier are weighed for the two that are recalled. What a search by vectors leaves
out no word brings back: see `benchmarks/memories.py` for 80 and 200 in all."""

LATELY_MS = 600_000
"""How long after a recall a turn of its pair is taken to have come of it, if it says nothing."""

MOST_LATELY = 10_000

LEANS, LEANS_FROM = 0.15, 50
"""By how much what is recalled may agree more in mood than what was found, over so many recalls."""

LOOK_S = 1.0
"""How long the look back at what was recalled for a turn may take; the turn goes on without it."""

log = structlog.get_logger()


class Recall(NamedTuple):
    """What was recalled, how long that took, how many each tier found, and how moods agree."""

    memories: list[Recollection]
    took_ms: float
    tiers: dict[str, int]
    mood: dict[str, Any]
    embedding: str


class _Asked(NamedTuple):
    bot: str
    user: str
    text: str
    now: datetime
    most: int


class _Lately(NamedTuple):
    at_ms: int
    near: list[tuple[str, float]]
    took_ms: float


class Recalling(Access):
    """The memory of one process; a store that is away costs it nothing but its answers."""

    def __init__(
        self, settings: Settings, clock: Clock, fault: Callable[[str, Exception], None]
    ) -> None:
        super().__init__(settings, clock, fault)
        self.forgotten = Forgotten(settings.data)
        self._lately: OrderedDict[tuple[str, str], _Lately] = OrderedDict()
        self._keeping = asyncio.Lock()  # who erases waits for what is being kept
        self.recalls = 0
        self.congruent = (0.0, 0.0, 0)  # sums: of recalled, of all found, and of how many recalls

    # -- recall ------------------------------------------------------------------------------

    async def recall(
        self, bot: str, user: str, query: str, most: int = 5, *, trial: bool = False
    ) -> Recall:
        """What a bot remembers of a person that has to do with this: at most two of a tier, five
        in all. All tiers are searched at once; a trial counts nothing. Raises StoreError and
        ServerError."""
        begun = perf_counter()
        if not await self.allowed(user):
            nothing = self._congruence(None, [], [], True)
            return Recall([], 0.0, dict.fromkeys(TIERS, 0), nothing, "")
        store, now, asked = await self.ready(), self.now, clean(query)
        reading = asyncio.ensure_future(self.moods([asked]))
        (mood,), (found, name) = await asyncio.gather(
            reading, self._found(store, _Asked(bot, user, asked, now, min(most, 5)), reading)
        )
        took = (perf_counter() - begun) * 1000
        if not trial:
            self._remember_recall(bot, user, found.memories, took)
        agree = self._congruence(
            mood, [one.memory.emotion for one in found.memories], found.felt, trial
        )
        return Recall(found.memories, round(took, 3), found.tiers, agree, name)

    async def _found(
        self, store: MemoryStore, asked: _Asked, reading: Awaitable[Sequence[Reading | None]]
    ) -> tuple[Chosen, str]:
        """What is recalled for a question, and what embedded it. How the question feels is waited
        for where it asks for feelings."""
        rows, name = await self.embed([asked.text])
        kind = plugins.route(asked.text).primary
        own = None
        if kind == "emotion":
            (mood,) = await reading
            own = feeling(mood.scores) if mood is not None else None
        sought: RecallAsked = {
            "model": name,
            "name": "semantic" if kind == "semantic" else "content",
            "limit": CANDIDATES,
            "words": longest(asked.text),
            "each": EACH,
            "alive": asked.now,
        }
        choosing = Choosing(asked.text, asked.now, asked.most, own)
        found: Chosen | None = None
        if glance := getattr(store, "glance", None):
            found = await glance(asked.bot, asked.user, rows[0], choose=choosing, **sought)
        if found is None:
            near = await store.recall(asked.bot, asked.user, rows[0], **sought)
            found = await self._choose(choosing, near, rows[0], sought["name"])
        return found, name

    async def _choose(
        self, choosing: Choosing, found: Near, vector: NDArray[np.float32], compared: str
    ) -> Chosen:
        """What is recalled of what a store found, all of it in full; texts without a vector are
        embedded for it."""
        glance, whole = glance_of(found)
        chosen = await asyncio.to_thread(choosing, glance, whole)
        if chosen is None:
            places = await asyncio.to_thread(choosing.blind, glance)
            blind = whole(places)
            texts = [one.content if compared == "content" else both(one) for one in blind]
            glance.cosines[places] = (await self.embed(texts))[0] @ vector
            chosen = await asyncio.to_thread(choosing, glance, whole)
        assert chosen is not None  # all that is needed has a cosine now
        return chosen

    def _remember_recall(
        self, bot: str, user: str, chosen: Sequence[Recollection], took: float
    ) -> None:
        self.recalls += 1
        now = self._clock.now_ms()
        for one in chosen:
            self.note(MemoryUse(id=one.memory.id, bot=bot, at=utc(now), accesses=1))
        near = [(one.memory.id, max(0.0, min(1.0, one.similarity))) for one in chosen]
        self._lately[bot, user] = _Lately(now, near, took)
        self._lately.move_to_end((bot, user))
        while len(self._lately) > MOST_LATELY:
            self._lately.popitem(last=False)

    def _congruence(
        self, mood: Reading | None, chosen: Sequence[str], found: Sequence[str], trial: bool
    ) -> dict[str, Any]:
        side = mood.group if mood else ""
        share, base = congruence(side, chosen), congruence(side, found)
        if share is not None and base is not None and not trial:
            recalled, all_found, many = self.congruent
            self.congruent = (recalled + share, all_found + base, many + 1)
        return {"query": mood.primary if mood else "", "congruent": share, "found": base}

    @property
    def mood_bias(self) -> float | None:
        """By how much what is recalled agrees in mood more than what was found, on average."""
        recalled, base, many = self.congruent
        return (recalled - base) / many if many else None

    def health(self) -> list[dict[str, Any]]:
        """The lines on /readyz, where there is something to say."""
        bias = self.mood_bias
        if bias is None or bias < LEANS or self.congruent[2] < LEANS_FROM:
            return super().health()
        told = f"recall leans towards the mood of the question, by {bias:.2f} of what was found"
        remedy = "let the bot ask for facts, not for feelings; see docs/memory.md"
        lean = {"name": "recall", "ok": False, "detail": told, "remedy": remedy}
        return [*super().health(), lean]

    # -- looking back ------------------------------------------------------------------------

    def recalled_for(
        self, bot: str, user: str, ms: int
    ) -> tuple[list[Recalled], float | None] | None:
        """What was recalled here for a pair shortly before a time, once."""
        lately = self._lately.get((bot, user))
        if lately is None or not -5_000 <= ms - lately.at_ms <= LATELY_MS:
            return None
        del self._lately[bot, user]
        return [Recalled(id=id, similarity=near) for id, near in lately.near], lately.took_ms

    async def own(self, bot: str, user: str, ids: Sequence[str]) -> list[Memory]:
        """Those of these ids that are of this pair; none where nobody knows, never a failure."""
        try:
            async with asyncio.timeout(LOOK_S):
                there = await (await self.ready()).get(ids, bot)
        except Exception as error:
            self._fault("memory", error)
            return []
        return [one for one in there if one.user == user]

    # -- pages and a person's word -------------------------------------------------------------

    async def page(self, **sought: Unpack[MemoriesSought]) -> dict[str, Any]:
        """A page of memories as the wire shows it."""
        store = await self.ready()
        memories, total = await store.memories(**sought)
        tiers: dict[str, int] = {}
        if sought.get("user"):
            whole: MemoriesSought = {**sought, "tier": None, "offset": 0, "limit": 1}
            for tier in TIERS:
                whole["tier"] = tier
                tiers[tier] = (await store.memories(**whole))[1]
        return {
            "memories": list(memories),
            "total": total,
            "tiers": tiers,
            "bots": dict(await store.bots()),
        }

    async def one(self, id: str) -> Memory | None:
        """A memory by its id."""
        found = await (await self.ready()).get([id])
        return found[0] if found else None

    async def remember(
        self,
        bot: str,
        user: str,
        content: str,
        *,
        id: str | None = None,
        tier: str | None = None,
        worth: float | None = None,
        **more: Any,
    ) -> tuple[Memory, bool]:
        """Keep what somebody wants remembered; returns it, and whether it was new."""
        text = clean(content)
        if not await self.allowed(user):
            raise BadEvent(
                f"{user!r} did not agree to be remembered; ask them, and say so with "
                "PUT /v1/people/USER/consent"
            )
        if not text.strip():
            raise BadEvent("there is nothing to remember; give `content`")
        at: datetime = more.pop("at", None) or self.now
        mood = (await self.moods([text]))[0]
        known = facts(text)
        if worth is None:
            worth = importance(
                text, intensity=mood.intensity if mood else None, personal=bool(known)
            )
        place = first_place(worth, ", ".join(known), at)
        memory = Memory(
            id=memory_id(bot, user, "note", id or uuid4().hex),
            bot=bot,
            user=user,
            at=at,
            content=text,
            importance=worth,
            tier=tier or place.tier,
            reason="put there by whoever told it" if tier else place.reason,
            expires=expiry(tier, at) if tier else place.expires,
            **more,
        )
        made = with_mood(with_facts(memory, known), mood)
        store = await self.ready()
        try:
            lies, name = await self.vectors([made])
        except ServerError as error:  # it is found by meaning once the model answers
            self._fault("memory", error)
            lies, name, self.lacks_vectors = [{}], "none", True
        async with self._keeping:
            if not await self.allowed(user):  # while it was read
                raise BadEvent(f"{user!r} was erased, or withdrew, while this was told; leave it")
            new = await store.add([made], lies, name)
        kept = await store.get([made.id])
        return (kept[0] if kept else made), bool(new)

    async def correct(
        self, id: str, by: str = "", told: Mapping[str, Any] | None = None
    ) -> Memory | None:
        """Take a person's word on a memory; returns it as it is now, None if there is none."""
        memory, now = await self.one(id), self.now
        if memory is None:
            return None
        fields: dict[str, Any] = {}
        who = f" ({by})" if by else ""
        for name, value in (told or {}).items():
            if name in ("content", "response"):
                fields[name] = clean(value)
                fields |= {"corrected_at": now, "verified": True, "verified_at": now}
            elif name == "verified":
                fields |= {"verified": value, "verified_at": now if value else None}
            elif name == "tier":
                fields |= {"tier": value, "expires": expiry(value, now)}
                fields["reason"] = f"put there by a person{who}"
            elif name == "hidden":
                fields["hidden"] = value
        if not fields:
            raise BadEvent("nothing is said; give content, response, hidden, verified or tier")
        if "content" in fields:
            if not fields["content"].strip():
                raise BadEvent("a memory without a text is none; DELETE forgets it")
            plain = {n: v for n, v in memory.metadata.items() if not n.startswith("fact ")}
            bare = structs.replace(memory, metadata=plain)
            fields["metadata"] = with_facts(bare, facts(fields["content"])).metadata
        store = await self.ready()
        if not await store.change(id, memory.bot, fields):
            return None
        if {"content", "response"} & fields.keys():
            await self.embed_again(await store.get([id]))
        return await self.one(id)

    async def embed_again(self, memories: Sequence[Memory]) -> bool:
        """Give memories vectors of the present model; False where that is for later."""
        if not memories:
            return True
        try:
            lies, name = await self.vectors(memories)
            await (await self.ready()).add(memories, lies, name)
        except Exception as error:
            self._fault("memory", error)
            self.lacks_vectors = True
            return False
        return True

    async def forget(self, id: str) -> int:
        """Delete one memory; what it had replaced holds again."""
        memory = await self.one(id)
        if memory is None:
            return 0
        store = await self.ready()
        now_ms = self._clock.now_ms()
        await asyncio.to_thread(self.forgotten.note, [id], now_ms)
        gone = await store.forget(ids=[id])
        replaced = [link.id for link in memory.related if link.kind == "supersedes"]
        for one in await store.get(replaced, memory.bot):
            if one.superseded_by == id:
                await store.change(one.id, one.bot, {"superseded_by": ""})
        return gone

    async def erase(self, user: str, bot: str | None = None) -> int:
        """Delete all that is remembered of a person; returns how many memories."""
        for key in [key for key in self._lately if key[1] == user and bot in (None, key[0])]:
            del self._lately[key]
        return await (await self.ready()).forget(user=user, bot=bot)
