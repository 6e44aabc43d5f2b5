"""The journal's entries come back as they went in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from roomtone.events import Message, PollVote
from roomtone.records import (
    Batch,
    Closed,
    Entry,
    Gap,
    Tick,
    decode_entry,
    encode_entry,
    memory_id,
)

EVENTS = [
    Message(session="s", id="1", user="a", text="\x00 é", at=datetime(2026, 1, 1, tzinfo=UTC)),
    PollVote(session="s", poll="p", option=3),
]


@pytest.mark.parametrize(
    "entry",
    [
        Batch(arrival=1, source="x", events=EVENTS),
        Tick(now=5),
        Gap(start=1, end=2),
        Closed(session="s"),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_entries_round_trip(entry: Entry) -> None:
    """What was kept is what was given."""
    assert decode_entry(encode_entry(entry)) == entry


def test_an_instant_survives_its_offset() -> None:
    """The journal keeps when something happened; where the clock hung is not kept."""
    east = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    entry = Batch(arrival=1, source="x", events=[Message(session="s", text="x", at=east)])

    back = decode_entry(encode_entry(entry))

    assert isinstance(back, Batch) and back.events[0].at == east


def test_a_memory_is_known_by_its_cause() -> None:
    """The same cause gives the same id, and parts do not run into each other."""
    assert memory_id("luna", "s", "t1") == memory_id("luna", "s", "t1")
    assert (
        len({memory_id("luna", "s", "t"), memory_id("lunas", "t"), memory_id("nova", "s", "t")})
        == 3
    )
