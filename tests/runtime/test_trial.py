"""A dataset shows whether it teaches anything before a trainer spends a night on it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from roomtone.errors import BadEvent
from roomtone.runtime import plugins
from roomtone.runtime.trial import command, format_of, tried, with_trl
from roomtone.training_rows import Excluded, ExportOptions, Row
from tests.exported import reaction, revision, talk

FORMATS = [name for name in plugins.MEMBERS["exports"] if name not in ("csv", "memory")]


def folder(path: Path, format: str, file: str = "jsonl", *, noise: bool = False) -> Path:
    """Forty conversations as a format has them; unless it is noise, kind replies are liked."""
    dice = random.Random(7)
    export = plugins.export(format)
    rows: list[Row] = []
    for id in range(1, 41):
        kind = dice.random() < 0.5 if noise else id % 2 == 0
        reply = f"Happy to help with that, number {id}" if id % 2 == 0 else f"No idea, {id}, go"
        told: dict[int, dict[str, Any]] = {
            0: {"emotion": ["joy", "anger"][id % 2], "voice_emotion": ["calm", "loud"][id % 2]},
            1: {"quality_score": 0.9 if kind else 0.1},
        }
        asked = ["Thank you, what is that?", "This is awful, fix it!"][id % 2]
        one = talk(
            asked,
            reply,
            id=id,
            told=told,
            reactions=[reaction(emoji="❤️" if kind else "👎", seconds=200)]
            if format == "kto"
            else [],
            revisions=[revision(f"Go away and ask {id} others", reply)],
        )
        rows += export.rows(one, ExportOptions(), Excluded())
    writer = plugins.row_file(file, export.row)
    (path / "data").mkdir(parents=True)
    target = path / "data" / f"train-00000-of-00001.{file}"
    target.write_bytes(writer.add(rows) + writer.close())
    (path / "manifest.json").write_text(json.dumps({"format": format}))
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_teaches_something(tmp_path: Path, format: str) -> None:
    """More than is known without it, on conversations that were not learnt from."""
    trial = tried(folder(tmp_path, format))

    assert trial.better, trial
    assert trial.learnt and trial.tested
    assert trial.learnt + trial.tested == trial.rows["train"]


@pytest.mark.parametrize("file", ["json", "parquet"])
def test_each_kind_of_file_teaches_the_same(tmp_path: Path, file: str) -> None:
    """Rows are rows; one file alone will do."""
    one = folder(tmp_path / "a", "kto", file)
    two = folder(tmp_path / "b", "kto")

    assert tried(one) == tried(two) == tried(two / "data" / "train-00000-of-00001.jsonl")


def test_noise_teaches_nothing(tmp_path: Path) -> None:
    """Labels that fell by chance are told to be no better than none."""
    trial = tried(folder(tmp_path, "kto", noise=True))

    assert (trial.measure, trial.score > 0.9) == ("accuracy", False)


def test_uneven_labels_come_with_advice(tmp_path: Path) -> None:
    """TRL wants good and bad to weigh about the same."""
    path = folder(tmp_path, "kto") / "data" / "train-00000-of-00001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(ln for ln in lines if b'"label":true' in ln or b"1, go" in ln))

    assert "--undesirable_weight" in tried(tmp_path).advice[0]


@pytest.mark.parametrize(
    ("name", "text", "action"),
    [
        ("train-00000-of-00001.jsonl", '{"torn', "export it again"),
        ("train-00000-of-00001.jsonl", '{"a":1}\n' * 20, "choose another --format"),
        ("train-00000-of-00001.jsonl", '{"text":"a"}\n', "export more"),
        ("notes.txt", "hello", "roomtone export"),
        ("train-00000-of-00001.parquet", "no columns", "export it again"),
        ("train-00000-of-00001.jsonl", '{"text":"a","label":"b"}\n' * 20, "export more"),
    ],
)
def test_what_teaches_nothing_is_answered(
    tmp_path: Path, name: str, text: str, action: str
) -> None:
    """With what to do instead."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_text(text)

    with pytest.raises(BadEvent, match=action):
        tried(tmp_path)


def test_what_trains_on_it_is_told(tmp_path: Path) -> None:
    """As it is typed, for formats that TRL has a trainer for."""
    assert format_of(folder(tmp_path, "kto")) == "kto"
    assert format_of(tmp_path / "nowhere") == ""
    assert command(Path("a b"), "kto").endswith(
        "trl kto --model_name_or_path MODEL --dataset_name 'a b'"
    )
    assert command(tmp_path, "emotion") == ""


def test_without_a_folder_trl_is_not_asked(tmp_path: Path) -> None:
    """A file alone has no card to read."""
    assert with_trl(tmp_path / "rows.jsonl")["looked"] is False
