"""The hot way in: POST /v1/events, bytes to durable events with as little as possible between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from roomtone import events as wire
from roomtone.consents import ConsentGiven
from roomtone.errors import JournalError, ServerError
from roomtone.events import MALFORMED, Event, Refusal
from roomtone.runtime.config import Settings
from roomtone.runtime.desk import LETTERS
from roomtone.runtime.door import TooManySessions
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
from roomtone.web.gate import Caller
from roomtone.web.problems import (
    PROBLEM,
    RETRY_S,
    Faults,
    Problem,
    Receive,
    Scope,
    Send,
    answer,
    answer_problem,
)

MAX_SOURCE = 100

NOT_YOURS = (
    "that a person agrees is said with a key that has the scope review; send it with one, or with "
    "PUT /v1/people/USER/consent"
)

_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
# `curl -d` says form-urlencoded unless told otherwise, and some clients say nothing at all.
_PLAIN = frozenset(
    {"", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"}
)
_BOM = b"\xef\xbb\xbf"
_encode = msgspec.json.Encoder().encode


class Ingest:
    """The ASGI application behind POST /v1/events."""

    def __init__(self, host: Host, settings: Settings, faults: Faults, bodies: Bodies) -> None:
        self._host = host
        self._limits = settings.limits
        self._faults = faults
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = Held()
        try:
            await self._take(scope, receive, send, taken)
        except Problem as problem:
            if not taken.told:
                self._host.refuse("http", [whole(problem)], [])
            if problem.status == 413 and taken.more:
                await answer_and_drain(send, receive, 413, problem.body(), PROBLEM)
            else:
                await answer_problem(send, problem)
        except TooManySessions as error:
            await answer_problem(send, Problem(429, str(error), retry_s=60))
        except (JournalError, ServerError) as error:  # DiskFull among them
            await answer_problem(send, Problem(503, with_remedy(error), retry_s=RETRY_S))
        except Exception as error:
            await answer_problem(send, self._faults.note("POST /v1/events", error))
        finally:
            self._bodies.release(taken)

    async def _take(self, scope: Scope, receive: Receive, send: Send, taken: Held) -> None:
        source, history = _parse_query(scope["query_string"])
        packed, lines = self._check_headers(scope["headers"], taken)
        body = await self._bodies.read(receive, taken, self._limits.max_body)
        if body is None:
            return  # the client has gone
        client = scope["client"]
        caller: Caller | None = scope.get("roomtone.caller")
        try:
            if packed:
                body = unpack(body, self._limits.max_body)
            if body.startswith(_BOM):
                body = body[3:]
            events, refusals, kept = self._decode(body, lines)
            if caller is not None and not caller.may("review"):
                events, kept = _without_yes(events, kept, refusals)
        except Problem as problem:
            taken.told = True
            self._host.refuse(source, [whole(problem)], [sample(body)])
            raise
        try:
            receipt = await self._host.submit(
                events,
                refusals,
                kept,
                source=source,
                history=history,
                client=client[0] if client else "",
            )
        except TooManySessions as error:
            errors = sorted(error.refusals(kept), key=lambda refusal: refusal.index)
            samples = _samples(body, lines, errors[:1], events, kept)
            self._host.refuse(source, errors, samples)
            raise
        errors = receipt.errors
        if errors:
            errors = sorted(errors, key=lambda refusal: refusal.index)
            self._host.refuse(source, errors, _samples(body, lines, errors, events, kept))
        await answer(
            send,
            202,
            _encode(
                {
                    "accepted": receipt.accepted,
                    "duplicates": receipt.duplicates,
                    "errors": errors,
                }
            ),
        )

    def _check_headers(
        self, headers: Sequence[tuple[bytes, bytes]], taken: Held
    ) -> tuple[bool, bool]:
        """Whether the body is packed, and whether it is one event per line."""
        packed, kind = False, ""
        for name, value in headers:
            if name == b"content-length":
                check_length(value, taken, self._limits.max_body)
            elif name == b"content-encoding":
                packed = is_gzip(value)
            elif name == b"content-type":
                kind = _kind(value)
        if kind not in _PLAIN and kind not in _LINES:
            raise Problem(
                415,
                f"content type {kind[:100]!r} is not read here; send application/json, or "
                "application/x-ndjson for one event per line",
            )
        return packed, kind in _LINES

    def _decode(self, body: bytes, lines: bool) -> tuple[list[Event], list[Refusal], list[int]]:
        limit = self._limits.max_events
        try:
            events, refusals, kept = wire.decode(body, lines=lines, limit=limit)
        except ValueError as error:
            if "in one request" in str(error):
                raise Problem(413, str(error)) from None
            raise Problem(400, _sentence(str(error))) from None
        if refusals and not events and not _is_json(body):
            raise Problem(400, _sentence(f"the body is no JSON: {refusals[0].reason}"))
        return events, refusals, kept


def _without_yes(
    events: list[Event], kept: list[int], refusals: list[Refusal]
) -> tuple[list[Event], list[int]]:
    """Without words that have a person agree: who may only send does not say so for them. That they
    do not agree anybody may say."""
    yes = [isinstance(one, ConsentGiven) and any(one.purposes.values()) for one in events]
    if not any(yes):
        return events, kept
    refusals += [Refusal(at, NOT_YOURS, MALFORMED) for at, no in zip(kept, yes, strict=True) if no]
    left = [(one, at) for one, at, no in zip(events, kept, yes, strict=True) if not no]
    return [one for one, _ in left], [at for _, at in left]


def _parse_query(query: bytes) -> tuple[str, bool]:
    """The source's name and whether the events are history."""
    if not query:
        return "http", False
    try:
        given = parse_qs(query.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Problem(400, "too many query parameters; `history` and `source` are known") from None
    source = given.get("source", ["http"])[-1]
    if not 1 <= len(source) <= MAX_SOURCE or not source.isprintable():
        raise Problem(
            400, f"`source` is a printable name of 1 to {MAX_SOURCE} characters; shorten it"
        )
    history = given.get("history", ["false"])[-1].lower()
    if history not in ("true", "1", "false", "0"):
        raise Problem(400, "`history` is true or false; send history=true for events of the past")
    return source, history in ("true", "1")


def _kind(content_type: bytes) -> str:
    kind, _, rest = content_type.decode("latin-1").lower().partition(";")
    if "charset" in rest and not any(name in rest for name in ("utf-8", "utf8", "us-ascii")):
        raise Problem(415, "events are UTF-8; encode the body so and say charset=utf-8")
    return kind.strip()


def _is_json(body: bytes) -> bool:
    """Whether the body, or its first line, is JSON of any kind."""
    for part in (body, body.strip().partition(b"\n")[0]):
        try:
            json.loads(part)  # msgspec would not read past a lone surrogate
            return True
        except (ValueError, RecursionError):
            continue
    return False


def _samples(
    body: bytes,
    lines: bool,
    errors: Sequence[Refusal],
    events: Sequence[Event],
    kept: Sequence[int],
) -> list[bytes]:
    """What was sent in the place of each of the first errors, for a person to look at."""
    parts: Any = None
    places = {place: row for row, place in enumerate(kept)}
    found = []
    for error in errors[: max(LETTERS, 50)]:
        row = places.get(error.index)
        if row is not None:
            found.append(sample(_encode(events[row])))
            continue
        if parts is None:
            parts = _split(body.strip(), lines)
        found.append(sample(bytes(parts[error.index]) if error.index < len(parts) else body))
    return found


def _split(body: bytes, lines: bool) -> Sequence[Any]:
    if body[:1] == b"[" and not (lines and b"\n" in body):
        try:
            parts: list[msgspec.Raw] = msgspec.json.decode(body, type=list[msgspec.Raw])
            return parts
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return []
    return [part for part in body.split(b"\n") if part.strip()]


def _sentence(text: str) -> str:
    return text if "; send" in text else f"{text}; send one event, an array, or one event per line"
