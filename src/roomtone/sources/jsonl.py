"""Events as the wire has them, one JSON object per line of a file or pipe."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from roomtone.errors import BadEvent
from roomtone.events import Event, decode
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
    """Reads wire events; those with a time but no id get one, so that a repeat is harmless."""

    name = "jsonl"

    def rows(self) -> Iterator[Event | Refused]:
        """Every line's event, or why there is none."""
        for line, cut in self.lines:
            self.line = number = self.lines.number
            if cut:
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
        if event.id is None and event.at is not None:
            changes["id"] = self.ids.make(self.session or event.session, line)
        return msgspec.structs.replace(event, **changes) if changes else event
