"""One connection to Discord by discord.py, and its refusals as sentences that say what to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from roomtone.errors import MissingExtra, SourceError
from roomtone.sources import _discord_payloads as payloads
from roomtone.sources._discord_address import Address
from roomtone.sources._discord_missed import LONGEST_GAP_S, PAGE
from roomtone.sources._discord_payloads import Said, User, id_at

LATER_S, LATEST_S = 60.0, 600.0
"""How long Discord is left alone after it refused: what a person has to mend mends later, and at
most. A bot that identifies itself 1,000 times a day in vain loses its token."""

SPARE = 10
"""So many sign-ins of a day are left alone, for the bot itself."""

ASK_S = 5.0
"""What Discord does not tell within this time is not known."""

PAUSE_S = 30.0
"""For so long nothing is asked after a question that was not answered."""

PORTAL = "the Developer Portal, under Bot"


class Refused(SourceError):
    """Discord said no; `wait_s` is how long it is left alone, at least."""

    def __init__(self, text: str, wait_s: float = LATER_S) -> None:
        super().__init__(text)
        self.wait_s = wait_s


class Lacking(Refused):
    """The token is well, and the bot may not be told all that the URL asks for."""


def driver() -> Any:
    """The library. Raises MissingExtra where it is not installed."""
    try:
        import discord
        import discord.http
    except ImportError:
        raise MissingExtra("discord.py", "discord") from None
    return discord


def intents(address: Address) -> Any:
    """What Discord is asked to tell, and nothing else."""
    asked = driver().Intents.none()
    if address.guilds or address.channels:
        asked.guilds = asked.guild_messages = asked.guild_reactions = True
        asked.guild_polls = asked.voice_states = True
        asked.members = address.members
    if address.dms:
        asked.dm_messages = asked.dm_reactions = asked.dm_polls = True
    asked.message_content = address.content
    return asked


def make(
    address: Address,
    hear: Callable[[str], None],
    lose: Callable[[], None],
    room: Callable[[], Awaitable[object]],
) -> Any:
    """A client that hands on whatever comes, and connects when there is room for it.

    `on_raw_reaction_add` and its kin are made of the same payloads; these come with the number
    that names them. discord.py keeps no messages and no members for us.
    """
    discord = driver()
    logging.getLogger("discord").setLevel(logging.ERROR)  # below, it quotes and speaks of voice
    shard = {"shard_id": address.shard[0], "shard_count": address.shard[1]} if address.shard else {}
    client = discord.Client(
        intents=intents(address),
        max_messages=None,
        member_cache_flags=discord.MemberCacheFlags.none(),
        chunk_guilds_at_startup=False,
        enable_debug_events=True,  # on_socket_raw_receive
        **shard,
    )

    async def on_socket_raw_receive(raw: str) -> None:
        hear(raw)

    async def on_disconnect() -> None:
        lose()

    client.event(on_socket_raw_receive)
    client.event(on_disconnect)
    dial, request = client.http.ws_connect, client.http.request
    own = str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)

    async def ws_connect(url: str, **more: Any) -> Any:
        await room()
        if address.base and urlsplit(url).netloc == urlsplit(own).netloc:
            url = f"ws://{urlsplit(address.base).netloc}/?{urlsplit(url).query}"
        return await dial(url, **more)

    async def asked(route: Any, **more: Any) -> Any:
        if address.base:
            path = route.url.removeprefix(discord.http.Route.BASE)
            route.url = f"{address.base}{urlsplit(discord.http.Route.BASE).path}{path}"
        return await request(route, **more)

    client.http.ws_connect, client.http.request = ws_connect, asked
    return client


async def enter(client: Any, address: Address) -> dict[str, Any]:
    """Show the token, without the gateway yet. Raises Refused where that would be in vain.

    Returns how many more times the bot may sign in today, as Discord's `session_start_limit`.
    """
    try:
        async with asyncio.timeout(30):
            await client.login(address.token)
            _, _, limit = await client.http.get_bot_gateway()
    except Exception as error:
        raise explain(error, address) from None
    for lacking in lacks(client, address):
        raise Lacking(lacking)
    return dict(limit)


def lacks(client: Any, address: Address) -> Iterator[str]:
    """What the bot is not allowed to be told, though the URL asks for it."""
    flags = client.application_flags
    if address.content and not (
        flags.gateway_message_content or flags.gateway_message_content_limited
    ):
        yield (
            f"the bot may not read messages: switch on MESSAGE CONTENT INTENT in {PORTAL}, or add "
            "content=no to the URL: messages then count, and their texts stay unknown"
        )
    if address.members and not (flags.gateway_guild_members or flags.gateway_guild_members_limited):
        yield (
            f"the bot may not hear who comes and goes: switch on SERVER MEMBERS INTENT in "
            f"{PORTAL}, or take members=yes out of the URL"
        )


def check_limit(limit: dict[str, Any]) -> None:
    """Raise Refused before the last sign-ins of a day are used up."""
    left, total = int(limit.get("remaining", SPARE)), int(limit.get("total", 1000))
    if left < min(SPARE, total):
        wait_s = float(limit.get("reset_after", 0)) / 1000
        raise Refused(
            f"the bot has signed in {total - left} of {total} times today, and the last ones are "
            f"left to it; again in {wait_s / 60:.0f} min, by itself",
            max(wait_s, LATER_S),
        )


def explain(error: BaseException, address: Address) -> SourceError:
    """A refusal or a fault as a sentence. The token stands in none."""
    discord = driver()
    if isinstance(error, SourceError):
        return error
    if isinstance(error, discord.LoginFailure):
        return Refused(f"Discord does not know this token; copy it anew from {PORTAL}")
    if isinstance(error, discord.PrivilegedIntentsRequired):
        said = next(lacks_all(address))
        return Refused(f"Discord closed the connection (4014): {said}")
    if isinstance(error, discord.ConnectionClosed):
        return _closed(int(error.code or 0))
    if isinstance(error, discord.HTTPException):
        if error.status == 429:
            return Refused(
                "Discord asks us to slow down (429, a rate limit of this address or bot); it is "
                "asked again in a minute, by itself"
            )
        if error.status in (401, 403):
            return Refused(f"Discord refuses this token ({error.status}); copy it from {PORTAL}")
        return SourceError(f"Discord answers {error.status}; it is asked again by itself")
    away = (OSError, TimeoutError, discord.GatewayNotFound, discord.http.aiohttp.ClientError)
    if not isinstance(error, away):
        return SourceError(
            f"discord.py failed on what Discord sent ({type(error).__name__}); the connection is "
            "made anew, and discord.py to be upgraded where that lasts"
        )
    text = "" if isinstance(error, TimeoutError) else str(error).partition("\n")[0]
    reason = f"{type(error).__name__}: {text}".removesuffix(": ").replace(address.token, "***")
    where = urlsplit(address.base).netloc or "discord.com"
    return SourceError(f"{where} is not reached ({reason}); it is tried again by itself")


def lacks_all(address: Address) -> Iterator[str]:
    """What may be lacking where Discord does not say which of the intents it was."""
    wanted = ["MESSAGE CONTENT INTENT"] if address.content else []
    wanted += ["SERVER MEMBERS INTENT"] if address.members else []
    yield (
        f"switch on {' and '.join(wanted) or 'the privileged intents'} in {PORTAL}, or do without "
        "(content=no; no members=yes)"
    )


def _closed(code: int) -> SourceError:
    """The gateway's close codes after which it makes no sense to go on."""
    said = {
        4004: f"it does not know this token; copy it anew from {PORTAL}",
        4010: "there is no such shard; write shard=0/N with the N that the bot itself uses",
        4011: "the bot is in too many guilds for one connection; name one source for each shard, "
        "as in shard=0/4",
        4012: "it speaks this version no more; upgrade discord.py",
        4013: "it does not know what was asked for; upgrade discord.py",
    }.get(code)
    if said is None:
        return SourceError(f"Discord closed the connection ({code}); it is made anew")
    return Refused(f"Discord closed the connection ({code}): {said}")


