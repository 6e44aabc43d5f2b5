"""What was counted since the columns were last brought up to date, and how it gets into them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.compiled import loops

WINDOW_S = 60
"""What counts as recent: sixty one-second buckets."""

MINUTES = 32
"""A ring of minutes, longer than the half hour in which people count as present."""

# The columns of a bucket. ACTIVE counts the people whose last act fell into this second, so that
# the sum over all buckets counts everybody once; JOINS and LEAVES are net of those who came back.
CHAT, REACTIONS, VOTES, ACTIVE, JOINS, LEAVES = range(6)
KINDS = 6

NEVER = -1
"""In place of a second: it did not happen, or no longer counts."""

UNSEEN = -(1 << 40)
"""In place of the second of somebody's last act: nobody has seen them before."""

UNCHANGED = -1
"""In place of how many voted: as many as before."""

FEW = 10
"""Up to so many are added one by one: the fixed cost of adding all at once is that of ten."""


class Increments:
    """Increments of the rooms' columns, gathered in lists, which costs least, and added at once.

    Nearly all that happens happens in the newest second: of that only the slot is noted, and whose
    last act it moves. Whoever moves the window or the columns puts everything into them before.
    """

    __slots__ = (
        "acted",
        "before",
        "came",
        "met",
        "minus",
        "minute_minus",
        "minute_plus",
        "plus",
        "polled",
        "reacted",
        "said",
    )

    def __init__(self) -> None:
        self.plus: list[int] = []  # places in the buckets, flat
        self.minus: list[int] = []
        self.minute_plus: list[int] = []  # places in the minutes, flat
        self.minute_minus: list[int] = []
        self.said: list[int] = []  # slots: a message in the newest second
        self.reacted: list[int] = []  # slots: a reaction in the newest second
        self.acted: list[int] = []  # slots: an act in the newest second of somebody ...
        self.before: list[int] = []  # ... whose last one was in this second, or NEVER, or UNSEEN
        self.met: list[int] = []  # slots: somebody who was not seen there before
        self.came: list[int] = []  # slots: somebody who is present from now on
        self.polled: list[int] = []  # flat: a slot, until when its poll counts, how many voted

    def __bool__(self) -> bool:
        """Whether anything was gathered since they were last added."""
        newest = self.said or self.reacted or self.acted
        others = self.plus or self.minus or self.minute_plus or self.minute_minus
        return bool(newest or others or self.met or self.came or self.polled)

    def settle(
        self,
        head: int,
        buckets: NDArray[np.int32],
        minutes: NDArray[np.int32],
        tallies: NDArray[np.int64],
        last: NDArray[np.int64],
        quiet: NDArray[np.int64],
        changed: NDArray[np.bool_],
    ) -> None:
        """Add all but who was met; `head` is the newest second, of which there were acts.

        `buckets` has shape (seconds, slots, kinds), `minutes` (minutes, slots), `tallies`
        (slots, kinds). `last` and `quiet`, the seconds of the last event and of the last act, and
        `changed` have shape (slots,).
        """
        for kind, listed in ((CHAT, self.said), (REACTIONS, self.reacted)):
            if listed:
                fill((last, quiet), listed, head)
                fill((changed,), listed, True)
                slots = _taken(listed)
                _add(buckets[head % len(buckets), :, kind], slots, 1)
                _add(tallies[:, kind], slots, 1)
        if len(self.acted) > FEW:
            self._move(head, buckets, minutes)
        elif self.acted:
            self._move_few(head, buckets, minutes)
        for indexes, by in ((self.plus, 1), (self.minus, -1)):
            if indexes:
                where, size = _taken(indexes), tallies.size
                _add(buckets.reshape(-1), where, by)
                within = [i % size for i in where] if isinstance(where, list) else where % size
                _add(tallies.reshape(-1), within, by)
        for indexes, by in ((self.minute_plus, 1), (self.minute_minus, -1)):
            if indexes:
                _add(minutes.reshape(-1), _taken(indexes), by)

    def _move(self, head: int, buckets: NDArray[np.int32], minutes: NDArray[np.int32]) -> None:
        """Who acted is active in the newest second and minute, and no longer in an older one."""
        window, capacity, kinds = buckets.shape
        slots, before = (
            np.fromiter(noted, np.intp, len(noted)) for noted in (self.acted, self.before)
        )
        self.acted.clear()
        self.before.clear()
        _add(buckets[head % window, :, ACTIVE], slots, 1)
        held = np.flatnonzero(before > head - window)
        place = before[held] % window * capacity + slots[held]
        _add(buckets.reshape(-1), place * kinds + ACTIVE, -1)
        ring, minute, last = len(minutes), head // 60, before // 60
        moved = np.flatnonzero(last != minute)
        if len(moved):
            last, slots = last[moved], slots[moved]
            _add(minutes[minute % ring], slots, 1)
            held = np.flatnonzero((last > minute - ring) & (last >= 0))
            _add(minutes.reshape(-1), last[held] % ring * capacity + slots[held], -1)

    def _move_few(self, head: int, buckets: NDArray[np.int32], minutes: NDArray[np.int32]) -> None:
        """The same, one by one."""
        window, ring, minute = len(buckets), len(minutes), head // 60
        for slot, before in zip(self.acted, self.before, strict=True):
            buckets[head % window, slot, ACTIVE] += 1
            if before > head - window:
                buckets[before % window, slot, ACTIVE] -= 1
            if before // 60 != minute:
                minutes[minute % ring, slot] += 1
                if before // 60 > minute - ring and before >= 0:
                    minutes[before // 60 % ring, slot] -= 1
        self.acted.clear()
        self.before.clear()


def fill(columns: Iterable[NDArray[Any]], slots: Collection[int], value: int) -> None:
    """The same value at these slots of some columns."""
    where = slots if len(slots) <= FEW else np.fromiter(slots, np.intp, len(slots))
    for column in columns:
        if isinstance(where, np.ndarray):
            column[where] = value
        else:
            for slot in where:
                column[slot] = value


def _taken(listed: list[int]) -> list[int] | NDArray[np.intp]:
    """What was listed, many as an array; the list is empty then."""
    made = listed[:] if len(listed) <= FEW else np.fromiter(listed, np.intp, len(listed))
    listed.clear()
    return made


def _add(column: NDArray[Any], where: list[int] | NDArray[np.intp], by: int) -> None:
    if isinstance(where, list):
        for place in where:
            column[place] += by
    else:
        # With a plain 1 NumPy would cast it anew for each, at twenty times the cost.
        np.add.at(column, where, column.dtype.type(by))


settle = Increments.settle if loops is None else loops.settle
"""What `Increments.settle` does, compiled where that was built."""


def welcome(
    news: Increments,
    people: NDArray[np.int32],
    present: NDArray[np.int32],
    poll_until: NDArray[np.int64],
    voters: NDArray[np.int32],
) -> None:
    """Count who was met and who came, and note what was polled; all have shape (slots,)."""
    for column, slots in ((people, news.met), (present, news.came)):
        if slots:
            _add(column, _taken(slots), 1)
    if news.polled:
        noted, news.polled[:] = iter(news.polled[:]), []
        for slot, until, voted in zip(noted, noted, noted, strict=True):
            if until != UNCHANGED:
                poll_until[slot] = until
            if voted != UNCHANGED:
                voters[slot] = voted
