"""Datasets are made one after the other, found, gone on with after a stop, handed out, let go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from roomtone.errors import BadEvent, UnknownMember
from roomtone.runtime import datasets
from roomtone.runtime.clock import WallClock
from roomtone.runtime.datasets import Datasets, command, formats, heed, shown, stale
from roomtone.runtime.export_plan import Filters, Plan
from tests.runtime.conftest import until
from tests.runtime.kept import KeptArchive, conversation

PLAN = Plan(format="sft", name="first")


def kept(tmp_path: Path, many: int = 5) -> Datasets:
    archive = KeptArchive([conversation(id, f"p{id}") for id in range(1, many + 1)])
    return Datasets(archive, tmp_path / "datasets", WallClock())


async def ready(made: Datasets, id: str) -> dict[str, object]:
    await until(lambda: id not in made._making)
    one = await made.find(id)
    assert one is not None
    return shown(one)


async def test_one_is_made_and_its_files_are_handed_out(tmp_path: Path) -> None:
    """By the paths of its manifest, and by no other."""
    made = kept(tmp_path)
    id = (await made.make(PLAN))["id"]
    told = await ready(made, id)
    name = told["files"][0]["path"]  # type: ignore[index]
    (tmp_path / "datasets" / "secret").write_text("x")

    assert told["status"] == "done" and told["rows"] == 5
    found = await made.file(id, name)
    assert found is not None and found.read_bytes().count(b"\n") == 5
    assert await made.file(id, "README.md") is not None
    for path in ("../secret", "/etc/passwd", "data/../../secret", "nothing", "", f"{name}/.."):
        assert await made.file(id, path) is None
    assert await made.file("ds_other", name) is None
    assert await made.find("ds\0other") is None and await made.find("\ud800") is None


async def test_one_that_was_broken_off_is_gone_on_with(tmp_path: Path) -> None:
    """By the next process that looks."""
    made = kept(tmp_path)
    async with made._turn:  # nothing begins
        id = (await made.make(PLAN))["id"]
        await made.close()
    later = Datasets(made.archive, made.folder, WallClock())
    assert [one["status"] for one in (await later.listed())[0]] == ["running"]

    assert (await ready(later, id))["status"] == "done"


async def test_what_is_let_go_leaves_no_file(tmp_path: Path) -> None:
    """Also while it is made; but what lies elsewhere is not ours to delete."""
    made = kept(tmp_path)
    id = (await made.make(PLAN))["id"]
    await ready(made, id)
    async with made._turn:
        running = (await made.make(PLAN))["id"]
        dropping = asyncio.create_task(made.drop(running))
        await asyncio.sleep(0)
    assert await dropping is not None
    assert (await made.drop(id) or {})["removed"]
    assert list((tmp_path / "datasets").iterdir()) == [] and await made.listed() == ([], 0)
    assert await made.drop(id) is None

    (tmp_path / "mine").mkdir()
    foreign = msgspec.structs.replace((await _made(made, tmp_path)), folder=str(tmp_path / "mine"))
    await made.archive.put_dataset(foreign)
    assert (await made.drop(foreign.id) or {})["removed"] is False
    assert (tmp_path / "mine").exists()


async def _made(made: Datasets, tmp_path: Path) -> datasets.Dataset:
    id = (await made.make(PLAN))["id"]
    await ready(made, id)
    one = await made.find(id)
    assert one is not None
    return one


async def test_who_withdraws_makes_datasets_stale(tmp_path: Path) -> None:
    """Those that hold them, with words; others stand."""
    made = kept(tmp_path)
    both = (await made.make(PLAN))["id"]
    await ready(made, both)
    other = (await made.make(Plan(format="sft", filters=Filters(user="p1"))))["id"]
    await ready(made, other)
    found = await stale(made.archive, "p2", "somebody in it withdrew; make it again")

    assert [one.id for one in found] == [both]
    states = {one["id"]: one["status"] for one in (await made.listed())[0]}
    assert states == {both: "stale", other: "done"}
    with pytest.raises(BadEvent, match=r"given out no more.*withdrew"):
        await made.file(both, "README.md")
    assert await made.file(other, "README.md") is not None


async def test_a_withdrawal_is_heeded_as_it_is_kept(tmp_path: Path) -> None:
    """A word on something else, or a yes, changes nothing."""
    made = kept(tmp_path)
    id = (await made.make(PLAN))["id"]
    await ready(made, id)
    archive: Any = made.archive
    yes = archive.said["p2"]
    await heed(archive, [yes, msgspec.structs.replace(yes, purpose="memory", granted=False)])
    assert (await made.listed())[0][0]["status"] == "done"
    await heed(archive, [msgspec.structs.replace(yes, granted=False)])
    await heed(object(), [msgspec.structs.replace(yes, granted=False)])

    ((told,), _) = await made.listed()
    assert told["status"] == "stale" and "make it again" in told["error"]


async def test_of_who_is_erased_nothing_is_left(tmp_path: Path) -> None:
    """Files that lie with us go, what is made begins anew, what was theirs alone is forgotten."""
    made = kept(tmp_path)
    archive: Any = made.archive
    ids = []
    for plan in (PLAN, Plan(format="sft", name="p2", filters=Filters(user="p2")), PLAN):
        ids.append((await made.make(plan))["id"])
        await ready(made, ids[-1])
    outside = msgspec.structs.replace(archive.made[ids[2]], folder=str(tmp_path / "elsewhere"))
    await archive.put_dataset(outside)
    async with made._turn:
        running = (await made.make(PLAN))["id"]
        await asyncio.sleep(0)
        archive.talks = {id: one for id, one in archive.talks.items() if one.user != "p2"}
        archive.agree("p2", yes=False)
        told = await made.forget("p2")
    assert (await ready(made, running))["rows"] == 4

    assert {one["id"]: one["removed"] for one in told} == {
        ids[0]: True,
        ids[1]: True,
        ids[2]: False,
    }
    assert (archive.made[ids[0]].status, ids[1] in archive.made) == ("stale", False)
    files = [path for path in (tmp_path / "datasets").rglob("*") if path.is_file()]
    assert files and not [p for p in files if ids[0] in str(p) or b'"p2"' in p.read_bytes()]
    assert "p2" not in "".join(one.manifest for one in archive.made.values())


async def test_what_was_left_half_made_goes_with_whoever_is_erased(tmp_path: Path) -> None:
    """A full disk, or a stop, leaves rows of which nobody noted whose they are."""
    made = kept(tmp_path)
    failed, stopped = made.folder / "ds_failed.part", made.folder / "ds_stopped.part"
    for folder in (failed, stopped):
        folder.mkdir(parents=True)
        (folder / "train-00000.rows").write_text("what p1 said")
    (made.folder / "ds_done").mkdir()

    await made.forget("p1")

    assert [path.name for path in made.folder.iterdir()] == ["ds_done"]


async def test_too_many_at_once_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is a format that nobody knows."""
    monkeypatch.setattr(datasets, "WAITING", 2)
    made = kept(tmp_path)
    async with made._turn:
        await made.make(PLAN)
        await made.make(PLAN)
        with pytest.raises(BadEvent, match="ask again"):
            await made.make(PLAN)
        await made.close()
    with pytest.raises(UnknownMember):
        await made.make(Plan(format="nothing"))


