"""`roomtone keys`: make a key, list keys, revoke one."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime

from roomtone.errors import BadConfig
from roomtone.runtime import terminal
from roomtone.runtime.access import Access
from roomtone.runtime.access_keys import DEFAULT, Key, in_order, read_project
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings

_SPAN = re.compile(r"(\d{1,5})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


def create(
    settings: Settings,
    *,
    scope: str,
    project: str,
    name: str,
    expires: str | None,
    line: bool,
    as_json: bool,
) -> None:
    """Make a key and show it, this once. Raises BadConfig."""
    access = Access(settings)
    over = None if expires is None else read_expiry(expires, access.now)
    access.load()
    first = not access.locked
    key, secret = access.make_key(scope, project=project, name=name, expires=over)
    if as_json:
        _say(json.dumps({**_told(key), "key": secret, "line": key.line()}))
        return
    _say(secret)
    if line:
        _say(key.line())
    scopes = ", ".join(in_order(key.scopes))
    terminal.err.print(
        f" key {key.id} of the project {key.project}: {scopes}. It is shown this once; keep it "
        "where passwords are kept."
    )
    if first:
        terminal.err.print(" It is the first one: from now on every request needs a key.")


def listing(settings: Settings, *, project: str | None, as_json: bool) -> None:
    """List the keys, the newest first; never a secret."""
    access = Access(settings)
    access.load()
    found = access.keys(None if project is None else read_project(project))
    if as_json:
        _say(json.dumps([_told(key) for key in found]))
        return
    if not found:
        terminal.out.print(" no key was made yet; who reaches the server may do everything")
        return
    for key in found:
        state = "revoked" if key.revoked else "over" if not key.alive(access.now) else "alive"
        used = f"used {_time(key.used)}" if key.used else "never used"
        told = [key.id, key.project, ",".join(in_order(key.scopes)), key.prefix or "(a line)"]
        told += [state, used, key.name]
        terminal.out.print(terminal.clean("  ".join(part for part in told if part)))


def revoke(settings: Settings, id: str) -> None:
    """End a key. Raises BadConfig where there is none."""
    key = Access(settings).revoke(id)
    if key is None:
        raise BadConfig(f"there is no key {id[:50]!r}; roomtone keys list shows those there are")
    terminal.out.print(
        f" key {key.id} of the project {key.project} is revoked; running servers turn it away "
        "within two seconds, and close what it holds open"
    )


def read_expiry(text: str, now: float) -> float:
    """When a key is over, in epoch seconds. Raises BadConfig.

    >>> read_expiry("2d", 0.0), read_expiry("1970-01-03", 0.0)
    (172800.0, 172800.0)
    """
    span = _SPAN.fullmatch(text.strip())
    if span:
        return now + int(span[1]) * _HOURS[span[2]] * 3600
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadConfig(
            f"--expires {text[:50]!r} is no time; write 90d, 12h, 4w, or 2027-01-31"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _say(line: str) -> None:
    """Alone on standard output, so that a script can take it."""
    sys.stdout.write(f"{line}\n")


def _told(key: Key) -> dict[str, object]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in key.told().items()}


def _time(seconds: float) -> str:
    return f"{utc(round(seconds * 1000)):%Y-%m-%d %H:%M}"


__all__ = ["DEFAULT", "create", "listing", "read_expiry", "revoke"]
