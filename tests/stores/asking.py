"""Asks a store what it holds, and its database what is really there."""

import asyncpg

from roomtone.ports import CONVERSATION_ORDERS
from roomtone.stores import _talks
from roomtone.testing import START


async def read(store, place="here", step_s=0):
    """The points of one place, or of all, over the rest of the day."""
    end = START.replace(hour=23)
    tags = {"place": place} if place else {}
    return await store.read("weather", tags=tags, start=START, end=end, step_s=step_s)


async def ask(url, sql, *given):
    """The rows of a query of one's own."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *given)]
    finally:
        await connection.close()


def talks_queries(within):
    """Every kind of page of turns, conversations and relationships, with its count."""
    found = [_talks.turns_sql(False), _talks.turns_sql(True), _talks.KEY_SQL]
    asks = [({}, order) for order in CONVERSATION_ORDERS]
    asks += [({name: "x"}, "ended") for name in ("session", "bot", "user", "emotion")]
    asks += [({"least_quality": 0.1, "most_quality": 0.2}, "quality"), ({"start": START}, "ended")]
    queries = [
        _talks.conversations_query({**filters, "order": order, "limit": 9}, within)
        for filters, order in asks
    ]
    queries += [
        _talks.relationships_query({"bot": bot, "user": user, "limit": 9}, within)
        for bot, user in ((None, None), ("b", None), (None, "u"), ("b", "u"))
    ]
    return found + [sql for query in queries for sql in (query.page, query.count)]
