"""`roomtone export` and `roomtone datasets`: rows made from the stores of a data folder."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from roomtone.errors import BadEvent
from roomtone.ports_exports import Export as Format
from roomtone.runtime import datasets as made
from roomtone.runtime import looking, plugins, terminal
from roomtone.runtime.clock import WallClock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.export_cleaning import cleaning
from roomtone.runtime.export_files import Staging, State
from roomtone.runtime.export_making import Making, dataset_id, hold
from roomtone.runtime.export_plan import FILES, Plan, plan_of, split_words
from roomtone.runtime.exporting import Exporting

SUFFIXES = (*FILES, "ndjson")
OK = 0


@dataclass
class Export:
    """One run of `roomtone export`: what was typed, and where it is to go."""

    asked: Mapping[str, Any]
    format: str | None = None
    split: str = ""
    out: str | None = None
    manifest: Path | None = None
    resume: bool = False
    mark: bool = False

    async def run(self, settings: Settings, *, as_json: bool) -> int:
        """Make it and say what came of it. Raises BadEvent with what to do."""
        if self.format is None and self.manifest is None:
            _list_formats(as_json=as_json)
            return OK
        plan = self._plan()
        async with _opened(settings) as archive:
            if self.out == "-":
                return await _stream(archive, plan, mark=self.mark)
            id = dataset_id()
            target = settings.datasets_folder / id if self.out is None else Path(self.out)
            single = self.out is not None and _is_file(self.out)
            plan = _fitting(plan, target, single=single)
            if not self.resume:
                _nothing_left(target)
            elif (left := Staging(target, single=single).left()) is not None:
                plan = self._as_before(plan, left.plan, target)
            with _bar(plan.format) as bar:
                task = bar.add_task("", total=1.0)
                making = Making(
                    archive,
                    WallClock(),
                    plan,
                    target,
                    id=id,
                    single=single,
                    mark=self.mark,
                    keep_failed=False,
                    tell=lambda share, rows: bar.update(
                        task, completed=share, description=f"{rows:,} rows"
                    ),
                )
                await making.run(resume=self.resume)
        shown = made.shown(making.dataset, whole=True)
        if as_json:
            terminal.print_json(shown)
        else:
            _tell(shown, single=single)
        return OK

    def _plan(self) -> Plan:
        now = utc(WallClock().now_ms())
        if self.manifest is not None:
            plan = _again(self.manifest).checked(now)
            if self.format not in (None, plan.format) or self.split:
                raise BadEvent(
                    f"the manifest says what to make ({plan.format}); leave --format, --split and "
                    "all else that chooses rows out"
                )
            return plan
        told = {key: value for key, value in self.asked.items() if value is not None}
        return plan_of(told | {"format": self.format, "split": split_words(self.split)}, now)

    def _as_before(self, plan: Plan, before: Plan, target: Path) -> Plan:
        """The plan with times back from when it was first asked for. Raises BadEvent for another:
        what is there already was chosen otherwise."""
        typed = self.asked.get("filters", {})
        then = {
            name: getattr(before.filters, name)
            for name in ("start", "end")
            if str(typed.get(name, "")).startswith(("-", "now"))
        }
        plan = replace(plan, filters=replace(plan.filters, **then))
        if plan != before:
            raise BadEvent(
                "something else was asked for when it was broken off; ask as you did then, or "
                f"delete {target.with_name(f'{target.name}.part')}"
            )
        return plan


def _again(path: Path) -> Plan:
    """The plan of a manifest, of the very conversations that are in it."""
    try:
        told = msgspec.json.decode(path.read_bytes())
        plan: Plan = msgspec.convert(told["plan"] | {"ranges": told["ranges"]}, Plan)
    except (msgspec.MsgspecError, KeyError, TypeError):
        raise BadEvent(f"{path} is no manifest; name the manifest.json of a dataset") from None
    return plan


def _is_file(out: str) -> bool:
    return Path(out).suffix.lstrip(".").lower() in SUFFIXES


def _fitting(plan: Plan, target: Path, *, single: bool) -> Plan:
    """The plan with the kind of file that the target's name says. Raises BadEvent."""
    plugins.export(plan.format)  # before anything is opened: is there such a one?
    if not single:
        return plan
    if len([share for share in plan.split.values() if share]) > 1:
        raise BadEvent("the parts of a split are files of their own; name a folder with --out")
    kind = {"ndjson": "jsonl"}.get(said := target.suffix.lstrip(".").lower(), said)
    if plan.file not in (None, kind):
        raise BadEvent(f"--file {plan.file} does not fit {target.name}; leave one of them out")
    return replace(plan, file=kind)


