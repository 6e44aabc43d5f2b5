"""A file of rows is one list, in however many pieces they came."""

from __future__ import annotations

import json

from roomtone.exports.json import Array
from roomtone.exports.sft import SFT
from tests.exported import exported, talk


def test_pieces_make_one_list() -> None:
    """Each row on a line of its own; without any it is empty."""
    rows, _ = exported(SFT(), talk("Hi", "Hello!\u2028"), talk("Bye", "See you", id=8))
    file = Array(SFT.row)
    written = file.add(rows[:1]) + file.add([]) + file.add(rows[1:]) + file.close()

    assert [row["conversation_id"] for row in json.loads(written)] == [7, 8]
    assert len(written.decode().splitlines()) == 4
    assert json.loads(Array(SFT.row).close()) == []
