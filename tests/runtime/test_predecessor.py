"""A companion's database is read whole: what has no place is kept, what cannot be taken is told."""

import json
import sqlite3

import pytest

from roomtone.errors import BadEvent
from roomtone.runtime.predecessor import read
from tests.runtime.companion import companion


@pytest.mark.parametrize("migrated", [False, True])
def test_turns_are_made_of_messages_in_their_order(tmp_path, migrated):
    """A reply belongs to the message before it; a message without one stands alone."""
    found = read(companion(tmp_path / "c.db", migrated=migrated), "sol")
    first, second = found.conversations

    assert [(m.turn, m.role, m.content) for m in first.messages] == [
        ("imported 1", "user", "Hello!"),
        ("imported 1", "assistant", "Hi there!"),
        ("imported 3", "user", "one"),
        ("imported 4", "user", "two; DROP TABLE messages"),
        ("imported 4", "assistant", "both"),
    ]
    assert (first.id, first.user, first.bot, first.session) == (7, "ann", "sol", "uuid-1")
    assert (second.session, second.messages[0].content) == ("conversation 8", "Welcome \U0001f4a5")
    assert (first.messages[1].processing_time, first.messages[1].emotion) == (1.2, "happy")


def test_the_newer_columns_are_taken_where_they_are(tmp_path):
    """Feedback, quality, voice, topics and what agents found; a number out of range is a note."""
    found = read(companion(tmp_path / "c.db", migrated=True), "sol")
    said, reply = found.conversations[0].messages[:2]

    assert (said.voice_pitch, said.voice_emotion, said.context_embedding) == (
        180.5,
        "excited",
        "[0.1]",
    )
    assert (reply.user_feedback, reply.feedback_source, reply.quality_score) == (4, "import", 0.8)
    assert json.loads(reply.agent_outputs) == {"mood": {"of": 1}}
    assert json.loads(reply.memory_context) == ["likes tea"]
    assert said.user_feedback is None
    assert json.loads(said.agent_outputs) == {"imported": {"tokens": 3, "user_feedback": 99.0}}
    assert found.conversations[0].topics_discussed == ("work", "hobbies")
    assert found.conversations[0].training_data_exported
    (memory,) = found.memories
    assert memory.session == "uuid-1", "the person's last conversation that had begun"
    assert (memory.tags, memory.verified, memory.training_relevance) == (
        ("tea", "drinks"),
        True,
        0.9,
    )
    assert (memory.tier, memory.metadata) == ("permanent", {"expires_note": "no"})
    mood = [one for one in found.conversations[0].agent_logs if one.agent == "mood"]
    assert [(one.turn, one.confidence, one.output) for one in mood] == [
        ("imported 1", 0.7, {"sure": True})
    ]


@pytest.mark.parametrize("migrated", [False, True])
def test_no_row_is_lost_without_a_word(tmp_path, migrated):
    """Every row is taken or told of with a reason; unknown columns stay beside agents' outputs."""
    found = read(companion(tmp_path / "c.db", migrated=migrated), "sol")
    refused = {(table, id): why for table, id, why in found.refused}
    logs = [one for talk in found.conversations for one in talk.agent_logs]
    notes = [one for one in logs if one.agent == "imported conversation"]

    assert refused[("messages", 7)] == "its role 'system' is neither user nor assistant"
    assert refused[("messages", 8)] == "its conversation 99 is not there"
    assert refused[("messages", 9)] == "its conversation is refused"
    assert refused[("conversations", 9)] == "it names no person"
    assert refused[("memories", 2)] == "it has no text"
    taken = {
        "conversations": len(found.conversations),
        "messages": sum(len(talk.messages) for talk in found.conversations),
        "memories": len(found.memories),
        "agent_logs": len(logs) - len(notes),
    }
    for table, rows in found.rows.items():
        assert taken[table] + sum(name == table for name, _ in refused) == rows, table
    assert [one.output for one in notes] == [{"mood_board": "blue"}]


def test_what_is_no_such_database_is_refused(tmp_path):
    """Neither a file that is not there, nor one of another kind."""
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "text.db").write_text("hello " * 500)
    for name, why in (("no.db", "not there"), ("empty.db", "shape"), ("text.db", "cannot be read")):
        with pytest.raises(BadEvent, match=why):
            read(tmp_path / name, "sol")
