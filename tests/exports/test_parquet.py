"""Columns have the types that rows declare, and hold every text as it is."""

from __future__ import annotations

import io
import sys
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from roomtone.errors import MissingExtra
from roomtone.exports import parquet
from roomtone.exports._flat import Flat
from roomtone.exports.native import Whole
from roomtone.exports.parquet import Columns, Parquet
from roomtone.kept_columns import columns_of
from roomtone.ports_exports import Export
from roomtone.runtime import plugins
from roomtone.stores._jobs import batched
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, lines, mended
from tests.exported import START_MS, conversations, exported, reaction, revision, talk

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


def table(export: Export, *talks: KeptConversation, ids: bool = True) -> Any:
    """The file, as Arrow reads it; conversations come in pieces."""
    file = Columns(export.row, ids=ids)
    pieces = [file.add(exported(export, one)[0]) for one in talks]
    return pq.read_table(io.BytesIO(b"".join([*pieces, file.close()])))


def test_a_column_is_of_its_type() -> None:
    """Times are times, shares are numbers, and what is not known is null."""
    told = {1: {"quality_score": 0.5}}
    second = talk("Bye", id=8)
    second.messages[0] = replace(second.messages[0], at_ms=START_MS + 123)
    read = table(Parquet(), talk("Hi", "Hello!", told=told), second)

    assert str(read.schema.field("at").type) == "timestamp[us, tz=UTC]"
    assert read["quality_score"].to_pylist() == [None, 0.5, None]
    assert read["conversation_id"].to_pylist() == [7, 7, 8]
    assert read["at"][1].as_py().isoformat() == "2026-05-28T20:26:50+00:00"
    assert read["at"][2].as_py().isoformat() == "2026-05-28T20:26:40.123000+00:00"
    assert "message_id" not in table(Parquet(), talk("Hi"), ids=False).column_names


@pytest.mark.parametrize("export", plugins.exports(), ids=lambda one: one.name)
def test_every_format_can_be_columns(export: Export) -> None:
    """Lists and structs as they are; a file without rows has its columns all the same."""
    told = {
        0: {"emotion": "joy", "voice_pitch": 180.5, "agent_outputs": '{"mood": ["calm"]}'},
        1: {"quality_score": 0.9, "memory_context": '["tea"]'},
    }
    one = talk(
        "Hi",
        "Hello!",
        told=told,
        reactions=[reaction(seconds=200)],
        revisions=[revision("A", "Hello!")],
    )
    rows, _ = exported(export, one)
    read = table(export, one)

    assert read.num_rows == len(rows) > 0
    assert read.schema == table(export).schema
    if "messages" in read.column_names:
        assert [m["content"] for m in read["messages"][0].as_py()] == ["Hi", "Hello!"]


def test_what_may_be_anything_is_json() -> None:
    """No two agents tell the same: a column of them has one type all the same."""
    told = {0: {"agent_outputs": '{"mood":["calm"]}'}, 1: {"agent_outputs": "no JSON"}}
    messages = table(Whole(), talk("Hi", "Hello!", told=told))["messages"][0].as_py()

    assert [one["agent_outputs"] for one in messages] == ['{"mood":["calm"]}', "no JSON"]


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_every_text_comes_back(one: KeptConversation) -> None:
    """But for halves of characters."""
    kept = [mended(m.content) for m in one.messages if m.content.strip()]

    assert table(Parquet(), one)["content"].to_pylist() == kept


def both_ways(talks: list[KeptConversation], pieces: list[int]) -> tuple[bytes, bytes]:
    """The file made of lines, and of what was packed in pieces of so many conversations."""
    export, options = Parquet(), ExportOptions()
    rows, left_out = exported(export, *talks)
    lined, packed, staged, excluded = Columns(Flat), Columns(Flat), b"", Excluded()
    made = [lined.take(lines(some)) for some in batched(rows, parquet.GROUP)]
    left = iter(talks)
    for many in [*pieces, len(talks)]:
        if some := list(islice(left, many)):
            batch = export.batch(columns_of(some), options, excluded)
            assert batch is not None
            staged += packed.pack(batch)
    assert excluded.messages == left_out
    told = [*packed.unpack(io.BytesIO(staged)), packed.close()]
    return b"".join([*made, lined.close()]), b"".join(told)


@given(st.lists(conversations(), max_size=4), st.lists(st.integers(1, 3), max_size=2))
@settings(max_examples=100, deadline=None)
def test_what_was_packed_gives_the_same_bytes(
    talks: list[KeptConversation], pieces: list[int]
) -> None:
    """As lines of JSON do: texts, times, numbers that are none, and what is left out."""
    of_lines, of_columns = both_ways(talks, pieces)

    assert of_columns == of_lines


def test_texts_long_and_short_come_back_from_columns() -> None:
    """With what stands between them while they are one text, and where none is ASCII."""
    said = ["x" * 5_000, "a\0b", "", "ü" * 90, "c", "\0", "d" * 20, "\ud800e"]
    for some in (said, said[4:7], ["a\0b", "c"], ["ü", "c"], ["c", "c"], ["c"], said[:1] * 3):
        of_lines, of_columns = both_ways([talk(*some), talk(*some[::-1], id=8)], [1])
        told = [mended(one) for one in some if one.strip()]
        read = pq.read_table(io.BytesIO(of_columns))["content"].to_pylist()

        assert of_columns == of_lines and read == [*told, *told[::-1]]


def test_groups_of_rows_end_where_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many were packed at a time; no number that JSON does not have is in a file."""
    monkeypatch.setattr(parquet, "GROUP", 3)
    odd = {0: {"voice_pitch": float("inf"), "emotion_intensity": float("nan")}}
    talks = [talk("Hi", "a\ud800", "Bye", " ", id=n, told=odd) for n in range(1, 8)]
    for pieces in ([1] * 7, [7], [2, 3]):
        of_lines, of_columns = both_ways(talks, pieces)
        read = pq.ParquetFile(io.BytesIO(of_columns))

        assert of_columns == of_lines
        assert [read.metadata.row_group(n).num_rows for n in range(7)] == [3] * 7
    assert (
        read.read()["voice_pitch"].null_count == read.read()["emotion_intensity"].null_count == 21
    )


def test_dictionaries_and_bounds_are_of_texts_that_come_again() -> None:
    """What is said has neither; numbers have their bounds, and lists are left to Arrow."""
    talks = [talk("Hi", "Hello!", id=n, told={1: {"quality_score": 0.7}}) for n in (1, 2)]
    read = pq.ParquetFile(io.BytesIO(both_ways(talks, [1])[1]))
    group = read.metadata.row_group(0)
    columns = {(one := group.column(n)).path_in_schema: one for n in range(group.num_columns)}
    content, role, score = columns["content"], columns["role"], columns["quality_score"]

    assert role.has_dictionary_page and role.statistics.max == "user"
    assert not score.has_dictionary_page and score.statistics.max == 0.7
    assert not content.has_dictionary_page and content.statistics is None
    assert read.read()["content"].to_pylist() == ["Hi", "Hello!"] * 2
    whole = Columns(Whole().row)
    made = b"".join([whole.add(exported(Whole(), *talks)[0]), whole.close()])
    group = pq.ParquetFile(io.BytesIO(made)).metadata.row_group(0)
    leaves = {(one := group.column(n)).path_in_schema: one for n in range(group.num_columns)}
    assert leaves["messages.list.element.role"].has_dictionary_page


def test_without_arrow_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the command that installs it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtra, match=r"roomtone\[parquet\]"):
        Columns(Parquet.row)
