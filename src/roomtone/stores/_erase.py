"""Takes a person out of an archive's tables, whichever of them a database has, in every dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any

from roomtone.blanking import Blank
from roomtone.stores._jobs import Put
from roomtone.stores._training_rows import feed

Step = tuple[str, Sequence[Any]]
Steps = Generator[Step, Any, dict[str, int]]
"""Statements with `?`; what a SELECT found, or how many rows another touched, is sent back."""

Columns = Mapping[str, frozenset[str]]
"""The columns of each table that there is."""

PAGE = 2_000  # rows looked into at once

OF_PERSONS = {
    "messages": "person",
    "turns": "person",
    "conversations": "person",
    "relationships": "person",
    "reactions": "person",
    "consents": "person",
    "dataset_people": "person",
    "enrichment_processing_log": "user_id",
}
"""Tables of which every row is one person's, and where it says whose."""

OF_TURNS = {"agent_logs": "turn", "revisions": "turn"}
"""Tables of which every row belongs to a turn."""

NAMING = {
    "alerts": ("message", "evidence"),
    "interventions": ("reason", "outcome", "metadata"),
    "agent_performance": ("metadata",),
}
"""What tells of rooms, and may name a person in them."""

_KEYS = {"agent_performance": ("id", "time"), "interventions": ("id", "timestamp")}
_DOCUMENTS = {"evidence", "outcome", "metadata"}


def erasing(blank: Blank, there: Columns, *, as_json: str = "{}") -> Steps:
    """The steps, in one transaction; returns the rows removed or blanked by table.

    `as_json` is how a parameter becomes what JSON columns hold.
    """
    done: dict[str, int] = {}
    yield from _learn(blank, there)
    turns = "SELECT session, id FROM turns WHERE person = ?"
    for table, column in OF_TURNS.items():
        if table in there:
            sql = f"DELETE FROM {table} WHERE (session, {column}) IN ({turns})"
            done[table] = yield sql, (blank.user,)
    if "datasets" in there:
        sql = "UPDATE datasets SET status = 'stale' WHERE id IN "
        held = "(SELECT dataset FROM dataset_people WHERE person = ?)"
        done["datasets"] = yield sql + held, (blank.user,)
    rated: list[Sequence[Any]] = []
    if "score" in there.get("reactions", ()):
        sql = (
            "SELECT DISTINCT session, target FROM reactions WHERE person = ? AND score IS NOT NULL"
        )
        rated = yield sql, (blank.user,)
    for table, column in OF_PERSONS.items():
        if column in there.get(table, ()):
            done[table] = yield f"DELETE FROM {table} WHERE {column} = ?", (blank.user,)
    if rated and "messages" in there:
        yield from _feed([(session, target) for session, target in rated])
    if "dead_letters" in there:
        done["dead_letters"] = yield from _letters(blank)
    if "reactions" in there:
        done["reactions"] += yield from _around(blank)
    if "enrichment_processing_log" in there:
        done["enrichment_processing_log"] += yield from _answers(blank)
    for table, columns in NAMING.items():
        if table in there:
            done[table] = yield from _named(blank, table, columns, as_json)
    return {table: many for table, many in done.items() if many}


def _feed(places: Sequence[tuple[str, str]]) -> Generator[Step, Any, None]:
    """What is left of others' replies' feedback, and of what is counted from it."""
    steps, answer = feed(places), None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(step, Put):
            for row in step.rows:
                yield step.sql, row
        else:
            answer = yield step.sql, step.given


def _learn(blank: Blank, there: Columns) -> Generator[Step, Any, None]:
    """Have `blank` know what the person said and was told, before it is gone."""
    for table, columns in (("turns", ("message", "reply")), ("messages", ("content",))):
        own = [one for one in columns if one in there.get(table, ())]
        if own:
            found = yield f"SELECT {', '.join(own)} FROM {table} WHERE person = ?", (blank.user,)
            for row in found:
                blank.learn(row)


def _letters(blank: Blank) -> Generator[Step, Any, int]:
    """Dead letters that hold the name."""
    rows = yield "SELECT id, raw, reason FROM dead_letters", ()
    gone = [id for id, raw, why in rows if blank.is_in(bytes(raw)) or blank.is_in(why.encode())]
    for id in gone:
        yield "DELETE FROM dead_letters WHERE id = ?", (id,)
    return len(gone)


