"""Takes a person out of each store; what keeps a store from it is raised, and done later."""

from __future__ import annotations

import asyncio
import glob
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from roomtone.blanking import Blank
from roomtone.consents import Agreed, Erased
from roomtone.errors import JournalError, StoreError
from roomtone.records import Batch, JournalSegment
from roomtone.runtime import recovery
from roomtone.runtime.backup_database import database_paths
from roomtone.runtime.clock import utc
from roomtone.runtime.journal_snapshots import snapshot_paths, snapshot_position
from roomtone.runtime.pseudonyms import TAG, pseudonym
from roomtone.runtime.tombstones import Erasure, Tombstones
from roomtone.training_data import Consent

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

STORES = (
    *("engine", "series", "datasets", "archive", "mirror", "memory", "journal"),
    *("snapshots", "live", "old files"),
)
"""What is gone through, in this order."""

KEPT_S = 30.0
"""How long what was measured before may take to be kept."""

NOT_LEARNT = "what they said is not all known, as the journal cannot be read; see `roomtone doctor`"

Done = tuple[int, str]
"""How many were removed, and what is worth saying of it."""

Job = Callable[[], Awaitable[Done]]


class Stores:
    """All that a person is taken out of, store by store. One that is done finds nothing to do."""

    def __init__(self, pipeline: Pipeline, tombstones: Tombstones, agreed: Agreed) -> None:
        self._pipeline, self._tombstones, self._agreed = pipeline, tombstones, agreed

    def jobs(self, one: Erasure, blank: Blank, learnt: bool) -> dict[str, Job]:
        """Each store with what is to be done; `learnt` is whether it is known what they said."""
        return {
            "engine": lambda: self._engine(one, learnt),
            "series": lambda: self._series(one),
            "datasets": lambda: self._datasets(one),
            "archive": lambda: self._archive(one, blank, learnt),
            "mirror": lambda: self._mirror(one),
            "memory": lambda: self._memory(one),
            "journal": lambda: self._journal(one, blank, learnt),
            "snapshots": self._snapshots,
            "live": lambda: self._live(blank),
            "old files": self._old_files,
        }

    async def _engine(self, one: Erasure, learnt: bool) -> Done:
        """Have the journal say it, in its place; then nothing is computed of them any more."""
        pipeline = self._pipeline
        event = Erased(person=one.person)
        now = pipeline.clock.now_ms()
        await pipeline.journal.append(Batch(arrival=now, source="erase", events=[event]))
        await pipeline.settled()
        if not await pipeline.keeper.kept(KEPT_S):  # what comes after it is not theirs
            raise StoreError("what was measured before is not all kept yet")
        if not learnt:
            raise StoreError(NOT_LEARNT)
        return 0, "pairs, conversations and reactions; rooms count somebody in their place"

    async def _series(self, one: Erasure) -> Done:
        one.aka = one.aka or pseudonym(await self._pipeline.keeper.key(), one.user)
        return await self._pipeline.series.drop_series({TAG: one.aka}), "points and steps"

    async def _mirror(self, one: Erasure) -> Done:
        if not one.aka:
            raise StoreError("their name in series is not known before the archive is back")
        mirror = self._pipeline.mirror
        if mirror.store is None:
            return 0, "there is none"
        async with mirror.forgetting(one.user):
            return await mirror.store.drop_series({TAG: one.aka}), ""

    async def _datasets(self, one: Erasure) -> Done:
        pipeline = self._pipeline
        now = utc(pipeline.clock.now_ms())
        no = Consent(user=one.user, purpose="training", granted=False, at=now, basis="erased")
        await pipeline.archive.set_consents([no])  # what is made anew leaves them out
        found = await pipeline.datasets.forget(one.user)
        known = {dataset["id"] for dataset in one.datasets}  # before it was broken off
        one.datasets += [dataset for dataset in found if dataset["id"] not in known]
        return len(one.datasets), "to be made again, and what was trained on them too"

    async def _archive(self, one: Erasure, blank: Blank, learnt: bool) -> Done:
        if not one.stores.get("datasets", {}).get("ok"):
            raise StoreError("which datasets hold them is not known yet")
        await self._pipeline.keeper.letters.forget(blank.is_in)
        done = await self._pipeline.archive.erase(blank)
        self._agreed.forget(one.user)
        one.said = sorted(blank.said)
        if not learnt:
            raise StoreError(f"{NOT_LEARNT}; their own rows are gone")
        return sum(done.values()), ", ".join(f"{many:,} {name}" for name, many in done.items())

    async def _memory(self, one: Erasure) -> Done:
        gone = await self._pipeline.memory.erase(one.user)
        await self._pipeline.memory.squeeze()
        return gone, "memories and their vectors"

    async def _journal(self, one: Erasure, blank: Blank, learnt: bool) -> Done:
        """All that was said before the journal said so lies in sealed segments then."""
        pipeline = self._pipeline
        if not one.stores["engine"]["ok"]:
            raise JournalError("the journal has not said it yet")
        if not learnt:
            raise JournalError(NOT_LEARNT)
        if not one.stores.get("archive", {}).get("ok"):
            raise JournalError("what they said is not all known before the archive is back")
        await self.seal()
        journal = pipeline.journal

        def about(base: int, sha256: str) -> None:
            one.segments[base] = sha256
            self._tombstones.put(one)  # once it is replaced nothing else tells that it was

        await asyncio.to_thread(journal.rewrite, blank, about)
        await self._note(one.segments)
        return len(one.segments), "segments written anew, every entry as long as before"

    async def seal(self) -> None:
        """Have all that was said so far lie in sealed segments."""
        pipeline = self._pipeline
        pipeline.journal.rotate()
        now = pipeline.clock.now_ms()
        await pipeline.journal.append(Batch(arrival=now, source="erase", events=[]))
        await pipeline.settled()

    async def _note(self, bases: Mapping[int, str]) -> None:
        """The archive's index of the journal knows the new files by their hashes."""
        archive, name = self._pipeline.archive, str(self._pipeline.journal.folder.resolve())
        known = await archive.segments(name)
        renewed = [
            _with_hash(segment, bases[segment.base])
            for segment in known
            if segment.base in bases and segment.sealed
        ]
        if renewed:
            await archive.note_segments(name, renewed, first=known[0].base)

    async def _snapshots(self) -> Done:
        """A new one, which does not know them; those before it go."""
        pipeline = self._pipeline
        position = pipeline.journal.end
        await pipeline.keeper.kept()
        pipeline.unsaved = recovery.SNAPSHOT_EVENTS + 1  # the next entry is followed by one
        await self.seal()
        folder = pipeline.journal.folder
        found = [(snapshot_position(path), path) for path in snapshot_paths(folder)]
        if not any(at >= position for at, _ in found):
            raise JournalError("no snapshot can be made now")
        old = [path for at, path in found if at < position]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old), ""

    async def _live(self, blank: Blank) -> Done:
        """What the pages show of the last minutes."""
        pipeline = self._pipeline
        gone = pipeline.recent.forget(blank.user) + pipeline.inspector.forget(blank.user)
        pseudonym.cache_clear()
        return gone, "events of the last minutes"

    async def _old_files(self) -> Done:
        """Databases as they were before a release's migration, beside those in use."""
        settings = self._pipeline.settings
        places = {(settings.data, "*.before-*")} | {
            (path.parent, f"{glob.escape(path.name)}.before-*") for path in database_paths(settings)
        }
        many = [await asyncio.to_thread(_remove_all, *place) for place in sorted(places)]
        return sum(many), "copies that migrations had left"


def _remove_all(folder: Path, pattern: str) -> int:
    old = list(folder.glob(pattern)) if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _with_hash(segment: JournalSegment, sha256: str) -> JournalSegment:
    return msgspec.structs.replace(segment, sha256=sha256)
