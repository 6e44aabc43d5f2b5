"""Each reaction is judged once, where its message is found, and again on purpose only."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from roomtone.contracts import START
from roomtone.events import Turn
from tests.reacted import Told, heart, said
from tests.runtime.conftest import House
from tests.runtime.judged import hire, home, points, states, work

__all__ = ["home"]


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
