"""What a message and a reply feel like is written with what is mixed in, and only what is known."""

from __future__ import annotations

from roomtone.heard import Feeling
from roomtone.signals.emotion import BOT_EMOTION, USER_EMOTION, Emotion
from tests.signals.turned import heard, pair, read


def test_both_sides_are_written_with_their_mixed_feelings() -> None:
    """Three feelings beside the main one, the strongest first, each with its number."""
    scores = {"joy": 0.6, "love": 0.5, "relief": 0.4, "pride": 0.3, "caring": 0.25}
    user, bot = Emotion().update(
        heard(user_emotion=read("happy", scores=scores), bot_emotion=read("caring"))
    )

    assert user.measurement == USER_EMOTION.name == "user_emotion"
    assert user.tags == {"bot": "luna", "user_id": "ann", "emotion": "joy"}
    assert [user.texts[f"mixed_emotion_{n}"] for n in (1, 2, 3)] == ["love", "relief", "pride"]
    assert [user.fields[f"mixed_intensity_{n}"] for n in (1, 2, 3)] == [0.5, 0.4, 0.3]
    assert user.texts["raw_label"] == "happy"
    assert user.texts["source"] == "model"
    assert bot.measurement == BOT_EMOTION.name == "bot_emotion"
    assert "mixed_emotion_1" not in bot.texts


def test_what_the_sender_left_out_is_absent() -> None:
    """A feeling without a number has none, not 0."""
    said = Feeling(primary="joy", confidence=0.7)
    one = heard(user_emotion=read("joy", intensity=0.0, confidence=0.7, source="measured"))
    one.turn = type(one.turn)(session="s", bot="luna", user="ann", user_emotion=said)
    (row,) = Emotion().update(one)

    assert "intensity" not in row.fields
    assert row.fields["confidence"] == 0.7
    assert row.texts["source"] == "measured"


def test_sad_for_this_person_is_told_from_sad() -> None:
    """Valence against the person's own mean: none at the first message."""
    own = pair()
    first, second, third = (
        Emotion().update(heard(own, user_emotion=read(label)))[0]
        for label in ("joy", "joy", "sadness")
    )

    assert "deviation" not in first.fields
    assert second.fields["deviation"] == 0
    assert third.fields["deviation"] == -2


def test_nothing_is_written_where_nothing_was_read() -> None:
    """Absent is absent."""
    assert list(Emotion().update(heard(message="hi", reply="ho"))) == []
