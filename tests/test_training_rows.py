"""Rows say where they came from, and what gives none is counted with its reason."""

from __future__ import annotations

import json

from hypothesis import given, settings

from roomtone.training_rows import REASONS, Excluded, Row, encoded, lines, mended, traced
from tests.exported import texts


def test_conversations_are_counted_once_each() -> None:
    """Messages by their number; two counts of different conversations add up."""
    one, two = Excluded(), Excluded()
    for id in (1, 1, 2):
        one.add("agreement", id)
    two.add("agreement", 3, 2)
    one.merge(two)

    assert one.report() == [
        {"reason": "agreement", "words": REASONS["agreement"], "conversations": 3, "messages": 5}
    ]


def test_ids_go_beside_rows_that_take_none() -> None:
    """A reader that knows no other columns finds none."""
    rows = [Row(conversation_id=1, message_id=2), Row(conversation_id=3, message_id=None)]

    assert json.loads(encoded(rows[1])) == {"conversation_id": 3, "message_id": None}
    assert traced(rows, beside=True) == [(1, 2), (3, None)]
    assert lines(rows) == b"{}\n{}\n"


@given(texts)
@settings(max_examples=500)
def test_any_text_is_one_line_and_comes_back(text: str) -> None:
    """But for halves of characters, of which no file can hold any."""
    line = lines([{"text": text}]).decode()

    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == mended(text)
