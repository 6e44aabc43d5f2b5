"""Keys and what they may do: how one is made, sealed, named on a line, and compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from roomtone.errors import BadConfig
from roomtone.runtime.clock import utc

SCOPES = ("ingest", "read", "review", "export", "admin")
"""What a key may do: send events, read, give verdicts, take data out; `admin` is all of it."""

DEFAULT = "default"
"""The project that is the data folder itself."""

MARK = "rt_live_"
"""How every key begins, so that scanners for secrets know one where it should not be."""

SHOWN = len(MARK) + 8
"""How much of a key is kept in the clear, to find it by."""

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SECRET = re.compile(rb"rt_live_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: never the secret itself, only its seal and its beginning."""

    id: str
    name: str
    project: str
    scopes: frozenset[str]
    prefix: str
    sealed: bytes
    made: float
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None

    def may(self, scope: str) -> bool:
        """Whether its scopes are enough."""
        return scope in self.scopes or "admin" in self.scopes

    def alive(self, now: float) -> bool:
        """Whether it opens anything now."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def told(self) -> dict[str, object]:
        """The key as it may be shown to anybody who may see keys."""
        times = {"made": self.made, "expires": self.expires, "revoked": self.revoked}
        times["used"] = self.used
        return {
            "id": self.id,
            "name": self.name,
            "project": self.project,
            "scopes": in_order(self.scopes),
            "prefix": self.prefix,
            **{name: _time(value) for name, value in times.items()},
        }

    def line(self) -> str:
        """The key for `access.keys` of a process that does not share the file of keys."""
        return f"{self.id} {self.project} {','.join(in_order(self.scopes))} {self.sealed.hex()}"


def mint() -> str:
    """A new secret: the mark and 32 random bytes."""
    return MARK + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def is_secret(given: bytes) -> bool:
    """Whether this has the form of a key.

    >>> is_secret(b"rt_live_" + b"a" * 43), is_secret(b"hunter2")
    (True, False)
    """
    return _SECRET.fullmatch(given) is not None


def seal(secret: bytes) -> bytes:
    """What is kept of a secret. 32 random bytes need no salt and no slow hash: nobody guesses."""
    return hashlib.sha256(secret).digest()


def same(sealed: bytes, other: bytes) -> bool:
    """Whether two seals are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(sealed, other)


def read_scopes(text: str | Iterable[str]) -> frozenset[str]:
    """Scopes by their names. Raises BadConfig for one that there is not, or for none.

    >>> sorted(read_scopes("read, ingest"))
    ['ingest', 'read']
    """
    parts = text.split(",") if isinstance(text, str) else text
    named = {part.strip() for part in parts if part.strip()}
    for unknown in sorted(named - set(SCOPES)):
        raise BadConfig(f"there is no scope {unknown[:50]!r}; choose of: {', '.join(SCOPES)}")
    if not named:
        raise BadConfig(f"a key without scopes opens nothing; choose of: {', '.join(SCOPES)}")
    return frozenset(named)


def in_order(scopes: Iterable[str]) -> list[str]:
    """Scopes in the order in which they are always told."""
    given = set(scopes)
    return [scope for scope in SCOPES if scope in given]


def read_project(name: str) -> str:
    """A project's name. Raises BadConfig for one that could not be a folder's everywhere.

    >>> read_project("shop-eu")
    'shop-eu'
    """
    if not _PROJECT.fullmatch(name):
        raise BadConfig(
            f"{name[:50]!r} is no name of a project; use up to 40 small letters, digits, - and _, "
            "beginning with a letter or digit"
        )
    return name


def is_project(name: str) -> bool:
    """Whether a folder of this name may be a project's."""
    return _PROJECT.fullmatch(name) is not None


def read_line(line: str) -> Key:
    """A key from a line of `access.keys`. Raises BadConfig with how such a line is made."""
    try:
        id, project, scopes, sealed = line.split()
        found = bytes.fromhex(sealed)
        if len(found) != 32:
            raise ValueError(sealed)
    except ValueError:
        raise BadConfig(
            f"access.keys has a line that is no key ({line[:30]!r}); take what "
            "`roomtone keys create --line` prints: ID PROJECT SCOPES SHA256"
        ) from None
    return Key(id, "", read_project(project), read_scopes(scopes), "", found, 0.0)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else utc(round(seconds * 1000))
