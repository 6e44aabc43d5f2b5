"""The datasets there are: made behind everybody's back, found, let go."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from roomtone.errors import BadEvent, RoomtoneError
from roomtone.ports_training import TrainingArchive
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock, iso
from roomtone.runtime.export_finish import MANIFEST
from roomtone.runtime.export_making import WITHDREW, Elsewhere, Making, dataset_id
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.exporting import Cancelled
from roomtone.training_data import Consent, Dataset
from roomtone.training_rows import CONTEXT

WAITING = 16
"""How many datasets may wait to be made; each is a file's work on a disk."""

LISTED = 100
"""How many are told of at once, unless more are asked for."""

CARD = "README.md"

log = structlog.get_logger()


STRANGE = "it was begun with a release or a plug-in that is not here; make it anew"
ERASED = "somebody in it was erased, and its files with them; make it again, and train again"


async def stale(archive: TrainingArchive, user: str, why: str = WITHDREW) -> list[Dataset]:
    """Note that the datasets that hold this person do not stand any more; returns them."""
    found = []
    for one in await archive.datasets(user=user):
        if one.status == "done":
            one = msgspec.structs.replace(one, status="stale", error=why)
            await archive.put_dataset(one)
        found.append(one)
    return found


async def heed(archive: Any, consents: Sequence[Consent]) -> None:
    """Have datasets be stale that hold somebody who withdrew; for archives that keep datasets."""
    if hasattr(archive, "datasets"):
        for word in consents:
            if word.purpose == "training" and not word.granted:
                await stale(archive, word.user)


