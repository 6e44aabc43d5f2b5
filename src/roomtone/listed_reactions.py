"""Reactions and the log of what was processed, in dictionaries; for tests, by `listed`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Unpack

import msgspec

from roomtone.reacted import Mark, ReactionRecord, ReactionsSought, Spent, Tally

_Key = tuple[str, str, str, str]
_NEVER = datetime.min.replace(tzinfo=UTC)


class ListReactions:
    """A ReactionLog in dictionaries; keeps everything."""

    def __init__(self) -> None:
        self.reacted: dict[str, ReactionRecord] = {}
        self.marks: dict[_Key, Mark] = {}
        self.leases: dict[_Key, tuple[str, datetime]] = {}
        self.costs: list[tuple[_Key, datetime, Spent]] = []

    async def add_reactions(self, reactions: Sequence[ReactionRecord]) -> None:
        for one in reactions:
            known = self.reacted.get(one.of.id)
            if known is None or known.revision <= one.revision:
                self.reacted[one.of.id] = one

    async def reactions(
        self, **sought: Unpack[ReactionsSought]
    ) -> tuple[Sequence[ReactionRecord], int]:
        found = [one for one in self.reacted.values() if _fits(one, sought)]
        if sought.get("queue"):
            found.sort(key=lambda one: (one.confidence, one.of.id))
        else:
            found.sort(key=lambda one: (one.of.ms, one.of.id), reverse=True)
        first = sought.get("offset", 0)
        return found[first : first + sought.get("limit", 100)], len(found)

    async def reaction(self, id: str) -> ReactionRecord | None:
        return self.reacted.get(id)

    async def tally(self) -> Tally:
        every = list(self.reacted.values())
        confused = Counter(
            (one.ruling.meaning or "unsure", one.said) for one in every if one.ruling and one.said
        )
        return Tally(
            states=Counter(one.state for one in every),
            meanings=Counter(one.meaning for one in every if one.meaning),
            unanswered=Counter(one.why for one in every if one.state == "unanswered"),
            removed=sum(one.state == "retracted" and one.ruling is None for one in every),
            confused=[(judged, said, n) for (judged, said), n in sorted(confused.items())],
        )

    async def claim(
        self, marks: Sequence[Mark], worker: str, now: datetime, until: datetime
    ) -> Sequence[Mark]:
        mine = []
        for mark in marks:
            key = _key(mark)
            known = self.marks.setdefault(key, mark)
            holder, end = self.leases.get(key, ("", _NEVER))
            if known.status in ("done", "dead") or end <= now or holder == worker:
                self.leases[key] = (worker, until)
                mine.append(known)
        return mine

    async def settle(
        self, marks: Sequence[Mark], costs: Mapping[str, Spent], now: datetime, wait_until: datetime
    ) -> None:
        for mark in marks:
            key = _key(mark)
            self.marks[key] = msgspec.structs.replace(mark, worker="")
            self.leases[key] = ("" if mark.status == "failed" else mark.worker, wait_until)
            if mark.point in costs:
                self.costs.append((key, now, costs[mark.point]))

    async def spent(self, since: datetime | None = None) -> Spent:
        latest: dict[_Key, datetime] = {}
        for key, at, _ in self.costs:
            latest[key] = max(at, latest.get(key, at))
        own = [(key, cost) for key, _, cost in self.costs if since is None or latest[key] >= since]
        return Spent(
            judged=len({key for key, cost in own if cost.calls}),
            calls=sum(cost.calls for _, cost in own),
            tokens_in=sum(cost.tokens_in for _, cost in own),
            tokens_out=sum(cost.tokens_out for _, cost in own),
            money=sum(cost.money for _, cost in own),
        )


def _key(mark: Mark) -> _Key:
    return mark.user, mark.bot, mark.point, mark.processing


def _fits(one: ReactionRecord, sought: ReactionsSought) -> bool:
    asked = {
        "session": one.of.session,
        "bot": one.of.bot,
        "user": one.of.user,
        "target": one.of.target,
        "meaning": one.meaning,
    }
    if any(sought.get(name) not in (None, value) for name, value in asked.items()):
        return False
    if (sought.get("queue") and one.state != "review") or (sought.get("reviewed") and not one.said):
        return False
    if (states := sought.get("states")) and one.state not in states:
        return False
    if (not_by := sought.get("not_by")) is not None:
        ruling = one.ruling
        if one.said or ruling is None or f"{ruling.model}/{ruling.version}" == not_by:
            return False
    names = "\uffff".join((one.of.session, one.of.bot, one.of.user, one.of.emoji))
    return sought.get("search", "").casefold() in names.casefold()
