"""Makes one dataset: an export with its files in their place, and a row that says so."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import msgspec

from roomtone.errors import BadEvent, RoomtoneError
from roomtone.ports_training import TrainingArchive
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.export_cleaning import cleaning
from roomtone.runtime.export_files import Ranges, Staging
from roomtone.runtime.export_finish import MANIFEST, finish
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.exporting import Cancelled, Exporting, Tell
from roomtone.training_data import Dataset

KEEP_S = 2.0
"""How often it is kept how far one is, for other processes to see."""

MARKED = 20_000
"""How many conversations are marked at once: who talked in several is noted once for them."""

WITHDREW = "somebody in it no longer agrees to training; make it again, and train again"


class Elsewhere(BadEvent):
    """Another process makes it: the command line, or another server of this data folder."""


class Making:
    """One dataset on its way: files in the end, and a row in the archive that tells of them."""

    def __init__(
        self,
        archive: TrainingArchive,
        clock: Clock,
        plan: Plan,
        target: Path,
        *,
        id: str = "",
        single: bool = False,
        mark: bool = False,
        keep_failed: bool = True,
        tell: Tell = lambda share, rows: None,
    ) -> None:
        self.archive, self.clock, self.plan, self.mark = archive, clock, plan, mark
        self._keep_failed = keep_failed
        self.export = plugins.export(plan.format)
        self.staging = Staging(target, single=single)
        self._tell = tell
        self.dataset = Dataset(
            id=id or dataset_id(),
            name=plan.name,
            format=plan.format,
            made=utc(clock.now_ms()),
            status="running",
            folder=str(target.absolute()),
            manifest=msgspec.json.encode({"plan": plan}).decode(),
        )
        self._work: Exporting | None = None
        self._stopped = False
        self._kept_ms = 0

    def cancel(self) -> None:
        """End it soon; nothing is left."""
        self._stopped = True
        if self._work is not None:
            self._work.cancel()

    async def run(self, *, resume: bool = False) -> dict[str, Any]:
        """Make it; returns its manifest. What fails is kept as failed and raised; what is broken
        off can be gone on with. Raises Elsewhere where another process is at work on it."""
        try:
            if not await asyncio.to_thread(self.staging.hold):
                raise Elsewhere(f"{self.staging.target} is being made already; wait for it")
            return await self._run(resume)
        except Elsewhere:
            raise
        except Cancelled:
            await asyncio.to_thread(self.staging.drop)
            await self._became(status="cancelled")
            raise
        except RoomtoneError as error:
            await asyncio.to_thread(self.staging.drop)
            await self._failed(str(error))
            raise
        except OSError as error:
            await self._failed(f"{error.strerror or error}; see to the disk, make it again")
            raise
        finally:
            self.staging.release()

    async def _failed(self, why: str) -> None:
        if self._keep_failed:
            await self._became(status="failed", error=why)
        else:  # whoever waits for it is told
            await self.archive.drop_dataset(self.dataset.id)

    async def _run(self, resume: bool) -> dict[str, Any]:
        told = await asyncio.to_thread(self._made_before) if resume else None
        if told is not None:
            await asyncio.to_thread(self.staging.drop)
            await self._done(told)
            return told
        await asyncio.to_thread(self.staging.check)
        left = await asyncio.to_thread(self.staging.left) if resume else None
        if left is not None and left.dataset:
            self.dataset = msgspec.structs.replace(self.dataset, id=left.dataset)
        await self.archive.put_dataset(self.dataset)
        cleaned = await cleaning(self.archive, self.plan)
        self._work = Exporting(
            self.archive,
            self.plan,
            self.export,
            self.staging,
            cleaning=cleaned,
            tell=self._told,
            dataset=self.dataset.id,
        )
        maker = await self._work.run(resume=resume)
        await hold(self.archive, self.dataset.id, maker.kept, mark=self.mark)
        told = await asyncio.to_thread(finish, self._work, self.dataset.made, self.alive)
        await self._done(told)
        if await self._work.withdrew():  # while its files were put in their place
            await self._became(status="stale", error=WITHDREW)
        return told

    def _made_before(self) -> dict[str, Any] | None:
        """The manifest, where a kill came between the last rename and its being noted."""
        target = self.staging.target
        path = target / MANIFEST
        if self.staging.single:
            path = target.with_name(f"{target.name}.{MANIFEST}")
        if not (target.exists() and path.is_file()):
            return None
        told: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        return told if told["plan"] == msgspec.to_builtins(self.plan) else None

    async def _done(self, told: dict[str, Any]) -> None:
        await self._became(
            status="done",
            rows=told["counts"]["rows"],
            bytes=sum(one["bytes"] for one in told["files"]),
            progress=1.0,
            manifest=msgspec.json.encode(told).decode(),
        )

    def alive(self) -> None:
        """Raises Cancelled where it is not wanted any more."""
        if self._stopped:
            raise Cancelled

    def _told(self, share: float, rows: int) -> None:
        self.dataset = msgspec.structs.replace(self.dataset, progress=share * 0.99, rows=rows)
        self._tell(share, rows)
        now = self.clock.now_ms()
        if now - self._kept_ms >= KEEP_S * 1000:
            self._kept_ms = now
            task = asyncio.ensure_future(self.archive.put_dataset(self.dataset))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _became(self, **changes: Any) -> None:
        self.dataset = msgspec.structs.replace(self.dataset, **changes)
        await self.archive.put_dataset(self.dataset)


def dataset_id() -> str:
    """A name that nothing else has, and that may be a folder's."""
    return f"ds_{secrets.token_hex(8)}"


async def hold(archive: TrainingArchive, id: str, ranges: Ranges, *, mark: bool) -> int:
    """Note whom a dataset holds, and with `mark` that their conversations were exported."""
    marked, some = 0, []
    for first, last in ranges.runs():
        for one in range(first, last + 1):
            some.append(one)
            if len(some) == MARKED:
                marked += await archive.mark_exported(some, id, flag=mark)
                some = []
    return marked + (await archive.mark_exported(some, id, flag=mark) if some else 0)
