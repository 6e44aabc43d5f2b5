"""What every archive must do for reactions; for use by `contracts_archive`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from roomtone.contracts import HOSTILE, START
from roomtone.ports_reactions import ReactionLog
from roomtone.reacted import Mark, ReactionRecord, Spent
from roomtone.verdicts import Line, Reacted, Ruling


def a_reaction(number: int, **more: Any) -> ReactionRecord:
    """Some reaction of a day: `of` may be given in parts."""
    ms = round(START.timestamp() * 1000) + number * 1000
    told = {"id": f"r_{number}", "session": "s", "emoji": "❤️", "bot": "luna", "user": "ann"}
    of = Reacted(**{**told, "ms": ms, "target": f"t{number}", **more.pop("of", {})})
    return ReactionRecord(of=of, **{"state": "waiting", "revision": 1, **more})


def judged(number: int, ruled: Any, confidence: float, **more: Any) -> ReactionRecord:
    """One that a judge saw; `ruled` None: it was not sure."""
    ruling = Ruling(meaning=ruled, confidence=confidence, reasoning="it says so")
    state = "review" if ruled is None else "judged"
    return a_reaction(number, **{"state": state, "meaning": ruled, "ruling": ruling, **more})


async def check_reactions(log: ReactionLog) -> None:
    """Raise AssertionError where a new, empty archive breaks the contract of `ReactionLog`."""
    await _records_come_back(log)
    await _pages_are_narrowed(log)
    await _a_mark_is_ones_own(log)
    await _what_was_answered_is_not_asked_again(log)
    await _costs_add_up(log)


async def _records_come_back(log: ReactionLog) -> None:
    texts = [Line(who="user", text=text) for text in HOSTILE if "\0" not in text]
    record = judged(1, "RATING", 0.9, before=texts, reply="yes", latency_s=1.5, others=["👍"])
    await log.add_reactions([])
    await log.add_reactions([record])
    assert await log.reaction("r_1") == record, "a record comes back as it went in"
    later = msgspec.structs.replace(record, revision=3, state="retracted", meaning=None)
    await log.add_reactions([later])
    await log.add_reactions([msgspec.structs.replace(record, revision=2)])
    assert await log.reaction("r_1") == later, "the later one counts, whichever comes last"
    assert await log.reaction("r_none") is None
    assert await log.reaction("r\0") is None, "what cannot be there is not"


async def _pages_are_narrowed(log: ReactionLog) -> None:
    await log.add_reactions(
        [
            a_reaction(2, of={"user": "Bob", "session": "Café"}),
            judged(3, None, 0.4),
            judged(4, None, 0.2, of={"bot": "sol"}),
            judged(5, "AGREEMENT", 0.8, state="reviewed", said="AGREEMENT", meaning="AGREEMENT"),
            judged(6, None, 0.3, state="reviewed", said="RATING", meaning="RATING"),
            a_reaction(7, state="unanswered", why="target_unknown"),
        ]
    )

    async def ids(**sought: Any) -> list[str]:
        found, total = await log.reactions(**sought)
        assert total >= len(found)
        return [one.of.id for one in found]

    assert await ids() == [f"r_{n}" for n in (7, 6, 5, 4, 3, 2, 1)], "the newest first"
    assert await ids(limit=2, offset=1) == ["r_6", "r_5"]
    assert (await log.reactions(limit=2))[1] == 7, "how many there are in all"
    assert await ids(queue=True) == ["r_4", "r_3"], "the least sure first"
    assert await ids(bot="sol") == ["r_4"]
    assert await ids(user="Bob") == await ids(session="Café") == await ids(search="CAFÉ") == ["r_2"]
    assert await ids(meaning="RATING") == ["r_6"], "what holds"
    assert await ids(reviewed=True) == ["r_6", "r_5"]
    assert await ids(target="t3") == ["r_3"]
    assert await ids(states=("waiting", "unanswered")) == ["r_7", "r_2"]
    assert await ids(not_by="local/1") == []
    assert await ids(not_by="local/2") == ["r_4", "r_3", "r_1"], "and not what a person said"
    assert await ids(bot="nobody") == []
    tally = await log.tally()
    assert tally.states["reviewed"] == 2
    assert tally.meanings == {"RATING": 1, "AGREEMENT": 1}
    assert tally.unanswered == {"target_unknown": 1}
    assert sorted(tally.confused) == [("AGREEMENT", "AGREEMENT", 1), ("unsure", "RATING", 1)]


def _mark(point: str, **more: Any) -> Mark:
    return Mark(user="ann", bot="luna", point=point, **more)


async def _a_mark_is_ones_own(log: ReactionLog) -> None:
    now, until = START, START + timedelta(seconds=60)
    marks = [_mark(f"m{n}") for n in range(120)]
    each = await asyncio.gather(*(log.claim(marks, w, now, until) for w in ("one", "two", "three")))
    got = [mark.point for mine in each for mark in mine]
    assert sorted(got) == sorted(mark.point for mark in marks), "each is one worker's, and no two's"
    assert not await log.claim(marks[:5], "four", now + timedelta(seconds=59), until)
    late = await log.claim(marks[:5], "four", until, until + timedelta(seconds=60))
    assert len(late) == 5, "whose time is over, does not hold it"
    again = await log.claim([_mark("m0", processing="other")], "five", now, until)
    assert len(again) == 1, "another kind of processing is another row"


async def _what_was_answered_is_not_asked_again(log: ReactionLog) -> None:
    now, until = START, START + timedelta(seconds=60)
    (mark,) = await log.claim([_mark("a")], "one", now, until)
    answer = msgspec.structs.replace(mark, status="answered", answer="{}", worker="one")
    await log.settle([answer], {}, now, until)
    (found,) = await log.claim([_mark("a")], "two", until, until)
    assert (found.status, found.answer) == ("answered", "{}"), "the answer outlives who asked"
    await log.settle([msgspec.structs.replace(found, status="done", worker="two")], {}, now, until)
    (found,) = await log.claim([_mark("a")], "three", now, until)
    assert (found.status, found.answer) == ("done", "{}"), "also where the event was lost"
    (mark,) = await log.claim([_mark("f")], "one", now, until)
    failed = msgspec.structs.replace(mark, status="failed", attempts=2, worker="one")
    await log.settle([failed], {}, now, until)
    assert not await log.claim([_mark("f")], "one", now, until), "not before it is time"
    (found,) = await log.claim([_mark("f")], "one", until, until)
    assert (found.status, found.attempts) == ("failed", 2)


async def _costs_add_up(log: ReactionLog) -> None:
    day = START + timedelta(days=1)
    marks = await log.claim([_mark("c1"), _mark("c2")], "one", START, START)
    cost = Spent(calls=0.5, tokens_in=100, tokens_out=7, money=0.25)
    await log.settle([marks[0]], {marks[0].point: cost}, START, START)
    await log.settle([marks[1]], {marks[1].point: cost}, day, day)
    today, ever = await log.spent(day), await log.spent()
    assert today == Spent(judged=1, calls=0.5, tokens_in=100, tokens_out=7, money=0.25)
    assert ever == Spent(judged=2, calls=1.0, tokens_in=200, tokens_out=14, money=0.5)
