"""Each reply worth learning has a row of its own, and poor ones are still read."""

from __future__ import annotations

from msgspec.structs import replace

from roomtone.exports.prompt_completion import PromptCompletion
from tests.exported import exported, pairs, talk


def test_a_poor_reply_stays_in_prompts() -> None:
    """The loss is on the completion alone."""
    told = {1: {"quality_v2": 0.1}, 3: {"quality_v2": 0.9}}
    one = talk("a", "b", "c", "d", told=told)
    (row,), excluded = exported(PromptCompletion(), one, min_quality=0.5, quality="v2")

    assert [text for _, text in pairs(row.prompt)] == ["a", "b", "c"]
    assert list(pairs(row.completion)) == [("assistant", "d")]
    assert excluded == {"low_quality": 1}


def test_a_reply_belongs_to_the_message_of_its_turn() -> None:
    """Also where the person had written on before it came."""
    one = talk("a", "b", "c", "d")
    one.messages[1], one.messages[2] = one.messages[2], one.messages[1]
    rows, _ = exported(PromptCompletion(), one)

    assert [[text for _, text in pairs(row.prompt)] for row in rows] == [["a\nc"], ["a\nc"]]
    assert [row.completion[0].content for row in rows] == ["b", "d"]


def test_a_reply_whose_message_is_gone_is_none() -> None:
    """It would answer what was said before."""
    rows, excluded = exported(PromptCompletion(), talk("a", "b", "", "d"))

    assert [row.completion[0].content for row in rows] == ["b"]
    assert excluded == {"empty_text": 1, "no_prompt": 1}


def test_of_a_deleted_message_nothing_is_left() -> None:
    """Its reply is no answer to what was asked before; without turns, what stands before counts."""
    one = talk("a", "b", "gone", "d", "e", "f")
    del one.messages[2], one.messages[1]
    rows, excluded = exported(PromptCompletion(), one)

    assert [row.completion[0].content for row in rows] == ["f"]
    assert excluded == {"no_prompt": 1}
    one.messages = [replace(message, turn=str(message.id)) for message in one.messages]
    assert len(exported(PromptCompletion(), one)[0]) == 2
