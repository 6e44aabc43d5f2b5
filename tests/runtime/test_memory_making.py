"""Turns and reactions leave memories that say what was felt, said of oneself, and about what."""

from __future__ import annotations

import numpy as np
import pytest

from roomtone.contracts import HARD_TEXTS, START
from roomtone.emotions import LABELS, reading
from roomtone.events import Join, Reaction
from roomtone.records import TurnRecord, memory_id
from roomtone.runtime.memory_making import (
    around,
    clean,
    feeling,
    of_reaction,
    of_revision,
    of_turn,
    revised,
    whole_reaction,
    with_mood,
)
from roomtone.training_data import Revision
from roomtone.verdicts import Reacted, ReactionJudged, Ruling


def a_turn(message: str | None, reply: str | None = "Oh!", **values: object) -> TurnRecord:
    return TurnRecord(
        id="t1",
        session="s",
        bot="luna",
        user="ann",
        at=START,
        message=message,
        reply=reply,
        values=values,  # type: ignore[arg-type]
    )


def test_a_turn_leaves_what_was_said_felt_and_told_of_oneself() -> None:
    """Its id follows from the turn, so that it is remembered once however often it comes."""
    felt = {"emotion": "sadness", "intensity": 0.8, "valence": -0.7}
    felt |= {"mixed_emotion_1": "fear", "mixed_intensity_1": 0.3}
    made = of_turn(
        a_turn("My dog is called Rex.", user_emotion=felt, conversation_quality={"overall": 0.6}),
        "before",
    )

    assert made.id == memory_id("luna", "s", "t1")
    assert (made.content, made.response, made.context) == ("My dog is called Rex.", "Oh!", "before")
    assert (made.tier, made.reason) == ("personal", "tells of the person: dog")
    assert (made.emotion, made.intensity, made.valence) == ("sadness", 0.8, -0.7)
    assert made.metadata == {"felt sadness": 0.8, "felt fear": 0.3, "fact dog": "rex"}
    assert made.training_relevance is not None


@pytest.mark.parametrize("text", [*HARD_TEXTS, "a\ud800b", "👩‍🚀" * 5_000], ids=range(12))
def test_any_text_can_be_remembered(text: str) -> None:
    """Books, NUL, half characters and emoji: bounded, and writable by any store."""
    made = of_turn(a_turn(text, None), "")

    assert len(made.content) <= 4_001 and "\0" not in made.content
    assert made.content.encode() is not None
    assert clean(made.content) == made.content


def test_a_turn_without_a_message_is_what_the_bot_said() -> None:
    """What nobody asked for is remembered as said, with no answer."""
    made = of_turn(a_turn(None, "Good morning"), "")

    assert (made.content, made.response, made.training_relevance) == ("Good morning", "", None)


def test_a_reaction_is_kept_in_the_documents_form() -> None:
    """The text form, the same as fields, and a link to what it is about."""
    event = Reaction(session="s", user="ann", bot="luna", emoji="❤️", target="t1", at=START)
    told = of_reaction(event, START)
    turn = of_turn(a_turn("hi", "Hello Ann"), "")
    assert told is not None
    made = whole_reaction(told, None, turn)

    assert made.content == "[EMOJI_REACTION] ❤️"
    assert made.response == "[EMOTIONAL_FEEDBACK] positive_strong (confidence: 0.95)"
    assert made.interaction_type == "emoji_reaction"
    assert made.metadata["original_bot_message"] == "Hello Ann"
    assert made.metadata["timestamp_unix"] == START.timestamp()
    assert [(link.id, link.kind) for link in made.related] == [(turn.id, "reaction_to")]
    assert made.valence == 1.0
    room = Reaction(session="s", user="ann", emoji="❤️", target="t1")
    assert of_reaction(room, START) is of_reaction(Join(session="s"), START) is None


