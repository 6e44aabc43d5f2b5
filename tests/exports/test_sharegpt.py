"""Turns as LLaMA-Factory demands them, and the page that it finds them by."""

from __future__ import annotations

import json

from hypothesis import given, settings

from roomtone.exports.sharegpt import ShareGPT
from roomtone.training_data import KeptConversation
from roomtone.training_rows import encoded
from tests.exported import conversations, exported, talk


def test_sides_have_their_words() -> None:
    """`from` and `value`; the system's word stands beside."""
    (row,), _ = exported(ShareGPT(), talk("Hi", "Hello!"), system="Be kind.")

    assert json.loads(encoded(row)) == {
        "conversations": [
            {"from": "human", "value": "Hi"},
            {"from": "gpt", "value": "Hello!"},
        ],
        "system": "Be kind.",
        "conversation_id": 7,
        "message_id": 101,
    }


@given(conversations())
@settings(max_examples=100)
def test_sides_take_turns(one: KeptConversation) -> None:
    """LLaMA-Factory throws away what does not begin with a human and end with a reply."""
    for row in exported(ShareGPT(), one)[0]:
        sides = [said.by for said in row.conversations]
        assert sides == ["human", "gpt"] * (len(sides) // 2)
        assert sides


def test_each_split_is_listed() -> None:
    """Under a name of its own, with the columns by their meaning."""
    files = {"train": ["data/a.jsonl", "data/b.jsonl"], "test": ["data/c.jsonl"]}
    info = json.loads(ShareGPT().beside("talks", files)["dataset_info.json"])

    assert list(info) == ["talks_train", "talks_train_1", "talks_test"]
    assert info["talks_test"] == {
        "file_name": "data/c.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system"},
    }
