"""The inspector remembers what came and why it was refused, and never more than it may."""

from __future__ import annotations

import pytest

from roomtone.engine import Note
from roomtone.events import Join, Message, Refusal
from roomtone.runtime.inspector import KEPT, MOST_SOURCES, OTHER, SHOWN_OF_A_BATCH, Inspector


def said(count: int = 1) -> list[Message]:
    return [Message(session="s", user="u", text=f"{number}") for number in range(count)]


def test_totals_are_exact_though_few_events_are_kept() -> None:
    """A sample is for the eye; the counts are for trust."""
    inspector = Inspector()
    inspector.took("bot", said(1000), {3, 999}, 1000)
    inspector.refused("bot", [Refusal(0, "no")] * 700, [b"x"], 2000)
    inspector.note("bot", said()[0], Note(0, "late", "came late"))

    assert inspector.sources() == [
        {
            "source": "bot",
            "accepted": 998,
            "duplicates": 2,
            "refused": 700,
            "late": 1,
            "last_at": "1970-01-01T00:00:02Z",
        }
    ]
    assert len(inspector.items(outcome="refused", limit=1000)) < KEPT + 1
    assert len(inspector.items(outcome="accepted")) == SHOWN_OF_A_BATCH - 1


def test_good_events_push_out_no_bad_one() -> None:
    """The one refusal among ten thousand is what somebody looks for."""
    inspector = Inspector()
    inspector.refused("bot", [Refusal(0, "no type")], [b'{"session":"s"}'], 1)
    for number in range(10 * KEPT):
        inspector.took("bot", said(), (), number)

    (item,) = inspector.items(outcome="refused")
    assert (item["reason"], item["session"], item["type"]) == ("no type", "s", None)


def test_the_newest_come_first() -> None:
    """Whatever their source, also within one millisecond and at a whole second."""
    inspector = Inspector()
    for number, at in enumerate((999, 1000, 1000, 1001)):
        inspector.took(f"source {number % 2}", [Join(session=f"{number}")], (), at)

    assert [item["session"] for item in inspector.items()] == ["3", "2", "1", "0"]
    assert [item["session"] for item in inspector.items("source 1", limit=1)] == ["3"]


def test_sources_beyond_the_bound_share_a_name() -> None:
    """A client that names a new source each time fills one row, not the memory."""
    inspector = Inspector()
    for number in range(10 * MOST_SOURCES):
        inspector.took(f"source {number}", said(), (), number)
        inspector.refused(f"other source {number}", [Refusal(0, "no")], [], number)

    names = {row["source"] for row in inspector.sources()}
    assert len(names) == MOST_SOURCES + 1
    assert OTHER in names
    assert sum(row["accepted"] for row in inspector.sources()) == 10 * MOST_SOURCES


@pytest.mark.parametrize("sample", [b"\xff\xfe", b"[" * 5000, b'{"type":{"a":1}}', b"", b"7"])
def test_any_sample_can_be_shown(sample: bytes) -> None:
    """As text, cut to size, whatever it was."""
    inspector = Inspector()
    inspector.refused("bot", [Refusal(0, "no")], [sample], 1)

    (item,) = inspector.items()
    assert item["type"] is None
    assert len(item["sample"]) <= 300


def test_a_part_that_fails_is_named_once() -> None:
    """Each with its latest error, all of them counted."""
    inspector = Inspector()
    for number in range(3):
        inspector.fault("keeper", ValueError(number))

    assert (inspector.fault_count, inspector.faults()) == (3, ["keeper: ValueError: 2"])


def test_a_part_that_works_again_is_forgiven() -> None:
    """One failure long ago does not make a server unready for good; one that goes on does."""
    inspector = Inspector()
    inspector.fault("push", ValueError("once"))
    inspector.fault("engine", ValueError("often"))
    inspector.forgive()
    inspector.fault("engine", ValueError("again"))
    inspector.forgive()

    assert inspector.faults() == ["engine: ValueError: again"]
    assert inspector.fault_count == 3


def test_what_is_worth_saying_is_noted_with_how_often() -> None:
    """Remarks are no events: they are counted nowhere, and shown as notes."""
    inspector = Inspector()
    inspector.remarked("otlp", {"no user": 1, "no text": 1200}, 5000)

    assert [item["reason"] for item in inspector.items("otlp", "note")] == [
        "1,200 times: no text",
        "no user",
    ]
    assert inspector.sources()[0] | {"last_at": ""} == {
        "source": "otlp",
        "accepted": 0,
        "duplicates": 0,
        "refused": 0,
        "late": 0,
        "last_at": "",
    }
