"""Each reaction is judged exactly once, whatever dies, fails, hangs or comes too late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from roomtone.contracts import START
from roomtone.errors import ServerError
from roomtone.events import Turn
from roomtone.points import Point
from roomtone.reactions import Case, Judgement
from roomtone.runtime.config import Reactions, Settings
from roomtone.runtime.judging import Judging
from tests.reacted import Told, heart, said, says
from tests.runtime.conftest import House


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose own judging rests: tests call it by hand, with a judge of theirs."""

    async def rest(self: Judging) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Judging, "run", rest)
    made = House(tmp_path)
    await settle_in(made)
    yield made
    await made.pipeline.stop()


async def settle_in(house: House, judge: Told | None = None, worker: str = "") -> Judging:
    await house.open()
    return hire(house, judge or Told(), worker)


def hire(house: House, judge: Told, worker: str = "") -> Judging:
    """A worker with this judge, in the place of the house's own."""
    house.pipeline.judging = Judging(house.pipeline, worker)
    house.pipeline.judging.judge = judge
    return house.pipeline.judging


async def work(house: House) -> int:
    """Judge until nothing is left to be judged now."""
    total = 0
    while done := await house.pipeline.judging.once():
        total += done
    await house.tick()
    await house.pipeline.keeper.kept(20)
    return total


async def points(house: House, measurement: str = "user_feedback") -> Sequence[Point]:
    start, end = START - timedelta(days=9), START + timedelta(days=9)
    return await house.pipeline.series.read(measurement, tags={}, start=start, end=end)


async def states(house: House) -> list[str]:
    found, _ = await house.pipeline.archive.reactions(limit=1000)
    return sorted(one.state for one in found)


async def test_a_reaction_becomes_a_point_and_a_record(home: House) -> None:
    """At its own time, with what it was judged by; and the second cycle asks nobody."""
    judge = Told()
    hire(home, judge)
    await home.pipeline.submit([said("m0", "ann", "user"), said("m1"), heart()])

    assert await work(home) == 1
    assert await work(home) == 0
    assert judge.calls == 1
    (point,) = await points(home)
    assert point.time == START + timedelta(seconds=5)
    assert point.fields["satisfaction_score"] == 0.95
    (record,), total = await home.pipeline.archive.reactions()
    assert (record.state, record.reply, total) == ("judged", "text of m1", 1)
    assert [line.text for line in record.before] == ["text of m0"]
    assert judge.cases[0].latency_s == 5.0


async def test_a_turn_of_the_archive_is_found(home: House) -> None:
    """Once it is there; until then the reaction waits, and is not given up."""
    judge = Told("AGREEMENT")
    hire(home, judge)
    await home.pipeline.submit([heart("t1", at=30)])
    assert await work(home) == 0
    turn = Turn(session="s", id="t1", bot="luna", user="ann", message="Is it?", reply="It is.")
    await home.pipeline.submit([msgspec.structs.replace(turn, at=START)])
    assert await home.pipeline.reader.done(20)
    await home.tick(3)
    await home.pipeline.keeper.kept(20)

    assert await work(home) == 1
    (case,) = judge.cases
    assert (case.reply, case.is_addressee) == ("It is.", True)
    assert [line.text for line in case.before] == ["Is it?"]
    assert len(await points(home, "reaction_engagement")) == 1
    assert not await points(home)


async def test_what_nobody_knows_is_kept_with_the_reason(home: House) -> None:
    """A reaction on a deleted or unknown message waits its time, and costs no call."""
    judge = Told()
    hire(home, judge)
    await home.pipeline.submit([heart("nowhere", user="new")])
    assert await work(home) == 0
    home.clock.advance(700)
    await home.tick()

    assert await work(home) == 1
    (record,), _ = await home.pipeline.archive.reactions()
    assert (record.state, record.why, judge.calls) == ("unanswered", "target_unknown", 0)


