"""Answers what the web asks of the engine in this process."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from roomtone.errors import BadEvent, StoreAway
from roomtone.events import CONSENT, ERASED, UNAVAILABLE, Refusal, RelationshipSet
from roomtone.records import Closed
from roomtone.runtime import frames, same_stores
from roomtone.runtime.clock import utc
from roomtone.runtime.host import Place
from roomtone.runtime.people_desk import PeopleDesk
from roomtone.runtime.reaction_desk import ReactionDesk
from roomtone.runtime.spoken import show_relationship
from roomtone.runtime.views import Views, show_row

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

LETTERS = 20
"""How many dead letters one request may leave; the inspector counts them all."""

UNHEARD = (CONSENT, ERASED)
"""Of what is refused for these reasons nothing is kept: its person wanted it so."""

CLOSE_S = 60
"""How long who closes a history waits until its turns are read."""


class Desk(ReactionDesk, PeopleDesk, Views):
    """The half of a Pipeline that is a Host: the same answers, for whoever may have to wait."""

    async def close_history(self, sessions: Sequence[str]) -> int:
        """Finish history sessions; returns how many were open."""
        here = cast("Pipeline", self)
        await here.settled()  # what was sent before has its place in them first
        await self.reader.read_of(sessions, CLOSE_S)  # and what was said in them is read
        read = here.conversations.sessions_read
        open_ones = [one for one in sessions if one in self.histories or one in read]
        await asyncio.gather(*(self.journal.append(Closed(session=one)) for one in open_ones))
        await here.settled()
        await self.keeper.kept()  # who closes a session reads its summary next
        return len(open_ones)

    async def overview(self, limit: int) -> dict[str, Any]:
        """The worst live sessions as `sessions`, and how many there are as `count`."""
        found = [self.board.session(session) for session in self.board.worst(limit)]
        shown = [session for session in found if session is not None]
        return {"sessions": shown, "count": len(self.engine.rooms)}

    async def open_sessions(self, after: Place, limit: int) -> list[tuple[Place, dict[str, Any]]]:
        """Live sessions behind a place, the worst first, then those that history is filled into."""
        part, score, slot, name = after
        page: list[tuple[Place, dict[str, Any]]] = []
        if part == "live":
            for value, at in self._worst((score, slot))[:limit]:
                found = self.board.session(self.engine.rooms.at(at).id)
                if found is not None:
                    page.append((("live", value, at, ""), found))
        behind = name if part == "past" else ""
        for past in sorted(past for past in self.histories.boards if past > behind):
            found = self.histories.boards[past].session(past)
            if len(page) < limit and found is not None:
                page.append((("past", 0.0, 0, past), found))
        return page

    def _worst(self, after: tuple[float, int]) -> list[tuple[float, int]]:
        """Scores and slots of live rooms behind a place, the worst first, new ones last."""
        scores = self.board.fields["score"]
        keys = []
        for slot in self.engine.rooms.slots().tolist():
            score = float(scores[slot]) if slot < len(scores) else math.nan
            key = (score if math.isfinite(score) else 2.0, slot)
            if key > after:
                keys.append(key)
        return sorted(keys)

    async def find(self, session: str) -> dict[str, Any] | None:
        """One session: live, being filled with history, or ended."""
        return self.session(session) or await self.ended_session(session)

    async def last_events(self, session: str, limit: int) -> list[dict[str, Any]]:
        """The last events of a session, newest last. The texts are hostile."""
        return self.ticker(session, limit)

    async def judge(self, id: str, verdict: str, by: str) -> dict[str, Any] | None:
        """Keep what a person says of an alert and show it to all; None if there is no such."""
        if not await self.archive.judge_alert(id, verdict, by, utc(self.clock.now_ms())):
            return None
        row = await self.archive.alert(id)
        assert row is not None, "alerts are never deleted"
        shown = show_row(row)
        for topic in (frames.ALERTS, frames.session_topic(shown["session"])):
            await self.news.publish(topic, frames.frame(topic, "alert", alert=shown))
        return shown

    async def set_relationship(self, said: RelationshipSet) -> dict[str, Any]:
        """Take in what the owner of the truth says of a pair; returns it as it is kept now.

        Waits until the engine knows it and, for a moment, until the archive does: one that is away
        is told later. Raises BadEvent when it is refused.
        """
        here = cast("Pipeline", self)
        receipt = await here.submit([said], source=said.by[:100])
        if receipt.errors:
            refused = receipt.errors[0]
            raise (StoreAway if refused.kind == UNAVAILABLE else BadEvent)(refused.reason)
        await here.caught_up()
        await self.keeper.kept()
        pair = here.conversations.standing(said.bot, said.user or "")
        if pair is None:
            raise BadEvent("nothing was said of this pair; name its bot, its user and a score")
        return show_relationship(pair.kept())

    async def inspect(
        self, source: str | None, outcome: str | None, limit: int
    ) -> dict[str, list[dict[str, Any]]]:
        """What came in lately: totals as `sources`, the last events as `data`."""
        items = self.inspector.items(source, outcome, limit)
        return {"sources": self.inspector.sources(), "data": items}

    async def readiness(self) -> list[dict[str, Any]]:
        """Each part by name, whether it works, and what to do if not."""
        return self.health()

    def refuse(self, source: str, refusals: Sequence[Refusal], samples: Sequence[bytes]) -> None:
        """Note what could not be taken in, for the inspector and the dead letters; never waits."""
        now = self.clock.now_ms()
        unheard = [
            refusal.kind in UNHEARD or cast("Pipeline", self).erasing.is_unheard(sample)
            for refusal, sample in zip(refusals, samples, strict=False)
        ]
        shown = [b"" if no else sample for no, sample in zip(unheard, samples, strict=False)]
        self.inspector.refused(source, refusals, shown, now)
        for no, refusal, sample in zip(unheard, refusals[:LETTERS], shown, strict=False):
            if not no:
                self.keeper.bury(utc(now), source, refusal.reason, sample)

    def remark(self, source: str, remarks: Mapping[str, int]) -> None:
        """Note for the inspector what is worth saying of what came in; never waits."""
        self.inspector.remarked(source, remarks, self.clock.now_ms())

    def learn(self, names: Mapping[str, str]) -> None:
        """Note which event, in the documents' sense, sessions belong to; never waits."""
        self.names.learn(names)

    async def event_names(self, sessions: Sequence[str]) -> Mapping[str, str]:
        """The events of these sessions, of those that have one."""
        return {session: self.names.of(session) for session in sessions if session in self.names}

    async def stores_written(self) -> same_stores.Stores:
        """Which stores this engine writes to, for others to compare."""
        return await asyncio.to_thread(same_stores.stores_of, self.settings)

    def fault(self, where: str, error: Exception) -> None:
        """A part of this process failed and goes on; /readyz shows it."""
        self.inspector.fault(where, error)