class Datasets:
    """All datasets of one archive; those made here lie under `datasets/` of its data folder."""

    def __init__(self, archive: TrainingArchive, folder: Path, clock: Clock) -> None:
        self.archive, self.folder, self.clock = archive, folder, clock
        self._making: dict[str, tuple[Making, asyncio.Task[None]]] = {}
        self._turn = asyncio.Lock()
        self._looked = False

    async def make(self, plan: Plan) -> dict[str, Any]:
        """Begin to make one. Raises BadEvent where too many wait, or there is no such format."""
        if len(self._making) >= WAITING:
            raise BadEvent(f"{WAITING} datasets are being made already; ask again when one is done")
        id = dataset_id()
        making = Making(self.archive, self.clock, plan, self.folder / id, id=id)
        await self.archive.put_dataset(making.dataset)
        self._begin(making, resume=False)
        return shown(making.dataset)

    def _begin(self, making: Making, *, resume: bool) -> None:
        task = asyncio.create_task(self._make(making, resume), name=f"dataset {making.dataset.id}")
        self._making[making.dataset.id] = (making, task)
        task.add_done_callback(lambda _: self._making.pop(making.dataset.id, None))

    async def _make(self, making: Making, resume: bool) -> None:
        try:
            async with self._turn:  # one after the other: it is a disk's and a core's work
                making.alive()
                await making.run(resume=resume)
        except (Cancelled, Elsewhere):
            pass
        except (RoomtoneError, OSError) as error:
            log.warning("a dataset could not be made", dataset=making.dataset.id,
                        error=type(error).__name__)  # fmt: skip

    async def resume(self) -> int:
        """Go on with what a stop broke off; returns how many there are."""
        self._looked = True
        begun = 0
        for one in await self.archive.datasets(status="running"):
            mine = Path(one.folder).parent == self.folder.absolute()
            if mine and one.id not in self._making:
                try:
                    plan = msgspec.json.decode(one.manifest, type=_Kept).plan
                    making = Making(self.archive, self.clock, plan, self.folder / one.id, id=one.id)
                except (msgspec.MsgspecError, RoomtoneError):
                    failed = msgspec.structs.replace(one, status="failed", error=STRANGE)
                    await self.archive.put_dataset(failed)
                    continue
                self._begin(making, resume=True)
                begun += 1
        return begun

    async def listed(
        self, user: str | None = None, *, limit: int = LISTED, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """So many, or of those that hold this person, the newest first; and how many there are."""
        if not self._looked:
            await self.resume()
        found = await self.archive.datasets(user=user, limit=limit, offset=offset)
        told = [shown(self._live(one)) for one in found]
        return told, await self.archive.count_datasets(user=user)

    async def find(self, id: str) -> Dataset | None:
        """One of them, as it is now."""
        if not id.isprintable():  # not every database can be asked for such a name
            return None
        found = await self.archive.datasets(id=id)
        return self._live(found[0]) if found else None

    def _live(self, one: Dataset) -> Dataset:
        running = self._making.get(one.id)
        return one if running is None or one.status != "running" else running[0].dataset

    async def file(self, id: str, path: str) -> Path | None:
        """Where one of its files lies, if it has such a file and lies with us.

        Raises BadEvent for one that is stale: somebody whose words are in it took back their yes.
        """
        one = await self.find(id)
        if one is None or one.status not in ("done", "stale") or path not in paths(one):
            return None
        if one.status == "stale":
            raise BadEvent(f"its files are given out no more: {one.error}; make it anew")
        folder = self._own(one)
        if folder is None:
            return None
        found = (folder / path).resolve()
        inside = found.is_relative_to(folder.resolve())
        return found if inside and found.is_file() else None

    def _own(self, one: Dataset) -> Path | None:
        """Its folder, where it is one of ours: what lies elsewhere is somebody else's."""
        folder = Path(one.folder)
        return folder if folder.parent == self.folder.absolute() else None

    async def drop(self, id: str) -> dict[str, Any] | None:
        """Cancel it if it runs, delete its files where they lie with us, and forget it; None where
        there is none."""
        running = self._making.get(id)
        if running is not None:
            running[0].cancel()
            await asyncio.gather(running[1], return_exceptions=True)
        one = await self.find(id)
        if one is None:
            return None
        folder = self._own(one)
        if folder is not None:
            await asyncio.to_thread(_remove, folder)
        await self.archive.drop_dataset(id)
        return {"id": id, "removed": folder is not None, "folder": one.folder}

    async def forget(self, user: str) -> list[dict[str, Any]]:
        """Leave nothing of a person who is erased: the files of datasets that hold them go where
        they lie with us, and what is being made begins anew. Returns those datasets, to be made
        again; `removed` is whether their files were ours to delete.

        To be called before the archive forgets whom datasets hold, and once they may not be read.
        """
        told = []
        for one in await self.archive.datasets(user=user):
            if one.id not in self._making:
                told.append(await self._forget(one, user))
        for id, (making, task) in list(self._making.items()):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(_remove, Path(making.dataset.folder))
            if making.plan.filters.user == user:
                await self.archive.drop_dataset(id)
            else:
                target = self.folder / id
                again = Making(self.archive, self.clock, making.plan, target, id=id)
                self._begin(again, resume=False)
        await asyncio.to_thread(self._remove_halves)  # nobody knows whom these hold
        return told

    def _remove_halves(self) -> None:
        """What a full disk had left half made is made anew, or not at all."""
        for path in self.folder.glob("*.part"):
            if path.stem not in self._making:
                shutil.rmtree(path, ignore_errors=True)

    async def _forget(self, one: Dataset, user: str) -> dict[str, Any]:
        folder = self._own(one)
        if folder is not None:
            await asyncio.to_thread(_remove, folder)
        told = {"id": one.id, "name": one.name, "format": one.format, "made": iso(one.made),
                "folder": one.folder, "removed": folder is not None}  # fmt: skip
        manifest = manifest_of(one)
        plan = manifest.get("plan", {})
        if plan.get("filters", {}).get("user") == user:  # all of it was theirs
            await self.archive.drop_dataset(one.id)
            return told | {"name": "", "command": ""}
        if folder is not None:
            manifest = {"plan": plan, "counts": manifest.get("counts", {})}
        kept = msgspec.structs.replace(
            one, status="stale", error=ERASED, manifest=msgspec.json.encode(manifest).decode()
        )
        await self.archive.put_dataset(kept)
        return told | {"command": command(plan) if plan else ""}

    async def close(self) -> None:
        """Break off what is being made; the next start goes on with it."""
        tasks = [task for _, task in self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Kept(msgspec.Struct):
    plan: Plan


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder.with_name(f"{folder.name}.part"), ignore_errors=True)


def manifest_of(one: Dataset) -> dict[str, Any]:
    """Its manifest; while it is made, the plan alone."""
    told: dict[str, Any] = msgspec.json.decode(one.manifest) if one.manifest else {}
    return told


def paths(one: Dataset) -> list[str]:
    """The files that it has, by their paths in its folder."""
    told = manifest_of(one)
    files = told.get("files", ())
    traces = [file["trace"] for file in files if "trace" in file]
    return [*(file["path"] for file in files), *traces, CARD, MANIFEST] if files else []


def shown(one: Dataset, *, whole: bool = False) -> dict[str, Any]:
    """A dataset as the API and the command line tell of it."""
    told = manifest_of(one)
    answer = {
        "id": one.id,
        "name": one.name,
        "format": one.format,
        "made": iso(one.made),
        "status": one.status,
        "folder": one.folder,
        "rows": one.rows,
        "bytes": one.bytes,
        "progress": round(one.progress, 4),
        "error": one.error,
        "files": [
            {name: file[name] for name in ("path", "bytes", "sha256", "rows")}
            for file in told.get("files", ())
        ],
        "counts": told.get("counts", {}),
        "excluded": told.get("excluded", []),
        "command": command(told["plan"]) if "plan" in told else "",
    }
    return answer | ({"manifest": told} if whole else {})


_USUAL = {
    "min_reply_quality": None,
    "quality": "v1",
    "system": "",
    "context": CONTEXT,
    "license": "other",
}
_FLAGS = {"start": "from", "end": "to", "min_quality": "min-quality"}


def command(plan: Mapping[str, Any]) -> str:
    """The words that make the same on the command line.

    >>> command({"format": "kto", "filters": {"bot": "luna"}, "redact": False})
    'roomtone export --format kto --bot luna --no-redact --out DIR'
    """
    if plan.get("ranges") or plan.get("filters", {}).get("ids"):  # no word says which they are
        return f"roomtone export --from-manifest {MANIFEST} --out DIR"
    words = ["roomtone", "export", "--format", plan["format"]]
    for name, value in plan.get("filters", {}).items():
        flag = f"--{_FLAGS.get(name, name)}"
        if isinstance(value, bool):
            if name in ("voice", "exported"):
                words.append(flag if value else f"--no-{name}")
        elif isinstance(value, str | float | int) and value != "":
            words += [flag, str(value)]
    split = ",".join(
        f"{name}={_share(share)}" for name, share in plan.get("split", {}).items() if share
    )
    words += ["--split", split] if split else []
    for name in ("seed", "limit"):
        if plan.get(name):
            words += [f"--{name}", str(plan[name])]
    if plan.get("min_confidence") is not None:
        words += ["--min-confidence", _share(plan["min_confidence"])]
    for name, usual in _USUAL.items():
        if (value := plan.get(name, usual)) not in (None, usual):
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += [f"--no-{name}" for name in ("redact", "dedupe") if not plan.get(name, True)]
    if plan.get("file"):
        words += ["--file", plan["file"]]
    if plan.get("name"):
        words += ["--name", plan["name"]]
    return " ".join([*map(_typed, words), "--out", "DIR"])


def _share(share: float) -> str:
    """A share to its last digit, as three thirds of six digits are not one.

    >>> _share(0.9), _share(1.0), _share(1 / 3)
    ('0.9', '1', '0.3333333333333333')
    """
    return repr(float(share)).removesuffix(".0")


def _typed(word: str) -> str:
    return shlex.quote(word.encode("utf-8", "replace").decode())


def formats() -> list[dict[str, Any]]:
    """The formats there are, as the API and the command line tell of them."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "phrase": one.phrase,
            "from": one.made_of,
            "trainable_by": one.trainable_by,
            "file": one.file,
        }
        for one in plugins.exports()
    ]
