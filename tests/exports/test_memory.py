"""Memories teach what belongs together, and what was recalled for what."""

from __future__ import annotations

from roomtone.exports.memory import Memories
from tests.exported import START_MS, exported, talk


def test_what_a_reply_recalled_is_a_row() -> None:
    """With what was asked, and how near it was; also where it is a text alone."""
    context = '[{"content": "The dog is called Rex", "score": 0.7}, "Likes tea", {"id": 4}]'
    one = talk("My dog?", "Rex!", told={1: {"memory_context": context, "quality_score": 0.9}})
    rows, excluded = exported(Memories(), one)

    assert [(row.text, row.query, row.reply, row.similarity) for row in rows] == [
        ("The dog is called Rex", "My dog?", "Rex!", 0.7),
        ("Likes tea", "My dog?", "Rex!", None),
    ]
    assert excluded == {"no_memory": 1}


def test_what_is_told_by_its_id_is_looked_up() -> None:
    """Among what is kept of the person from this session."""
    context = '[{"similarity": 0.5, "id": "x"}, {"similarity": 0.4, "id": "y"}]'
    kept = [{"id": "x", "content": "Likes tea", "tier": "personal"}]
    one = talk("Tea?", "As ever!", told={1: {"memory_context": context}}, memories=kept)
    (recalled, row), excluded = exported(Memories(), one)

    assert (recalled.text, recalled.similarity, recalled.tier) == ("Likes tea", 0.5, "personal")
    assert (recalled.query, row.query, excluded) == ("Tea?", "", {"no_memory": 1})


def test_what_was_kept_is_a_row() -> None:
    """With its tags and what it is related to, however those are told."""
    told = {"id": 3, "tier": "personal", "importance": 0.9, "verified": True, "access_count": 2}
    kept = [
        {"content": "Rex", "tags": "dog, name", "related_memories": [{"id": 1}, 2], **told},
        {"content": "Tea", "tags": ["drink"], "emotion": "joy"},
    ]
    first, second = exported(Memories(), talk(memories=kept))[0]

    assert (first.tags, first.related, first.memory_id) == (["dog", "name"], ["1", "2"], "3")
    assert (first.tier, first.importance, first.access_count) == ("personal", 0.9, 2)
    assert (first.verified, first.message_id) == (True, None)
    assert (second.tags, second.emotion_at_creation, second.verified) == (["drink"], "joy", None)


def test_what_was_asked_otherwise_recalled_nothing() -> None:
    """The memories were found for what stood there before."""
    told = {0: {"edited_ms": START_MS + 20_000}, 1: {"memory_context": '["The dog is called Rex"]'}}
    rows, excluded = exported(Memories(), talk("My cat?", "Rex!", told=told))

    assert (rows, excluded) == ([], {"question_changed": 1})
