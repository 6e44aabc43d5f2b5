"""Reactions and the log of what was processed, as rows and SQL for every dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Unpack

import msgspec

from roomtone.reacted import Mark, ReactionRecord, ReactionsSought, Spent, Tally, rating_of
from roomtone.stores._jobs import Put, Steps, Texts
from roomtone.stores._reaction_schema import reactions as _declared  # noqa: F401
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import PAGE_ROWS, Table, sought
from roomtone.stores._training_rows import feed

REACTIONS = Table(
    "reactions",
    (
        *("id", "session", "bot", "person", "target", "at", "state", "meaning", "judged"),
        *("judge", "said", "why", "confidence", "score", "revision", "sought", "told"),
    ),
    keys=1,
    newer=("revision",),
)
LOG = "enrichment_processing_log"
_KEY = ("user_id", "bot_name", "point_id", "processing_type")
CLAIMED = 50  # rows of one statement: a parameter less than SQLite's and PostgreSQL's bounds

_CLAIM = (
    f"INSERT INTO {LOG} ({', '.join(_KEY)}, feedback_type, status, attempts, leased_by, "
    "leased_until, model, answer, calls, tokens_in, tokens_out, cost) VALUES {rows} "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET leased_by = excluded.leased_by, "
    f"leased_until = excluded.leased_until WHERE {LOG}.status IN ('done', 'dead') "
    f"OR {LOG}.leased_until <= ? OR {LOG}.leased_by = excluded.leased_by "
    f"RETURNING {', '.join(_KEY)}, status, attempts, answer"
)
_SETTLE = (
    f"UPDATE {LOG} SET status = ?, attempts = ?, answer = ?, feedback_type = ?, confidence = ?, "
    "model = ?, processed_at = ?, leased_by = ?, leased_until = ?, calls = calls + ?, "
    "tokens_in = tokens_in + ?, tokens_out = tokens_out + ?, cost = cost + ? "
    f"WHERE {' AND '.join(f'{column} = ?' for column in _KEY)}"
)
_SPENT = (
    "SELECT count(*), coalesce(sum(calls), 0), coalesce(sum(tokens_in), 0), "
    f"coalesce(sum(tokens_out), 0), coalesce(sum(cost), 0) FROM {LOG} WHERE calls > 0"
)
_TALLIES = (
    "SELECT state, count(*) FROM reactions GROUP BY state",
    "SELECT meaning, count(*) FROM reactions WHERE meaning <> '' GROUP BY meaning",
    "SELECT why, count(*) FROM reactions WHERE state = 'unanswered' GROUP BY why",
)
_REMOVED = "SELECT count(*) FROM reactions WHERE state = 'retracted' AND judged = ''"
_CONFUSED = (
    "SELECT judged, said, count(*) FROM reactions WHERE said <> '' AND judged <> '' "
    "GROUP BY judged, said ORDER BY judged, said"
)

Text = Callable[[str], str]
Job = Callable[[Any], Any]
"""What is done with a connection; where the driver is asynchronous, it gives what is awaited."""


def row_of(record: ReactionRecord, name: Text, text: Text) -> list[Any]:
    """A reaction's columns; `name` and `text` give what the database can hold of either."""
    of, ruling = record.of, record.ruling
    names = [name(one) for one in (of.id, of.session, of.bot, of.user, of.target)]
    judged = "" if ruling is None else ruling.meaning or "unsure"
    judge = "" if ruling is None else name(f"{ruling.model}/{ruling.version}")
    return [
        *names,
        of.ms,
        *(record.state, record.meaning or "", judged, judge, record.said or "", name(record.why)),
        record.confidence,
        rating_of(record)[1] if of.target_is != "user" else None,
        record.revision,
        sought(*names[1:4], name(of.emoji)),
        text(msgspec.json.encode(record).decode()),
    ]


def query_of(asked: ReactionsSought, within: str) -> tuple[str, str, list[Any]]:
    """A page and its count, as SQL up to LIMIT and OFFSET, with the values they have in common."""
    queue = asked.get("queue", False)
    given: dict[str, Any] = {
        "session = ?": asked.get("session"),
        "bot = ?": asked.get("bot"),
        "person = ?": asked.get("user"),
        "target = ?": asked.get("target"),
        "meaning = ?": asked.get("meaning"),
        "judge <> ?": asked.get("not_by"),
    }
    given = {what: value for what, value in given.items() if value is not None}
    fixed = ["state = 'review'"] if queue else []
    if asked.get("reviewed"):
        fixed.append("said <> ''")
    if asked.get("not_by") is not None:
        fixed.append("said = '' AND judged <> ''")
    values = list(given.values())
    if states := asked.get("states"):
        given[f"state IN ({', '.join('?' * len(states))})"] = states
        values += states
    if search := asked.get("search"):
        given[f"{within}(sought, ?) > 0"] = search
        values.append(search.casefold())
    where = " AND ".join([*fixed, *given])
    where = f" WHERE {where}" if where else ""
    order = "confidence, id" if queue else "at DESC, id DESC"
    return (
        f"SELECT told FROM reactions{where} ORDER BY {order}",
        f"SELECT count(*) FROM reactions{where}",
        values,
    )


