"""The Archive half of the SQL stores: each call is one function of a dialect, run by the store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from roomtone.alerts import Alert
from roomtone.errors import StoreError
from roomtone.ports import VERDICTS
from roomtone.records import (
    Conversation,
    ConversationsSought,
    DeadLetter,
    JournalSegment,
    Relationship,
    RelationshipsSought,
    SessionSummary,
    TurnRecord,
)
from roomtone.stores._reactions import Job as Job
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import conversations_query, relationships_query
from roomtone.stores._training import TrainingCalls
from roomtone.stores._training_rows import add_conversations, add_turns, end_sessions

KEY_BYTES = 32


class ArchiveCalls(TrainingCalls):
    """An Archive by a module of SQL and two ways to run it: to write, and to read."""

    _sql: Any  # `_archive` or its like for another dialect
    _talks: Any  # `_archive_talks` or its like

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        if alerts:
            await self._keep(lambda c: self._sql.add_alerts(c, alerts))

    async def alerts(
        self,
        *,
        session: str | None = None,
        type: str | None = None,
        severity: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[Mapping[str, Any]]:
        wanted = {"session": session, "type": type, "severity": severity}
        span = {"start": start, "end": end}
        found: Sequence[Mapping[str, Any]] = await self._look(
            lambda c: self._sql.read_alerts(c, **wanted, **span, before=before, limit=limit)
        )
        return found

    async def alert(self, id: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._look(lambda c: self._sql.read_alert(c, id))
        return found

    async def judge_alert(self, id: str, verdict: str, by: str, at: datetime) -> bool:
        if verdict not in VERDICTS:
            raise StoreError(f"no verdict is called {verdict!r}; choose one of: {VERDICTS}")
        there: bool = await self._keep(
            lambda c: self._sql.judge(c, id, verdict, by, at), durable=True
        )
        return there

    async def add_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        if sessions:
            await self._keep(lambda c: self._sql.add_sessions(c, sessions))
        over = [(one.session, to_ms(one.ended)) for one in sessions if one.ended is not None]
        if over:
            await self._keep(lambda c: self._talks.run(c, end_sessions(self._talks.TEXTS, over)))

    async def sessions(
        self, *, session: str | None = None, before: str | None = None, limit: int = 100
    ) -> Sequence[SessionSummary]:
        found: Sequence[SessionSummary] = await self._look(
            lambda c: self._sql.read_sessions(c, session=session, before=before, limit=limit)
        )
        return found

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        if letters:
            await self._keep(lambda c: self._sql.add_dead_letters(c, letters))

    async def dead_letters(
        self, *, source: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[DeadLetter]:
        found: Sequence[DeadLetter] = await self._look(
            lambda c: self._sql.read_dead_letters(c, source=source, before=before, limit=limit)
        )
        return found

    async def add_turns(self, turns: Sequence[TurnRecord]) -> None:
        if turns:
            await self._keep_texts(
                lambda c: self._talks.run(c, add_turns(self._talks.TEXTS, turns))
            )

    async def turns(
        self, session: str, *, before: tuple[datetime, str] | None = None, limit: int = 200
    ) -> Sequence[TurnRecord]:
        found: Sequence[TurnRecord] = await self._look(
            lambda c: self._talks.read_turns(c, session, before, limit)
        )
        return found

    async def add_conversations(self, conversations: Sequence[Conversation]) -> None:
        if conversations:
            await self._keep(
                lambda c: self._talks.run(c, add_conversations(self._talks.TEXTS, conversations))
            )

    async def conversations(
        self, **sought: Unpack[ConversationsSought]
    ) -> tuple[Sequence[Conversation], int]:
        query = conversations_query(sought, self._talks.WITHIN)
        found: tuple[Sequence[Conversation], int] = await self._look(
            lambda c: self._talks.read_page(c, query)
        )
        return found

    async def facets(self) -> Mapping[str, Mapping[str, int]]:
        found: Mapping[str, Mapping[str, int]] = await self._look(
            lambda c: self._talks.read_facets(c)
        )
        return found

    async def add_relationships(self, relationships: Sequence[Relationship]) -> None:
        if relationships:
            await self._keep(lambda c: self._talks.add_relationships(c, relationships))

    async def relationships(
        self,
        *,
        pairs: Sequence[tuple[str, str]] | None = None,
        **sought: Unpack[RelationshipsSought],
    ) -> tuple[Sequence[Relationship], int]:
        found: tuple[Sequence[Relationship], int]
        if pairs is not None:
            known = await self._look(lambda c: self._talks.read_pairs(c, pairs))
            found = known, len(known)
        else:
            query = relationships_query(sought, self._talks.WITHIN)
            found = await self._look(lambda c: self._talks.read_page(c, query))
        return found

    async def key(self, name: str) -> bytes:
        known: bytes | None = await self._look(lambda c: self._talks.read_key(c, name))
        if known is None:
            made = secrets.token_bytes(KEY_BYTES)
            known = await self._keep(lambda c: self._talks.make_key(c, name, made), durable=True)
        return known

    async def note_segments(
        self, journal: str, segments: Sequence[JournalSegment], *, first: int
    ) -> None:
        await self._keep(lambda c: self._sql.note_segments(c, journal, segments, first))

    async def segments(self, journal: str | None = None) -> Sequence[JournalSegment]:
        found: Sequence[JournalSegment] = await self._look(
            lambda c: self._sql.read_segments(c, journal)
        )
        return found
