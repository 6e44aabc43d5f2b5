"""Ten thousand texts, as hostile as chats can make them, come back from every kind of file."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable

import pytest

from roomtone.exports.csv import text
from roomtone.exports.jsonl import JSONL
from roomtone.runtime import plugins
from roomtone.training_rows import mended
from tests.exported import exported, talk

MARKS = [
    *("\u2028", "\u2029", "\u0085", "\0", "\x1b[31m", "\x7f", "\r", "\n", "\t", "\ud800", "\udfff"),
    *("=1+1", "+1", "-1", "@x", "＝1", "'", '"', '""', ",", ";", "\\", "\\u2028", "</script>"),
    *("😀", "👨\u200d👩\u200d👧", "\u202e", "\ufeff", "e\u0301" * 50, "'; DROP TABLE messages;--"),
    *("{", "}", "[", "null", "NaN", "{{ 7*7 }}", "word", "é", " ", "\u3000", "𝒳", "\ue000"),
]


def texts(many: int) -> list[str]:
    """The same ones each time; none is blank."""
    dice = random.Random(19)
    return ["x".join(dice.choices(MARKS, k=dice.randint(1, 6))) + "." for _ in range(many)]


def csv_texts(data: bytes) -> list[str]:
    return [text(row["content"]) for row in csv.DictReader(io.StringIO(data.decode(), newline=""))]


def parquet_texts(data: bytes) -> list[str]:
    reader = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    return list(reader.read_table(io.BytesIO(data))["content"].to_pylist())


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("jsonl", lambda data: [json.loads(li)["content"] for li in data.decode().splitlines()]),
        ("json", lambda data: [row["content"] for row in json.loads(data)]),
        ("csv", csv_texts),
        ("parquet", parquet_texts),
    ],
)
def test_ten_thousand_texts_come_back(file: str, read: Callable[[bytes], list[str]]) -> None:
    """But for halves of characters, and NUL in a table: neither has a place there."""
    said = texts(10_000)
    writer = plugins.row_file(file, JSONL.row)
    rows, _ = exported(JSONL(), *(talk(*said[n : n + 100], id=n) for n in range(0, 10_000, 100)))
    back = read(
        b"".join([*(writer.add(rows[n : n + 999]) for n in range(0, 10_000, 999)), writer.close()])
    )

    lost = "\ufffd" if file == "csv" else "\0"
    assert back == [mended(one).replace("\0", lost) for one in said]
