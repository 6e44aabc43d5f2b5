"""Each reaction is judged exactly once, whatever dies, fails, hangs or costs too much."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from roomtone.errors import ServerError
from roomtone.reacted import Mark
from roomtone.reactions import Case, Judgement
from roomtone.runtime import judging
from roomtone.runtime.config import Models, Reactions, Settings
from roomtone.runtime.judging import Judging
from tests.reacted import Told, heart, said, says
from tests.runtime.conftest import House
from tests.runtime.judged import hire, home, points, settle_in, states, work

__all__ = ["home"]


@pytest.mark.parametrize("step", ["claim", "judge", "answered", "submit", "done"])
async def test_a_death_at_any_step_leaves_one_verdict(home: House, step: str) -> None:
    """Whoever comes next goes on: one record, one point, and a call more at most."""
    judge = Told()
    worker = hire(home, judge)
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}", at=n) for n in range(20))])
    archive, door = home.pipeline.archive, home.pipeline.door
    die_at(step, worker, archive, door)
    with pytest.raises(Death):
        await worker.once()
    for of, name in ((archive, "claim"), (archive, "settle"), (door, "submit")):
        vars(of).pop(name, None)
    calls = judge.calls
    hire(home, judge)
    await work(home)

    assert not home.pipeline.conversations.reacting.waiting
    assert len(await points(home)) == 20
    assert await states(home) == ["judged"] * 20
    assert judge.calls <= calls + 2
    if step in ("submit", "done"):
        assert judge.calls == calls, "what was answered is not asked again"
    asked = len(judge.cases)
    await work(home)
    assert len(judge.cases) == asked


class Death(BaseException):
    """The worker is no more."""


def die_at(step: str, worker: Judging, archive: Any, door: Any) -> None:
    """Have one of the things that a worker waits for end it, after it was done."""

    def after(of: Any, name: str, dies: Any = lambda *_: True) -> None:
        real = getattr(of, name)

        async def dead(*args: Any, **more: Any) -> Any:
            given = await real(*args, **more)
            if dies(*args):
                raise Death
            return given

        setattr(of, name, dead)

    if step == "claim":
        after(archive, "claim")
    elif step == "judge":
        after(worker._aside, "run")
    elif step == "submit":
        after(door, "submit")
    else:
        after(archive, "settle", lambda marks, *_: marks and marks[0].status == step)


async def test_two_workers_share_what_there_is(home: House) -> None:
    """A hundred reactions, two who take them at once: each judged once, none by both."""
    one, other = Told(), Told()
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}", at=n / 10) for n in range(100))])
    workers = [Judging(home.pipeline, name) for name in ("a", "b")]
    for worker, judge in zip(workers, (one, other), strict=True):
        worker.judge = judge

    async def toil(worker: Judging) -> None:
        while home.pipeline.conversations.reacting.waiting:
            await worker.once()
            worker._not_before.clear()
            await asyncio.sleep(0)

    await asyncio.gather(*map(toil, workers))
    await work(home)

    ids = [case.id for case in (*one.cases, *other.cases)]
    assert len(ids) == len(set(ids)) == 100
    assert len(await points(home)) == 100
    assert await states(home) == ["judged"] * 100


async def test_three_days_of_downtime_lose_nothing(home: House) -> None:
    """What waited is judged when somebody is there again; it does not count as late."""
    hire(home, Told())
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}") for n in range(30))])
    await home.pipeline.settled()
    await home.pipeline.stop()
    home.clock.advance(3 * 86_400)
    await settle_in(home, Told())

    assert await work(home) == 30
    assert len(await points(home)) == 30


async def test_a_judge_that_fails_is_asked_again_and_then_no_more(home: House) -> None:
    """Alone, so that the others are not its hostages; in the end it is kept as unanswered."""

    def hates_eve(case: Case) -> Judgement:
        if case.others == () and case.emoji == "👿":
            raise ValueError("no")
        return says("RATING")

    judge = Told(hates_eve)
    hire(home, judge)
    await home.pipeline.submit(
        [said("m1"), said("m2"), heart("m2", emoji="👿"), *(heart(user=f"u{n}") for n in range(5))]
    )
    for _ in range(12):
        await home.pipeline.judging.once()
        home.clock.advance(120)
        await home.tick()
    await home.pipeline.keeper.kept(20)

    assert await states(home) == ["judged"] * 5 + ["unanswered"]
    found, _ = await home.pipeline.archive.reactions(states=("unanswered",))
    assert found[0].why == "judge_failed"
    assert len(await points(home)) == 5
    letters = await home.pipeline.archive.dead_letters(source="judging")
    assert len(letters) == 1
    assert "text of" not in letters[0].reason


async def test_a_server_that_is_away_costs_no_reaction_its_turn(home: House) -> None:
    """However long it is away: no attempt is counted, and all are judged once it is back."""
    judge = Told()
    judge.broken = ServerError("nobody answers; start it")
    worker = hire(home, judge)
    await home.pipeline.submit([said("m1"), heart()])
    for _ in range(9):
        with pytest.raises(ServerError):
            await worker.once()
        home.clock.advance(60)
    judge.broken = None

    assert await work(home) == 1
    assert await states(home) == ["judged"]


class Server(Told):
    """A judge that is asked of each reaction by itself, and breaks after some calls."""

    def __init__(self, breaks_after: int) -> None:
        super().__init__()
        self.left = breaks_after

    def questions(self, cases: Sequence[Case]) -> list[list[int]]:
        return [[place] for place in range(len(cases))]

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        self.broken = None if self.left > 0 else ServerError("nobody answers; start it")
        self.left -= 1
        return super().judge(cases)


async def test_what_a_server_said_before_it_broke_is_told_at_once(home: House) -> None:
    """Each call's answer is kept before the next is asked; nobody is asked of one twice."""
    judge = Server(3)
    worker = hire(home, judge)
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}", at=n) for n in range(5))])
    with pytest.raises(ServerError):
        await worker.once()
    assert (worker.judged, judge.calls) == (3, 4)
    judge.left = 9
    home.clock.advance(60)

    assert await work(home) == 2
    assert await states(home) == ["judged"] * 5
    assert judge.calls == 6 and len({case.id for case in judge.cases}) == 5


