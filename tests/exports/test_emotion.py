"""Messages teach what they feel like where that is known."""

from __future__ import annotations

from roomtone.exports.emotion import Emotion
from roomtone.exports.jsonl import JSONL
from tests.exported import START_MS, exported, talk


def test_a_feeling_is_a_label() -> None:
    """Of both sides, in the common word and in the reader's own."""
    told = {
        0: {"emotion": "joy", "emotion_raw": "happy", "emotion_confidence": 0.9},
        1: {"emotion": "unsure"},
    }
    (row,), excluded = exported(Emotion(), talk("Yay", "Hm", told=told, language="en"))

    assert (row.text, row.label, row.label_raw, row.confidence) == ("Yay", "joy", "happy", 0.9)
    assert (row.role, row.language, row.message_id) == ("user", "en", 100)
    assert excluded == {"no_label": 1}


def test_what_a_text_felt_like_before_it_was_changed_is_no_label() -> None:
    """Nobody read what stands there now."""
    told = {0: {"emotion": "joy", "emotion_confidence": 0.9, "edited_ms": START_MS + 5}}
    one = talk("My cat died", "Oh no", told=told)
    (flat, _), _ = exported(JSONL(), one)

    assert exported(Emotion(), one) == ([], {"no_label": 2})
    assert (flat.emotion, flat.emotion_confidence, flat.content) == ("", None, "My cat died")
