"""Turns, conversations and relationships as rows, and the SQL of their pages, for every dialect."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roomtone.errors import StoreError
from roomtone.ports import CONVERSATION_ORDERS
from roomtone.records import (
    Conversation,
    ConversationsSought,
    Relationship,
    RelationshipsSought,
    TurnRecord,
)
from roomtone.stores._steps import from_ms, to_ms
from roomtone.training_data import Role, Why

PAGE_ROWS = 10_000  # rows of one page, whatever was asked
FACETS = 50
SEPARATOR = "\uffff"  # between the names that a search looks in: no character

_CONVERSATION = [name for name in Conversation.__struct_fields__ if name != "user"]
_RELATIONSHIP = [name for name in Relationship.__struct_fields__ if name != "user"]
_NULLABLE = ("quality", "satisfaction", "valence", "processing_time_ms")
_ORDERS = {
    order: f"{order} NULLS LAST, key"
    if order in ("quality", "satisfaction")
    else f"{order} DESC, key DESC"
    for order in CONVERSATION_ORDERS
}

Text = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns in the order of its rows; the first `keys` of them are its key."""

    name: str
    columns: tuple[str, ...]
    keys: int
    newer: tuple[str, ...] = ()  # what tells that a row is not older than the one there is

    @property
    def upsert(self) -> str:
        """Add a row, or renew it: the later one counts whole, unless it is known to be older."""
        places = ", ".join("?" * len(self.columns))
        update = ", ".join(f"{c} = excluded.{c}" for c in self.columns[self.keys :])
        new, old = (", ".join(f"{of}.{c}" for c in self.newer) for of in ("excluded", self.name))
        guard = f" WHERE ({new}) >= ({old})" if self.newer else ""
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({places}) "
            f"ON CONFLICT ({', '.join(self.columns[: self.keys])}) DO UPDATE SET {update}{guard}"
        )


TURNS = Table(
    "turns",
    (
        *("session", "id", "bot", "person", "at", "measured"),
        *("conversation", "model", "platform"),
    ),
    keys=2,
)
CONVERSATIONS = Table(
    "conversations", ("key", "person", *_CONVERSATION, "sought"), keys=1, newer=("turns",)
)
RELATIONSHIPS = Table(
    "relationships",
    ("bot", "person", *_RELATIONSHIP[1:], "sought"),
    keys=2,
    newer=("turns", "updated"),
)

KEY_SQL = "SELECT key FROM keys WHERE name = ?"
NEW_KEY_SQL = (  # of two that come at once, both get what the first one entered
    "INSERT INTO keys (name, key) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING key"
)


@dataclass(frozen=True, slots=True)
class Query:
    """A page and the count of all that it is a page of: SQL with the values for its `?`, and what
    a row of it is.
    """

    make: Callable[[Sequence[Any]], Any]
    page: str
    count: str
    given: Sequence[Any]
    limit: int
    offset: int


# -- rows ----------------------------------------------------------------------------------------


def turn_row(turn: TurnRecord, name: Text, text: Text) -> list[Any]:
    """A turn's columns; `name` and `text` give what the database can hold of either."""
    measured = {
        measurement: {
            field: text(value) if isinstance(value, str) else value
            for field, value in values.items()
            if isinstance(value, str) or math.isfinite(value)
        }
        for measurement, values in turn.values.items()
    }
    return [
        *map(name, (turn.session, turn.id, turn.bot, turn.user)),
        to_ms(turn.at),
        json.dumps(measured),
        key_of(turn.conversation) if turn.conversation else "",
        *map(name, (turn.model, turn.platform)),
    ]


def key_of(id: str) -> str:
    """What a conversation's row is known by: a hash of its id, which may be too long for a key."""
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()


def turn_of(row: Sequence[Any]) -> TurnRecord:
    """A turn made of its columns."""
    session, id, bot, user, at, message, reply, edited, anew, measured = row
    became: tuple[tuple[Role, Why | None], ...] = (("user", edited), ("assistant", anew))
    return TurnRecord(
        id=id,
        session=session,
        bot=bot,
        user=user,
        at=from_ms(at),
        message=message,
        reply=reply,
        values=json.loads(measured),
        revised={role: why for role, why in became if why is not None},
    )


def conversation_row(conversation: Conversation, name: Text) -> list[Any]:
    """A conversation's columns."""
    values = {field: getattr(conversation, field) for field in _CONVERSATION}
    for field in ("started", "ended"):
        values[field] = to_ms(values[field])
    for field in ("session", "bot", "emotion"):
        values[field] = name(values[field])
    for field in _NULLABLE:
        value = values[field]
        values[field] = value if value is not None and math.isfinite(value) else None
    person = name(conversation.user)
    key = key_of(conversation.id)
    return [key, person, *values.values(), sought(values["session"], values["bot"], person)]


