"""Staged lines become the files that were asked for, and stand there whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomtone.errors import BadEvent
from roomtone.runtime import plugins
from roomtone.runtime.export_files import Staging, sha256
from roomtone.runtime.export_finish import finish, staged_lines
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.exporting import Exporting
from tests.runtime.kept import NOON, KeptArchive, Killed, conversation
from tests.runtime.test_exporting import made


async def test_a_single_file_has_its_manifest_beside_it(tmp_path: Path) -> None:
    """And nothing else is left."""
    archive = KeptArchive([conversation(1), conversation(2)])
    staging = Staging(tmp_path / "rows.jsonl", single=True)
    work = Exporting(archive, Plan(format="sft"), plugins.export("sft"), staging)  # type: ignore[arg-type]
    await work.run()
    told = finish(work, NOON, lambda: None)

    assert {path.name for path in tmp_path.iterdir()} == {"rows.jsonl", "rows.jsonl.manifest.json"}
    assert told["files"][0]["path"] == "rows.jsonl"
    assert told["files"][0]["sha256"] == sha256(tmp_path / "rows.jsonl")
    lines = (tmp_path / "rows.jsonl").read_bytes().splitlines()
    assert len(lines) == 2 and json.loads(lines[0])["messages"][0]["role"] == "user"


async def test_rows_are_numbered_files_of_each_part(tmp_path: Path) -> None:
    """As Hugging Face names them."""
    archive = KeptArchive([conversation(id) for id in range(1, 30)])
    told = await made(archive, Plan(format="sft"), tmp_path / "set", shard=4_000)
    count = len(told["files"])

    assert count > 1
    assert told["files"][-1]["path"] == f"data/train-{count - 1:05d}-of-{count:05d}.jsonl"
    rows = []
    for one in told["files"]:
        for some in staged_lines(tmp_path / "set" / one["path"]):
            rows += some.splitlines()
    assert len(rows) == told["counts"]["rows"] == 29


async def test_where_nothing_makes_a_row_it_says_why(tmp_path: Path) -> None:
    """With the reasons, and what to do."""
    talk = conversation(1)
    talk.reactions = []
    with pytest.raises(BadEvent, match="none of 1 conversations makes a row of kto; choose"):
        await made(KeptArchive([talk]), Plan(format="kto"), tmp_path / "set")
    assert not (tmp_path / "set").exists()


async def test_rows_become_every_kind_of_file(tmp_path: Path) -> None:
    """The same rows, as each library reads them; pieces that are gone on with are the same."""
    import pandas
    import pyarrow.parquet

    archive = KeptArchive([conversation(id, f"p{id}") for id in range(1, 30)])
    found = {}
    for kind in ("jsonl", "json", "csv", "parquet"):
        told = await made(archive, Plan(format="kto", file=kind), tmp_path / kind, shard=2_000)
        paths = [tmp_path / kind / one["path"] for one in told["files"]]
        assert len(paths) > 1 and all(path.suffix == f".{kind}" for path in paths)
        assert [one["sha256"] for one in told["files"]] == [sha256(path) for path in paths]
        found[kind] = paths
    rows = [json.loads(line) for path in found["jsonl"] for line in path.read_bytes().splitlines()]

    assert [row for path in found["json"] for row in json.loads(path.read_bytes())] == rows
    tables = [pyarrow.parquet.read_table(path).to_pylist() for path in found["parquet"]]
    assert [row for table in tables for row in table] == rows
    frames = [pandas.read_csv(path) for path in found["csv"]]
    assert [id for one in frames for id in one["message_id"]] == [row["message_id"] for row in rows]
    assert "path: data/train-*.csv" in (tmp_path / "csv" / "README.md").read_text()


async def test_what_was_broken_off_while_files_were_made_is_gone_on_with(tmp_path: Path) -> None:
    """Half of the files lie there already; they are made again, of each row once."""
    archive = KeptArchive([conversation(id) for id in range(1, 30)])
    plan = Plan(format="sft", file="csv")
    staging = Staging(tmp_path / "set", single=False, shard=2_000)
    work = Exporting(archive, plan, plugins.export("sft"), staging, page=10)  # type: ignore[arg-type]
    await work.run()

    def killed() -> None:
        raise Killed

    with pytest.raises(Killed):
        finish(work, NOON, killed)
    assert (staging.folder / "out").is_dir()

    told = await made(archive, plan, tmp_path / "set", resume=True)
    again = await made(archive, plan, tmp_path / "other")
    assert told["files"] == again["files"]