async def test_taken_back_in_time_costs_nothing_and_afterwards_everything_goes(home: House) -> None:
    """Before: no call. Afterwards: no point. Given again: a new one."""
    judge = Told()
    hire(home, judge)
    gone = heart(action="remove", at=6)
    await home.pipeline.submit([said("m1"), heart(), gone])
    assert (await work(home), judge.calls) == (0, 0)

    await home.pipeline.submit([heart(at=7)])
    await work(home)
    assert len(await points(home)) == 1
    await home.pipeline.submit([heart(at=8, action="remove")])
    await work(home)
    assert not await points(home)
    await home.pipeline.submit([heart(at=9)])
    await work(home)
    assert [p.time for p in await points(home)] == [START + timedelta(seconds=9)]
    assert judge.calls == 2
    assert await states(home) == ["judged", "retracted", "retracted"]


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
    [says("LIKE"), says("RATING", confidence=7.0), says("RATING", satisfaction=-1.0)],
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


async def test_again_is_on_purpose(home: House) -> None:
    """By another version: the point follows the new word; what a person said stays."""
    hire(home, Told("RATING"))
    await home.pipeline.submit([said("m1"), heart(), heart(user="bob")])
    await work(home)
    ours, _ = await home.pipeline.archive.reactions(user="bob")
    await home.pipeline.review_reaction(ours[0].of.id, "accept", None, "eve")
    newer = Told("EMOTIONAL")
    newer.version = "2"
    worker = hire(home, newer)
    assert await work(home) == 0

    assert await worker.again() == 1
    assert await work(home) == 1
    assert await work(home) == 0
    assert len(await points(home)) == 1, "bob's, which a person called a rating"
    assert len(await points(home, "reaction_emotion")) == 1


async def test_a_hundred_emoji_on_one_message_are_a_hundred_cases(home: House) -> None:
    """Of any kind: custom, with skin tones, families; each knows of the others."""
    odd = ["👍🏽", "👩🏽‍❤️‍💋‍👨🏿", "<:pepe:123456>", ":party_parrot:", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "x" * 64]
    emoji = [*odd, *(chr(0x1F600 + n) for n in range(60))]
    judge = Told()
    hire(home, judge)
    events = [heart(user=f"u{n}", emoji=emoji[n % len(emoji)]) for n in range(100)]
    await home.pipeline.submit([said("m1"), *events])

    assert await work(home) == 100
    assert len({case.id for case in judge.cases}) == 100
    assert len(judge.cases[-1].others) == 20
    assert len(await points(home)) == 100


async def test_one_that_the_engine_forgot_is_taken_back(home: House) -> None:
    """The archive knows it: its points go."""
    hire(home, Told())
    await home.pipeline.submit([said("m1"), heart()])
    await work(home)
    reacting = home.pipeline.conversations.reacting
    held = next(iter(reacting.known.held.values()))
    reacting.known.leave(held)
    del reacting.known.held[held.of.id]
    await home.pipeline.submit([heart(action="remove", at=9)])
    await work(home)

    assert not await points(home)
    assert await states(home) == ["retracted"]


async def test_the_documents_three_examples(home: House) -> None:
    """A rating with .95 and 1.0, an agreement and a sorrow: one point of feedback, not three."""
    worker = hire(home, Told())
    worker.judge = None  # the one inside the package
    told = [
        (
            "Can you explain quantum entanglement?",
            "Quantum entanglement is when two particles share one state, so that measuring one of "
            "them tells you at once what the other will show, however far apart they are.",
            "❤️",
        ),
        (
            "Do you think the ocean is beautiful?",
            "Absolutely! The ocean is stunning with its waves and marine life.",
            "❤️",
        ),
        (
            "My pet just passed away...",
            "I'm so sorry to hear that. Losing a pet is incredibly difficult.",
            "😢",
        ),
    ]
    for n, (asked, answered, emoji) in enumerate(told):
        room = {"session": f"s{n}"}
        await home.pipeline.submit(
            [
                said(f"q{n}", "ann", "user", text=asked, **room),
                said(f"a{n}", text=answered, at=1, reply_to=f"q{n}", **room),
                heart(f"a{n}", emoji=emoji, at=20, **room),
            ]
        )
    assert await work(home) == 3

    (point,) = await points(home)
    assert (point.fields["satisfaction_score"], point.fields["user_reaction_score"]) == (0.95, 1.0)
    assert point.tags["reaction_emoji"] == "❤️"
    assert len(await points(home, "reaction_engagement")) == 1
    (felt,) = await points(home, "reaction_emotion")
    assert felt.texts["reaction_type"] == "SADNESS"