def conversation_of(row: Sequence[Any]) -> Conversation:
    """A conversation made of its columns."""
    values = dict(zip(_CONVERSATION, row[2:-1], strict=True))
    for field in ("started", "ended"):
        values[field] = from_ms(values[field])
    return Conversation(user=row[1], **values)


def relationship_row(relationship: Relationship, name: Text) -> list[Any]:
    """A relationship's columns."""
    values = {field: getattr(relationship, field) for field in _RELATIONSHIP}
    values["first"], values["updated"] = to_ms(values["first"]), to_ms(values["updated"])
    bot, person = name(values.pop("bot")), name(relationship.user)
    return [bot, person, *values.values(), sought(bot, person)]


def relationship_of(row: Sequence[Any]) -> Relationship:
    """A relationship made of its columns."""
    values = dict(zip(_RELATIONSHIP[1:], row[2:-1], strict=True))
    values["first"], values["updated"] = from_ms(values["first"]), from_ms(values["updated"])
    return Relationship(bot=row[0], user=row[1], **values)


def sought(*names: str) -> str:
    """Names as a search looks for them: without upper and lower case, in every alphabet."""
    return SEPARATOR.join(names).casefold()


# -- queries -------------------------------------------------------------------------------------


def turns_sql(after: bool) -> str:
    """A page of a session, newest first: for its name, the cursor, and how many."""
    said = (
        "(SELECT m.content FROM messages m WHERE m.session = turns.session AND "
        "m.turn = turns.id AND m.role = '{}')"
    )
    why = (
        "(SELECT r.why FROM revisions r WHERE r.session = turns.session AND r.turn = turns.id "
        "AND r.role = '{}' ORDER BY r.number DESC LIMIT 1)"
    )
    return (
        f"SELECT session, id, bot, person, at, {said.format('user')}, {said.format('assistant')}, "
        f"{why.format('user')}, {why.format('assistant')}, measured FROM turns WHERE session = ? "
        f"{'AND (at, id) < (?, ?) ' * after}ORDER BY at DESC, id DESC LIMIT ?"
    )


def conversations_query(sought: ConversationsSought, within: str) -> Query:
    """What `Archive.conversations` asks. Raises StoreError for an order that there is not.

    `within` is the dialect's function (text, part) that gives 0 where the part is not in the text.
    """
    order = sought.get("order", "ended")
    if order not in CONVERSATION_ORDERS:
        raise StoreError(
            f"conversations have no order {order!r}; choose one of: "
            f"{', '.join(CONVERSATION_ORDERS)}"
        )
    conditions = {
        "session = ?": sought.get("session"),
        "bot = ?": sought.get("bot"),
        "person = ?": sought.get("user"),
        "emotion = ?": sought.get("emotion"),
        "quality >= ?": sought.get("least_quality"),
        "quality <= ?": sought.get("most_quality"),
        "ended >= ?": _ms(sought.get("start")),
        "ended < ?": _ms(sought.get("end")),
    }
    page = sought.get("search", ""), _ORDERS[order], sought.get("offset", 0)
    return _query(CONVERSATIONS, conditions, *page, sought.get("limit", 100), within)


def relationships_query(sought: RelationshipsSought, within: str) -> Query:
    """What `Archive.relationships` asks where no pairs are given."""
    order = "updated DESC, bot DESC, person DESC"
    conditions = {"bot = ?": sought.get("bot"), "person = ?": sought.get("user")}
    page = sought.get("search", ""), order, sought.get("offset", 0)
    return _query(RELATIONSHIPS, conditions, *page, sought.get("limit", 100), within)


def _query(
    table: Table,
    conditions: Mapping[str, Any],
    search: str,
    order: str,
    offset: int,
    limit: int,
    within: str,
) -> Query:
    given = {what: value for what, value in conditions.items() if value is not None}
    if search:
        given[f"{within}(sought, ?) > 0"] = search.casefold()
    where = f"WHERE {' AND '.join(given)} " if given else ""
    return Query(
        make=conversation_of if table is CONVERSATIONS else relationship_of,
        page=f"SELECT {', '.join(table.columns)} FROM {table.name} {where}"
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        count=f"SELECT count(*) FROM {table.name} {where}".rstrip(),
        given=list(given.values()),
        limit=max(0, min(limit, PAGE_ROWS)),
        offset=max(0, offset),
    )


def facet_sql(column: str) -> str:
    """How many conversations there are of each bot or emotion, the most frequent first."""
    return (
        f"SELECT {column}, count(*) AS conversations FROM conversations WHERE {column} <> '' "
        f"GROUP BY {column} ORDER BY conversations DESC, {column} LIMIT {FACETS}"
    )


def _ms(time: datetime | None) -> int | None:
    return None if time is None else to_ms(time)
