"""A change of context is a row; who goes on as before has none."""

from __future__ import annotations

from typing import Any

from roomtone.heard import Context
from roomtone.signals.dialogue import MOST_NAME, Dialogue, slug
from roomtone.turns import Heard, Talk
from tests.signals.turned import heard, read


def talk(**more: Any) -> Talk:
    """A talk that has had turns."""
    known = {"session": "s", "bot": "luna", "user": "ann", "started_ms": 0, "ended_ms": 0}
    return Talk(**{**known, "turns": 2, **more})


def found(one: Heard) -> list[tuple[str, str, str, str]]:
    """Kind, from, to and source of each row."""
    rows = Dialogue().update(one)
    assert all(row.fields["count"] == 1 for row in rows)
    return [
        (row.texts["kind"], row.tags["from_context"], row.tags["to_context"], row.texts["source"])
        for row in rows
    ]


def test_what_the_sender_says_of_the_context_is_compared_with_what_he_said() -> None:
    """All four of his words, each a row; what one of the two turns lacks is no change."""
    then = Context(topic="Billing", mode="casual", urgency="low", intent="ask")
    now = Context(topic="Weather", mode="support", urgency="critical", intent="order")
    one = heard(message="?", context=now, talk=talk(context=then))

    assert found(one) == [
        ("topic_shift", "billing", "weather", "measured"),
        ("conversation_mode", "casual", "support", "measured"),
        ("urgency_change", "low", "critical", "measured"),
        ("intent_change", "ask", "order", "measured"),
    ]
    urgency = Dialogue().update(one)[2]
    assert urgency.fields["strength"] == 0.75
    assert urgency.texts["degree"] == "strong"
    assert found(heard(context=Context(topic="billing"), talk=talk(context=then))) == []


def test_a_sender_who_is_not_sure_is_not_believed() -> None:
    """A topic from .4 on, a mode from .5 on."""
    then = Context(topic="a", mode="b")
    now = Context(topic="c", mode="d", confidence=0.45)

    assert [row[0] for row in found(heard(context=now, talk=talk(context=then)))] == ["topic_shift"]


def test_a_topic_that_a_model_sees_change_has_no_words_of_people_in_its_name() -> None:
    """From topic to new_topic, with how sure it is; and not below .4."""
    one = heard(message="By the way, I got a dog", shift=0.7, talk=talk())

    assert found(one) == [("topic_shift", "topic", "new_topic", "model")]
    assert Dialogue().update(one)[0].fields["confidence"] == 0.7
    assert found(heard(message="Yes", shift=0.39, talk=talk())) == []


def test_the_sender_knows_his_topics_better_than_a_model() -> None:
    """Where both turns have one the model is not asked; where one lacks, its name stays."""
    told = talk(context=Context(topic="dogs"))

    assert found(heard(context=Context(topic="Dogs"), shift=0.9, talk=told)) == []
    assert found(heard(message="?", shift=0.9, talk=told)) == [
        ("topic_shift", "dogs", "new_topic", "model")
    ]


def test_a_feeling_that_turns_is_a_change() -> None:
    """From joy to anger it is dramatic; to a feeling alike, or to none at all, it is none."""
    glad = talk(emotion="joy", intensity=0.8)
    (row,) = Dialogue().update(heard(user_emotion=read("anger", intensity=0.9), talk=glad))

    assert row.tags["from_context"] == "joy"
    assert row.tags["to_context"] == "anger"
    assert row.fields["strength"] == 0.85
    assert row.texts["degree"] == "dramatic"
    for label in ("joy", "love", "neutral", "curiosity", "unsure"):
        assert found(heard(user_emotion=read(label, intensity=0.9), talk=glad)) == []


def test_the_first_turn_changes_nothing() -> None:
    """There is nothing before it."""
    one = heard(user_emotion=read("anger"), shift=0.9, context=Context(topic="a"))

    assert found(one) == []


def test_of_two_changes_between_the_same_contexts_the_surer_stays() -> None:
    """A series holds one point a time."""
    then, now = Context(topic="a", intent="a"), Context(topic="b", intent="b")
    rows = Dialogue().update(heard(context=now, talk=talk(context=then)))

    assert [(row.tags["from_context"], row.tags["to_context"]) for row in rows] == [("a", "b")]


def test_who_began_it_is_told() -> None:
    """A reply that answers no message came from the bot."""
    for message, by in (("Hi", "user"), (None, "bot")):
        then, now = Context(topic="a"), Context(topic="b")
        one = heard(message=message, reply="So", context=now, talk=talk(context=then))
        assert Dialogue().update(one)[0].texts["by"] == by


def test_names_of_contexts_are_bounded_and_tame() -> None:
    """Whatever a sender calls a topic, a tag has no room for marks."""
    wild = 'a b,c=d "e"\n' + "x" * 500

    assert slug(wild).startswith("a_b_c_d_e_x")
    assert len(slug(wild)) == MOST_NAME
