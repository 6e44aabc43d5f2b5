"""Tables open in spreadsheets without doing anything, and give every text back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from roomtone.exports.csv import CSV, Table, text
from roomtone.exports.sft import SFT
from roomtone.training_data import KeptConversation
from roomtone.training_rows import mended
from tests.exported import conversations, exported, talk


@pytest.fixture(autouse=True)
def long_fields() -> Iterator[None]:
    """The reader's own limit is for the whole process: it is put back."""
    was = csv.field_size_limit(10**8)
    yield
    csv.field_size_limit(was)


def table(one: KeptConversation) -> list[dict[str, str]]:
    """Its rows, as the standard library reads them."""
    file = Table(CSV.row)
    written = file.add(exported(CSV(), one)[0]) + file.close()
    return list(csv.DictReader(io.StringIO(written.decode(), newline="")))


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_is_a_formula(mark: str) -> None:
    """An apostrophe stands before it, in every column."""
    evil = f"{mark}HYPERLINK(1)"
    (row,) = table(talk(evil, user=evil, language=evil))

    assert [row["content"], row["user_id"], row["language"]] == ["'" + evil] * 3


def test_numbers_stay_numbers() -> None:
    """What is not known is empty, and where a row came from stands at the end."""
    _, row = table(talk("a", "b", told={1: {"quality_score": 0.5}}))

    assert (row["quality_score"], row["quality_v2"], row["voice_pitch"]) == ("0.5", "", "")
    assert list(row)[-2:] == ["conversation_id", "message_id"]


def test_lists_stand_as_json() -> None:
    """Any format can be a table; without rows it has its names alone."""
    file = Table(SFT.row, ids=False)
    rows, _ = exported(SFT(), talk("Hi", "Hello!"))

    assert file.add(rows).decode() == (
        'messages\r\n"[{""role"":""user"",""content"":""Hi""},'
        '{""role"":""assistant"",""content"":""Hello!""}]"\r\n'
    )
    assert Table(SFT.row, ids=False).close() == b"messages\r\n"


@given(conversations())
@settings(max_examples=100)
def test_every_text_comes_back(one: KeptConversation) -> None:
    """But for NUL and halves of characters, for which there is no place."""
    kept = [m.content for m in one.messages if m.content.strip()]

    assert [text(row["content"]) for row in table(one)] == [
        mended(said).replace("\0", "\ufffd") for said in kept
    ]
