"""Replies teach what their quality depends on."""

from __future__ import annotations

from roomtone.exports.quality import Quality
from tests.exported import exported, talk


def test_a_reply_stands_with_what_is_counted() -> None:
    """Its words, its time, the memories it was made with."""
    told = {
        1: {"quality_score": 0.8, "processing_time": 1.2, "memory_context": '["a", {"text": "b"}]'},
        3: {"memory_context": "no JSON"},
    }
    (row,), excluded = exported(Quality(), talk("Hi", "Hello you there", "c", "d", told=told))

    assert (row.message, row.reply, row.words, row.memories) == ("Hi", "Hello you there", 3, 2)
    assert (row.processing_time, row.quality_score) == (1.2, 0.8)
    assert excluded == {"unscored": 1}


def test_its_confidence_is_of_the_message_that_it_answers() -> None:
    """The documents' formula counts how surely that was read, and not the reply."""
    told = {
        0: {"emotion_confidence": 0.9},
        1: {"quality_score": 0.58, "emotion_confidence": 0.1},
    }
    (row,), _ = exported(Quality(), talk("Hi", "Hello", told=told))

    assert row.emotion_confidence == 0.9
