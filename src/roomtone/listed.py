"""Stores in lists and dictionaries, simple enough to be believed; for tests, by `testing`."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack

import msgspec

from roomtone.alerts import Alert
from roomtone.blanking import Blank
from roomtone.errors import StoreError, UndeclaredField
from roomtone.kept_columns import KeptColumns, columns_of
from roomtone.listed_training import ListTraining
from roomtone.points import Block, Measurement, Point
from roomtone.ports import CONVERSATION_ORDERS, VERDICTS
from roomtone.reacted import ReactionRecord
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

Key = tuple[str, datetime, tuple[tuple[str, str], ...]]
"""What a point is known by: measurement, time and tags."""


class ListSeriesStore:
    """A SeriesStore in a dictionary, simple enough to be believed; never deletes."""

    def __init__(self) -> None:
        self.measurements: dict[str, Measurement] = {}
        self.rows: dict[Key, dict[str, float]] = {}
        self.texts: dict[Key, dict[str, str]] = {}

    async def open(self, measurements: Sequence[Measurement]) -> None:
        self.measurements |= {m.name: m for m in measurements}

    async def write(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            declared = self._declared(block.measurement)
            unknown = block.fields.keys() - declared.numbers.keys()
            unknown |= block.texts.keys() - declared.texts.keys()
            if unknown:
                raise UndeclaredField(declared.name, unknown)
            if set(block.tags) != set(declared.tags):
                raise StoreError(f"give exactly the tags {declared.tags}, not {[*block.tags]}")
        for block in blocks:
            for point in block.points():
                key = (block.measurement, point.time, tuple(sorted(point.tags.items())))
                row, words = self.rows.setdefault(key, {}), self.texts.setdefault(key, {})
                for name in block.fields:
                    row.pop(name, None)
                for name in block.texts:
                    words.pop(name, None)
                row |= point.fields
                words |= point.texts

    async def retract(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            self._declared(block.measurement)
            for point in block.points():
                key = (block.measurement, point.time, tuple(sorted(point.tags.items())))
                self.rows.pop(key, None)
                self.texts.pop(key, None)

    async def drop_series(self, tags: Mapping[str, str]) -> int:
        gone = [key for key in self.rows if tags.items() <= dict(key[2]).items()]
        for key in gone:
            self.rows.pop(key)
            self.texts.pop(key, None)
        return len(gone)

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        fields: Sequence[str] = (),
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]:
        declared = self._declared(measurement)
        names = set(fields) or set(declared.fields)
        if unknown := (names - declared.fields.keys()) | (tags.keys() - set(declared.tags)):
            raise StoreError(f"{measurement} does not declare {unknown}")
        gathered: dict[tuple[datetime, tuple[tuple[str, str], ...]], dict[str, list[float]]] = {}
        step = timedelta(seconds=step_s)
        for (name, time, own), row in sorted(self.rows.items()):
            at = _floor(time, step)
            if name != measurement or not _floor(start, step) <= at < end:
                continue
            if tags.items() <= dict(own).items():
                values = gathered.setdefault((at, own), {})
                for field in names & row.keys():
                    values.setdefault(field, []).append(row[field])
        summed = _summary if step_s else lambda name, values: {name: values[0]}
        return [
            Point(
                measurement,
                at,
                dict(own),
                {k: v for name in sorted(row) for k, v in summed(name, row[name]).items()},
                {
                    name: word
                    for name, word in self.texts.get((measurement, at, own), {}).items()
                    if name in names and not step_s
                },
            )
            for (at, own), row in sorted(gathered.items())
        ][:limit]

    async def retain(self, now: datetime) -> int:
        return 0

    async def close(self) -> None:
        pass

    def _declared(self, measurement: str) -> Measurement:
        if measurement not in self.measurements:
            raise StoreError(f"{measurement!r} was not declared; pass it to open()")
        return self.measurements[measurement]


def _floor(time: datetime, step: timedelta) -> datetime:
    return time - (time - datetime(1970, 1, 1, tzinfo=UTC)) % step if step else time


def _summary(name: str, values: list[float]) -> dict[str, float]:
    mean = sum(values) / len(values)
    return {name: mean, f"{name}_min": min(values), f"{name}_max": max(values)}


class ListArchive(ListTraining):
    """An Archive in lists; keeps everything."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}
        self.summaries: dict[str, SessionSummary] = {}
        self.letters: list[DeadLetter] = []
        self.noted: dict[tuple[str, int], JournalSegment] = {}
        self.pairs: dict[tuple[str, str], Relationship] = {}
        self.keys: dict[str, bytes] = {}

    async def open(self) -> None:
        pass

    async def training_columns(
        self, *, needs: Collection[str], **asked: Any
    ) -> tuple[KeptColumns, int | None]:
        page, then = await self.training_page(needs=needs, **asked)
        return columns_of(page, needs), then

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        fresh = {"verdict": "", "verdict_by": "", "verdict_at": None}
        for alert in alerts:
            values = {name: getattr(alert, name) for name in alert.__struct_fields__}
            own = {"id": alert.id, "deviation": alert.deviation}
            self.kept[alert.id] = fresh | self.kept.get(alert.id, {}) | values | own

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
        rows = [
            row
            for row in self.kept.values()
            if all(value in (None, row[name]) for name, value in wanted.items())
            and (start is None or start <= row["time"])
            and (end is None or row["time"] < end)
        ]
        rows.sort(key=lambda row: (row["time"], row["id"]), reverse=True)
        return [dict(row) for row in _after(rows, lambda row: row["id"] == before, before)[:limit]]

    async def alert(self, id: str) -> Mapping[str, Any] | None:
        return self.kept.get(id)

    async def judge_alert(self, id: str, verdict: str, by: str, at: datetime) -> bool:
        if verdict not in VERDICTS:
            raise StoreError(f"no verdict is called {verdict!r}; choose one of: {VERDICTS}")
        if id not in self.kept:
            return False
        given = (verdict, by, at) if verdict else ("", "", None)
        self.kept[id] |= dict(zip(("verdict", "verdict_by", "verdict_at"), given, strict=True))
        return True

    async def erase(self, blank: Blank) -> Mapping[str, int]:
        user = blank.user
        theirs: dict[str, list[Any]] = {
            "turns": [key for key, one in self.told.items() if one.user == user],
            "conversations": [key for key, one in self.talks.items() if one.user == user],
            "relationships": [key for key, one in self.pairs.items() if one.user == user],
            "reactions": [key for key, one in self.reacted.items() if one.of.user == user],
        }
        for one in (self.told[key] for key in theirs["turns"]):
            blank.learn([one.message, one.reply])
        for kept, keys in zip(
            (self.told, self.talks, self.pairs, self.reacted), theirs.values(), strict=True
        ):
            for key in keys:
                del kept[key]  # type: ignore[attr-defined]
        self.forget_learnt(user, theirs["turns"])
        for id, record in self.reacted.items():
            told = blank.record(msgspec.to_builtins(record))
            self.reacted[id] = msgspec.convert(told, ReactionRecord)
        letters = [one for one in self.letters if not blank.is_in(one.raw)]
        theirs["dead_letters"] = [None] * (len(self.letters) - len(letters))
        self.letters = letters
        for row in self.kept.values():
            row |= blank.document({name: row[name] for name in ("message", "evidence")})
        return {name: len(gone) for name, gone in theirs.items() if gone}

    async def expire(self, kind: str, before: datetime) -> int:
        old: list[Any]
        if kind == "conversations":
            old = [id for id, one in self.talks.items() if one.ended < before]
            turns = [key for key, one in self.told.items() if one.conversation in old]
            for key in turns:
                del self.told[key]
            for id in old:
                del self.talks[id]
            return len(old) + len(turns)
        if kind == "dead_letters":
            kept = [one for one in self.letters if one.at >= before]
            gone, self.letters = len(self.letters) - len(kept), kept
            return gone
        if kind == "reactions":
            ms = before.timestamp() * 1000
            old = [id for id, one in self.reacted.items() if one.of.ms < ms]
            for id in old:
                del self.reacted[id]
            return len(old)
        if kind == "agent_logs":
            return 0
        raise StoreError(f"nothing kept is called {kind!r}; choose another")

    async def add_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        self.summaries |= {summary.id: summary for summary in sessions}

    async def sessions(
        self, *, session: str | None = None, before: str | None = None, limit: int = 100
    ) -> Sequence[SessionSummary]:
        rows = [s for s in self.summaries.values() if session in (None, s.session)]
        rows.sort(key=lambda s: (s.started, s.id), reverse=True)
        return _after(rows, lambda s: s.id == before, before)[:limit]

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            id, raw = len(self.letters) + 1, letter.raw[:2048]
            self.letters.append(
                DeadLetter(at=letter.at, source=letter.source, reason=letter.reason, raw=raw, id=id)
            )

    async def dead_letters(
        self, *, source: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[DeadLetter]:
        rows = [d for d in reversed(self.letters) if source in (None, d.source)]
        return [d for d in rows if before is None or d.id < before][:limit]

    async def turns(
        self, session: str, *, before: tuple[datetime, str] | None = None, limit: int = 200
    ) -> Sequence[TurnRecord]:
        rows = [turn for turn in self.told.values() if turn.session == session]
        rows = [turn for turn in rows if before is None or (turn.at, turn.id) < before]
        rows.sort(key=lambda turn: (turn.at, turn.id), reverse=True)
        return [self.standing(turn) for turn in rows[:limit]]

    async def add_conversations(self, conversations: Sequence[Conversation]) -> None:
        for talk in conversations:
            known = self.talks.get(talk.id)
            if known is None or talk.turns >= known.turns:
                self.talks[talk.id] = talk

    async def conversations(
        self, **sought: Unpack[ConversationsSought]
    ) -> tuple[Sequence[Conversation], int]:
        order = sought.get("order", "ended")
        if order not in CONVERSATION_ORDERS:
            raise StoreError(f"no order is called {order!r}; choose of: {CONVERSATION_ORDERS}")
        offset, limit = sought.get("offset", 0), sought.get("limit", 100)
        rows = [talk for talk in self.talks.values() if _is_sought(talk, sought)]
        worst_first = order in ("quality", "satisfaction")
        rows.sort(key=lambda talk: _known(getattr(talk, order), math.inf), reverse=not worst_first)
        return rows[offset : offset + limit], len(rows)

    async def facets(self) -> Mapping[str, Mapping[str, int]]:
        counts = {
            name: Counter(said for talk in self.talks.values() if (said := getattr(talk, name)))
            for name in ("bot", "emotion")
        }
        return {name: dict(counted.most_common(50)) for name, counted in counts.items()}

    async def add_relationships(self, relationships: Sequence[Relationship]) -> None:
        for one in relationships:
            known = self.pairs.get((one.bot, one.user))
            if known is None or (one.turns, one.updated) >= (known.turns, known.updated):
                self.pairs[one.bot, one.user] = one

    async def relationships(
        self,
        *,
        pairs: Sequence[tuple[str, str]] | None = None,
        **sought: Unpack[RelationshipsSought],
    ) -> tuple[Sequence[Relationship], int]:
        if pairs is not None:
            rows = [self.pairs[pair] for pair in dict.fromkeys(pairs) if pair in self.pairs]
            return rows, len(rows)
        bot, user = sought.get("bot"), sought.get("user")
        offset, limit = sought.get("offset", 0), sought.get("limit", 100)
        rows = [
            one
            for one in self.pairs.values()
            if bot in (None, one.bot)
            and user in (None, one.user)
            and _holds(sought.get("search", ""), one.bot, one.user)
        ]
        rows.sort(key=lambda one: one.updated, reverse=True)
        return rows[offset : offset + limit], len(rows)

    async def key(self, name: str) -> bytes:
        return self.keys.setdefault(name, secrets.token_bytes(32))

    async def note_segments(
        self, journal: str, segments: Sequence[JournalSegment], *, first: int
    ) -> None:
        self.noted |= {(journal, segment.base): segment for segment in segments}
        for name, base in [*self.noted]:
            if name == journal and base < first:
                del self.noted[name, base]

    async def segments(self, journal: str | None = None) -> Sequence[JournalSegment]:
        return [self.noted[key] for key in sorted(self.noted) if journal in (None, key[0])]

    async def close(self) -> None:
        pass


def _after(rows: list[Any], is_last: Callable[[Any], bool], before: str | None) -> list[Any]:
    if before is None:
        return rows
    return next((rows[i + 1 :] for i, row in enumerate(rows) if is_last(row)), [])


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _is_sought(talk: Conversation, sought: ConversationsSought) -> bool:
    asked: Mapping[str, Any] = {name: of for name, of in sought.items() if of is not None}
    named = ("session", "bot", "user", "emotion")
    return (
        all(asked.get(name, getattr(talk, name)) == getattr(talk, name) for name in named)
        and _known(talk.quality, -math.inf) >= asked.get("least_quality", -math.inf)
        and _known(talk.quality, math.inf) <= asked.get("most_quality", math.inf)
        and asked.get("start", talk.ended) <= talk.ended
        and ("end" not in asked or talk.ended < asked["end"])
        and _holds(asked.get("search", ""), talk.session, talk.bot, talk.user)
    )


def _holds(search: str, *names: str) -> bool:
    return any(search.casefold() in name.casefold() for name in names)
