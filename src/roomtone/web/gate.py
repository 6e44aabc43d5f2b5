"""The gate: who asks, for which project, whether they may, and not too often."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

from roomtone.errors import BadConfig
from roomtone.runtime.access import Access
from roomtone.runtime.access_keys import DEFAULT, SCOPES, Key, is_secret
from roomtone.runtime.config import Settings
from roomtone.web.guard import REALTIME, is_loopback
from roomtone.web.problems import App, Header, Message, Problem, Receive, Scope, Send
from roomtone.web.rates import Rates
from roomtone.web.scopes import ANY, HEALTH, OPEN, methods_of, scope_of

WATCH_S = 1.0
"""How often the file of keys is looked at: a revoked key is dead within twice this, everywhere."""

NOTE_S = 30.0
"""How often it is written down when keys were last used."""

AGAIN_S = 0.2
"""How soon after it was read the file is read again for a key that is not known."""

REALM = b'Bearer realm="roomtone"'

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by which key or signed-in page, for which project, and what they may."""

    project: str
    scopes: frozenset[str]
    via: Literal["open", "key", "session", "ticket"]
    key: Key | None = None
    token: bytes = b""

    def may(self, scope: str) -> bool:
        """Whether their scopes are enough."""
        return scope == ANY or scope in self.scopes or "admin" in self.scopes


ANYBODY = Caller(DEFAULT, frozenset(SCOPES), "open")
"""Where no key was ever made."""


class Gate:
    """Stands in front of every route, and knows who has a line open."""

    def __init__(self, settings: Settings, access: Access | None = None) -> None:
        self.access = access or Access(settings)
        self.access.load()
        self.rates = Rates(settings.access)
        self.https = settings.access.https
        self.cookie = b"__Host-roomtone" if self.https else b"roomtone"
        self._open_health = settings.access.open_health
        self._local = is_loopback(settings.server.host)
        self._lines: dict[asyncio.Task[None], Caller] = {}
        self._watching: asyncio.Task[None] | None = None
        self._read_at = 0.0

    @property
    def locked(self) -> bool:
        """Whether a key is needed."""
        return self.access.locked

    async def admit(self, scope: Scope, path: str, *, needs: str | None = None) -> Caller:
        """Who asks. Raises Problem 401, 403, 404, 405 or 429. `needs` is the scope of what stands
        in no table: the files of the pages."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="watch the keys")
        if not self.access.locked:
            if not self._local and path not in HEALTH:
                self.rates.check(path, _address(scope))
            return ANYBODY
        socket = scope["type"] == "websocket"
        method = "GET" if socket else scope["method"]
        live = path.startswith(REALTIME)
        needs = needs or ("read" if live else scope_of(method, path))
        if needs == OPEN or (live and method == "OPTIONS"):  # a preflight brings nothing with it
            return ANYBODY
        if self._open_health and path in HEALTH and method in ("GET", "HEAD"):
            return ANYBODY
        caller = await self._who(scope, socket)
        if path not in HEALTH:
            self.rates.check(path, caller.key.id if caller.key else "")
        if needs is None:
            raise _no_route(method, path)
        if not caller.may(needs):
            raise _too_small(caller, needs)
        if caller.via == "session" and not (socket or live or method in ("GET", "HEAD")):
            self._check_csrf(scope, caller)
        return caller

    def ticket_of(self, scope: Scope) -> bytes:
        """The ticket that a WebSocket brings: it alone then says who asks, from whatever page."""
        if scope["type"] != "websocket" or not self.access.locked:
            return b""
        for part in scope["query_string"].split(b"&"):
            name, _, value = part.partition(b"=")
            if name == b"ticket" and value:
                return bytes(value)
        return b""

    async def _who(self, scope: Scope, socket: bool) -> Caller:
        ticket = self.ticket_of(scope) if socket else b""
        if ticket:
            key = await asyncio.to_thread(self.access.take_ticket, ticket)
            if key is None:
                raise unknown("the ticket was used, or is older than a minute; POST /v1/tickets")
            return Caller(key.project, key.scopes, "ticket", key)
        secret, token = _brought(scope["headers"], self.cookie)
        if not secret and not token:
            raise unknown(
                "this needs a key; send it as `Authorization: Bearer rt_live_…`, or sign in"
            )
        key = self._known(secret, token)
        if key is None and await self._look_again():
            key = self._known(secret, token)
        if key is None:
            raise unknown(
                "this key is not known, over or revoked; `roomtone keys list` shows those there are"
                if secret
                else "you are not signed in any more; sign in again",
                invalid=True,
            )
        via: Literal["key", "session"] = "key" if secret else "session"
        return Caller(key.project, key.scopes, via, key, token if not secret else b"")

    def _known(self, secret: bytes, token: bytes) -> Key | None:
        if secret:
            return self.access.find(secret) if is_secret(secret) else None
        return self.access.session(token)

    async def _look_again(self) -> bool:
        """Read the file once more: a key may have been made a moment ago, by another process."""
        now = asyncio.get_running_loop().time()
        if now - self._read_at < AGAIN_S:
            return False
        self._read_at = now
        try:
            await asyncio.to_thread(self.access.load)
        except BadConfig as error:
            log.error("the keys cannot be read; those known stay", error=str(error))
            return False
        return True

    def csrf(self, caller: Caller) -> str:
        """The word that a signed-in page sends along with whatever changes something."""
        made = hashlib.sha256(b"csrf of " + caller.token).digest()
        return base64.urlsafe_b64encode(made[:24]).decode()

    def _check_csrf(self, scope: Scope, caller: Caller) -> None:
        given = next((v for name, v in scope["headers"] if name == b"x-csrf-token"), b"")
        if not hmac.compare_digest(given, self.csrf(caller).encode()):
            raise Problem(
                403,
                "a signed-in page changes things with the word that GET /v1/me tells; send it as "
                "X-CSRF-Token, or reload the page",
            )

    # -- lines that stay open ----------------------------------------------------------------

    async def hold(
        self,
        caller: Caller,
        app: App,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        whole: bool = False,
    ) -> None:
        """Serve a line that stays open, and cut it when its key is over, or it has none and the
        first key is made. What is only of use `whole`, as a file is, breaks off then: nobody may
        take its first part for all of it."""
        begun = False

        async def seen(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        async def serve() -> None:
            await app(scope, receive, seen)

        line = asyncio.create_task(serve(), name="a line")
        self._lines[line] = caller
        try:
            await asyncio.wait([line])
        finally:
            self._lines.pop(line, None)
            line.cancel()
        if not line.cancelled():
            line.result()
            return
        if not begun:
            raise unknown("this key is over; ask for another", invalid=True)
        if whole:
            scope.get("extensions", {}).get("roomtone.abort", lambda: None)()
        elif scope["type"] == "websocket":
            why = "the key is over" if caller.key else "a key is needed now"
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut(self) -> int:
        """Cut every line whose key is over; returns how many."""
        over = [line for line, caller in self._lines.items() if not self._still(caller)]
        for line in over:
            line.cancel()
        return len(over)

    def _still(self, caller: Caller) -> bool:
        if caller.key is None:
            return not self.access.locked
        if caller.token:
            return self.access.session(caller.token, used=False) is not None
        return self.access.alive(caller.key.id) is not None

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        noted = loop.time()
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                await asyncio.to_thread(self.access.load)
                if loop.time() - noted > NOTE_S:
                    noted = loop.time()
                    await asyncio.to_thread(self.access.note)
            except BadConfig as error:
                log.error("the keys cannot be read; those known stay", error=str(error))
            self.cut()

    async def close(self) -> None:
        """Stop looking; what was used is written down."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        try:
            await asyncio.to_thread(self.access.note)
        except BadConfig as error:
            log.error("when keys were used could not be written", error=str(error))


