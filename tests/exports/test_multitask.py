"""A turn's row has everything that was heard in it."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.exports.multitask import Multitask
from roomtone.exports.prompt_completion import PromptCompletion
from roomtone.exports.quality import Quality
from roomtone.exports.reward import Reward
from tests.exported import START_MS, exported, pairs, talk


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


@pytest.mark.parametrize("export", [Multitask(), Quality(), Reward(), PromptCompletion()])
def test_a_reply_to_what_was_changed_since_is_no_row(export: Any) -> None:
    """It answers what is not there any more, whatever is learnt of it."""
    told = {0: {"edited_ms": START_MS + 20_000}, 1: {"quality_score": 0.9}}

    assert exported(export, talk("Tea?", "No, milk.", told=told)) == ([], {"question_changed": 1})
