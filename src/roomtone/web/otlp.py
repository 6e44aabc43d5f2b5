"""The way in for traces: POST /v1/traces as the OpenTelemetry protocol (OTLP/HTTP) has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from roomtone.errors import BadEvent, JournalError, ServerError
from roomtone.events import Refusal
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.host import Host
from roomtone.unread import sample
from roomtone.web.bodies import (
    Bodies,
    Held,
    answer_and_drain,
    check_length,
    is_gzip,
    unpack,
    whole,
    with_remedy,
)
from roomtone.web.problems import RETRY_S, Faults, Problem, Receive, Scope, Send, answer

PATHS = frozenset({"/v1/traces", "/api/public/otel/v1/traces", "/api/public/otel"})
"""Where exporters send: what OTEL_EXPORTER_OTLP_ENDPOINT and Phoenix's name make of our address,
and what Langfuse's SDK makes of it."""

SOURCE = "otlp"
"""The source's name in the inspector."""

IN_A_THREAD = 50_000
"""Bytes from which on a body is read in a thread: this many take some milliseconds."""

SAY_AGAIN_MS = 60_000
"""A remark is made again, with how often it was so, a minute later at the earliest."""

MOST_REMARKS = 200
CLOSE_S = 2.0

PROTOBUF, JSON = b"application/x-protobuf", b"application/json"

# google.rpc.Code, as the body of an error tells it.
_CODES = {400: 3, 405: 12, 408: 4, 413: 3, 415: 3, 429: 8, 503: 14}