async def test_an_answer_is_kept_before_the_next_is_asked(home: House) -> None:
    """One call is in flight at a time, so a death between two calls costs none."""
    judge = Server(9)
    worker = hire(home, judge)
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}", at=n) for n in range(6))])
    archive, settle = home.pipeline.archive, home.pipeline.archive.settle
    kept: list[int] = []

    async def dying(marks: Sequence[Mark], *more: Any) -> None:
        await settle(marks, *more)
        kept.append(judge.calls)
        if len(kept) == 4:
            raise Death

    archive.settle = dying  # type: ignore[method-assign]
    with pytest.raises(Death):
        await worker.once()
    del archive.settle  # type: ignore[attr-defined]
    assert kept == [1, 2, 3, 4]
    hire(home, judge)

    assert await work(home) == 6
    assert judge.calls == 6


async def test_a_judge_that_hangs_holds_nobody_up(home: House) -> None:
    """It is left behind after its time, and counts as having failed."""
    settings = home.settings
    home.settings = Settings(data=settings.data, reactions=Reactions(timeout_s=0.05, attempts=1))
    await home.pipeline.stop()
    release = threading.Event()

    def hang(case: Case) -> Judgement:
        release.wait(20)
        return says("RATING")

    await settle_in(home, Told(hang))
    await home.pipeline.submit([said("m1"), heart()])
    await work(home)
    release.set()

    found, _ = await home.pipeline.archive.reactions()
    assert [(one.state, one.why) for one in found] == [("unanswered", "judge_failed")]
    assert not await points(home)


@pytest.mark.parametrize(
    "word",
    [
        *(says("LIKE"), says("RATING", confidence=7.0), says("RATING", satisfaction=-1.0)),
        *(says("RATING", confidence="high"), says("RATING", tokens_in=-1, calls=-1)),
        *(says("RATING", reasoning=None), says("RATING", reasoning="\ud800"), None),
    ],
)
async def test_a_judge_that_talks_nonsense_is_not_believed(home: House, word: Judgement) -> None:
    """Such an answer is none: it is asked again, and nothing is written."""
    worker = hire(home, Told(lambda case: word))
    await home.pipeline.submit([said("m1"), heart()])
    await worker.once()
    await home.tick()

    assert len(home.pipeline.conversations.reacting.waiting) == 1
    assert not await points(home)


async def test_a_day_has_its_price(home: House) -> None:
    """Beyond the calls of a day the rest waits for the next one; the ledger adds up."""
    home.settings = Settings(
        data=home.settings.data,
        reactions=Reactions(calls_per_day=3, price_in=0.5, price_out=1.0),
    )
    await home.pipeline.stop()
    judge = Told(lambda case: says("RATING", tokens_in=1000, tokens_out=500))
    worker = await settle_in(home, judge)
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}") for n in range(5))])
    assert await work(home) == 3
    assert worker.capped
    assert len(home.pipeline.conversations.reacting.waiting) == 2
    await home.pipeline.stop()
    home.clock.advance(86_400)
    await settle_in(home, judge)

    assert await work(home) == 2
    spent = await home.pipeline.archive.spent()
    assert (spent.judged, spent.calls, spent.tokens_in) == (5, 5, 5_000)
    assert spent.money == pytest.approx(5 * (0.5 + 0.5))


async def test_what_fails_is_paid_for_too(home: House) -> None:
    """A server that answers nonsense cannot be asked beyond the calls of a day."""
    home.settings = Settings(
        data=home.settings.data,
        models=Models(judge="openai+http://127.0.0.1:9/v1?model=m"),
        reactions=Reactions(calls_per_day=3, attempts=9),
    )
    await home.pipeline.stop()

    def fails(case: Case) -> Judgement:
        raise ValueError("no")

    judge = Told(fails)
    worker = await settle_in(home, judge)
    await home.pipeline.submit([said("m1"), *(heart(user=f"u{n}") for n in range(5))])
    for _ in range(12):
        await worker.once()
        home.clock.advance(600)
        await home.tick()

    spent = await home.pipeline.archive.spent()
    assert (spent.calls, worker.capped) == (3, True)
    assert judge.calls <= 3


async def test_reactions_to_nothing_known_hold_up_nobody(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked for a few at a time, and what can be judged is judged before."""
    monkeypatch.setattr(judging, "AT_ONCE", 3)
    worker = hire(home, Told())
    lost = [heart(f"x{n}", user=f"u{n}") for n in range(9)]
    await home.pipeline.submit([*lost, said("m1"), heart()])

    assert await worker.once() == 1
    assert len(worker._not_before) == 3
    assert await worker.once() == 0
    assert len(worker._not_before) == 6
