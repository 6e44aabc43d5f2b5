"""A program of one's own says what people agree to, and waits until that is kept."""

from __future__ import annotations

import asyncio

import roomtone
from tests.web.conftest import Site, house, site

__all__ = ["house", "site"]


async def test_a_bot_says_what_its_people_agree_to(site: Site) -> None:
    """And is told what holds, also where it says nothing."""
    url = f"http://127.0.0.1:{site.port}"

    said = await asyncio.to_thread(roomtone.consent, "ann", training=True, url=url)
    asked = await asyncio.to_thread(roomtone.consent, "ann", url=url)

    assert said == asked and said["purposes"]["training"]["granted"]
