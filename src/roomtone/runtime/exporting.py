"""One export: pages in, lines out; gone on with after a kill, whole or nothing."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import structlog

from roomtone.errors import BadEvent
from roomtone.kept_columns import columns_of
from roomtone.ports_exports import Export, RowFile
from roomtone.ports_training import TrainingArchive
from roomtone.runtime import plugins
from roomtone.runtime.export_files import Staging, State
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.export_rows import Cleaner, Known, Maker
from roomtone.training_data import ONLY_RATED, KeptConversation, TrainingSought
from roomtone.training_rows import Excluded

PAGE = 5_000
"""Messages of a page: what is held in memory at once."""

NOTE_S = 1.0
"""How often it is noted down how far an export is whole."""

AGAIN = 3
"""How often an export begins anew because somebody withdrew while it was made."""

ASKED = 1_000

Tell = Callable[[float, int], None]
"""Is told the share that is done, 0 to 1, and the rows so far."""

Cleaning = Callable[[Plan], tuple[Cleaner | None, Known | None]]
"""Makes what cleans, fresh: it knows what it has seen."""

log = structlog.get_logger()


class Cancelled(Exception):
    """Whoever asked for an export does not want it any more."""


class Exporting:
    """An export of an archive into a staging. `cancel` may be called at any time."""

    def __init__(
        self,
        archive: TrainingArchive,
        plan: Plan,
        export: Export,
        staging: Staging,
        *,
        cleaning: Cleaning = lambda plan: (None, None),
        tell: Tell = lambda share, rows: None,
        page: int = PAGE,
        note_s: float = NOTE_S,
        dataset: str = "",
    ) -> None:
        self.archive, self.plan, self.export, self.staging = archive, plan, export, staging
        self._cleaning, self._tell, self._page, self._note_s = cleaning, tell, page, note_s
        self._dataset = dataset
        self._sought = sought_of(plan)
        self._everybody = self._sought.copy()
        self._everybody["trainable"] = False
        self._needs = needed(plan, export)
        self._stopped = False
        self.counts: Mapping[str, Any] = {}
        self.basis: dict[str, int] = {}
        self.withdrawn: set[str] = set()
        self._packer = packer(plan, export) if staging.takes_packed else None
        staging.packed = self._packer is not None
        self.maker = self._make()

    def cancel(self) -> None:
        """End it at the next page; nothing is left."""
        self._stopped = True

    async def run(self, *, resume: bool = False) -> Maker:
        """Write all rows into the staging. Raises BadEvent where there is nothing to write, and
        Cancelled. What is left behind by any other end can be gone on with."""
        state = await asyncio.to_thread(self._left) if resume else None
        for _ in range(AGAIN):
            self.counts = await self.archive.training_counts(brief=True, **self._everybody)
            self._check_counts()
            try:
                await self._all(state)
            finally:
                await asyncio.to_thread(self.staging.close)
            gone = await self.withdrew()
            if not gone:
                return self.maker
            log.warning("people withdrew while an export was made: it begins anew", people=gone)
            state = None
        raise BadEvent("people withdrew again and again while it was made; try again later")

    async def _all(self, state: State | None) -> None:
        self.maker = self._make()
        if state is None:
            await asyncio.to_thread(self.staging.begin)
            after = self._begins
        else:
            after = state.after
            await self._relearn(after)
            met = await asyncio.to_thread(self.staging.met)
            self.maker.restore(state.tally, met, state.ids, state.kept)
        noted = time.monotonic()
        done = False
        while not done:
            last, after = await (self._columns(after) if self._is_plain() else self._rows(after))
            done = last
            if done or time.monotonic() - noted >= self._note_s:
                await asyncio.to_thread(self._note, after)
                noted = time.monotonic()
            self._tell(self._share(done), self.maker.rows)
            if self._stopped:
                raise Cancelled

    def _is_plain(self) -> bool:
        """Whether no conversation is looked at by itself: then columns are read as such."""
        whole = self.plan.ranges is None and self.plan.limit is None
        return whole and self._needs is not None and self.maker.takes_columns

    async def _rows(self, after: int) -> tuple[bool, int]:
        """A page of conversations; whether it was the last, and behind which to go on."""
        found, then = await self._read(after)
        page, last = self._within(found)
        await asyncio.to_thread(self.maker.take, page)
        return last or then is None, then or (found[-1].id if found else after)

    async def _columns(self, after: int) -> tuple[bool, int]:
        """The same of a page that is read as columns."""
        assert self._needs is not None, "a format in columns says what it needs"
        kept, then = await self.archive.training_columns(
            after=after, messages=self._page, needs=self._needs, **self._sought
        )
        await asyncio.to_thread(self.maker.take_columns, kept)
        return then is None, then or (kept.conversations[-1].id if kept.conversations else after)

    async def _read(self, after: int) -> tuple[Sequence[KeptConversation], int | None]:
        return await self.archive.training_page(
            after=after, messages=self._page, needs=self._needs, **self._sought
        )

    def _within(self, page: Sequence[KeptConversation]) -> tuple[Sequence[KeptConversation], bool]:
        """What of a page is wanted, and whether it is the last."""
        ranges, last = self.plan.ranges, False
        if ranges is not None:
            starts = [first for first, _ in ranges]
            last = bool(page) and page[-1].id >= (ranges[-1][1] if ranges else 0)
            page = [one for one in page if _holds(ranges, starts, one.id)]
        if self.plan.limit is not None:
            left = self.plan.limit - self.maker.conversations
            last = last or len(page) >= left
            page = page[:left]
        return page, last

    def _make(self) -> Maker:
        cleaner, known = self._cleaning(self.plan)
        return Maker(
            self.plan, self.export, self.staging, cleaner=cleaner, known=known, packer=self._packer
        )

    def _left(self) -> State | None:
        """What was left behind, if it is of this same export and whole."""
        state = self.staging.left()
        if state is None or state.plan != self.plan or not self.staging.go_on(state):
            return None
        return state

    async def _relearn(self, upto: int) -> None:
        """Read again what is written already, to know its texts again."""
        after: int | None = self._begins
        known = self._cleaning(self.plan)[1]
        while known is not None and after is not None and after < upto:
            page, after = await self._read(after)
            page = [one for one in self._within(page)[0] if one.id <= upto]
            await asyncio.to_thread(self.maker.learn, page)

    def _note(self, after: int) -> None:
        maker = self.maker
        self.staging.note(
            State(
                plan=self.plan,
                dataset=self._dataset,
                after=after,
                conversations=maker.conversations,
                total=self._total,
                tally=maker.tally(),
                ids=maker.ranges.runs(),
                kept=maker.kept.runs(),
            )
        )

    @property
    def _begins(self) -> int:
        """Behind which conversation it begins."""
        return self.plan.ranges[0][0] - 1 if self.plan.ranges else 0

    # -- what there is, and who agreed ---------------------------------------------------------

    @property
    def _total(self) -> int:
        held = self.counts["trainable"] if self.plan.filters.trainable else self.counts
        there: int = held["conversations"]
        return min(there, self.plan.limit or there)

    def _share(self, done: bool) -> float:
        return 1.0 if done else min(self.maker.conversations / max(self._total, 1), 0.999)

    def _check_counts(self) -> None:
        """Raises BadEvent that says why there is nothing."""
        if not self.counts["conversations"]:
            raise BadEvent(
                "no conversation is kept that was asked for; see what there is with: "
                "roomtone conversations"
            )
        if self.plan.filters.trainable and not self.counts["trainable"]["conversations"]:
            raise BadEvent(
                "nobody has agreed to training yet; note who did with: roomtone people consent "
                "USER --training yes"
            )

    async def withdrew(self) -> int:
        """How many of those in it do not agree any more; and what the others agreed on."""
        if not self.plan.filters.trainable:
            return 0
        basis: Counter[str] = Counter()
        people = sorted(self.maker.people)
        gone = 0
        for first in range(0, len(people), ASKED):
            asked = people[first : first + ASKED]
            told = await self.archive.consents(asked)
            granted = {
                one.user: one.basis for one in told if one.purpose == "training" and one.granted
            }
            basis.update(granted.values())
            out = set(asked) - granted.keys()
            self.withdrawn |= out
            gone += len(out)
        self.basis = dict(basis)
        return gone


def packer(plan: Plan, export: Export) -> RowFile | None:
    """What packs columns for the file that is asked for; None where rows are staged as lines, as
    they are where the ids of what they come from are written beside them."""
    if not export.traceable or export.batch(columns_of(()), plan.options(), Excluded()) is None:
        return None
    file = plugins.row_file(plan.file or export.file, export.row, ids=export.traceable)
    return file if file.packs else None


def needed(plan: Plan, export: Export) -> Collection[str] | None:
    """What is read for it: all that is cleaned is counted, also where it makes no row."""
    needs = export.needs
    return frozenset(needs) - {ONLY_RATED} if plan.redact and needs is not None else needs


def sought_of(plan: Plan) -> TrainingSought:
    """What an archive is asked for. Where a manifest names the conversations, nothing else that
    may have changed since narrows it."""
    if plan.ranges is None:
        return plan.filters.sought()
    return TrainingSought(trainable=plan.filters.trainable)


def _holds(ranges: Sequence[tuple[int, int]], starts: Sequence[int], id: int) -> bool:
    place = bisect_right(starts, id) - 1
    return place >= 0 and id <= ranges[place][1]
