"""Reads a Qdrant URL: a server or a folder, and how collections are called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from roomtone.errors import StoreError

PORT = 6333
PREFIX = "roomtone_memory_"
TIMEOUT_S = 5.0  # for one request; a search takes a thousandth of it

_EXAMPLE = "qdrant://host:6333/prefix, or qdrant:///folder for one inside this process"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
_OPTIONS = {"prefix", "https", "timeout"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the collections are. `server` "" means `folder`; `shown` has no key in it."""

    server: str
    folder: str
    prefix: str
    key: str
    timeout_s: float
    shown: str


def parse(url: str) -> Address:
    """The address in a URL like `qdrant://KEY@host:6333/prefix?https=1`, or `qdrant:///folder`.

    Three slashes begin a relative path, four an absolute one. Raises StoreError for what cannot
    be, and never repeats the URL, which may hold a key.

    >>> parse("qdrant://host/whisperengine_memory_").prefix
    'whisperengine_memory_'
    >>> parse("qdrant:///data/qdrant?prefix=p_").folder
    'data/qdrant'
    """
    try:
        parts = urlsplit(url)
        strict = bool(parts.query)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=strict))
        host, port = parts.hostname or "", parts.port or PORT
        timeout_s = float(given.get("timeout", TIMEOUT_S))
        key = unquote(parts.password or parts.username or "")
    except ValueError:
        raise StoreError(f"this is no Qdrant URL; write it like {_EXAMPLE}") from None
    path = unquote(parts.path)
    if unknown := set(given) - _OPTIONS:
        known = ", ".join(sorted(_OPTIONS))
        raise StoreError(f"a Qdrant URL has no option {sorted(unknown)[0]!r}; there are {known}")
    if not 0 < timeout_s < 3_600 or (not host and not path.strip("/")):
        raise StoreError(f"this is no Qdrant URL; write it like {_EXAMPLE}")
    prefix = given.get("prefix", "") or (path.strip("/") if host else "") or PREFIX
    if not _PLAIN.fullmatch(prefix):
        raise StoreError(
            f"{prefix[:50]!r} cannot begin a collection's name; use letters, digits, _ and -"
        )
    if host:
        scheme = "https" if given.get("https", "") not in ("", "0", "false") else "http"
        at = f"[{host}]" if ":" in host else host
        server = f"{scheme}://{at}:{port}"
        return Address(server, "", prefix, key, timeout_s, f"qdrant://{at}:{port}/{prefix}")
    return Address("", path[1:], prefix, "", timeout_s, f"qdrant:///{path[1:]}")


def collection(prefix: str, bot: str) -> str:
    """What a bot's collection is called; two bots never have the same.

    >>> collection("whisperengine_memory_", "elena")
    'whisperengine_memory_elena'
    >>> collection("m_", "a/b") != collection("m_", "a b")
    True
    """
    if _PLAIN.fullmatch(bot):
        return prefix + bot
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", bot)[:50]
    return f"{prefix}{slug}~{_digest(bot)}"


def beside(name: str, model: str) -> str:
    """What the collection for the vectors of another model is called."""
    return f"{name}~~{_digest(model)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
