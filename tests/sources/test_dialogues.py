"""Dialogues as others write them become turns; what cannot be read is refused alone."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomtone.errors import BadEvent
from roomtone.events import Turn
from roomtone.sources.dialogues import Dialogues

DATA = Path(os.environ.get("BENCHMARK_DATA") or Path(__file__).parents[3] / "shared" / "data")
A, B = "Hello there.", "Hi! How are you?"


def read(data: bytes | str | Any, **more: Any) -> list[Turn]:
    """All turns in a file; nothing may be refused."""
    if not isinstance(data, bytes | str):
        data = json.dumps(data)
    raw = data.encode() if isinstance(data, str) else data
    source = Dialogues(io.BytesIO(raw), name="file", **more)
    rows = list(source.rows())
    assert source.refused == 0
    return [row for row in rows if isinstance(row, Turn)]


@pytest.mark.parametrize(
    "data",
    [
        {"messages": [{"role": "user", "content": A}, {"role": "assistant", "content": B}]},
        [{"conversations": [{"from": "human", "value": A}, {"from": "gpt", "value": B}]}],
        {"tr_1": [[{"speaker": "A", "utterance": A}, {"speaker": "B", "utterance": B}]]},
        {"t_1": {"content": [{"agent": "1", "message": A}, {"agent": "2", "message": B}]}, "u": {}},
        "Utterance,Speaker,Dialogue_ID\n" + f"{A},Ann,1\n{B},Bob,1\n",
    ],
)
def test_each_layout_gives_the_same_turn(data: Any) -> None:
    """OpenAI, ShareGPT, DailyDialog, Topical-Chat, MELD."""
    (turn,) = read(data, bot="luna")

    assert (turn.bot, turn.message, turn.reply) == ("luna", A, B)


def test_lines_of_json_are_dialogues_of_their_own() -> None:
    """A line that is none is refused, the others are taken."""
    line = json.dumps({"messages": [{"role": "user", "content": A}]})
    source = Dialogues(io.BytesIO(f"{line}\nnonsense\n{line}\n".encode()), name="file")
    rows = list(source.rows())

    assert [isinstance(row, Turn) for row in rows] == [True, False, True]
    assert source.refused == 1


def test_what_is_told_to_the_bot_by_its_maker_is_no_turn() -> None:
    """System prompts and tool calls are left out."""
    said = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": A},
        {"role": "tool", "content": "{}"},
        {"role": "assistant", "content": B},
    ]
    (turn,) = read({"messages": said})

    assert (turn.message, turn.reply) == (A, B)


def test_reading_twice_gives_the_same_ids_and_times() -> None:
    """So that taking a file in twice counts it once; dialogues do not run into each other."""
    said = [{"role": "user", "content": A}, {"role": "assistant", "content": B}] * 2
    data = [{"id": "x", "messages": said}, {"id": "y", "messages": said}]
    once, again = read(data), read(data)

    assert once == again
    assert len({turn.id for turn in once}) == 4
    assert [turn.session for turn in once] == ["x", "x", "y", "y"]
    assert once[0].at == datetime(2025, 1, 1, 0, 0, 10, tzinfo=UTC)
    assert once[2].at is not None
    assert once[1].at is not None
    assert (once[2].at - once[1].at).total_seconds() == 3610


@pytest.mark.parametrize("data", [b"", b"{}", b"[1, 2]", b"a,b\n1,2\n", b'{"a"', b"\xff\xfe\x00"])
def test_what_holds_no_dialogue_says_what_is_looked_for(data: bytes) -> None:
    """A sentence, not a trace."""
    with pytest.raises(BadEvent, match=r"dialogue|UTF-8|truncated"):
        read(data)


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("topical_chat/conversations/valid_freq.json", 5_000),
        ("dailydialog_reccon/data/original_annotation/dailydialog_valid.json", 150),
        ("meld_emorynlp/data/MELD/dev_sent_emo.csv", 400),
    ],
)
def test_real_corpora_are_read_whole(file: str, least: int) -> None:
    """Each has its own layout, and no name in it says which."""
    path = DATA / file
    if not path.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"{path} is missing; give the data folder in BENCHMARK_DATA"
        )
    turns = read(path.read_bytes())

    assert len(turns) >= least
    assert all(turn.message or turn.reply for turn in turns)
