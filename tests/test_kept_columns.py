"""Conversations give the same as columns, message by message."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.kept_columns import FIELDS, columns_of
from roomtone.training_data import KeptConversation, KeptMessage
from tests.exported import conversations


@given(st.lists(conversations(), max_size=4))
@settings(max_examples=50, deadline=None)
def test_rows_of_all_columns_are_the_messages(talks: list[KeptConversation]) -> None:
    """In their order, and each conversation with as many as it has."""
    kept = columns_of(talks)
    told = [KeptMessage(*row) for row in zip(*(kept.columns[n] for n in FIELDS), strict=True)]

    assert told == [message for one in talks for message in one.messages]
    assert [one.id for one in kept.conversations] == [one.id for one in talks if one.messages]
    assert kept.counts == [len(one.messages) for one in talks if one.messages]
    assert len(kept) == len(told)


def test_only_what_is_needed_has_a_column() -> None:
    """And the id, by which rows are found again."""
    assert set(columns_of([], {"content", "session"}).columns) == {"id", "content"}
