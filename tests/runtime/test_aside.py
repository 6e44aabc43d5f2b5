"""A call that hangs is left behind, and only so many of them."""

from __future__ import annotations

import threading

import pytest

from roomtone.errors import ServerError
from roomtone.runtime import aside
from roomtone.runtime.aside import Aside


async def test_what_returns_and_what_raises_comes_back() -> None:
    """As if it had been called here."""
    beside = Aside(5)

    def fail() -> int:
        raise ValueError("so")

    assert await beside.run(lambda: 7) == 7
    with pytest.raises(ValueError, match="so"):
        await beside.run(fail)
    assert beside.hung == 0


async def test_what_hangs_is_left_behind() -> None:
    """After its time; when too many hang, no other is begun."""
    beside, release = Aside(0.01), threading.Event()
    for _ in range(aside.MOST_HUNG):
        with pytest.raises(TimeoutError):
            await beside.run(lambda: release.wait(20))
    with pytest.raises(ServerError, match="hang; see"):
        await beside.run(lambda: True)
    release.set()
