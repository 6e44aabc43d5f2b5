"""An export is the same to the byte however often it was broken off, and holds who agreed alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from roomtone.duplicates import Duplicates
from roomtone.errors import BadEvent
from roomtone.runtime import plugins
from roomtone.runtime.clock import WallClock
from roomtone.runtime.export_files import Staging
from roomtone.runtime.export_finish import finish
from roomtone.runtime.export_making import Making
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.exporting import Cancelled, Exporting, needed, packer
from roomtone.training_data import ONLY_RATED, KeptConversation
from tests.runtime.kept import NOON, KeptArchive, Killed, conversation

PEOPLE = [f"person {n}" for n in range(12)]


def talks(many: int = 40) -> KeptArchive:
    return KeptArchive([conversation(id, PEOPLE[id % 12]) for id in range(1, many + 1)])


async def made(
    archive: KeptArchive, plan: Plan, target: Path, *, resume: bool = False, shard: int = 2_000
) -> dict[str, Any]:
    """Run an export in small pages, noting after each how far it is."""
    staging = Staging(target, single=False, shard=shard)
    export = plugins.export(plan.format)
    work = Exporting(archive, plan, export, staging, page=10, note_s=0)  # type: ignore[arg-type]
    await work.run(resume=resume)
    return finish(work, NOON, lambda: None)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


PLAN = Plan(format="sft", split={"train": 0.7, "validation": 0.3}, seed=3)


IN_COLUMNS = msgspec.structs.replace(PLAN, format="parquet")


@pytest.mark.parametrize("plan", [PLAN, IN_COLUMNS], ids=lambda plan: plan.format)
async def test_killed_anywhere_it_goes_on_to_the_same_bytes(tmp_path: Path, plan: Plan) -> None:
    """At the first page, in the middle, twice, and behind the last."""
    archive = talks()
    await made(archive, plan, tmp_path / "whole")
    whole, pages = files(tmp_path / "whole"), archive.pages

    for place in (1, 2, pages // 2, pages - 1, pages):
        target = tmp_path / f"broken {place}"
        for die_at in (place, place + 2):
            archive.pages, archive.die_at = 0, die_at
            with pytest.raises(Killed):
                await made(archive, plan, target, resume=True)
            if die_at > 2 or target.exists():
                break
        for torn in target.with_name(f"{target.name}.part").glob("*.rows"):
            torn.write_bytes(torn.read_bytes() + b'{"half a li')  # written behind the note
        assert not target.exists()
        archive.die_at = None
        await made(archive, plan, target, resume=True)
        assert files(target) == whole
    assert len([name for name in whole if name.startswith("data/train-")]) > 1


async def test_a_format_that_says_not_what_it_needs_gives_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read whole, conversation by conversation; ids that lie beside it need lines."""
    plan = Plan(format="jsonl", redact=False, dedupe=False)
    await made(talks(), plan, tmp_path / "columns")
    monkeypatch.setattr("roomtone.exports.jsonl.JSONL.needs", None)
    await made(talks(), plan, tmp_path / "whole")

    assert files(tmp_path / "columns") == files(tmp_path / "whole")
    assert packer(plan, plugins.export("jsonl")) is not None
    monkeypatch.setattr("roomtone.exports.jsonl.JSONL.traceable", False)
    assert packer(plan, plugins.export("jsonl")) is None


