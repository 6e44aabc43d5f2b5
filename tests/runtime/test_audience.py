"""Frames are made for those who listen, and for those who were just given a first one."""

from __future__ import annotations

import pytest

from roomtone.channels.local import Local
from roomtone.runtime import audience
from roomtone.runtime.audience import Audience


def unexpected(where: str, error: Exception) -> None:
    """Nothing fails here."""
    raise error


async def test_a_channel_that_cannot_say_leaves_those_who_were() -> None:
    """And the fault is told; a tick must not stop in the middle for it."""

    class Mute(Local):
        async def listened(self) -> set[str]:
            raise ConnectionError("the channel is gone")

    told: list[str] = []
    watched = Audience(Mute(), lambda where, error: told.append(f"{where}: {error}"))
    watched.mark("pulse")
    await watched.look()

    assert (set(watched), told) == ({"pulse"}, ["news: the channel is gone"])


async def test_whoever_listens_is_seen() -> None:
    """As of the last look; topics that nobody hears are not there."""
    news = Local()
    watched = Audience(news, unexpected)
    async with news.subscribe("pulse"):
        assert not watched
        await watched.look()
        assert set(watched) == {"pulse"}
        assert "alerts" not in watched
    await watched.look()

    assert not watched


async def test_a_first_frame_counts_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener elsewhere is not known at once, and must miss nothing meanwhile."""
    now = 100.0
    monkeypatch.setattr(audience, "monotonic", lambda: now)
    watched = Audience(Local(), unexpected)
    watched.mark("session:s")
    await watched.look()
    assert set(watched) == {"session:s"}

    now += audience.MARKED_S + 1
    await watched.look()

    assert not watched