def test_the_same_can_be_typed() -> None:
    """Every choice that is not the usual one is a flag, and no word breaks out of its quotes."""
    plan = Plan(
        format="kto",
        filters=Filters(bot="luna's; rm", min_quality=0.5, start="2026-01-01", voice=False),
        split={"train": 0.9, "validation": 0.1},
        seed=4,
        redact=False,
        limit=7,
    )
    typed = command(msgspec.to_builtins(plan))

    assert "--bot 'luna'\"'\"'s; rm'" in typed and "--from 2026-01-01" in typed
    for words in ("--min-quality 0.5", "--no-voice", "--split train=0.9,validation=0.1", "--seed 4",
                  "--limit 7", "--no-redact", "--min-confidence 0.85"):  # fmt: skip
        assert words in typed


def test_every_format_says_what_it_is() -> None:
    """Whoever chooses reads these words alone."""
    found = formats()
    assert {"native", "sft", "kto", "jsonl"} <= {one["name"] for one in found}
    assert all(all(one.values()) for one in found)


async def test_what_another_process_makes_is_left_to_it(tmp_path: Path) -> None:
    """As the command line, while the server is asked for its datasets for the first time."""
    made = kept(tmp_path)
    reading, going = asyncio.Event(), asyncio.Event()
    pages = made.archive.training_page

    async def page(**asked: Any) -> Any:
        reading.set()
        await going.wait()
        return await pages(**asked)

    made.archive.training_page = page  # type: ignore[method-assign]
    id = (await made.make(PLAN))["id"]
    await reading.wait()
    server = Datasets(made.archive, made.folder, WallClock())
    assert [one["status"] for one in (await server.listed())[0]] == ["running"]
    await until(lambda: not server._making)
    assert not going.is_set() and id in made._making
    going.set()

    told = await ready(made, id)
    assert (told["status"], told["rows"]) == ("done", 5)
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [id]


def test_conversations_that_are_named_one_by_one_are_made_again_by_their_manifest() -> None:
    """No other words of the command line say which they are."""
    for plan in ({"ranges": [[1, 9]]}, {"filters": {"ids": [3]}}):
        told = command({"format": "sft", **plan})
        assert told == "roomtone export --from-manifest manifest.json --out DIR"


async def test_what_nobody_here_can_make_is_told_as_failed(tmp_path: Path) -> None:
    """As after a plug-in was removed, or another release; all others are listed all the same."""
    made = kept(tmp_path)
    one = await _made(made, tmp_path)
    for id, plan in (("ds_gone", b'{"format":"gone"}'), ("ds_new", b'{"format":"sft","more":1}')):
        manifest = f'{{"plan":{plan.decode()}}}'
        folder = str(made.folder / id)
        await made.archive.put_dataset(
            msgspec.structs.replace(one, id=id, status="running", manifest=manifest, folder=folder)
        )
    told = {
        told["id"]: told
        for told in (await Datasets(made.archive, made.folder, WallClock()).listed())[0]
    }

    assert told[one.id]["status"] == "done"
    assert {told[id]["status"] for id in ("ds_gone", "ds_new")} == {"failed"}
    assert "make it anew" in told["ds_gone"]["error"]