class Otlp:
    """The ASGI application behind the paths for traces. Keys that come along are not looked at."""

    def __init__(self, host: Host, settings: Settings, faults: Faults, bodies: Bodies) -> None:
        self._host, self._faults, self._bodies = host, faults, bodies
        self._most = settings.limits.max_traces_body
        self._traces = plugins.traces()
        self._late: asyncio.Task[None] | None = None
        self._said: dict[str, int] = {}  # when each remark was made
        self._unsaid: Counter[str] = Counter()

    @property
    def spans(self) -> Mapping[str, int]:
        """Spans by what became of them."""
        found: Mapping[str, int] = self._traces.spans
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = Held()
        kind = _kind(scope)
        try:
            if scope["method"] != "POST":
                raise Problem(405, "traces are posted here; send POST")
            rejected = await self._take(scope, receive, held, kind)
            if rejected is not None:
                await answer(send, 200, _success(*rejected, kind), kind)
        except Problem as problem:
            if not held.told:
                self._host.refuse(SOURCE, [whole(problem)], [])
            await self._fail(send, receive, held, kind, problem)
        except (JournalError, ServerError) as error:
            away = Problem(503, with_remedy(error), retry_s=RETRY_S)
            await self._fail(send, receive, held, kind, away)
        except Exception as error:
            failed = self._faults.note("POST /v1/traces", error)
            await self._fail(send, receive, held, kind, failed)
        finally:
            self._bodies.release(held)

    async def close(self) -> None:
        """Tell what is held as it stands; for two seconds at most."""
        if self._late is not None:
            self._late.cancel()
            await asyncio.gather(self._late, return_exceptions=True)
            self._late = None
        with contextlib.suppress(TimeoutError, JournalError, ServerError):
            async with asyncio.timeout(CLOSE_S):
                await self._submit(self._traces.all(), "")
        if self._unsaid:
            self._host.remark(SOURCE, dict(self._unsaid))
            self._unsaid.clear()

    # -- one request ---------------------------------------------------------------------------

    async def _take(
        self, scope: Scope, receive: Receive, held: Held, kind: bytes
    ) -> tuple[int, str] | None:
        """How many spans were rejected and why; None where the client has gone."""
        packed, given = False, b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                check_length(value, held, self._most)
            elif name == b"content-encoding":
                packed = is_gzip(value)
            elif name == b"content-type":
                given = value.partition(b";")[0].strip().lower()
        if given not in (PROTOBUF, JSON, b"application/protobuf"):
            raise Problem(
                415,
                f"content type {given.decode('latin-1')[:100]!r} is not read here; send "
                "application/x-protobuf or application/json",
            )
        body = await self._bodies.read(receive, held, self._most)
        if body is None:
            return None
        try:
            if len(body) < IN_A_THREAD and not packed:
                parts, taken = self._read(body, packed, kind)
            else:
                parts, taken = await asyncio.to_thread(self._read, body, packed, kind)
        except Problem as problem:
            held.told = True
            self._host.refuse(SOURCE, [whole(problem)], [sample(body)])
            raise
        taken = self._traces.take(parts, self._host.clock.now_ms(), taken)
        if taken.refusals:
            self._host.refuse(SOURCE, taken.refusals, taken.samples)
        refusals = list(taken.refusals)
        client = scope["client"]
        refusals += await self._submit(taken, client[0] if client else "")
        self._remark(taken.notes)
        self._wait_for_more()
        return len(refusals), _reasons(refusals)

    def _read(self, body: bytes, packed: bool, kind: bytes) -> tuple[Sequence[Any], Any]:
        if packed:
            body = unpack(body, self._most)
        try:
            parts, taken = self._traces.parse(body, is_json=kind == JSON)
        except BadEvent as error:
            raise Problem(400, str(error)) from None
        return parts, taken

    async def _submit(self, taken: Any, client: str) -> list[Refusal]:
        """Have the turns taken in; what was told is remembered once they are durable."""
        errors: list[Refusal] = []
        if taken.turns:
            receipt = await self._host.submit(taken.turns, source=SOURCE, client=client)
            errors = receipt.errors
            if errors:
                samples = [sample(msgspec.json.encode(taken.turns[e.index])) for e in errors[:200]]
                self._host.refuse(SOURCE, errors, samples)
        self._traces.settle(taken)
        return errors

    async def _fail(
        self, send: Send, receive: Receive, held: Held, kind: bytes, problem: Problem
    ) -> None:
        body = _status(problem, kind)
        if problem.status == 413 and held.more:
            await answer_and_drain(send, receive, 413, body, kind)
        else:
            await answer(send, problem.status, body, kind, problem.headers)

    # -- what waits ----------------------------------------------------------------------------

    def _wait_for_more(self) -> None:
        if self._late is None or self._late.done():
            self._late = asyncio.create_task(self._tell_late(), name="tell late traces")

    async def _tell_late(self) -> None:
        """Turns of traces whose root does not come. One that cannot be taken in is tried again."""
        clock = self._host.clock
        while (due := self._traces.next_due_ms(clock.now_ms())) is not None:
            await clock.wait_until(due)
            while True:
                try:
                    taken = self._traces.due(clock.now_ms())
                    await self._submit(taken, "")
                    self._remark(taken.notes)
                    break
                except (JournalError, ServerError) as error:
                    self._remark({f"turns wait to be taken in: {error}": 1})
                except Exception as error:
                    self._faults.note("late traces", error)
                await clock.wait_until(clock.now_ms() + RETRY_S * 1000)

    def _remark(self, notes: Mapping[str, int]) -> None:
        """Say each at once, then once a minute with how often it was so."""
        now, say = self._host.clock.now_ms(), {}
        for note, times in notes.items():
            if times <= 0:
                continue
            if note not in self._said and len(self._said) >= MOST_REMARKS:
                note = "something else is worth saying; see the application's own traces"
            self._unsaid[note] += times
            if now - self._said.get(note, -SAY_AGAIN_MS) >= SAY_AGAIN_MS:
                self._said[note] = now
                say[note] = self._unsaid.pop(note)
        if say:
            self._host.remark(SOURCE, say)


def _kind(scope: Scope) -> bytes:
    """Of which type the answer is: that of the request, JSON where it is neither."""
    given = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return PROTOBUF if b"protobuf" in given.partition(b";")[0].lower() else JSON


def _reasons(refusals: Sequence[Refusal]) -> str:
    """The first few reasons, each once."""
    return "; ".join(list(dict.fromkeys(refusal.reason for refusal in refusals))[:3])[:1000]


def _success(rejected: int, reason: str, kind: bytes) -> bytes:
    """ExportTraceServiceResponse: empty, or with what was rejected as `partial_success`."""
    if kind == JSON:
        told = {"rejectedSpans": str(rejected), "errorMessage": reason}  # 64 bits: a text
        return msgspec.json.encode({"partialSuccess": told} if rejected else {})
    if not rejected:
        return b""
    return _bytes_field(1, b"\x08" + _varint(rejected) + _bytes_field(2, _utf8(reason)))


def _status(problem: Problem, kind: bytes) -> bytes:
    """google.rpc.Status: a code and a message."""
    code = _CODES.get(problem.status, 2)
    if kind == JSON:
        return msgspec.json.encode({"code": code, "message": _utf8(problem.detail).decode()})
    return b"\x08" + _varint(code) + _bytes_field(2, _utf8(problem.detail))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _bytes_field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    return bytes(_digits(value))


def _digits(value: int) -> Iterator[int]:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