def test_what_a_reaction_was_found_to_mean_is_added_to_it() -> None:
    """Under the same id; the person and the emoji make it, not the judge."""
    of = Reacted(id="r", session="s", emoji="❤️", ms=0, bot="luna", user="ann", target="t1")
    verdict = Ruling(meaning="RATING", confidence=0.9, satisfaction=0.95)
    told = of_reaction(ReactionJudged(session="s", of=of, verdict=verdict, reply="Hi"), START)
    first = of_reaction(
        Reaction(session="s", user="ann", bot="luna", emoji="❤️", target="t1"), START
    )
    assert told is not None and first is not None and told.id == first.id
    known = whole_reaction(first, None, None)
    made = whole_reaction(told, known, None)

    assert made.metadata["meaning"] == "RATING" and made.metadata["satisfaction"] == 0.95
    assert made.metadata["emotion_type"] == "positive_strong" and "action" not in made.metadata
    assert of_reaction(ReactionJudged(session="s", of=of, why="no text"), START) is None


def test_a_feeling_is_a_direction_over_all_labels() -> None:
    """Of unit length; nothing read is no direction."""
    row = feeling({"felt joy": 0.6, "felt love": 0.8, "fact dog": "rex"})

    assert row[LABELS.index("love")] == pytest.approx(0.8) and np.linalg.norm(row) == pytest.approx(
        1
    )
    assert not feeling({}).any()
    mood = reading("joy", intensity=0.5, scores={"joy": 0.9})
    made = with_mood(of_turn(a_turn("hi"), ""), mood)
    assert (made.emotion, made.metadata["felt joy"]) == ("joy", 0.9)


def a_revision(role: str, why: str, content: str = "", **more: object) -> Revision:
    told = {"session": "s", "turn": "t1", "bot": "luna", "user": "ann", "at": START, "number": 1}
    return Revision(role=role, why=why, content=content, **{**told, **more})  # type: ignore


@pytest.mark.parametrize(
    ("message", "reply", "revision", "left"),
    [
        ("My dog is called Rex.", "Oh!", ("user", "edited", "My cat."), ("My cat.", "Oh!")),
        ("My dog is called Rex.", "Oh!", ("user", "deleted"), None),
        (
            "My dog is called Rex.",
            "Oh!",
            ("assistant", "regenerated", "Ah."),
            ("My dog is called Rex.", "Ah."),
        ),
        ("My dog is called Rex.", "Oh!", ("assistant", "deleted"), ("My dog is called Rex.", "")),
        (None, "Oh!", ("assistant", "edited", "Ah."), ("Ah.", "")),
        (None, "Oh!", ("assistant", "deleted"), None),
    ],
)
def test_a_memory_says_what_its_texts_say_now(
    message: str | None, reply: str, revision: tuple[str, ...], left: tuple[str, str] | None
) -> None:
    """Without the message nothing is left, nor without the only text there was."""
    told = of_revision(a_revision(*revision))
    assert told is not None
    made = revised(of_turn(a_turn(message, reply), ""), told)

    assert (None if made is None else (made.content, made.response)) == left
    if made is not None and left is not None and message is not None:
        again = revised(made, told)
        assert again is not None and (again.content, again.response) == left
        assert ("fact dog" in made.metadata) == (left[0] == message)


def test_of_whom_a_text_is_must_be_known() -> None:
    """Else nobody can say which memory it left."""
    assert of_revision(a_revision("user", "edited", "x", bot="")) is None


def test_what_others_repeat_of_a_text_is_changed_too() -> None:
    """The next turn's context, and what a reaction is about; nothing else."""
    old = of_turn(a_turn("a secret", "of mine"), "")
    after = of_turn(a_turn("next"), "a secret\nof mine")
    told = of_reaction(
        Reaction(session="s", user="ann", bot="luna", emoji="🔥", target="t1"), START
    )
    assert told is not None
    about = whole_reaction(told, None, old)
    other = of_turn(a_turn("other"), "before")

    assert around(after, old, None).context == ""
    assert "mine" not in str(around(about, old, None))
    assert around(other, old, None) is other
