"""`roomtone export` writes what was asked for where it was asked for, and says what came of it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from roomtone.errors import BadEvent, StoreError
from roomtone.runtime import export_commands as commands
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.export_files import Staging, State
from roomtone.runtime.export_plan import plan_of
from roomtone.runtime.export_rows import Maker
from tests.runtime.kept import NOON, KeptArchive, Killed, conversation


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> KeptArchive:
    """An archive that the commands find."""
    kept = KeptArchive([conversation(id, f"p{id % 5}") for id in range(1, 21)])

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncIterator[Any]:
        yield kept

    monkeypatch.setattr(commands, "_opened", opened)
    return kept


async def run(tmp_path: Path, as_json: bool = True, **more: Any) -> int:
    asked = {"filters": {}, **more.pop("asked", {})}
    job = commands.Export(asked, **{"format": "sft", **more})
    return await job.run(Settings(data=tmp_path / "data"), as_json=as_json)


async def test_a_folder_a_file_or_the_data_folder(
    archive: KeptArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its manifest, and each one that `datasets list` knows."""
    await run(tmp_path, out=str(tmp_path / "set"))
    await run(tmp_path, out=str(tmp_path / "rows.jsonl"))
    await run(tmp_path)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert (tmp_path / "set" / "README.md").is_file()
    assert (tmp_path / "rows.jsonl").read_bytes().count(b"\n") == 20
    assert Path(told[2]["folder"]).parent == tmp_path / "data" / "datasets"
    assert len(archive.made) == 3 and {one["rows"] for one in told} == {20}


async def test_standard_output_gets_rows_alone(
    archive: KeptArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be piped on."""
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", type("Out", (), {"buffer": out})())
    await run(tmp_path, out="-", mark=True)

    assert [json.loads(line)["conversation_id"] for line in out.getvalue().splitlines()] == [
        *range(1, 21)
    ]
    assert len(archive.marked) == 20 and archive.made == {}


async def test_what_is_typed_wrong_is_told(archive: KeptArchive, tmp_path: Path) -> None:
    """Before anything is written."""
    (tmp_path / "there").mkdir()
    (tmp_path / "left.part").mkdir()
    for more, words in (
        ({"out": str(tmp_path / "there")}, "already"),
        ({"out": str(tmp_path / "left")}, "--resume"),
        ({"out": str(tmp_path / "a.jsonl"), "split": "train=.5,test=.5"}, "folder"),
        ({"out": "-", "split": "train=.5,test=.5"}, "folder"),
        ({"out": str(tmp_path / "a.csv"), "asked": {"file": "jsonl"}}, "--file"),
        ({"split": "train=1.5"}, "0 to 1"),
        ({"manifest": tmp_path / "there" / "x.json"}, "x.json"),
    ):
        with pytest.raises((BadEvent, FileNotFoundError), match=words):
            await run(tmp_path, **more)  # type: ignore[arg-type]


async def test_a_manifest_makes_the_same_again(archive: KeptArchive, tmp_path: Path) -> None:
    """Whatever else was typed."""
    await run(tmp_path, out=str(tmp_path / "first"), asked={"limit": 7})
    archive.talks[99] = conversation(99, "p1")
    manifest = tmp_path / "first" / "manifest.json"
    await run(tmp_path, out=str(tmp_path / "second"), manifest=manifest, format=None)
    first, second = (
        b"".join(p.read_bytes() for p in (tmp_path / name / "data").iterdir())
        for name in ("first", "second")
    )

    assert first == second and first.count(b"\n") == 7
    with pytest.raises(BadEvent, match="leave --format"):
        await run(tmp_path, out=str(tmp_path / "third"), manifest=manifest, format="kto")
    with pytest.raises(BadEvent, match=r"manifest\.json"):
        await run(tmp_path, manifest=tmp_path / "first" / "README.md")


async def test_what_was_broken_off_is_gone_on_with_as_it_was_asked_for(
    archive: KeptArchive, tmp_path: Path
) -> None:
    """Days back are from when it was asked for; something else is not mixed with what is there."""
    year = {"filters": {"start": "-3650d", "bot": "luna"}}
    archive.die_at = 1
    with pytest.raises(Killed):
        await run(tmp_path, out=str(tmp_path / "set"), asked=year)
    part = tmp_path / "set.part"
    plan = plan_of({"format": "sft", **year}, NOON)
    staging = Staging(tmp_path / "set", single=False)
    staging.note(State(plan=plan, tally=Maker(plan, plugins.export("sft"), staging).tally()))
    archive.die_at = None

    with pytest.raises(BadEvent, match=rf"something else .* delete {part}"):
        await run(tmp_path, out=str(tmp_path / "set"), asked={"seed": 1, **year}, resume=True)
    await run(tmp_path, out=str(tmp_path / "set"), asked=year, resume=True)
    told = json.loads((tmp_path / "set" / "manifest.json").read_bytes())
    assert told["plan"]["filters"]["start"] == plan.filters.start and not part.exists()


async def test_datasets_are_listed_shown_and_deleted(
    archive: KeptArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what was left out; names do nothing on a terminal."""
    settings = Settings(data=tmp_path / "data")
    await commands.listed(settings, None, as_json=False)
    assert "roomtone export" in capsys.readouterr().err
    archive.agree("p1", yes=False)
    await run(tmp_path, as_json=False, asked={"name": "[red]x\u202e"})
    said = capsys.readouterr().out
    assert "16 rows of sft" in said
    assert "left out: people who have not agreed to training: 1, with 16 messages" in said
    (id,) = archive.made

    await commands.listed(settings, "p2", as_json=False)
    await commands.show(settings, id, as_json=False)
    said = capsys.readouterr().out
    assert id in said and "again: roomtone export" in said and "\u202e" not in said
    assert "[red]x" in said
    await commands.delete(settings, id, as_json=True)
    assert json.loads(capsys.readouterr().out)["removed"] and archive.made == {}
    for what in (commands.show, commands.delete):
        with pytest.raises(BadEvent, match="datasets list"):
            await what(settings, id, as_json=False)


async def test_without_a_format_they_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing needs to be there for it."""
    await run(tmp_path, as_json=False, format=None)
    assert "kto" in capsys.readouterr().out
    with pytest.raises(StoreError, match="--data"):
        await run(tmp_path)