def add(texts: Texts, reactions: Sequence[ReactionRecord]) -> Steps[None]:
    """Add or renew, and renew the feedback of the replies that they were given to."""
    yield Put(REACTIONS.upsert, [row_of(one, texts.name, texts.text) for one in reactions])
    places = [(texts.name(one.of.session), texts.name(one.of.target)) for one in reactions]
    yield from feed(list(dict.fromkeys(place for place in places if place[1])))


class ReactionCalls:
    """The part of an Archive that is about reactions, by what a dialect runs SQL with."""

    _talks: Any  # has `fetch`, `put`, NAMED and STORED, and WITHIN

    async def _keep(self, job: Job, *, durable: bool = False) -> Any:
        """Run a job in a transaction of its own; `durable`: no journal could bring it back."""
        raise AssertionError("a store says how it writes")

    async def _look(self, job: Job) -> Any:
        """Run a job that only reads."""
        raise AssertionError("a store says how it reads")

    async def add_reactions(self, reactions: Sequence[ReactionRecord]) -> None:
        if reactions:
            await self._keep(lambda c: self._talks.run(c, add(self._talks.TEXTS, reactions)))

    async def reactions(
        self, **sought: Unpack[ReactionsSought]
    ) -> tuple[Sequence[ReactionRecord], int]:
        page, count, given = query_of(sought, self._talks.WITHIN)
        limit = max(0, min(sought.get("limit", 100), PAGE_ROWS))
        total = await self._asked(count, given)
        if not total:
            return [], 0
        page = f"{page} LIMIT ? OFFSET ?"
        rows = await self._asked(page, [*given, limit, max(0, sought.get("offset", 0))])
        return [_RECORD.decode(told) for (told,) in rows], total[0][0]

    async def reaction(self, id: str) -> ReactionRecord | None:
        rows = await self._asked("SELECT told FROM reactions WHERE id = ?", [id])
        return _RECORD.decode(rows[0][0]) if rows else None

    async def tally(self) -> Tally:
        states, meanings, unanswered = [
            {name: count for name, count in await self._asked(sql, [])} for sql in _TALLIES
        ]
        confused = [(judged, said, n) for judged, said, n in await self._asked(_CONFUSED, [])]
        ((removed,),) = await self._asked(_REMOVED, [])
        return Tally(
            states=states,
            meanings=meanings,
            unanswered=unanswered,
            confused=confused,
            removed=removed,
        )

    async def claim(
        self, marks: Sequence[Mark], worker: str, now: datetime, until: datetime
    ) -> Sequence[Mark]:
        mine: list[Mark] = []
        name = self._talks.NAMED
        for first in range(0, len(marks), CLAIMED):
            some = marks[first : first + CLAIMED]
            row = f"({', '.join('?' * 15)})"
            sql = _CLAIM.replace("{rows}", ", ".join([row] * len(some)))
            given: list[Any] = []
            for mark in some:
                given += [*self._key(mark), "", "leased", 0, name(worker), to_ms(until)]
                given += ["", "", 0.0, 0, 0, 0.0]
            given.append(to_ms(now))
            rows = await self._keep(partial(self._talks.fetch, sql=sql, given=given), durable=True)
            mine += [
                Mark(
                    user=user,
                    bot=bot,
                    point=point,
                    processing=processing,
                    status=status,
                    attempts=attempts,
                    answer=answer,
                )
                for user, bot, point, processing, status, attempts, answer in rows
            ]
        return mine

    async def settle(
        self, marks: Sequence[Mark], costs: Mapping[str, Spent], now: datetime, wait_until: datetime
    ) -> None:
        rows = []
        for mark in marks:
            cost = costs.get(mark.point) or Spent()
            worker = "" if mark.status == "failed" else self._talks.NAMED(mark.worker)
            rows.append(
                [
                    *(mark.status, mark.attempts, self._talks.STORED(mark.answer), mark.meaning),
                    *(mark.confidence, self._talks.NAMED(mark.model), to_ms(now), worker),
                    *(to_ms(wait_until), float(cost.calls), cost.tokens_in, cost.tokens_out),
                    *(cost.money, *self._key(mark)),
                ]
            )
        if rows:
            await self._keep(lambda c: self._talks.put(c, _SETTLE, rows), durable=True)

    async def spent(self, since: datetime | None = None) -> Spent:
        sql = _SPENT if since is None else f"{_SPENT} AND processed_at >= ?"
        ((judged, calls, tokens_in, tokens_out, money),) = await self._asked(
            sql, [] if since is None else [to_ms(since)]
        )
        return Spent(
            judged=int(judged),
            calls=float(calls),
            tokens_in=int(tokens_in),
            tokens_out=int(tokens_out),
            money=float(money),
        )

    def _key(self, mark: Mark) -> list[str]:
        return [
            self._talks.NAMED(one) for one in (mark.user, mark.bot, mark.point, mark.processing)
        ]

    async def _asked(self, sql: str, given: Sequence[Any]) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = await self._look(
            lambda c: self._talks.fetch(c, sql, given)
        )
        return found


_RECORD = msgspec.json.Decoder(ReactionRecord)
