"""The end of an export: staged lines become the files that were asked for, and take their place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from roomtone.errors import BadEvent
from roomtone.ports_exports import Export
from roomtone.runtime import plugins
from roomtone.runtime.export_card import card, manifest
from roomtone.runtime.export_files import Shard, Staging, settle, sha256
from roomtone.runtime.exporting import Exporting

CHUNK = 5_000
MANIFEST = "manifest.json"


def finish(work: Exporting, made: datetime, alive: Callable[[], None]) -> dict[str, Any]:
    """Make the files and put them in their place; returns the manifest. To be run in a thread;
    `alive` is called now and then and raises where this is not wanted any more. Raises BadEvent
    where there is no row."""
    staging, export = work.staging, work.export
    if not work.maker.rows:
        raise BadEvent(nothing(work))
    out = staging.folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    kind = work.plan.file or export.file
    files = []
    for part, index, count, path, shard in staging.staged():
        suffix = plugins.row_file(kind, export.row, ids=export.traceable).suffix
        name = f"data/{part}-{index:05d}-of-{count:05d}.{suffix}"
        if staging.single:
            name = staging.target.name
        alive()
        _convert(staging, path, out / name, kind, export, alive)
        files.append(_told(out, name, part, shard))
        if shard.ids:
            trace = f"{name}.trace" if staging.single else f"trace/{Path(name).stem}.txt"
            _link(path.with_suffix(".ids"), out / trace)
            files[-1]["trace"] = trace
    told = manifest(work, made, files)
    name = f"{staging.target.name}.{MANIFEST}" if staging.single else MANIFEST
    (out / name).write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    if not staging.single:
        _around(out, told, export, files)
    _place(staging, out)
    return told


def nothing(work: Exporting) -> str:
    """Why there is no row, and what to do."""
    left_out = work.maker.excluded.report()
    why = "; ".join(f"{one['messages']:,} {one['words']}" for one in left_out[:3])
    return (
        f"none of {work.maker.conversations:,} conversations makes a row of {work.plan.format}"
        f"{': ' + why if why else ''}; choose another --format, or wider filters"
    )


def _convert(
    staging: Staging,
    path: Path,
    target: Path,
    kind: str,
    export: Export,
    alive: Callable[[], None],
) -> None:
    """A staged file as one of this kind. JSON lines are what is staged: nothing is to be done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind == "jsonl":
        _link(path, target)
        return
    writer = plugins.row_file(kind, export.row, ids=export.traceable)
    with target.open("wb") as file, path.open("rb") as staged:
        lines = map(writer.take, staged_lines(path))
        for made in writer.unpack(staged) if staging.packed else lines:
            file.write(made)
            alive()
        file.write(writer.close())


def staged_lines(path: Path) -> Iterator[bytes]:
    """Staged rows as they lie there, some thousand lines at a time."""
    with path.open("rb") as file:
        while some := list(islice(file, CHUNK)):
            yield b"".join(some)


def _link(path: Path, target: Path) -> None:
    """The same file under another name, so that what is staged stays until all is done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _told(out: Path, name: str, part: str, shard: Shard) -> dict[str, Any]:
    path = out / name
    settle(path)
    return {
        "path": name,
        "part": part,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "rows": shard.rows,
    }


def _around(out: Path, told: dict[str, Any], export: Export, files: list[dict[str, Any]]) -> None:
    """The card, and what else a format has lying beside its data."""
    suffix = Path(files[0]["path"]).suffix.lstrip(".")
    (out / "README.md").write_text(card(told, export, suffix), encoding="utf-8")
    by_part: dict[str, list[str]] = {}
    for one in files:
        by_part.setdefault(one["part"], []).append(one["path"])
    for name, made in export.beside(told["name"] or export.name, by_part).items():
        target = (out / name).resolve()
        if not target.is_relative_to(out.resolve()):
            raise BadEvent(f"format {export.name} names a file outside of its folder; mend it")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made)


def _place(staging: Staging, out: Path) -> None:
    """Everything appears at once, and last of all under its name; what was staged goes."""
    staging.check()
    parent = staging.target.parent
    if staging.single:
        beside = sorted(one for one in out.iterdir() if one.name != staging.target.name)
        for one in beside:
            os.replace(one, parent / one.name)
        os.replace(out / staging.target.name, staging.target)
    else:
        os.rename(out, staging.target)
    settle(parent)
    staging.drop()
