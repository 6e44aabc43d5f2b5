"""Preferences by the names that OpenAI's readers know, without anything beside them."""

from __future__ import annotations

import json

from roomtone.exports.openai_dpo import OpenAIDPO
from roomtone.training_rows import encoded, traced
from tests.exported import exported, revision, talk


def test_a_preference_stands_under_their_names() -> None:
    """The conversation as the input, and one message for each side."""
    rows, _ = exported(OpenAIDPO(), talk("Hi", "Hello!", revisions=[revision("Go away", "Hello!")]))

    assert OpenAIDPO.traceable is False
    assert traced(rows, beside=True) == [(7, 101)]
    assert json.loads(encoded(rows[0])) == {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "preferred_output": [{"role": "assistant", "content": "Hello!"}],
        "non_preferred_output": [{"role": "assistant", "content": "Go away"}],
    }
