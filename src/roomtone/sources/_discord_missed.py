"""What was said in Discord while nobody listened, and its gateway does not send again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from roomtone.sources._discord_payloads import Guild, Said, User

PAGE, MOST_PAGES = 100, 10
"""How many messages Discord gives at once, and how often a channel is asked after one gap."""

LONGEST_GAP_S = 86_400
"""So far back it is asked after a gap within a run: so long the journal knows each id."""


class Ask(Protocol):
    """What may be asked of Discord itself; None where it does not tell."""

    async def message(self, channel: str, id: str) -> Said | None: ...

    async def user(self, id: str) -> User | None: ...

    async def parent(self, channel: str) -> str | None: ...

    async def since(self, channel: str, id: str) -> list[Said] | None:
        """Messages of a channel after one, in any order."""


async def missed(
    guild: Guild, since: int, hears: Callable[[str, str], Awaitable[bool]], ask: Ask
) -> list[Said]:
    """Messages after this id in the channels that are heard, oldest first.

    Only those channels are asked for whose newest message is behind it, which a guild's description
    says. What is known already is known by its id.
    """
    found: list[Said] = []
    for channel in (*guild.channels, *guild.threads):
        if int(channel.last_message_id or 0) <= since or not await hears(guild.id, channel.id):
            continue
        after = since
        for _ in range(MOST_PAGES):
            page = await ask.since(channel.id, str(after)) or []
            for said in page:
                said.guild_id = guild.id  # left out where a channel's history is told
            found += page
            if len(page) < PAGE:
                break
            after = max(int(said.id) for said in page)
    return sorted(found, key=lambda said: int(said.id))
