"""The part of an archive's contract by which a person is erased, and nobody else is touched."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from roomtone.alerts import Alert
from roomtone.blanking import Blank
from roomtone.contracts import START, exactly
from roomtone.contracts_reactions import judged
from roomtone.ports import Archive
from roomtone.reacted import ReactionRecord
from roomtone.records import Conversation, DeadLetter, Relationship, TurnRecord
from roomtone.verdicts import Line, Reacted

GONE, STAYS = "erased-person", "other-person"
SECRET, ANSWER = "nobody else may know this", "I will not tell"


async def check_erase(archive: Archive) -> None:
    """Raise AssertionError where an erased person stays in an archive, or takes others along."""
    for user in (GONE, STAYS):
        await _fill(archive, user)
    letters = [
        DeadLetter(at=START, source="erase", reason="no", raw=b'{"user":"%s"}' % user.encode())
        for user in (GONE, STAYS)
    ]
    await archive.add_dead_letters(letters)
    alert = Alert(
        time=START + timedelta(days=20),
        session="erase",
        type="MASS_EXIT",
        severity="WARNING",
        detector="exits",
        score=1.0,
        current=1.0,
        expected=0.0,
        subject="people left",
        message=f"{GONE} and 3 others left",
        evidence={GONE: 1.0, STAYS: 2.0},
    )
    await archive.add_alerts([alert])
    rated = [_rating(GONE, "👎"), _rating(STAYS, "❤️")]
    await archive.add_reactions(rated)
    assert await _feedback(archive) == (3.4, 3.4)

    done = await archive.erase(Blank(GONE, "5f"))

    assert done["turns"] == 1 and done["relationships"] == 1 and done["dead_letters"] == 1
    assert (await archive.conversations(user=GONE))[1] == 0
    assert (await archive.conversations(user=STAYS))[1] == 1, "others keep theirs"
    assert [one.user for one in await archive.turns("erase")] == [STAYS]
    left = [r for r in (await archive.reactions(limit=1000))[0] if r.of.session == "erase"]
    (mine,) = [one for one in left if one.of.id == f"r-{STAYS}"]
    assert {one.of.user for one in left} == {STAYS}
    assert mine.of.user == STAYS and GONE not in str(mine), "of others' reactions what they say"
    assert mine.reply == "-" * len(ANSWER) and SECRET not in str(mine), "is blanked where it stood"
    assert mine.before[1].text == "what others said", "and nothing else is"
    letter = await archive.dead_letters(source="erase")
    assert [STAYS.encode() in one.raw for one in letter] == [True]
    found = await archive.alert(alert.id)
    assert found is not None and GONE not in str(found), "alerts no longer name them"
    assert STAYS in str(found) and "3 others left" in found["message"]
    assert await _feedback(archive) == (5.0, 5.0), "what they gave others' replies counts no more"
    assert not await archive.erase(Blank(GONE, "5f")), "a second time there is nothing"
    await _odd_names(archive, alert)
    await _old_goes(archive)


async def _odd_names(archive: Archive, alert: Alert) -> None:
    """A name that must be written otherwise in JSON goes, and a number's takes no number along."""
    odd = 'Zoë "7" \\o/'
    named = replace(
        alert, session="odd", message=f"{odd} left", evidence={odd: 1.0, "left": 7.0, "7": 7.5}
    )
    await archive.add_alerts([named])
    for user in (odd, "7"):
        await archive.erase(Blank(user, "5f"))
    found = await archive.alert(named.id)
    assert found is not None and "Zo" not in str(found)
    assert sorted(found["evidence"].values()) == [1.0, 7.0, 7.5] and "left" in found["evidence"]


def _rating(user: str, emoji: str) -> ReactionRecord:
    of = {"session": "erase", "target": f"t-{STAYS}", "user": user, "emoji": emoji}
    return judged(70, "RATING", 0.9, of={**of, "id": f"rating-{user}"})


async def _feedback(archive: Archive) -> tuple[float | None, float | None]:
    """Of the other's reply, and of their conversation."""
    page, _ = await archive.training_page(user=STAYS, trainable=False)
    (talk,) = exactly(1, page)
    (reply,) = [one for one in talk.messages if one.role == "assistant"]
    return reply.user_feedback, talk.user_satisfaction


async def _old_goes(archive: Archive) -> None:
    """What is older than a time goes, kind by kind."""
    at = START + timedelta(days=20)
    (turn,) = exactly(1, await archive.turns("erase"))
    for kind in ("conversations", "reactions", "dead_letters", "agent_logs"):
        assert await archive.expire(kind, START - timedelta(days=9_000)) == 0, "nothing is so old"
    await archive.expire("conversations", at)
    assert await archive.turns("erase") == [turn], "it ended then, and not before"
    assert await archive.expire("conversations", at + timedelta(seconds=1)) >= 2
    assert not await archive.turns("erase"), "with all that was said in them"
    await archive.expire("dead_letters", at + timedelta(days=1))
    assert not await archive.dead_letters(source="erase")


async def _fill(archive: Archive, user: str) -> None:
    at = START + timedelta(days=20)
    talk = Conversation(
        session="erase", bot="luna", user=user, started=at, ended=at, turns=1, emotion="joy"
    )
    said, told = (SECRET, ANSWER) if user == GONE else ("hello", "hello you")
    turn = TurnRecord(
        id=f"t-{user}",
        session="erase",
        bot="luna",
        user=user,
        at=at,
        message=said,
        reply=told,
        conversation=talk.id,
    )
    standing = Relationship(
        bot="luna",
        user=user,
        trust=0.5,
        affection=0.5,
        attunement=0.5,
        source="store",
        turns=1,
        first=at,
        updated=at,
    )
    record = ReactionRecord(
        of=Reacted(id=f"r-{user}", session="erase", emoji="x", ms=1_700_000_000_000, user=user),
        state="waiting",
        revision=1,
        reply=ANSWER,
        before=[Line(who="other", text=SECRET), Line(who="other", text="what others said")],
    )
    await archive.add_turns([turn])
    await archive.add_conversations([talk])
    await archive.add_relationships([standing])
    await archive.add_reactions([record])
