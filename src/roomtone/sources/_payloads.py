"""Reads the fields of foreign JSON payloads, whatever their spelling, and says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from roomtone.errors import BadEvent
from roomtone.heard import MAX_NAME
from roomtone.sources._times import parse_time

Raw = Mapping[str, Any]

SESSION = ("sessionId", "session_id", "sessionID", "session")
USER = ("userId", "user_id", "userID", "authorId", "author_id", "senderId", "sender_id")
PERSON = ("user", "author", "sender")
AT = ("timestamp", "createdAt", "created_at", "sentAt", "sent_at", "time", "ts", "at")
DETAILS = ("data", "payload", "body", "event", "detail")

# What an envelope may say for what it holds.
_CARRIED = (*AT, *USER, "id", "type", "eventId", "event_id", "eventID")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOTHING: Raw = {}
_DEEPEST = 4

decode = msgspec.json.Decoder().decode
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def items(payload: bytes) -> Iterator[tuple[Any, str, bytes]]:
    """Each object of a payload, or why it cannot be read, with its bytes where these are known.

    A payload is one object, an array, or one object per line; a string that holds JSON is read
    as that JSON.
    """
    try:
        whole = decode(payload)
        if isinstance(whole, str) and whole.lstrip()[:1] in ("{", "["):
            whole = decode(whole)
    except UNREADABLE as error:
        lines = [line for line in payload.split(b"\n") if line.strip()]
        if len(lines) < 2:
            yield None, _no_json(error), payload
            return
        for line in lines:
            try:
                yield decode(line), "", line
            except UNREADABLE as its:
                yield None, _no_json(its), line
        return
    if isinstance(whole, list):
        for item in whole:
            yield item, "", b""
    else:
        yield whole, "", payload


def _no_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply; send a flat object"
    return f"no JSON: {str(error)[:200]}; send a JSON object, an array, or one object per line"


def flat(pairs: Sequence[bytes]) -> bytes:
    """A stream entry's fields (name, value, name, ...) as the payload that they carry.

    A field `data`, `payload` or `event` holds JSON; without one the fields are the object.
    """
    names = pairs[::2]
    for wanted in (b"data", b"payload", b"event", b"events", b"message"):
        if wanted in names:
            value = pairs[2 * names.index(wanted) + 1]
            if value.lstrip()[:1] in (b"{", b"[") and (wanted != b"message" or len(names) == 1):
                return value
            if len(names) == 1:
                return value
    read: dict[str, Any] = {}
    for name, value in zip(names, pairs[1::2], strict=True):
        text = value.decode("utf-8", "replace")
        read[name.decode("utf-8", "replace")] = text
        if text[:1] == "{":
            try:
                read[name.decode("utf-8", "replace")] = decode(text)
            except UNREADABLE:
                continue  # a text that begins with a brace is a text
    return msgspec.json.encode(read)


def unwrap(item: Raw) -> Raw:
    """What an envelope holds: CloudEvents, `{"data": ...}`, `{"payload": ...}`, to some depth.

    An object that names its session is no envelope. Of an envelope the id, the time and the
    type are taken where what it holds has none.
    """
    for _ in range(_DEEPEST):
        if first(item, SESSION) is not None:
            return item
        held = None
        for name in DETAILS:
            held = item.get(name)
            if isinstance(held, str) and held.lstrip()[:1] == "{":
                try:
                    held = decode(held)
                except UNREADABLE:
                    held = None
            if isinstance(held, dict):
                break
        if not isinstance(held, dict):
            return item
        item = {**{name: item[name] for name in _CARRIED if name in item}, **held}
    return item


def inside(raw: Raw) -> Raw:
    """The details of an object that names its session itself: `{"type": ..., "data": {...}}`."""
    for name in DETAILS:
        held = raw.get(name)
        if isinstance(held, dict):
            return held
    return _NOTHING


def first(raw: Raw, names: Sequence[str]) -> Any:
    """The first of these fields that is there and not null."""
    for name in names:
        value = raw.get(name)
        if value is not None:
            return value
    return None


def either(raw: Raw, inner: Raw, names: Sequence[str]) -> Any:
    """The same, in the object or else in its details."""
    value = first(raw, names)
    return first(inner, names) if value is None and inner else value


def name(value: Any, called: str) -> str | None:
    """A name as events have them. Raises BadEvent for what cannot be one."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadEvent(f"`{called}` is a {type(value).__name__}; send a string")
    text: str = value.strip()
    if not text:
        return None
    if len(text) > MAX_NAME:
        raise BadEvent(f"`{called}` has {len(text):,} characters; send at most {MAX_NAME}")
    if not text.isprintable() and _CONTROL.search(text):
        raise BadEvent(f"a control character in `{called}`; names are printable text")
    return text


def session(raw: Raw, inner: Raw) -> str:
    """The session's id. Raises BadEvent where there is none."""
    found = name(either(raw, inner, SESSION), "sessionId")
    if found is None:
        raise BadEvent("no `sessionId`; say in which session it happened")
    return found


def user(raw: Raw, inner: Raw) -> str | None:
    """Who it was: an id, or else the id or name of a person's object."""
    found = either(raw, inner, USER)
    if found is None:
        found = either(raw, inner, PERSON)
        if isinstance(found, dict):
            found = first(found, ("id", "userId", "user_id", "name", "username"))
    return name(found, "userId")


def at(raw: Raw, inner: Raw) -> datetime | None:
    """When it was, if it says so. Raises BadEvent for what is no time."""
    value = either(raw, inner, AT)
    return None if value is None or value == "" else parse_time(value)


def own_id(raw: Raw, inner: Raw, names: Sequence[str]) -> str | None:
    """The payload's own id, if it has one that can be an id."""
    return name(either(raw, inner, names), names[0])
