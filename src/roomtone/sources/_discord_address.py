"""What a discord:// URL says of the source: where to listen, to whom, and with which intents."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from roomtone.errors import BadConfig
from roomtone.heard import MAX_NAME

TOKEN = "DISCORD_TOKEN"
"""The environment variable that holds the bot's token, where the URL names no other."""

OPTIONS = (
    "guilds", "channels", "dms", "bots", "content", "members", "names", "catchup", "shard",
    "env",
)  # fmt: skip

_ID = re.compile(r"\d{1,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Address:
    """Where to listen and how. Ids are Discord's; names are what they are called here."""

    token: str = field(repr=False)
    guilds: Mapping[str, str]  # id: the session of those who come to the guild and leave it
    channels: Mapping[str, str]  # id: session
    dms: bool
    bots: Mapping[str, str]  # id: name; empty: the one whose token it is
    content: bool
    members: bool
    usernames: bool  # persons are called by their usernames, not by their ids
    catchup_s: float  # how far back what was said is asked for at the beginning; 0: not at all
    shard: tuple[int, int] | None
    base: str  # of the API, as in http://127.0.0.1:8080; empty: Discord's own

    def session(self, channel: str) -> str:
        """What a channel's session is called: by its name in the URL, else by its id."""
        return self.channels.get(channel) or f"discord/{channel}"


def parse_address(url: str) -> Address:
    """Read `discord://?guilds=ID&channels=NAME:ID&...`. Raises BadConfig with what is wrong.

    The token comes from the URL (`discord://TOKEN@`), or else from the environment; it stands in
    no message.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(given) - set(OPTIONS))
    if unknown:
        raise BadConfig(f"discord:// has no option {unknown[0]}; there are: {', '.join(OPTIONS)}")
    login, _, host = parts.netloc.rpartition("@")
    guilds = _listed(given, "guilds", "discord/")
    channels = _listed(given, "channels", "discord/")
    dms = _yes(given, "dms", default=False)
    if not (guilds or channels or dms):
        raise BadConfig(
            "discord:// hears nothing: name guilds=ID, channels=ID, or dms=yes; a right click with "
            "Discord's developer mode on copies an id"
        )
    names = given.get("names") or "ids"
    if names not in ("ids", "usernames"):
        raise BadConfig(f"names={names} is not known; choose ids or usernames")
    return Address(
        token=_token(unquote(login.partition(":")[0]), given.get("env") or TOKEN),
        guilds=guilds,
        channels=channels,
        dms=dms,
        bots=_listed(given, "bots", ""),
        content=_yes(given, "content", default=True),
        members=_yes(given, "members", default=False),
        usernames=names == "usernames",
        catchup_s=60 * _minutes(given.get("catchup", "")),
        shard=_shard(given.get("shard", "")),
        base=f"http://{host}" if host else "",
    )


def _token(own: str, variable: str) -> str:
    token = (own or os.environ.get(variable, "")).strip().removeprefix("Bot ").strip()
    if not token:
        raise BadConfig(
            f"no token for Discord: put the bot's token into the environment variable {variable}; "
            "the Developer Portal shows it under Bot"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadConfig("the token for Discord holds what no token does; set it to the token alone")
    return token


def _listed(given: Mapping[str, str], name: str, prefix: str) -> Mapping[str, str]:
    """`ID,NAME:ID`: names by id; without one, the id behind the prefix (and no name without it)."""
    found: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in given.get(name, "").split(","))):
        called, _, id = item.rpartition(":")
        if not _ID.fullmatch(id):
            raise BadConfig(f"{name}: {item!r} is no id of Discord; write ID or NAME:ID")
        if len(called) > MAX_NAME or _CONTROL.search(called):
            raise BadConfig(f"{name}: the name of {id} cannot be; write printable text")
        if called in found.values() and called:
            raise BadConfig(f"{name}: {called} is named twice; give each its own name")
        found[id] = called or (f"{prefix}{id}" if prefix else "")
    return found


def _yes(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    said = given.get(name, "").lower()
    if said not in ("", "yes", "no", "true", "false", "1", "0"):
        raise BadConfig(f"{name}={said} is not known; write yes or no")
    return default if not said else said in ("yes", "true", "1")


def _minutes(said: str) -> int:
    if not said:
        return 15
    if not said.isdecimal() or int(said) > 1440:
        raise BadConfig(f"catchup={said} cannot be; give minutes from 0 to 1440")
    return int(said)


def _shard(said: str) -> tuple[int, int] | None:
    if not said:
        return None
    one, _, of = said.partition("/")
    if not (one.isdecimal() and of.isdecimal() and int(one) < int(of) <= 10_000):
        raise BadConfig(f"shard={said} cannot be; write it as 0/4: the first of four")
    return int(one), int(of)