def _around(blank: Blank) -> Generator[Step, Any, int]:
    """Other people's reactions, where they tell of what this person said."""
    many, after = 0, ""
    while True:
        sql = f"SELECT id, told FROM reactions WHERE id > ? ORDER BY id LIMIT {PAGE}"
        rows = yield sql, (after,)
        for id, told in rows:
            was = json.loads(told)
            now = blank.record(was)
            if now != was:
                text = json.dumps(now, ensure_ascii=False, separators=(",", ":"))
                yield "UPDATE reactions SET told = ? WHERE id = ?", (text, id)
                many += 1
        if len(rows) < PAGE:
            return many
        after = rows[-1][0]


def _answers(blank: Blank) -> Generator[Step, Any, int]:
    """What a judge answered of other people's reactions, which holds what it was shown."""
    keys, many = ("user_id", "bot_name", "point_id", "processing_type"), 0
    where = " AND ".join(f"{one} = ?" for one in keys)
    after: tuple[str, ...] = ("", "", "", "")
    while True:
        rows = yield (
            f"SELECT {', '.join(keys)}, answer FROM enrichment_processing_log "
            f"WHERE ({', '.join(keys)}) > (?, ?, ?, ?) ORDER BY {', '.join(keys)} LIMIT {PAGE}",
            after,
        )
        for *key, answer in rows:
            was = json.loads(answer) if answer[:1] == "{" else None
            now = None if was is None else blank.event(was)
            if now != was:
                text = json.dumps(now, ensure_ascii=False, separators=(",", ":"))
                sql = f"UPDATE enrichment_processing_log SET answer = ? WHERE {where}"
                yield sql, (text, *key)
                many += 1
        if len(rows) < PAGE:
            return many
        after = tuple(rows[-1][:-1])


def _named(
    blank: Blank, table: str, columns: Sequence[str], as_json: str
) -> Generator[Step, Any, int]:
    keys = _KEYS.get(table, ("id",))
    texts = [f"CAST({one} AS TEXT)" for one in columns]
    likes = ["%" + re.sub(r"([!%_])", r"!\1", one) + "%" for one in blank.written]
    holds = " OR ".join(f"{one} LIKE ? ESCAPE '!'" for one in texts for _ in likes)
    sql = f"SELECT {', '.join([*keys, *texts])} FROM {table} WHERE {holds}"
    rows = yield sql, tuple(likes) * len(columns)
    many = 0
    for row in rows:
        key, was = row[: len(keys)], row[len(keys) :]
        now = [
            None if text is None else _unnamed(blank, name, text)
            for name, text in zip(columns, was, strict=True)
        ]
        if now == list(was):
            continue
        sets = [f"{one} = {as_json.format('?') if one in _DOCUMENTS else '?'}" for one in columns]
        where = " AND ".join(f"{one} = ?" for one in keys)
        yield f"UPDATE {table} SET {', '.join(sets)} WHERE {where}", (*now, *key)
        many += 1
    return many


def _unnamed(blank: Blank, column: str, text: str) -> str:
    """A sentence, or a document that stays one: a name may be a number's, or a quotation mark."""
    if column not in _DOCUMENTS:
        return blank.named(text)
    was = json.loads(text)
    now = blank.document(was)
    return text if now == was else json.dumps(now)


def run(steps: Steps, do: Callable[[str, Sequence[Any]], Any]) -> dict[str, int]:
    """Go through the steps with a driver that answers at once."""
    answer: Any = None
    while True:
        try:
            sql, given = steps.send(answer)
        except StopIteration as end:
            done: dict[str, int] = end.value
            return done
        answer = do(sql, given)


async def run_async(
    steps: Steps, do: Callable[[str, Sequence[Any]], Awaitable[Any]]
) -> dict[str, int]:
    """The same with one that has to be awaited."""
    answer: Any = None
    while True:
        try:
            sql, given = steps.send(answer)
        except StopIteration as end:
            done: dict[str, int] = end.value
            return done
        answer = await do(sql, given)
