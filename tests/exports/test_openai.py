"""What OpenAI's check of a file demands, and weights that say what is learnt."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from roomtone.exports.openai import OpenAI
from roomtone.training_data import KeptConversation
from roomtone.training_rows import encoded, traced
from tests.exported import conversations, exported, talk


def faults(line: str) -> list[str]:
    """The checks that OpenAI publishes for chat files, as an oracle of our own."""
    row: dict[str, Any] = json.loads(line)
    found = [f"unknown column {name}" for name in row if name not in {"messages", "tools"}]
    messages = row.get("messages")
    if not messages or not isinstance(messages, list):
        return [*found, "no messages"]
    for one in messages:
        found += [f"unknown key {key}" for key in one if key not in {"role", "content", "weight"}]
        if one.get("role") not in {"system", "user", "assistant"}:
            found.append("unknown role")
        if not isinstance(one.get("content"), str) or not one["content"]:
            found.append("no content")
        if "weight" in one and (one["role"] != "assistant" or one["weight"] not in (0, 1)):
            found.append("odd weight")
    if not any(m["role"] == "assistant" and m.get("weight", 1) == 1 for m in messages):
        found.append("nothing to learn")
    if messages[-1]["role"] != "assistant":
        found.append("ends without a reply")
    return found


def test_poor_replies_weigh_nothing() -> None:
    """They are read and not learnt."""
    told = {1: {"quality_score": 0.2}, 3: {"quality_score": 0.9}}
    one = talk("a", "b", "c", "d", told=told)
    (row,), excluded = exported(OpenAI(), one, min_quality=0.5, system="Be kind.")

    assert [m.get("weight") for m in json.loads(encoded(row))["messages"]] == [
        None,
        None,
        0,
        None,
        1,
    ]
    assert excluded == {"low_quality": 1}


def test_without_a_reply_to_learn_there_is_no_row() -> None:
    """Their check would refuse the file."""
    rows, excluded = exported(OpenAI(), talk("a", "b"), min_quality=0.5)

    assert (rows, excluded) == ([], {"unscored": 1, "no_reply": 1})


@given(conversations())
@settings(max_examples=100)
def test_every_row_passes_their_checks(one: KeptConversation) -> None:
    """Whatever was said; ids lie in a file beside."""
    rows, _ = exported(OpenAI(), one, min_quality=0.3)
    traced(rows, beside=True)

    assert [faults(encoded(row).decode()) for row in rows] == [[] for _ in rows]


def test_a_reply_to_what_is_gone_is_in_no_row() -> None:
    """Its message was deleted: it would stand there as an answer to another one."""
    one = talk("a", "b", "gone", "d", "e", "f")
    del one.messages[2]
    rows, excluded = exported(OpenAI(), one)

    assert "d" not in [m.content for row in rows for m in row.messages]
    assert sum(len(row.messages) for row in rows) == 4
    assert excluded == {"no_prompt": 1}
