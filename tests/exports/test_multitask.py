"""A turn's row has everything that was heard in it."""

from __future__ import annotations

from roomtone.exports.multitask import Multitask
from tests.exported import exported, pairs, talk


def test_text_and_voice_and_feelings_stand_together() -> None:
    """The person's from the message, the bot's from the reply."""
    told = {
        0: {"emotion": "joy", "voice_pitch": 180.5, "context_embedding": "[0.1]"},
        1: {"emotion": "love", "agent_outputs": '{"mood":1}', "quality_score": 0.9},
    }
    (row,), _ = exported(Multitask(), talk("Hi", "Hello!", told=told))

    assert list(pairs(row.prompt + row.completion)) == [("user", "Hi"), ("assistant", "Hello!")]
    assert (row.user_emotion, row.bot_emotion, row.voice_pitch) == ("joy", "love", 180.5)
    assert (row.agent_outputs, row.context_embedding) == ('{"mood":1}', "[0.1]")
