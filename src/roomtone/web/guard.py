"""Who may ask: nobody from the network by accident, no other site through your browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from roomtone.errors import BadConfig
from roomtone.runtime.config import Server
from roomtone.web.problems import Header, Problem, Scope

PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
"""What a page of ours may load: our own files. Nothing inline, so a message cannot become code."""

PAGE: tuple[Header, ...] = (
    (b"content-security-policy", PAGE_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)

REALTIME = "/socket.io"
"""Where the documents' live wire is, under which other sites' pages may be allowed."""

_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def check_bind(server: Server, *, keyed: bool = False) -> None:
    """Raise BadConfig when the server would listen where others reach it, and ask nobody who they
    are, without being told to. `keyed`: a key was made, so everybody is asked."""
    if not is_loopback(server.host) and not server.insecure and not keyed:
        raise BadConfig(
            f"{server.host} can be reached from other machines, and no key was made yet, so nobody "
            "would be asked who they are; run `roomtone keys create --scope admin`, listen on "
            "127.0.0.1, or say --insecure"
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, False, False)
    """
    name = host.strip("[]").rstrip(".").lower()
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """Checks the Host and the Origin of each request.

    A page of another site can make your browser send requests here, and with a name whose address
    it changes (DNS rebinding) even read the answers. So a server for this machine answers only to
    this machine's names; and what changes something, or stays open, must come from a page of
    ours or from no page at all. Socket.IO, which other sites' pages may be allowed to hear, is
    asked for at every step.
    """

    def __init__(self, server: Server) -> None:
        self._any_host = server.insecure or not is_loopback(server.host)
        self._known: set[bytes] = set()
        self._listeners = {origin.rstrip("/").lower() for origin in server.realtime_origins}

    def check(self, scope: Scope, *, keyed: bool = False, ticket: bool = False) -> None:
        """Raise Problem for a request that should not be answered.

        `keyed`: everybody is asked for a key, which no rebound name brings along. `ticket`: the
        request says who asks by that alone, so it may be of any page.
        """
        host = origin = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
        if host is not None and not keyed and host not in self._known:
            self._check_host(host)
        if origin is None or ticket:
            return
        if scope["path"].startswith(REALTIME):
            if origin.decode("latin-1").lower() not in self._listeners:
                _check_origin(origin, host)
        elif scope["type"] == "websocket" or scope["method"] != "GET":
            _check_origin(origin, host)

    def may_listen(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        """Whether a page of this origin may read what Socket.IO says."""
        if origin is None or origin.lower() in self._listeners:
            return True
        return urlsplit(origin).netloc.lower() == str(environ.get("HTTP_HOST", "")).lower()

    def _check_host(self, host: bytes) -> None:
        text = host.decode("latin-1")
        try:
            name = urlsplit(f"//{text}").hostname or ""
        except ValueError:
            name = ""
        if not self._any_host and not is_loopback(name):
            raise Problem(
                421,
                f"this server answers to this machine's names only, not to {text[:100]!r}; ask "
                "http://127.0.0.1, or make a key, so that it may answer to all",
            )
        if len(self._known) < 100:
            self._known.add(host)


def _check_origin(origin: bytes, host: bytes | None) -> None:
    try:
        asked = urlsplit(origin.decode("latin-1")).netloc.lower()
    except ValueError:
        asked = ""
    if not asked or host is None or asked != host.decode("latin-1").lower():
        raise Problem(
            403,
            "a page of another site may not do this; open Roomtone's own page, or send the request "
            "without a browser",
        )


def with_headers(headers: Iterable[Header], more: Iterable[Header]) -> list[Header]:
    """The headers and those of `more` that are not among them yet."""
    told = list(headers)
    names = {name.lower() for name, _ in told}
    return told + [header for header in more if header[0] not in names]
