"""What measures reactions, and what an archive must do for them: kept, marked, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, Unpack

from roomtone.opinions import Opinion
from roomtone.points import Measurement, Point
from roomtone.reacted import Mark, ReactionRecord, ReactionsSought, Spent, Tally


class ReactionSignal(Protocol):  # signals/
    """Measures reactions whose meaning is known, one at a time: pure, and quick.

    What is not known is left out; a reaction that says nothing of this gives no point. Tags are
    `bot`, `user_id`, `reaction_emoji` and others that are always the same: by them a point is found
    again when the reaction is taken back.
    """

    measurements: Sequence[Measurement]

    def update(self, opinion: Opinion) -> Sequence[Point]: ...


class ReactionLog(Protocol):  # stores/
    """The part of an Archive that is about reactions. Every failure is a StoreError."""

    async def add_reactions(self, reactions: Sequence[ReactionRecord]) -> None:
        """Add, or renew those whose id is there already; not by one with a smaller revision."""

    async def reactions(
        self, **sought: Unpack[ReactionsSought]
    ) -> tuple[Sequence[ReactionRecord], int]:
        """A page of reactions, and how many there are in all."""

    async def reaction(self, id: str) -> ReactionRecord | None:
        """One of them; None if there is none."""

    async def tally(self) -> Tally:
        """How all of them stand, in numbers."""

    async def claim(
        self, marks: Sequence[Mark], worker: str, now: datetime, until: datetime
    ) -> Sequence[Mark]:
        """Take these for one worker, up to a time; returns those that are now its own.

        A row that another holds and whose time is not over is not. What was answered before comes
        with its answer, so that nobody is asked twice, also once it is done or dead. Of several
        that ask at once each gets others.
        """

    async def settle(
        self, marks: Sequence[Mark], costs: Mapping[str, Spent], now: datetime, wait_until: datetime
    ) -> None:
        """Write down how these stand from now on, and by their points' ids what they cost.

        What `failed` is nobody's, and not to be claimed before `wait_until`.
        """

    async def spent(self, since: datetime | None = None) -> Spent:
        """What was spent since then, or ever."""
