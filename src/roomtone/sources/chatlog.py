"""Chats as others export them: CSV or JSON lines with columns under whatever names."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from roomtone.errors import BadEvent
from roomtone.events import EVENT_TYPES, Event, check_names, explain_refusal
from roomtone.sources._lines import MAX_LINE, LineSource, Refused
from roomtone.sources._times import parse_time

_PLAIN = ("role", "reply_to", "emoji", "target", "action", "poll", "question", "options", "source")

# What the columns are called in the exports we have seen, most telling name first.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "at": ("at", "published_at", "timestamp", "ts", "time", "created_at", "datetime", "date"),
    "user": ("user", "author", "username", "author_name", "user_name", "nick", "sender", "name"),
    "text": ("text", "message", "body", "content", "comment", "msg"),
    "session": ("session", "video_id", "stream_id", "channel", "room", "chat_id", "conversation"),
    "id": ("id", "message_id", "msg_id", "comment_id", "event_id"),
    "type": ("type", "event", "kind", "action_type"),
    "new_user": ("new_user", "new_nick"),
    **{name: (name,) for name in _PLAIN},
    "option": ("option", "vote"),
}
TYPES: Mapping[str, str] = {
    **{str(known.__struct_config__.tag): str(known.__struct_config__.tag) for known in EVENT_TYPES},
    **dict.fromkeys(
        ("", "chat", "msg", "privmsg", "comment", "text", "textmessageevent"), "message"
    ),
    **dict.fromkeys(("part", "quit", "left", "disconnect"), "leave"),
    **dict.fromkeys(("joined", "enter", "connect"), "join"),
    **dict.fromkeys(("react", "emote"), "reaction"),
}
RENAMES = ("nick", "rename")

# A record in quotes may hold line feeds, but a chat message does not hold sixty: beyond that
# somebody forgot to close a quote, and only the line with that quote is given up.
MAX_RECORD_LINES = 60

# JSON rows differ in their keys by type; a log with more than a few kinds of row is not one.
MAX_SHAPES = 64

Columns = Mapping[str, str]
"""Which column holds which of our fields: `{"user": "author", "at": "published_at"}`."""


def find_columns(names: Iterable[str], chosen: Columns | None = None) -> dict[str, str]:
    """Which of the columns `names` holds which field; `chosen` goes before our own guess.

    Raises BadEvent when a chosen column is not there, or no column holds the time or the text.

    >>> find_columns(["video_id", "author", "message", "published_at"])["user"]
    'author'
    """
    there = {name.strip().lower(): name for name in names}
    found: dict[str, str] = {}
    for field, column in (chosen or {}).items():
        if field not in ALIASES:
            raise BadEvent(f"no field is called {field}; known: {', '.join(ALIASES)}")
        if column.lower() not in there:
            raise BadEvent(f"no column is called {column}; there are: {', '.join(there.values())}")
        found[field] = there[column.lower()]
    for field, aliases in ALIASES.items():
        free = [a for a in aliases if a in there and there[a] not in found.values()]
        if field not in found and free:
            found[field] = there[free[0]]
    listed = ", ".join(there.values()) or "none"
    if "at" not in found:
        raise BadEvent(
            f"no column holds the time ({listed}); say which: --map at=COLUMN, or take written "
            "dialogues in with --bot NAME"
        )
    if not {"text", "type"} & found.keys():
        raise BadEvent(f"no column holds the text ({listed}); say which: --map text=COLUMN")
    return found


def normalise(row: Mapping[str, Any], columns: Columns, session: str) -> list[Event]:
    """What one row says: one event, or for a change of name a leave and a join.

    `session` is taken where the row names none. Raises BadEvent with the reason when the row
    cannot be an event.
    """
    raw = {
        field: row[column]
        for field, column in columns.items()
        if row.get(column) is not None and row[column] != ""
    }
    raw["at"] = parse_time(raw.get("at", ""))
    raw.setdefault("session", session)
    kind = str(raw.pop("type", "")).lower()
    new_user = raw.pop("new_user", None)
    if kind in RENAMES:
        return [_make({**raw, "type": "leave"}), _make({**raw, "type": "join", "user": new_user})]
    if kind not in TYPES:
        known = ", ".join(sorted(name for name in TYPES if name))
        raise BadEvent(f"unknown type {kind[:40]!r}; known: {known}")
    raw["type"] = TYPES[kind]
    if raw["type"] == "message":
        raw.setdefault("text", "")
    return [_make(raw)]


def _make(raw: dict[str, Any]) -> Event:
    for name in ("user", "session", "id"):
        if isinstance(raw.get(name), int | float):
            raw[name] = str(raw[name])
    try:
        event: Event = msgspec.convert(raw, Event)
        check_names(event)
    except ValueError as error:  # msgspec's own errors are ValueErrors
        raise BadEvent(explain_refusal(error)) from None
    return event


class ChatLog(LineSource):
    """Reads a chat log; rows without an id get one made of their session, time, user and text."""

    name = "chatlog"

    def __init__(
        self,
        stream: BinaryIO,
        *,
        session: str = "chat",
        columns: Columns | None = None,
        force: bool = False,
    ) -> None:
        super().__init__(stream, session=session)
        self._chosen = columns
        self._force = force
        self._refusals: deque[Refused] = deque()

    def rows(self) -> Iterator[Event | Refused]:
        """Every row's events, or why there are none."""
        source = iter(self.lines)
        first = next((line for line, _ in source if line.strip()), b"")
        if not first:
            return
        rest = chain([(first, False)], source)
        if first.lstrip().startswith(b"{"):
            yield from self._json_rows(rest)
        else:
            yield from self._csv_rows(rest)

    def _json_rows(self, lines: Iterable[tuple[bytes, bool]]) -> Iterator[Event | Refused]:
        shapes: dict[tuple[str, ...], Columns] = {}
        for line, cut in lines:
            self.line = self.lines.number
            if not line.strip():
                continue
            try:
                if cut:
                    raise BadEvent(f"longer than {MAX_LINE:,} bytes; split it")
                row = _parse_json(line)
                shape = tuple(row)
                if shape not in shapes:
                    if len(shapes) >= MAX_SHAPES:
                        shapes.clear()
                    shapes[shape] = find_columns(shape, self._chosen)
                yield from self._complete(row, shapes[shape])
            except BadEvent as error:
                yield self.refuse(self.line, str(error), line)

    def _csv_rows(self, lines: Iterable[tuple[bytes, bool]]) -> Iterator[Event | Refused]:
        records = self._records(lines)
        header = next(records, [])
        columns = find_columns(header, self._chosen)
        for record in records:
            while self._refusals:
                yield self._refusals.popleft()
            try:
                if len(record) > len(header):
                    raise BadEvent(
                        f"{len(record)} columns where the header names {len(header)}; put a text "
                        "that holds the separator in quotes"
                    )
                yield from self._complete(dict(zip(header, record, strict=False)), columns)
            except BadEvent as error:
                sample = ",".join(record).encode("utf-8", "replace")
                yield self.refuse(self.line, str(error), sample)
        yield from self._refusals

    def _records(self, lines: Iterable[tuple[bytes, bool]]) -> Iterator[list[str]]:
        """CSV records; a line that spoils its record is refused alone, and reading goes on."""
        source = self._texts(lines)
        waiting: deque[tuple[int, str]] = deque()
        delimiter = ""
        while True:
            taken: list[tuple[int, str]] = []
            feed = _Feed(waiting, source, taken)
            if not delimiter:
                head = next(feed, "")
                delimiter = max(",;\t|", key=head.count)
                waiting.extend(taken)
                taken.clear()
            try:
                for record in csv.reader(feed, delimiter=delimiter, strict=True):
                    self.line = taken[0][0]
                    taken.clear()
                    if record:
                        yield record
                return
            except csv.Error as error:
                number, text = taken[0]
                reason = f"{error}; check the quotes of this line"
                self._refusals.append(self.refuse(number, reason, text.encode("utf-8", "replace")))
                waiting.extendleft(reversed(taken[1:]))

    def _texts(self, lines: Iterable[tuple[bytes, bool]]) -> Iterator[tuple[int, str]]:
        for line, cut in lines:
            number = self.lines.number
            if cut:
                reason = f"longer than {MAX_LINE:,} bytes; split it"
                self._refusals.append(self.refuse(number, reason, line))
                continue
            try:
                yield number, line.decode() + "\n"
            except UnicodeDecodeError:
                reason = "not valid UTF-8; save the file as UTF-8"
                self._refusals.append(self.refuse(number, reason, line))

    def _complete(self, row: Mapping[str, Any], columns: Columns) -> Iterator[Event]:
        session = self.session or "chat"
        for event in normalise(row, columns, session):
            changes: dict[str, str] = {}
            if self._force and event.session != session:
                changes["session"] = session
            if event.id is None and event.at is not None:
                changes["id"] = self.ids.make(
                    changes.get("session", event.session),
                    event.at.isoformat(),
                    event.user or "",
                    getattr(event, "text", "") or str(event.__struct_config__.tag),
                )
            yield msgspec.structs.replace(event, **changes) if changes else event


class _Feed:
    """The lines that a CSV reader takes, remembered until their record is complete."""

    def __init__(
        self,
        waiting: deque[tuple[int, str]],
        source: Iterator[tuple[int, str]],
        taken: list[tuple[int, str]],
    ) -> None:
        self._waiting = waiting
        self._source = source
        self._taken = taken

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MAX_RECORD_LINES:
            raise csv.Error(f"a quote is still open after {MAX_RECORD_LINES} lines")
        item = self._waiting.popleft() if self._waiting else next(self._source)
        self._taken.append(item)
        return item[1]


def _parse_json(line: bytes) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:
        raise BadEvent(explain_refusal(error)) from None
    if not isinstance(row, dict):
        raise BadEvent("not a JSON object; write one object per line")
    return row
