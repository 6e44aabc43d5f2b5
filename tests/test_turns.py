"""A turn's rows say whose they are, where they come from, and nothing that is not known."""

from __future__ import annotations

from datetime import UTC, datetime

from roomtone.events import Turn
from roomtone.points import Field, Measurement, Point
from roomtone.turns import Heard, Pair, Talk

AT = datetime(2026, 1, 1, 0, 0, 0, 250_000, UTC)
SHIFTS = Measurement(
    "shifts",
    "a test",
    ("bot", "user_id", "to"),
    {
        "confidence": Field("how sure"),
        "other": Field("unknown"),
        "session_id": Field("where", is_text=True),
        "source": Field("whose", is_text=True),
    },
)


def heard() -> Heard:
    """A turn of which nothing was read."""
    turn = Turn(session="s", bot="b", user="u", message="hi")
    talk = Talk(session="s", bot="b", user="u", started_ms=0, ended_ms=0)
    return Heard(turn, AT, Pair(bot="b", user="u"), talk)


def test_a_row_says_whose_it_is_and_leaves_out_what_is_not_known() -> None:
    """None is absent, never zero; the session and the source are words of it."""
    row = heard().point(SHIFTS, {"confidence": 0.5, "other": None}, "model", to="work")

    assert row == Point(
        "shifts",
        AT,
        {"bot": "b", "user_id": "u", "to": "work"},
        {"confidence": 0.5},
        {"session_id": "s", "source": "model"},
    )
    assert heard().ms == round(AT.timestamp() * 1000)


def test_of_several_rows_the_surest_is_remembered() -> None:
    """A turn may switch context in more than one way."""
    one = heard()
    for sure, to in ((0.4, "a"), (0.9, "b"), (0.6, "c")):
        one.point(SHIFTS, {"confidence": sure}, "model", to=to)

    assert one.values["shifts"]["to"] == "b"