@pytest.mark.parametrize("cleaned", [False, True])
async def test_columns_and_lines_give_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cleaned: bool
) -> None:
    """With duplicates left out, people in parts, texts replaced; what a kill left is no matter."""

    class Loud:
        """Replaces a word, as what takes personal data out does."""

        def clean(self, one: KeptConversation) -> KeptConversation:
            messages = [replace(m, content=m.content.replace("tea", "TEA")) for m in one.messages]
            return replace(one, messages=messages, user=one.user.upper())

        def report(self) -> dict[str, int]:
            return {}

        def restore(self, report: Any) -> None: ...

    archive = talks()
    twin = replace(archive.talks[3], id=99, user=PEOPLE[5])
    empty = replace(twin, id=98, messages=[replace(m, content=" ") for m in twin.messages])
    archive.talks |= {98: empty, 99: twin}

    async def whole(target: Path, *, resume: bool = False) -> Any:
        staging, export = Staging(target, single=False), plugins.export("parquet")
        more = {"cleaning": lambda plan: (Loud(), Duplicates())} if cleaned else {}
        work = Exporting(archive, IN_COLUMNS, export, staging, page=10, note_s=0, **more)  # type: ignore[arg-type]
        await work.run(resume=resume)
        return finish(work, NOON, lambda: None), staging.packed

    told, packed = await whole(tmp_path / "columns")
    archive.die_at, archive.pages = 3, 0
    with pytest.raises(Killed):
        await whole(tmp_path / "lines")
    monkeypatch.setattr("roomtone.exports.parquet.Columns.packs", False)
    archive.die_at = None
    again, lined = await whole(tmp_path / "lines", resume=True)

    assert packed and not lined and told == again
    assert told["counts"]["rows"] == 160 + (0 if cleaned else 4)
    assert files(tmp_path / "columns") == files(tmp_path / "lines")


async def test_what_is_gone_on_with_is_not_done_again(tmp_path: Path) -> None:
    """Pages behind the note alone are read."""
    archive = talks()
    archive.die_at = 6
    with pytest.raises(Killed):
        await made(archive, PLAN, tmp_path / "set")
    archive.pages, archive.die_at = 0, None
    await made(archive, PLAN, tmp_path / "set", resume=True)
    again = archive.pages
    archive.pages = 0
    await made(archive, PLAN, tmp_path / "other")

    assert again < archive.pages - 2


async def test_nobody_is_in_two_parts(tmp_path: Path) -> None:
    """Every row's person is in one file's part, and both parts have some."""
    archive = talks(120)
    await made(archive, Plan(format="jsonl", split=PLAN.split, seed=1), tmp_path / "set")
    parts: dict[str, set[str]] = {}
    for name, content in files(tmp_path / "set" / "data").items():
        people = {json.loads(line)["user_id"] for line in content.splitlines()}
        parts.setdefault(name.partition("-")[0], set()).update(people)

    assert parts["train"] and parts["validation"]
    assert parts["train"] & parts["validation"] == set()


async def test_who_did_not_agree_is_left_out_and_counted(tmp_path: Path) -> None:
    """No consent, and consent that was taken back."""
    archive = talks()
    archive.agree(PEOPLE[0], yes=False)
    del archive.said[PEOPLE[1]]
    archive.agree(PEOPLE[2], basis="contract")
    told = await made(archive, Plan(format="jsonl"), tmp_path / "set")
    text = b"".join(files(tmp_path / "set" / "data").values()).decode()

    assert f'"{PEOPLE[0]}"' not in text and f'"{PEOPLE[1]}"' not in text
    first = told["excluded"][0]
    assert (first["reason"], first["people"], first["conversations"]) == ("no_consent", 2, 7)
    assert told["consent"] == {"people": 10, "basis": {"consent": 9, "contract": 1}}
    assert "did not agree" not in text and "have not agreed" in first["words"]


async def test_who_withdraws_while_it_is_made_is_not_in_it(tmp_path: Path) -> None:
    """It begins anew, without them."""
    archive = talks()
    pages = archive.training_page

    async def page(**asked: Any) -> Any:
        if archive.pages == 5:
            archive.agree(PEOPLE[3], yes=False)
        return await pages(**asked)

    archive.training_page = page  # type: ignore[method-assign]
    told = await made(archive, Plan(format="jsonl"), tmp_path / "set")

    assert PEOPLE[3].encode() + b'"' not in b"".join(files(tmp_path / "set").values())
    assert told["counts"]["people"] == 11
    assert [one["reason"] for one in told["excluded"]] == ["no_consent", "withdrawn"]


