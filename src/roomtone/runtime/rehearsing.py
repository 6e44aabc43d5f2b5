"""What memory would have given turns of the past: each is asked as its bot would have asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from msgspec.structs import replace

from roomtone.emotions import Reading
from roomtone.events import Event, Turn
from roomtone.heard import Looked, Recalled
from roomtone.recollections import look_back
from roomtone.records import Memory, TurnRecord
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_keeping import Keeping
from roomtone.runtime.memory_making import of_turn, said, with_mood
from roomtone.runtime.recalling import Recall

log = structlog.get_logger()

Pair = tuple[str, str]


class _Then:
    """A clock that stands where the turn does that is looked at."""

    def __init__(self) -> None:
        self.ms = WallClock().now_ms()

    def now_ms(self) -> int:
        return self.ms

    async def wait_until(self, ms: int) -> None:
        self.ms = max(self.ms, ms)


class Rehearsal:
    """A memory of its own, in a folder that goes with it, in which the turns of a file are played:
    each looks up what was said before it, by the same rules as a live recall, and is remembered.

    What comes of it is an estimate: the bot did not have it when it answered.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._clock = _Then()
        own = settings.stores.model_copy(update={"memory": ""})
        apart = settings.model_copy(update={"data": folder, "stores": own})
        self._memory = Keeping(apart, self._clock, _fault)
        self._last: dict[tuple[str, str, str], str] = {}  # what was said last in each conversation

    async def warm(self) -> None:
        """Have store and models ready, so that the first turn's recall takes no longer for it."""
        await self._memory.recall("nobody", "nobody", "Who is it?", trial=True)

    async def of(self, events: Sequence[Event]) -> list[Event]:
        """The same events; turns that tell of no look into memory with what one would have given.

        Of each pair one turn after the other: what is remembered together goes in together. Raises
        StoreError and ServerError where memory or its model cannot be had.
        """
        made = list(events)
        turns: dict[Pair, list[int]] = defaultdict(list)
        for place, event in enumerate(made):
            if isinstance(event, Turn) and event.user and event.at is not None:
                turns[event.pair].append(place)
        while turns:
            now = [places.pop(0) for places in turns.values()]
            turns = defaultdict(list, {pair: places for pair, places in turns.items() if places})
            await self._round(made, now)
        return made

    async def close(self) -> None:
        """Let go of the memory."""
        await self._memory.close()

    async def _round(self, made: list[Event], places: Sequence[int]) -> None:
        """One turn each of different pairs: they are asked, then all of them are remembered."""
        turns: list[Turn] = [event for p in places if isinstance(event := made[p], Turn)]
        for place, turn in zip(places, turns, strict=True):
            if turn.message and turn.memories is None and turn.rehearsed is None:
                made[place] = replace(turn, rehearsed=await self._look(turn))
        moods = await self._memory.moods([turn.message or "" for turn in turns])
        kept = [self._memory_of(turn, mood) for turn, mood in zip(turns, moods, strict=True)]
        self._memory.due.put([one for one in kept if one.content.strip()])
        await self._memory.kept_all()

    async def _look(self, turn: Turn) -> Looked:
        assert turn.at is not None
        self._clock.ms = round(turn.at.timestamp() * 1000)
        found: Recall = await self._memory.recall(turn.bot, turn.user or "", turn.message or "")
        shown: dict[str, Any] = {}
        memories = [one.memory for one in found.memories]
        if back := look_back(memories, turn.message, turn.reply, turn.at):
            shown = {name: getattr(back, name) for name in ("used", "stale", "contradicted")}
            shown["repeated"] = back.repeated
        near = [
            Recalled(id=one.memory.id, similarity=max(0.0, min(1.0, one.similarity)))
            for one in found.memories
        ]
        return Looked(memories=near, retrieval_time_ms=found.took_ms, **shown)

    def _memory_of(self, turn: Turn, mood: Reading | None) -> Memory:
        assert turn.at is not None
        felt: dict[str, float | str] = {}
        if turn.user_emotion is not None:
            felt = {"emotion": turn.user_emotion.primary}
            if (strength := turn.user_emotion.intensity) is not None:
                felt["intensity"] = strength
        elif mood is not None:
            felt = {"emotion": mood.primary, "intensity": mood.intensity, "valence": mood.valence}
        record = TurnRecord(
            id=turn.id or "",
            session=turn.session,
            bot=turn.bot,
            user=turn.user or "",
            at=turn.at,
            message=turn.message,
            reply=turn.reply,
            values={"user_emotion": felt},
        )
        who = (turn.session, turn.bot, turn.user or "")
        memory = with_mood(of_turn(record, self._last.get(who, "")), mood)
        self._last[who] = said(memory)
        return memory


@asynccontextmanager
async def rehearsal(settings: Settings) -> AsyncIterator[Rehearsal]:
    """A rehearsal; nothing that was remembered for it is left at its end."""
    with TemporaryDirectory(prefix="roomtone-rehearsal-") as folder:
        played = Rehearsal(settings, Path(folder))
        try:
            await played.warm()
            yield played
        finally:
            await played.close()


def _fault(where: str, error: Exception) -> None:
    log.warning("a rehearsal of memory fell short", part=where, error=str(error))
