"""The shapes of what is told of conversations are those of the records they are made of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from roomtone.records import Conversation, Relationship
from roomtone.runtime.spoken import show_conversation, show_relationship
from roomtone.web import talk_models as models

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_record_is_shown_whole() -> None:
    """No field of a record is left out of the document, and none is made up."""
    talk = Conversation(session="s", bot="b", user="u", started=NOON, ended=NOON, turns=1)
    pair = Relationship(
        bot="b",
        user="u",
        trust=0.1,
        affection=0.2,
        attunement=0.3,
        source="store",
        turns=1,
        first=NOON,
        updated=NOON,
    )

    assert models.Conversation.model_fields.keys() == show_conversation(talk).keys()
    assert models.Relationship.model_fields.keys() == show_relationship(pair).keys()
    assert models.Conversation.model_validate(show_conversation(talk)).quality is None


def test_what_is_said_of_a_pair_has_no_other_words() -> None:
    """A misspelt name is refused rather than passed over, and a scale is one of two."""
    for body in ({"trsut": 1}, {"trust": 1, "scale": 10}, {"trust": "much"}, {"by": ""}):
        with pytest.raises(ValidationError):
            models.Standing.model_validate(body)
