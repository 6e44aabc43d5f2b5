"""The documents' shape holds all that is known, and what comes out goes in again, equal."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings

from roomtone.exports.native import Native, Whole, conversation_of, schema
from roomtone.training_data import KeptConversation
from roomtone.training_rows import encoded
from tests.exported import conversations, exported, reaction, talk


def told(one: KeptConversation) -> str:
    """Its row, as it is written."""
    ((row,), _) = exported(Whole(), one)
    return encoded(row).decode()


def test_the_documents_shape_stands_there() -> None:
    """Each field that they show, by its name; a reply's quality also where nobody rated it."""
    one = talk(
        "Hello!",
        "Hi there!",
        told={
            0: {"emotion": "joy", "voice_pitch": 180.5, "agent_outputs": '{"emotion":"happy"}'},
            1: {"processing_time": 1.2, "memory_context": "[]", "quality_score": 0.9},
        },
        topics_discussed=("work", "hobbies"),
        conversation_quality=0.8,
        avg_response_time=1.5,
        model_used="ollama",
    )
    row = json.loads(told(one))

    assert (row["conversation_id"], row["session_id"], row["user_id"]) == (7, "s", "ann")
    assert {
        "model_used": "ollama",
        "total_messages": 2,
        "avg_response_time": 1.5,
        "conversation_quality": 0.8,
        "topics_discussed": ["work", "hobbies"],
    }.items() <= row["metadata"].items()
    user, assistant = row["messages"]
    assert (user["role"], user["content"], user["emotion"]) == ("user", "Hello!", "joy")
    assert (user["voice_pitch"], user["agent_outputs"]) == (180.5, {"emotion": "happy"})
    assert (assistant["processing_time"], assistant["memory_context"]) == (1.2, [])
    assert (user["quality_score"], assistant["quality_score"]) == (None, 0.9)
    assert (row["memories"], row["agent_logs"]) == ([], [])


@given(conversations())
@settings(max_examples=100)
def test_export_import_export_is_equal(one: KeptConversation) -> None:
    """Whatever a conversation holds, its row is one line, and the row's conversation gives it."""
    first = told(one)
    back = conversation_of(msgspec.json.decode(first, type=Native))

    assert first.splitlines() == [first]
    assert told(back) == first


def test_nothing_is_lost_on_the_way() -> None:
    """The conversation that comes back is the one that went, to the last field."""
    one = talk("a", "b", told={1: {"agent_outputs": "[1]", "edited_ms": 1}}, reactions=[reaction()])

    assert conversation_of(msgspec.json.decode(told(one), type=Native)) == one


def test_the_shape_is_published() -> None:
    """As a JSON Schema beside the rows, which requires what the documents show."""
    known = schema()["$defs"]
    beside = Whole().beside("talks", {})

    assert {"session_id", "user_id", "metadata", "messages"} <= set(known["Native"]["required"])
    assert "quality_score" in known["NativeMessage"]["required"]
    assert json.loads(beside["native.schema.json"]) == schema()
