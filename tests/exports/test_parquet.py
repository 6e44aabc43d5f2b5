"""Columns have the types that rows declare, and hold every text as it is."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from roomtone.errors import MissingExtra
from roomtone.exports.native import Whole
from roomtone.exports.parquet import Columns, Parquet
from roomtone.ports_exports import Export
from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation
from roomtone.training_rows import mended
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


def test_without_arrow_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the command that installs it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtra, match=r"roomtone\[parquet\]"):
        Columns(Parquet.row)