async def test_where_nobody_agreed_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    """With what to do; and another sentence where there are no conversations at all."""
    nobody = KeptArchive([conversation(1)], agreed=False)
    with pytest.raises(BadEvent, match=r"agreed to training yet; .* roomtone people consent"):
        await made(nobody, PLAN, tmp_path / "set")
    with pytest.raises(BadEvent, match="no conversation"):
        await made(KeptArchive(), PLAN, tmp_path / "set")

    assert list(tmp_path.iterdir()) == []


async def test_the_same_rows_are_made_of_a_manifest(tmp_path: Path) -> None:
    """Though there are more conversations by then, and the old ones would not be found again."""
    archive = talks()
    first = await made(archive, Plan(format="kto", limit=30), tmp_path / "first")
    for id in range(100, 120):
        archive.talks[id] = conversation(id, PEOPLE[0])
    await archive.mark_exported(range(1, 31))
    plan = Plan(format="kto", ranges=tuple(tuple(run) for run in first["ranges"]))  # type: ignore[misc]
    second = await made(archive, plan, tmp_path / "second")

    assert first["ranges"] == [(1, 30)]
    assert [one["sha256"] for one in first["files"]] == [one["sha256"] for one in second["files"]]


def test_what_is_cleaned_is_read_whether_or_not_it_makes_a_row() -> None:
    """As what is cleaned is counted; a format that needs all is given all."""
    kto, native = plugins.export("kto"), plugins.export("native")
    plain, cleaned = (needed(Plan(format="kto", redact=one), kto) for one in (False, True))

    assert plain == kto.needs and cleaned == set(kto.needs) - {ONLY_RATED} != plain
    assert needed(Plan(format="native", redact=True), native) is None


async def test_an_export_can_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    """Nor does the archive call it running."""
    archive = talks(400)
    making = Making(archive, WallClock(), Plan(format="jsonl"), tmp_path / "set")  # type: ignore[arg-type]
    making._tell = lambda share, rows: making.cancel()
    with pytest.raises(Cancelled):
        await making.run()

    assert list(tmp_path.iterdir()) == []
    assert archive.made[making.dataset.id].status == "cancelled"


async def test_the_loop_goes_on_while_rows_are_made(tmp_path: Path) -> None:
    """Work is done in threads: another task has its turns."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await made(talks(200), PLAN, tmp_path / "set")
    task.cancel()

    assert turns > 100


async def test_what_goes_on_knows_what_it_wrote_from_a_manifest_too(tmp_path: Path) -> None:
    """Though the conversations of the manifest begin far behind the archive's first."""
    alike = {id: conversation(id, PEOPLE[id % 12]) for id in range(1, 41)}
    for id in (38, 39):  # they say what 20 and 21 said
        alike[id].messages = conversation(id - 18).messages
    archive = KeptArchive(list(alike.values()))
    plan = Plan(format="sft", ranges=((20, 24), (30, 40)))

    async def run(target: Path, *, resume: bool = False) -> dict[str, Any]:
        staging = Staging(target, single=False)
        export = plugins.export(plan.format)
        work = Exporting(archive, plan, export, staging, page=10, note_s=0,  # type: ignore[arg-type]
                         cleaning=lambda plan: (None, Duplicates()))  # fmt: skip
        await work.run(resume=resume)
        return finish(work, NOON, lambda: None)

    whole = await run(tmp_path / "whole")
    archive.pages, archive.die_at = 0, 4
    with pytest.raises(Killed):
        await run(tmp_path / "broken")
    archive.die_at = None
    told = await run(tmp_path / "broken", resume=True)

    assert [one["reason"] for one in whole["excluded"]] == ["exact_duplicate"]
    assert (told["files"], told["excluded"]) == (whole["files"], whole["excluded"])
