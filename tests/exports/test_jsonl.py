"""Every message is one line, and every line one message, whatever was said."""

from __future__ import annotations

import io
import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.exports.jsonl import JSONL, Array, Lines
from roomtone.kept_columns import columns_of
from roomtone.training_data import KeptConversation
from roomtone.training_rows import EPOCH, Excluded, ExportOptions, mended, moment
from tests.exported import conversations, exported, talk


def test_a_message_stands_with_what_is_known_of_it() -> None:
    """Flat: each value under a name of its own, and where it came from."""
    rows, _ = exported(JSONL(), talk("Hi", "Hello!", told={1: {"quality_score": 0.8}}))
    file = Lines(JSONL.row)
    first, second = (json.loads(line) for line in (file.add(rows) + file.close()).splitlines())

    assert (first["role"], first["content"], first["index"]) == ("user", "Hi", 0)
    assert (second["quality_score"], second["message_id"]) == (0.8, 101)
    assert second["at"] == "2026-05-28T20:26:50Z"


@given(st.integers(-(2**40), 2**47) | st.integers(2**32 * 1000 - 2**20, 2**32 * 1000 + 2**20))
@settings(max_examples=500)
def test_a_moment_is_told_to_the_millisecond(ms: int) -> None:
    """However long ago or ahead it is."""
    assert moment(ms) == EPOCH + timedelta(milliseconds=ms)


@given(st.lists(conversations(), max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_was_packed_gives_the_same_bytes(talks: list[KeptConversation]) -> None:
    """As rows do: texts, times long ago, numbers that are none, and what is left out."""
    export, excluded = JSONL(), Excluded()
    rows, left_out = exported(export, *talks)
    batch = export.batch(columns_of(talks, export.needs), ExportOptions(), excluded)
    assert batch is not None
    packed = Lines(export.row).pack(batch)

    assert packed == Lines(export.row).add(rows)
    assert b"".join(Lines(export.row).unpack(io.BytesIO(packed))) == packed
    assert excluded.messages == left_out


@given(conversations())
@settings(max_examples=100)
def test_hostile_texts_stay_on_their_line(one: KeptConversation) -> None:
    """Also for readers who take U+2028 for an end of line; halves of characters become U+FFFD."""
    rows, excluded = exported(JSONL(), one)
    written = Lines(JSONL.row).add(rows).decode()
    back = [json.loads(line)["content"] for line in written.splitlines()]

    assert back == [mended(m.content) for m in one.messages if m.content.strip()]
    assert excluded.get("empty_text", 0) == len(one.messages) - len(back)


@given(conversations())
@settings(max_examples=50)
def test_a_list_holds_the_same_rows_in_pieces(one: KeptConversation) -> None:
    """However they come; no row is an empty list."""
    rows, _ = exported(JSONL(), one)
    whole, pieces = Array(JSONL.row), Array(JSONL.row)
    made = b"".join(pieces.add([row]) for row in rows) + pieces.add([]) + pieces.close()

    assert whole.add(rows) + whole.close() == made
    assert json.loads(made) == [
        json.loads(line) for line in Lines(JSONL.row).add(rows).splitlines()
    ]
