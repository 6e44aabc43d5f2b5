"""A call beside the loop is answered, or left behind, and its end is always told."""

from __future__ import annotations

import asyncio
import threading

import pytest

from roomtone.beside import beside


async def test_what_it_returns_and_raises_comes_back() -> None:
    """And the thread's end is told on the loop, each time."""
    ends: list[int] = []

    def end() -> None:
        ends.append(threading.get_ident())

    def fail() -> int:
        raise ValueError("no")

    assert await beside(lambda: 3, name="test", ended=end) == 3
    with pytest.raises(ValueError, match="no"):
        await beside(fail, name="test", ended=end)
    assert ends == [threading.get_ident()] * 2


async def test_one_that_is_given_up_ends_by_itself() -> None:
    """Whoever waited no longer is not told, and its place is free again."""
    go, ended = threading.Event(), asyncio.Event()
    given_up = beside(lambda: go.wait(30), name="test", ended=ended.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await given_up
    assert given_up.cancelled() and not ended.is_set()
    go.set()

    async with asyncio.timeout(30):
        await ended.wait()
