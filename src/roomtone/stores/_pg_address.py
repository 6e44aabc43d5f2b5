"""Reads a PostgreSQL URL: what is ours in it, what is the driver's, and what may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from roomtone.errors import StoreError
from roomtone.stores._pg_edition import Edition

POOL = 8  # connections of one process: a writer, and readers for whoever looks
TIMEOUT_S = 30.0  # for one statement or transaction; a tick takes a hundredth of it
CHUNK_HOURS = 24  # of points in one chunk of a hypertable; a chunk is what retention drops
_OWN = ("schema", "pool", "timeout", "edition", "chunk_hours")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is and how to use it. `shown` names it without user and password."""

    dsn: str
    shown: str
    schema: str = ""
    pool: int = POOL
    timeout_s: float = TIMEOUT_S
    edition: Edition | None = None  # the most that is to be used of TimescaleDB; None: all
    chunk_hours: int = CHUNK_HOURS


def parse(url: str) -> Address:
    """The address in a URL like `postgresql://user@host:5432/db?sslmode=require&pool=4`.

    What is not one of our options goes on to the driver. Raises StoreError for what cannot be,
    and never repeats the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme.partition("+")[0], parts.port
        given = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
    except ValueError:
        scheme, port, given = "", None, {}
    if scheme not in ("postgresql", "postgres"):
        raise StoreError(
            "this is no PostgreSQL URL; write it like postgresql://user:password@host:5432/database"
        )
    own = {name: given.pop(name) for name in _OWN if name in given}
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(given), ""))
    host = parts.hostname or given.get("host") or "localhost"
    shown = f"postgresql://{host}{f':{port}' if port else ''}{parts.path or '/'}"
    schema, edition = own.get("schema", ""), own.get("edition")
    if schema and not _NAME.fullmatch(schema):
        raise StoreError(
            f"schema={schema!r} ({shown}) cannot be; use small letters, digits and underscores"
        )
    if edition is not None and edition not in get_args(Edition):
        raise StoreError(
            f"edition={edition!r} ({shown}) is unknown; choose one of: {get_args(Edition)}"
        )
    return Address(
        dsn,
        shown,
        schema,
        round(_number(own, "pool", POOL, 2, 100, shown)),
        _number(own, "timeout", TIMEOUT_S, 0.1, 3600, shown),
        edition,  # type: ignore[arg-type]
        round(_number(own, "chunk_hours", CHUNK_HOURS, 1, 24 * 365, shown)),
    )


def _number(
    own: dict[str, str], name: str, default: float, low: float, high: float, shown: str
) -> float:
    try:
        number = float(own.get(name, default))
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise StoreError(
            f"{name}={own.get(name)!r} ({shown}) cannot be; give a number from {low} to {high}"
        )
    return number