def since(address: Address, newest: int) -> int:
    """From which id on it may be that something was missed; 0 where that is not asked for.

    Within a run that is the newest message that was heard, up to a day ago; at its beginning it is
    so many minutes ago as the URL says.
    """
    if not address.catchup_s:
        return 0
    back = timedelta(seconds=LONGEST_GAP_S if newest else address.catchup_s)
    return max(newest, id_at(driver().utils.utcnow() - back))


class Questions:
    """What is asked of Discord beside the gateway, by whichever client there is; see `Ask`."""

    def __init__(self) -> None:
        self.client: Any = None
        self._quiet_until = 0.0
        self.unanswered = 0

    async def message(self, channel: str, id: str) -> Said | None:
        """A message that an answer refers to, where Discord did not send it along."""
        found: Said | None = await self._ask("get_message", Said, channel, id)
        return found

    async def user(self, id: str) -> User | None:
        """A person of whom only the id was told."""
        found: User | None = await self._ask("get_user", User, id)
        return found

    async def parent(self, channel: str) -> str | None:
        """The channel that a thread belongs to; "" where it is no thread."""
        found = await self._ask("get_channel", payloads.Thread, channel)
        if found is None:
            return None
        return (found.parent_id or "") if found.type in payloads.THREADS else ""

    async def since(self, channel: str, id: str) -> list[Said] | None:
        """A page of what was said in a channel after a message."""
        asked = (channel, PAGE, None, id)
        found: list[Said] | None = await self._ask("logs_from", list[Said], *asked)
        return found

    async def _ask(self, method: str, kind: Any, *ids: Any) -> Any:
        loop = asyncio.get_running_loop()
        if self.client is None or loop.time() < self._quiet_until:
            self.unanswered += 1
            return None
        discord = driver()
        try:
            async with asyncio.timeout(ASK_S):
                found = await getattr(self.client.http, method)(*ids)
            return msgspec.convert(found, kind)
        except (discord.NotFound, discord.Forbidden, msgspec.ValidationError):
            return None  # it is gone, or not for us: that will not change
        except Exception:  # it is slow or away, and what waits must not wait for it again and again
            self._quiet_until = loop.time() + PAUSE_S
            self.unanswered += 1
            return None
