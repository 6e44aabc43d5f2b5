"""Quality is read from what the person says back, and the documents' formula stays exact."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from roomtone.heard import Context, Feeling
from roomtone.points import Point
from roomtone.signals.quality import PARTS, Quality
from roomtone.turns import Heard, Talk
from tests.signals.turned import heard, read


def after(reply: str, **more: Any) -> Talk:
    """A talk in which this was the last reply."""
    known = {"session": "s", "bot": "luna", "user": "ann", "started_ms": 0, "ended_ms": 0}
    return Talk(**{**known, "reply": reply, "turns": 3, **more})


def measured(one: Heard, formula: str = "people") -> Point:
    """The only row."""
    (row,) = Quality(formula).update(one)
    return row


def test_thanks_score_above_a_complaint_about_the_same_reply() -> None:
    """The five stay within their range, and the overall one says it too."""
    talk = after("Your table is booked for six.")
    good = measured(heard(message="Perfect, thank you!", reply="Enjoy!", sentiment=0.8, talk=talk))
    bad = measured(heard(message="No, I said seven", reply="Sorry.", sentiment=-0.3, talk=talk))

    assert good.fields["satisfaction_score"] == 1.0
    assert bad.fields["satisfaction_score"] == pytest.approx(0.05)
    assert good.fields["overall"] > bad.fields["overall"]
    assert good.texts["source"] == "heuristic"


def test_a_reading_of_the_sender_counts_where_no_model_read_the_message() -> None:
    """The valence of what he says the person feels."""
    row = measured(heard(message="Hm", reply="Yes?", user_emotion=read("joy")))

    assert row.fields["satisfaction_score"] == 1.0


def test_what_could_not_be_read_is_absent_not_a_half() -> None:
    """A message that no model understands says nothing of content; the rest is there."""
    row = measured(
        heard(message="Olen surullinen", reply="Voi.", sentiment=0.0, user_emotion=read("unsure"))
    )

    assert "satisfaction_score" not in row.fields
    assert "emotional_resonance" not in row.fields
    assert {"engagement_score", "natural_flow_score", "overall"} <= row.fields.keys()


def test_a_turn_of_which_nothing_is_known_has_no_row() -> None:
    """Neither message nor reply nor time; a reply alone has its time."""
    assert list(Quality().update(heard())) == []
    row = measured(heard(reply="Good morning!", processing_time_ms=10_000.0))
    assert row.fields == {"natural_flow_score": 0.5, "overall": 0.5}


def test_a_bot_that_repeats_itself_or_says_less_than_it_is_told_flows_worse() -> None:
    """Each by itself lowers the score."""
    message = "I walked through the old town and it rained"
    talk = after("Tell me more about that, please, as I want to know it all.")
    fresh = measured(heard(message=message, reply="Did you get wet in it? Poor you! Come home!"))
    again = measured(heard(message=message, reply=talk.reply, talk=talk))
    short = measured(heard(message=message, reply="Ok."))

    flow = "natural_flow_score"
    assert fresh.fields[flow] > again.fields[flow] > short.fields[flow]


def test_a_cheerful_answer_to_sorrow_does_not_resonate_as_care_does() -> None:
    """Care, though it is a good feeling, is not at odds with grief."""
    sad = read("sadness")
    caring, merry = (
        measured(heard(message="She died", reply="…", user_emotion=sad, bot_emotion=read(label)))
        for label in ("caring", "amusement")
    )

    assert caring.fields["emotional_resonance"] == pytest.approx(0.8)
    assert merry.fields["emotional_resonance"] == pytest.approx(0.3)


def test_relevance_is_what_was_read() -> None:
    """As it came."""
    row = measured(heard(message="And the weather?", reply="Sunny.", relevance=0.7))

    assert row.fields["topic_relevance"] == 0.7


def test_the_documents_formula_is_exact() -> None:
    """Their five, their mean, their class."""
    one = heard(
        message="Hello there",
        reply="x" * 50,
        processing_time_ms=1_200.0,
        user_emotion=read("joy", intensity=0.95, confidence=0.9),
        context=Context(confidence=0.8),
    )
    row = measured(one, "seed")

    assert row.fields == pytest.approx(
        dict(zip(PARTS, (0.9, 0.8, 0.8, 0.9, 0.8), strict=True)) | {"overall": 0.84}
    )
    assert row.texts["class"] == "GOOD"
    assert row.texts["source"] == "heuristic"
    assert "defaults" not in row.texts


def test_the_documents_defaults_say_that_they_are() -> None:
    """Of a turn without anything all five are, and the row's source says default."""
    row = measured(heard(), "seed")
    some = measured(heard(reply="Yes", user_emotion=read("joy", intensity=0.1)), "seed")

    assert [row.fields[name] for name in PARTS] == [0.5, 0.5, 0.7, 0.6, 0.7]
    assert row.texts["source"] == "default"
    assert some.fields["engagement_score"] == 0.3
    assert some.texts["source"] == "heuristic"
    assert some.texts["defaults"] == "natural_flow_score,topic_relevance"


def test_what_a_sender_left_out_of_his_reading_is_a_default_too() -> None:
    """A label without an intensity has none."""
    one = heard(user_emotion=read("joy"))
    one.turn = msgspec.structs.replace(one.turn, user_emotion=Feeling(primary="joy"))
    row = measured(one, "seed")

    assert row.fields["engagement_score"] == 0.5