def unknown(detail: str, *, invalid: bool = False) -> Problem:
    """A 401 that says how to ask."""
    problem = Problem(401, detail)
    told = REALM + b', error="invalid_token"' if invalid else REALM
    problem.headers.append((b"www-authenticate", told))
    return problem


def _too_small(caller: Caller, needs: str) -> Problem:
    has = ", ".join(scope for scope in SCOPES if scope in caller.scopes)
    problem = Problem(
        403, f"this needs the scope {needs}, and the key has {has}; ask with a key that may"
    )
    told = REALM + b', error="insufficient_scope", scope="%s"' % needs.encode()
    problem.headers.append((b"www-authenticate", told))
    return problem


def _no_route(method: str, path: str) -> Problem:
    others = methods_of(path)
    if not others:
        return Problem(404, "there is no such address; GET /docs lists those there are")
    problem = Problem(405, f"{method} does nothing here; send {' or '.join(others)}")
    problem.headers.append((b"allow", ", ".join(others).encode()))
    return problem


def _brought(headers: Iterable[Header], cookie: bytes) -> tuple[bytes, bytes]:
    """The key and the cookie's token that came along; a key goes before a cookie."""
    token = b""
    for name, value in headers:
        if name == b"authorization":
            kind, _, given = value.partition(b" ")
            kind = kind.lower()
            if kind == b"bearer":
                return given.strip(), b""
            if kind == b"basic":
                return _password(given), b""
        elif name == b"cookie" and cookie in value:
            for part in value.split(b";"):
                key, _, given = part.strip().partition(b"=")
                if key == cookie:
                    token = given
    return b"", token


def _password(given: bytes) -> bytes:
    """What clients that know only Basic send as the password, whatever the name."""
    try:
        return base64.b64decode(given.strip(), validate=True).partition(b":")[2] or b"-"
    except (binascii.Error, ValueError):
        return b"-"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
