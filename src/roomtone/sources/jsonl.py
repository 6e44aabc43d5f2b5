"""Events as the wire has them, one JSON object per line of a file or pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from roomtone.errors import BadEvent
from roomtone.events import Event, decode, decode_lines
from roomtone.sources._lines import MAX_LINE, LineSource, Refused


def normalise(line: bytes) -> Event:
    """The event in one line. Raises BadEvent with the reason when there is none.

    >>> normalise(b'{"type":"join","session":"s","user":"ann"}').user
    'ann'
    """
    try:
        events, refusals, _ = decode(line, limit=1)
    except ValueError as error:
        raise BadEvent(str(error)) from None
    if refusals:
        raise BadEvent(refusals[0].reason)
    if len(events) != 1:
        raise BadEvent(f"{len(events)} events in one line; write one event per line")
    return events[0]


class JsonLines(LineSource):
    """Reads wire events; those with a time but no id get one, so that a repeat is harmless.

    With `ids` off they stay as they are: for whoever keeps nothing and so knows no repeats.
    """

    name = "jsonl"

    def __init__(self, stream: BinaryIO, *, session: str | None = None, ids: bool = True) -> None:
        super().__init__(stream, session=session)
        self._makes_ids = ids

    def rows(self) -> Iterator[Event | Refused]:
        """Every line's event, or why there is none."""
        for block, cut in self.lines.blocks():
            lines = block.removesuffix(b"\n").split(b"\n")
            first = self.lines.number - len(lines) + 1
            events = None if cut else decode_lines(block.strip(), len(lines))
            if events is None:
                yield from self._one_by_one(lines, first, cut)
                continue
            for number, event in enumerate(events, first):
                self.line = number
                yield self._complete(event, lines[number - first])

    def _one_by_one(self, lines: list[bytes], first: int, cut: bool) -> Iterator[Event | Refused]:
        """The same of lines of which not each is an event; `cut` says that the last one is not."""
        for number, line in enumerate(lines, first):
            self.line = number
            line = line.rstrip(b"\r\n")
            if cut and number == self.lines.number:
                yield self.refuse(number, f"longer than {MAX_LINE:,} bytes; split it", line)
                continue
            if not line.strip():
                continue
            if number == 1 and line.strip() == b"[":
                raise BadEvent(
                    "the input is one JSON array over several lines; write one event per line, "
                    "for example with: jq -c '.[]'"
                )
            try:
                yield self._complete(normalise(line), line)
            except BadEvent as error:
                yield self.refuse(number, str(error), line)

    def _complete(self, event: Event, line: bytes) -> Event:
        changes: dict[str, str] = {}
        if self.session is not None and event.session != self.session:
            changes["session"] = self.session
        if event.id is None and event.at is not None and self._makes_ids:
            line = line.rstrip(b"\r\n")
            changes["id"] = self.ids.make(self.session or event.session, line)
        return msgspec.structs.replace(event, **changes) if changes else event
