"""Asks a store what it holds, and its database what is really there."""

import asyncpg

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
