"""Deletes from an archive what is past the time that its kind is kept, a slice at a time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from roomtone.errors import StoreError
from roomtone.stores._erase import Columns, Step, Steps
from roomtone.stores._steps import to_ms

SLICE = 200  # conversations of one transaction: some thousand messages
ROWS = 5_000

_BY_TIME = {
    "reactions": (("reactions", "at", ("id",)),),
    "dead_letters": (("dead_letters", "at", ("id",)),),
    "agent_logs": (("agent_logs", "timestamp", ("id",)),),
}
KINDS = ("conversations", *_BY_TIME)
"""What has a time of its own to be kept."""


def cut(kind: str, before: datetime) -> int:
    """An instant as both databases take it. Raises StoreError for what is no kind."""
    if kind not in KINDS:
        raise StoreError(f"nothing kept is called {kind!r}; choose one of: {', '.join(KINDS)}")
    return to_ms(before)


def expiring(kind: str, before: int, there: Columns) -> Steps:
    """The steps of one transaction, up to so many rows; returns how many went, by table."""
    done: dict[str, int] = {}
    if kind == "conversations":
        yield from _conversations(before, there, done)
    for table, column, keys in _BY_TIME.get(kind, ()):
        if table in there:
            key = ", ".join(keys)
            old = f"SELECT {key} FROM {table} WHERE {column} < ? LIMIT {ROWS}"
            done[table] = yield f"DELETE FROM {table} WHERE {key} IN ({old})", (before,)
    return {table: many for table, many in done.items() if many}


def _conversations(before: int, there: Columns, done: dict[str, int]) -> Generator[Step, Any, None]:
    """Whole conversations that ended before then, with all that was said in them."""
    rows = yield (
        f"SELECT id, key FROM conversations WHERE ended < ? ORDER BY ended, key LIMIT {SLICE}",
        (before,),
    )
    for id, key in rows:
        turns = "SELECT session, turn FROM messages WHERE conversation_id = ?"
        steps: Sequence[tuple[str, str, Any]] = (
            ("revisions", f"(session, turn) IN ({turns})", id),
            ("turns", f"(session, id) IN ({turns})", id),
            ("turns", "conversation = ?", key),
            ("agent_logs", "conversation_id = ?", id),
            ("messages", "conversation_id = ?", id),
            ("conversations", "id = ?", id),
        )
        for table, where, given in steps:
            if table in there:
                many = yield f"DELETE FROM {table} WHERE {where}", (given,)
                done[table] = done.get(table, 0) + many
