"""What was spoken teaches how it sounded."""

from __future__ import annotations

from roomtone.exports.voice import Voice
from tests.exported import exported, talk


def test_spoken_messages_are_rows() -> None:
    """With pitch and the feeling by voice and by words; what was typed is not missed."""
    told = {0: {"voice_pitch": 180.5, "voice_emotion": "excited", "emotion": "joy"}}
    (row,), excluded = exported(Voice(), talk("Hi", "Hello!", told=told))

    assert (row.voice_pitch, row.voice_emotion, row.text_emotion) == (180.5, "excited", "joy")
    assert excluded == {}
