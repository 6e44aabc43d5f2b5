"""The small face of a process that shows nothing else: whether it lives, works, and how it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec

from roomtone.runtime import numbers
from roomtone.runtime.config import Settings
from roomtone.runtime.numbers import Number
from roomtone.web.gate import Gate
from roomtone.web.guard import Guard
from roomtone.web.metrics import CONTENT_TYPE, Metrics, of_faults
from roomtone.web.problems import Faults, Problem, Receive, Scope, Send, answer, answer_problem
from roomtone.web.readiness import readiness

Parts = Callable[[], Awaitable[list[dict[str, Any]]]]


class Health:
    """GET /healthz, /readyz and /metrics of an engine or a worker."""

    def __init__(self, settings: Settings, role: str, gate: Gate | None = None) -> None:
        self.role = role
        self.running: Any = None
        """What runs here, as soon as it does."""
        self.parts: Parts = self._waiting
        self.faults = Faults()
        self._guard = Guard(settings.server)
        self._gate = gate or Gate(settings)
        self._metrics = Metrics(self._memory, self._disk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        try:
            self._guard.check(scope, keyed=self._gate.locked)
            if scope["type"] != "http":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._gate.admit(scope, scope["path"])
            await self._answer(scope, send)
        except Problem as problem:
            await answer_problem(send, problem)
        except Exception as error:
            await answer_problem(send, self.faults.note("health", error))

    async def close(self) -> None:
        """Nothing here stays open but the look at the keys."""
        await self._gate.close()

    async def _answer(self, scope: Scope, send: Send) -> None:
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, f"this is the role {self.role}; only GET is answered here")
        if path == "/healthz":
            await answer(send, 200, b'{"status":"alive"}')
        elif path == "/readyz":
            told, status = readiness([*await self.parts(), self.faults.health()])
            await answer(send, status, msgspec.json.encode({**told, "role": self.role}))
        elif path == "/metrics":
            await answer(send, 200, await self._metrics.page(), CONTENT_TYPE)
        else:
            raise Problem(
                404,
                f"this is the role {self.role}, which answers /healthz, /readyz and /metrics; ask "
                "a process of the role web",
            )

    async def _waiting(self) -> list[dict[str, Any]]:
        detail = "it waits for its partition, or reads its journal"
        return [{"name": self.role, "ok": False, "detail": detail, "remedy": "", "vital": True}]

    def _memory(self) -> Iterator[Number]:
        yield from numbers.of_running(self.running, self.role)
        yield from of_faults(self.faults)

    def _disk(self) -> Iterator[Number]:
        journal = getattr(self.running, "journal", None)
        if journal is not None:
            yield from numbers.of_folder(journal.folder)