def _nothing_left(target: Path) -> None:
    left = target.with_name(f"{target.name}.part")
    if left.exists():
        raise BadEvent(
            f"an export was broken off there; go on with it with --resume, or delete {left}"
        )


def collect_seldom() -> None:
    """Have rows come and go by the thousand without being looked through for circles, which they
    do not make; nor is what is loaded by now. For a process that does nothing else."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Any]:
    """The archive of these settings. Raises StoreError where there is none."""
    looking.see_that_it_is_there(settings.archive_url)
    archive = plugins.archive(settings.archive_url)
    try:
        await archive.open()
        collect_seldom()
        yield archive
    finally:
        await archive.close()


# -- to standard output --------------------------------------------------------------------------


class Pipe(Staging):
    """Rows go out as they are made: there is nothing to go on with, and nothing to take back."""

    takes_packed = False

    def __init__(self, out: BinaryIO, export: Format, kind: str) -> None:
        super().__init__(Path("-"), single=True)
        self._out = out
        self._writer = plugins.row_file(kind, export.row, ids=export.traceable)
        self._begun = False

    def begin(self) -> None:
        if self._begun:
            raise BadEvent(
                "somebody withdrew while rows went out; throw them away and export again, "
                "into a file, where this cannot happen"
            )
        self._begun = True

    def write(self, part: str, made: bytes, rows: int, ids: bytes = b"") -> None:
        self._out.write(self._writer.take(made))

    def note(self, state: State) -> None:
        self._out.flush()

    def meet(self, people: Any) -> None:
        """Nobody is remembered beyond the process."""

    def close(self) -> None:
        """The end comes once it is known that all still agree."""

    def end(self) -> None:
        """What a kind of file has at its end."""
        self._out.write(self._writer.close())
        self._out.flush()


async def _stream(archive: Any, plan: Plan, *, mark: bool) -> int:
    if len([share for share in plan.split.values() if share]) > 1:
        raise BadEvent("the parts of a split are files of their own; name a folder with --out")
    export = plugins.export(plan.format)
    pipe = Pipe(sys.stdout.buffer, export, plan.file or export.file)
    work = Exporting(archive, plan, export, pipe, cleaning=await cleaning(archive, plan))
    maker = await work.run()
    await asyncio.to_thread(pipe.end)
    if mark:
        await hold(archive, "", maker.kept, mark=True)
    terminal.note(f"{terminal.many(maker.rows, 'row')} of {plan.format}")
    return OK


# -- what is said ------------------------------------------------------------------------------


def _bar(format: str) -> Progress:
    columns = (
        TextColumn(format),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    silent = not terminal.err.is_terminal
    return Progress(*columns, console=terminal.err, transient=True, disable=silent)


def _list_formats(*, as_json: bool) -> None:
    found = made.formats()
    if as_json:
        terminal.print_json(found)
        return
    table = Table("format", "a row is", "made of", "read by", box=None, pad_edge=False)
    for one in found:
        table.add_row(*(one[name] for name in ("name", "phrase", "from", "trainable_by")))
    terminal.out.print(table)
    terminal.note("choose one: roomtone export --format sft --out DIR")


def _tell(shown: Mapping[str, Any], *, single: bool) -> None:
    counts, out = shown["counts"], terminal.out
    where = terminal.clean(shown["folder"])
    out.print(
        f"{terminal.many(shown['rows'], 'row')} of {shown['format']} in {where}", markup=False
    )
    parts = ", ".join(f"{name} {many:,}" for name, many in counts["parts"].items())
    out.print(
        f"{terminal.many(counts['conversations'], 'conversation')} of "
        f"{terminal.many(counts['people'], 'person').replace('persons', 'people')}; {parts}"
    )
    for one in shown["excluded"]:
        out.print(f"left out: {terminal.clean(_left_out(one))}", markup=False)
    taken = shown["manifest"]["redactions"]
    if taken:
        found = ", ".join(f"{name} {many:,}" for name, many in taken.items())
        out.print(f"personal data replaced: {found}")
    if not single:
        terminal.note(f"datasets.load_dataset({str(shown['folder'])!r}) loads it")


def _left_out(one: Mapping[str, Any]) -> str:
    """How much for which reason; of people how many they are, and not how much they said."""
    if "people" not in one:
        return f"{one['messages']:,} {one['words']}"
    said = f", with {terminal.many(one['messages'], 'message')}" if one["messages"] else ""
    return f"{one['words']}: {one['people']:,}{said}"


async def listed(settings: Settings, user: str | None, *, as_json: bool) -> None:
    """`roomtone datasets list`."""
    async with _opened(settings) as archive:
        found = [made.shown(one) for one in await archive.datasets(user=user)]
    if as_json:
        terminal.print_json(found)
        return
    if not found:
        whom = "" if user is None else f" that holds {user!r}"
        terminal.note(f"no dataset was made{whom}; make one with: roomtone export --format sft")
        return
    table = Table("made (UTC)", "id", "name", "format", "state", box=None, pad_edge=False)
    for name in ("rows", "KB"):
        table.add_column(name, justify="right")
    table.add_column("where")
    for one in found:
        said = one["status"] if one["status"] != "running" else f"running {one['progress']:.0%}"
        cells = (terminal.when(one["made"]), one["id"], one["name"], one["format"], said)
        sizes = (f"{one['rows']:,}", f"{one['bytes'] / 1000:,.0f}")
        table.add_row(*map(terminal.plain, (*cells, *sizes, one["folder"])))
    terminal.out.print(table)


async def show(settings: Settings, id: str, *, as_json: bool) -> None:
    """`roomtone datasets show`. Raises BadEvent where there is none."""
    async with _opened(settings) as archive:
        found = await archive.datasets(id=id)
    if not found:
        raise BadEvent(f"there is no dataset {id!r}; see: roomtone datasets list")
    shown = made.shown(found[0], whole=True)
    if as_json:
        terminal.print_json(shown)
        return
    out = terminal.out
    out.print(f"{terminal.clean(shown['name'] or id)}: {shown['status']}", markup=False)
    if shown["error"]:
        out.print(terminal.clean(shown["error"]), style="yellow", markup=False)
    if shown["files"]:
        _tell(shown, single=_is_file(shown["folder"]))
    for one in shown["files"]:
        out.print(f"{one['sha256'][:12]}  {one['rows']:>10,}  {terminal.clean(one['path'])}",
                  markup=False)  # fmt: skip
    out.print(f"again: {terminal.clean(shown['command'])}", markup=False)


async def delete(settings: Settings, id: str, *, as_json: bool) -> None:
    """`roomtone datasets delete`. Raises BadEvent where there is none."""
    async with _opened(settings) as archive:
        kept = made.Datasets(archive, settings.datasets_folder, WallClock())
        gone = await kept.drop(id)
    if gone is None:
        raise BadEvent(f"there is no dataset {id!r}; see: roomtone datasets list")
    if as_json:
        terminal.print_json(gone)
    elif gone["removed"]:
        terminal.out.print(f"{id} and its files are gone", markup=False)
    else:
        where = terminal.clean(gone["folder"])
        terminal.out.print(f"{id} is forgotten; its files are yours: {where}", markup=False)
