"""A server for this machine answers only this machine, and its own pages."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime.config import Server
from roomtone.web.guard import Guard, check_bind, with_headers
from roomtone.web.problems import Problem


def asked(method: str = "GET", kind: str = "http", **headers: str) -> dict[str, Any]:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": kind, "method": method, "path": "/v1/live", "headers": raw}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "", "example.com", "127.0.0.1.x"])
def test_an_open_address_needs_consent(host: str) -> None:
    """The refusal names the flag."""
    with pytest.raises(BadConfig, match="--insecure"):
        check_bind(Server(host=host))
    check_bind(Server(host=host, insecure=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_needs_none(host: str) -> None:
    """Loopback in all its spellings."""
    check_bind(Server(host=host))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8003", "localhost", "LOCALHOST:1", "[::1]:8003", "room.localhost:80"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    """With any port: a development server in front has its own."""
    guard = Guard(Server())
    guard.check(asked(host=host))
    guard.check(asked(host=host))


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[", "", "\xff"]
)
def test_other_names_are_not(host: str) -> None:
    """However they dress up."""
    with pytest.raises(Problem) as problem:
        Guard(Server()).check(asked(host=host))

    assert problem.value.status == 421


def test_behind_a_proxy_any_name_is_answered() -> None:
    """Who says --insecure has decided who may come."""
    Guard(Server(insecure=True)).check(asked(host="rooms.example"))
    Guard(Server(host="0.0.0.0", insecure=True)).check(asked(host="rooms.example"))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9", "http://["]
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_other_sites_may_not_act(origin: str, kind: str) -> None:
    """Neither write nor listen; reading is the browser's to refuse."""
    guard = Guard(Server())
    with pytest.raises(Problem) as problem:
        guard.check(asked("POST", kind, host="localhost:8003", origin=origin))

    assert problem.value.status == 403
    guard.check(asked("GET", host="localhost:8003", origin=origin))


def test_the_own_page_may() -> None:
    """And so may whoever has no page."""
    guard = Guard(Server())
    guard.check(asked("POST", host="localhost:8003", origin="http://localhost:8003"))
    guard.check(asked("POST", "websocket", host="localhost:8003"))


def test_headers_that_are_there_stay() -> None:
    """An answer may be stricter than the rest."""
    told = with_headers([(b"Cache-Control", b"x")], [(b"cache-control", b"y"), (b"a", b"b")])

    assert told == [(b"Cache-Control", b"x"), (b"a", b"b")]


def test_listed_pages_may_listen_and_no_more() -> None:
    """Socket.IO alone, and only for them; there even a GET is asked where it is from."""
    guard = Guard(Server(realtime_origins=["http://localhost:3000/"]))
    for origin, may in (
        ("http://LOCALHOST:3000", True),
        ("http://localhost:3001", False),
        ("http://127.0.0.1:8003", True),
    ):
        scope = asked(host="127.0.0.1:8003", origin=origin) | {"path": "/socket.io/"}
        if may:
            guard.check(scope)
        else:
            with pytest.raises(Problem):
                guard.check(scope)
    abroad = asked(kind="websocket", host="127.0.0.1:8003", origin="http://localhost:3000")
    with pytest.raises(Problem):
        guard.check(abroad)
    assert guard.may_listen("http://localhost:3000", {})
    assert not guard.may_listen("http://evil.example", {"HTTP_HOST": "127.0.0.1:8003"})
