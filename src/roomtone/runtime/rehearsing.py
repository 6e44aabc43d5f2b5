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
from roomtone.engine import Output
from roomtone.events import Event, Turn
from roomtone.heard import Looked
from roomtone.recollections import look_back
from roomtone.records import TurnRecord
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.remembering import SHARES, Remembering

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
        own: dict[str, Any] = {
            "data": folder,
            "stores": settings.stores.model_copy(update={"memory": ""}),
            "memory": settings.memory.model_copy(update={"turns": True}),
        }
        self._memory = Remembering(settings.model_copy(update=own), self._clock, _fault)

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
        told = list(map(_measured, turns, moods))
        # Pairs may be days apart: what is over at the time of the last one is kept for the first.
        self._clock.ms = min(round(turn.at.timestamp() * 1000) for turn in told)
        self._memory.keep(Output(self._clock.ms // 1000, turns=told))
        await self._memory.kept_all()

    async def _look(self, turn: Turn) -> Looked:
        assert turn.at is not None
        self._clock.ms = round(turn.at.timestamp() * 1000)
        found = await self._memory.recall(turn.bot, turn.user or "", turn.message or "")
        lately = self._memory.recalled_for(turn.bot, turn.user or "", self._clock.ms)
        near, took = lately or ([], found.took_ms)
        memories = [one.memory for one in found.memories]
        back = look_back(memories, turn.message, turn.reply, turn.at)
        shown = {} if back is None else {name: getattr(back, name) for name in SHARES}
        return Looked(memories=near, retrieval_time_ms=took, **shown)


def _measured(turn: Turn, mood: Reading | None) -> TurnRecord:
    """A turn with as much measured of it as a memory takes up."""
    assert turn.at is not None
    felt: dict[str, float | str] = {}
    if told := turn.user_emotion:
        strength = {} if told.intensity is None else {"intensity": told.intensity}
        felt = {"emotion": told.primary, **strength}
    elif mood is not None:
        felt = {"emotion": mood.primary, "intensity": mood.intensity, "valence": mood.valence}
    return TurnRecord(
        id=turn.id or "",
        session=turn.session,
        bot=turn.bot,
        user=turn.user or "",
        at=turn.at,
        message=turn.message,
        reply=turn.reply,
        values={"user_emotion": felt},
    )


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
