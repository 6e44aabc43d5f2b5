"""Which event (a conference, say) each session belongs to, as the documents' payloads tell it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from time import monotonic

from roomtone.errors import RoomtoneError

MOST = 20_000
"""As many as there may be live sessions by default."""

AGAIN_S = 60.0
"""How long what was told to another process, or asked of it, is not told or asked again."""

Ask = Callable[[list[str]], Awaitable[Mapping[str, str]]]


class EventNames:
    """The newest name of each session's event; beyond the bound the oldest are forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._names: OrderedDict[str, str] = OrderedDict()

    def learn(self, names: Mapping[str, str]) -> None:
        """Sessions and their events, as just heard."""
        for session, event in names.items():
            self._names[session] = event
            self._names.move_to_end(session)
        while len(self._names) > self._most:
            self._names.popitem(last=False)

    def of(self, session: str) -> str:
        """The session's event; without one, the session itself."""
        return self._names.get(session, session)

    def __contains__(self, session: str) -> bool:
        return session in self._names

    def __len__(self) -> int:
        return len(self._names)


class PassedOn:
    """Which names were passed on within the last minute: who hears them may have been away."""

    def __init__(self) -> None:
        self._passed: dict[str, str] = {}
        self._forget_at = 0.0

    def fresh(self, names: Mapping[str, str]) -> dict[str, str]:
        """Those of these that were not passed on lately, and are from now on."""
        now = monotonic()
        if now >= self._forget_at or len(self._passed) > MOST:
            self._passed.clear()
            self._forget_at = now + AGAIN_S
        fresh = {s: event for s, event in names.items() if self._passed.get(s) != event}
        self._passed |= fresh
        return fresh


class AskedNames:
    """The names that another process knows: asked once a minute, all that are wanted in one go."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._names = EventNames()
        self._asked: set[str] = set()
        self._forget_at = 0.0
        self._turn = asyncio.Lock()  # who wants the same waits for the same answer

    async def of(self, sessions: Collection[str]) -> dict[str, str]:
        """The events of these sessions, of those that have one; if nobody answers, the last."""
        if not self._asked.issuperset(sessions) or monotonic() >= self._forget_at:
            async with self._turn:
                await self._learn(sessions)
        return {session: self._names.of(session) for session in sessions if session in self._names}

    async def _learn(self, sessions: Collection[str]) -> None:
        if monotonic() >= self._forget_at or len(self._asked) > MOST:
            self._asked.clear()
            self._forget_at = monotonic() + AGAIN_S
        wanted = [session for session in sessions if session not in self._asked]
        if not wanted:
            return
        with contextlib.suppress(RoomtoneError):  # the part `engine` of /readyz says so
            self._names.learn(await self._ask(wanted))
        self._asked.update(wanted)
