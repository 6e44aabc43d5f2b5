"""Finds what was said around a reaction: as it was heard in a room, or in the archive's turns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from roomtone.cases import AFTER, Found, event_of, found_of, in_turns
from roomtone.overheard import line_of
from roomtone.reacted import Held, ReactionRecord
from roomtone.reacting import UNKNOWN
from roomtone.records import TurnRecord
from roomtone.runtime.clock import utc
from roomtone.verdicts import Reacted, ReactionJudged, ReactionReview

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

LOOK_AGAIN_MS = 10_000
"""When it is looked again for a message that is not there yet: turns are read within seconds."""

LATER = timedelta(hours=1)
"""How long after a reaction something is still said about the same."""

NEAR, FAR = 60, 1_000
"""How many turns are looked through: those around it, and else those further back."""

LOST_AT_ONCE = 50


class Around:
    """Looks for messages on behalf of whoever judges."""

    look_again_ms = LOOK_AGAIN_MS

    def __init__(self, pipeline: Pipeline, before: int, wait_s: float) -> None:
        self._pipeline = pipeline
        self._before, self._wait_ms = before, wait_s * 1000

    async def found(self, one: Held | ReactionRecord, now: int) -> Found | ReactionJudged | None:
        """What was said around it; None where it is too early to say; or that it is not known."""
        again = isinstance(one, ReactionRecord)
        found = found_of(one, again=again)
        if found is not None:
            return self._with_later(found) if not again else found
        of = one.of
        if (of.session, of.target) in self._pipeline.conversations.pending:
            return None  # a turn that is being read
        found = in_turns(one, await self._turns(of.session, of.ms, NEAR), self._before, again=again)
        if found is None and of.target:
            turns = await self._turns(of.session, of.ms, FAR)
            found = in_turns(one, turns, self._before, again=again)
        if found is not None:
            return found
        if isinstance(one, ReactionRecord) or now - one.arrival < self._wait_ms:
            return None
        return event_of(Found(of=of, reply=""), None, UNKNOWN)

    async def _turns(self, session: str, ms: int, limit: int) -> Sequence[TurnRecord]:
        return await self._pipeline.archive.turns(
            session, before=(utc(ms) + LATER, ""), limit=limit
        )

    def _with_later(self, found: Found) -> Found:
        """With what was said in the room since, and no more before it than is asked for."""
        of = found.of
        heard = self._pipeline.conversations.reacting.overheard
        later = heard.after(of.session, of.target, AFTER)
        before = found.before[max(0, len(found.before) - self._before) :]
        return replace(found, before=before, after=[line_of(one, of.user) for one in later])

    async def look_for_lost(self, tell: Callable[[Sequence[Any]], Awaitable[None]]) -> None:
        """Reactions were taken back that the engine has forgotten: the archive knows them."""
        lost = list(self._pipeline.conversations.reacting.lost.values())[:LOST_AT_ONCE]
        told = []
        for one in lost:
            known, _ = await self._pipeline.archive.reactions(
                session=one.session, user=one.user, target=one.target or None, limit=FAR
            )
            there = (r for r in known if r.state != "retracted" and _is_lost(r.of, one))
            record = next(there, None)
            of, ruling = (one, None) if record is None else (record.of, record.ruling)
            revision = 0 if record is None else record.revision
            told.append(
                ReactionReview(
                    session=of.session,
                    id=f"{of.id}/gone/{one.ms}",
                    of=of,
                    gone=True,
                    verdict=ruling,
                    by="roomtone",
                    revision=revision,
                )
            )
        await tell(told)


def _is_lost(of: Reacted, lost: Reacted) -> bool:
    """Whether this is what was taken back: the same on the same, and given before that."""
    return (of.emoji, of.target) == (lost.emoji, lost.target) and of.ms <= lost.ms
