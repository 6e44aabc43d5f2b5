"""What every archive must do, whatever it is made of; for use by `roomtone.testing`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from roomtone.contracts import HOSTILE, START, a_summary, an_alert, exactly, kept_as, refuses
from roomtone.contracts_columns import check_columns
from roomtone.contracts_erase import check_erase
from roomtone.contracts_kept import check_kept
from roomtone.contracts_reactions import check_reactions
from roomtone.contracts_training import check_training
from roomtone.errors import RoomtoneError
from roomtone.ports import CONVERSATION_ORDERS, Archive
from roomtone.records import (
    Conversation,
    DeadLetter,
    JournalSegment,
    Relationship,
    SessionSummary,
    TurnRecord,
)


async def check_archive(archive: Archive) -> None:
    """Raise AssertionError where a new, empty archive breaks the contract of `Archive`."""
    await archive.open()
    try:
        await _alerts_are_kept(archive)
        await _verdicts_stay(archive)
        await _alerts_come_in_pages(archive)
        await _summaries_are_renewed(archive)
        await _dead_letters_are_kept(archive)
        await _segments_are_noted(archive)
        await _turns_are_kept(archive)
        await _conversations_are_found(archive)
        await _conversations_are_ordered(archive)
        await _relationships_are_kept(archive)
        await _keys_stay(archive)
        await check_reactions(archive)
        await check_training(archive)
        assert await check_columns(archive) > 100
        await check_kept(archive)
        await check_erase(archive)
    finally:
        await archive.close()
        await archive.close()


async def _alerts_are_kept(archive: Archive) -> None:
    odd = [an_alert(i, name, message=name, subject=name) for i, name in enumerate(HOSTILE)]
    await archive.add_alerts([])
    await archive.add_alerts(odd)

    for alert in odd:
        (row,) = exactly(1, await archive.alerts(session=alert.session))
        for name in alert.__struct_fields__:
            assert row[name] == getattr(alert, name), f"{name} comes back as it went in"
        assert (row["id"], row["deviation"]) == (alert.id, -36.0)
        assert (row["verdict"], row["verdict_by"], row["verdict_at"]) == ("", "", None)
        assert await archive.alert(alert.id) == row
    assert await archive.alert("no such") is None
    start, end = START + timedelta(seconds=1), START + timedelta(seconds=3)
    some = await archive.alerts(start=start, end=end)
    assert [row["id"] for row in some] == [odd[2].id, odd[1].id], "newest first, without the end"


async def _verdicts_stay(archive: Archive) -> None:
    alert, at = an_alert(50, "judged"), START + timedelta(minutes=5)
    await archive.add_alerts([alert, alert])
    assert await archive.judge_alert(alert.id, "false_alarm", "Ann O'Nym", at)
    await archive.add_alerts([alert])

    (row,) = exactly(1, await archive.alerts(session="judged"))
    assert (row["verdict"], row["verdict_by"]) == ("false_alarm", "Ann O'Nym")
    assert row["verdict_at"] == at
    assert not await archive.judge_alert("no such", "acknowledged", "", at)
    await refuses(RoomtoneError, lambda: archive.judge_alert(alert.id, "perhaps", "", at))
    assert await archive.judge_alert(alert.id, "", "", at), "a verdict can be taken back"
    (row,) = exactly(1, await archive.alerts(session="judged"))
    assert (row["verdict"], row["verdict_at"]) == ("", None)


async def _alerts_come_in_pages(archive: Archive) -> None:
    names = [f"room {i:02}" for i in range(23)]
    await archive.add_alerts([an_alert(100 + i // 5, name) for i, name in enumerate(names)])
    await archive.add_alerts([an_alert(200, "worst", type="MASS_EXIT", severity="CRITICAL")])
    start = START + timedelta(seconds=100)
    seen: list[str] = []
    before = None
    for _ in range(6):
        page = await archive.alerts(start=start, before=before, limit=5)
        seen += [row["session"] for row in page]
        before = page[-1]["id"] if page else before

    assert seen == ["worst", *names[::-1]], "pages neither repeat nor skip, ties included"
    assert len(await archive.alerts(severity="CRITICAL")) == 1
    assert len(await archive.alerts(type="MASS_EXIT", severity="WARNING")) == 0


async def _summaries_are_renewed(archive: Archive) -> None:
    summaries = [a_summary(i % 3, name) for i, name in enumerate(HOSTILE)]
    await archive.add_sessions(summaries)
    end = START + timedelta(hours=1)
    ended = a_summary(0, "plain", ended=end, messages=99, reason="idle")
    await archive.add_sessions([ended, a_summary(9000, "plain")])

    assert await archive.sessions(session="plain") == [a_summary(9000, "plain"), ended]
    seen: list[SessionSummary] = []
    for _ in range(len(HOSTILE)):
        seen += await archive.sessions(before=seen[-1].id if seen else None, limit=2)
    assert len(seen) == len(HOSTILE) + 1 == len({s.id for s in seen})
    assert [s.started for s in seen] == sorted((s.started for s in seen), reverse=True)


async def _dead_letters_are_kept(archive: Archive) -> None:
    def letter(i: int, raw: bytes = b"\x00\xff{") -> DeadLetter:
        return DeadLetter(at=START, source=f"s{i % 2}", reason=f"no. {i}'s", raw=raw)

    await archive.add_dead_letters([letter(i) for i in range(5)])
    await archive.add_dead_letters([letter(5, b"x" * 5000)])

    last, *rest = await archive.dead_letters()
    assert last.raw == b"x" * 2048, "a body is kept up to a bound"
    assert [d.reason for d in rest] == [f"no. {i}'s" for i in (4, 3, 2, 1, 0)], "newest first"
    assert (rest[0].raw, rest[0].at, rest[0].source) == (b"\x00\xff{", START, "s0")
    page = await archive.dead_letters(source="s0", before=rest[0].id, limit=2)
    assert [d.reason for d in page] == ["no. 2's", "no. 0's"]


async def _segments_are_noted(archive: Archive) -> None:
    def segment(base: int, journal: str = "/é's", **more: Any) -> JournalSegment:
        times: dict[str, Any] = {"first_arrival": START, "last_arrival": None}
        counts = {"end": base + 2**40, "entries": 2**33, "events": 0}
        return JournalSegment(journal=journal, base=base, **(times | counts | more))

    other = segment(0, "/other")
    await archive.note_segments("/other", [other], first=0)
    await archive.note_segments("/é's", [segment(5), segment(0), segment(9)], first=0)
    full = segment(5, sealed=True, sha256="ab", events=7, last_arrival=START)
    await archive.note_segments("/é's", [full], first=5)

    assert await archive.segments("/é's") == [full, segment(9)], "renewed, and the first is gone"
    assert await archive.segments() == [other, full, segment(9)], "each journal for itself"


def a_turn(seconds: float, id: str, session: str = "chat", **more: Any) -> TurnRecord:
    """A turn at START + `seconds`."""
    at = START + timedelta(seconds=seconds)
    fields: dict[str, Any] = {"bot": "luna", "user": "ann", "message": "hello", "reply": None}
    return TurnRecord(id=id, session=session, at=at, **(fields | more))


def a_conversation(seconds: float, session: str = "chat", **more: Any) -> Conversation:
    """A conversation that began at START + `seconds` and ended a minute later."""
    started = START + timedelta(seconds=seconds)
    fields: dict[str, Any] = {"bot": "luna", "user": "ann", "turns": 3, "started": started}
    fields |= {"ended": started + timedelta(minutes=1)}
    return Conversation(session=session, **(fields | more))


def a_relationship(seconds: float, bot: str = "luna", user: str = "ann", **more: Any) -> Any:
    """A relationship that changed at START + `seconds`."""
    updated = START + timedelta(seconds=seconds)
    fields: dict[str, Any] = {"trust": 0.1, "affection": 0.25, "attunement": 1.0, "turns": 2**40}
    fields |= {"source": "store", "first": START, "updated": updated}
    return Relationship(bot=bot, user=user, **(fields | more))


async def _turns_are_kept(archive: Archive) -> None:
    hard = ("", "cut \0 here", "\U0001f4a5" * 400_000, *HOSTILE)
    values: dict[str, dict[str, float | str]] = {
        "user_emotion": {"emotion": "joy", "intensity": 0.1, "mixed_emotion_1": 'it\'s "\0" \\'},
        "recall": {},
    }
    turns = [
        a_turn(i // 3, f"t{i}", message=text, reply=text[::-1], values=values)
        for i, text in enumerate(hard)
    ]
    await archive.add_turns([])
    await archive.add_turns(turns)
    await archive.add_turns(
        [a_turn(i, name, name, user=name, bot=name) for i, name in enumerate(HOSTILE)]
    )

    found = exactly(len(turns), await archive.turns("chat"))
    assert [turn.id for turn in found] == [
        turn.id for turn in sorted(turns, key=lambda turn: (turn.at, turn.id), reverse=True)
    ], "newest first"
    for turn in found:
        (sent,) = [one for one in turns if one.id == turn.id]
        assert turn.message in kept_as(sent.message or ""), "what was said comes back"
        assert turn.reply in kept_as(sent.reply or "")
        assert (turn.at, turn.bot, turn.user) == (sent.at, "luna", "ann")
        said = str(values["user_emotion"]["mixed_emotion_1"])
        felt = dict(turn.values["user_emotion"])
        assert felt.pop("mixed_emotion_1") in kept_as(said)
        assert (felt, turn.values["recall"]) == ({"emotion": "joy", "intensity": 0.1}, {})
    seen: list[TurnRecord] = []
    for _ in range(len(turns)):
        last = (seen[-1].at, seen[-1].id) if seen else None
        seen += await archive.turns("chat", before=last, limit=3)
    assert seen == list(found), "pages neither repeat nor skip, ties included"
    for i, name in enumerate(HOSTILE):
        assert await archive.turns(name) == [a_turn(i, name, name, user=name, bot=name)]
    renewed = a_turn(0, "t0", message=None, reply="again", values={"recall": {"memory_count": 2.0}})
    await archive.add_turns([renewed])
    assert [turn for turn in await archive.turns("chat") if turn.id == "t0"] == [renewed]
    assert await archive.turns("nowhere") == []


async def _conversations_are_found(archive: Archive) -> None:
    odd = [
        a_conversation(i, name, bot=name, user=name, emotion=name, quality=i / 8)
        for i, name in enumerate(HOSTILE)
    ]
    full = a_conversation(
        100,
        "Full",
        bot="Éclair",
        user="ZOË_1%",
        quality=0.5,
        satisfaction=1.0,
        valence=-0.25,
        emotion="joy",
        switches=2,
        processing_time_ms=12.5,
    )
    await archive.add_conversations([])
    await archive.add_conversations([*odd, full, msgspec.structs.replace(full, turns=1)])
    await archive.add_conversations([full])
    await archive.add_conversations([msgspec.structs.replace(full, turns=full.turns - 1)])

    async def ask(**more: Any) -> list[Conversation]:
        found, total = await archive.conversations(**more)
        assert total == len(found), "all of them are told of"
        return list(found)

    assert await ask(session="Full") == [full], "renewed, but not by fewer turns"
    for i, name in enumerate(HOSTILE):
        for by in ("session", "bot", "user", "emotion"):
            assert await ask(**{by: name}) == [odd[i]], f"found by {by}"
        assert odd[i] in await ask(search=name), "what is looked for is no pattern"
    assert await ask(session="plain", bot="Éclair") == []
    for search in ("éCLAIR", "zoë", "_1%", "%", "full", "E\u0301"):
        assert all(
            any(search.casefold() in name.casefold() for name in (c.session, c.bot, c.user))
            for c in await ask(search=search)
        )
    assert await ask(search="éCLAIR") == await ask(search="oë_1") == [full], "in any case"
    assert await ask(search="_1", bot="luna") == await ask(search="no such") == []
    ends = [c.ended for c in odd]
    assert await ask(start=ends[1], end=ends[3]) == [odd[2], odd[1]], (
        "latest first, without the end"
    )
    assert await ask(least_quality=0.5, most_quality=0.625) == [full, odd[5], odd[4]]
    facets = await archive.facets()
    assert facets["bot"] == dict.fromkeys([*HOSTILE, "Éclair"], 1)
    assert facets["emotion"] == dict.fromkeys([*HOSTILE, "joy"], 1)


async def _conversations_are_ordered(archive: Archive) -> None:
    numbers = [0.5, None, 0.25, 1.0, None, 0.5]
    some = [
        a_conversation(
            1000 + i,
            f"s{i}",
            bot="order",
            turns=10 - i,
            quality=x,
            satisfaction=None if x is None else 1 - x,
            ended=START + timedelta(hours=1 + i % 4),
        )
        for i, x in enumerate(numbers)
    ]
    await archive.add_conversations(some)
    lowest_first = {"quality", "satisfaction"}
    for order in CONVERSATION_ORDERS:
        found, total = await archive.conversations(bot="order", order=order)
        values = [getattr(one, order) for one in found]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=order not in lowest_first), f"in the order of {order}"
        assert values == known + [None] * (len(values) - len(known)), "those without one last"
        seen: list[Conversation] = []
        for offset in range(0, total, 2):
            page, all_there = await archive.conversations(
                bot="order", order=order, offset=offset, limit=2
            )
            seen += page
            assert all_there == total == len(some)
        assert seen == list(found), "pages neither repeat nor skip, ties included"
    assert await archive.conversations(bot="order", offset=99) == ([], len(some))
    assert await archive.conversations(bot="order", limit=0) == ([], len(some))
    await refuses(RoomtoneError, lambda: archive.conversations(order="turns; DROP TABLE turns"))
    facets = await archive.facets()
    assert next(iter(facets["bot"].items())) == ("order", len(some)), "the most frequent first"
    assert "" not in facets["emotion"], "who felt nothing is not counted"
    await archive.add_conversations(
        [
            a_conversation(9000 + i, f"many {i}", bot=f"bot {i:02}", emotion="calm")
            for i in range(60)
        ]
    )
    facets = await archive.facets()
    assert len(facets["bot"]) == 50, "facets have a bound"
    assert next(iter(facets["emotion"].items())) == ("calm", 60)


async def _relationships_are_kept(archive: Archive) -> None:
    odd = [a_relationship(i, name, name) for i, name in enumerate(HOSTILE)]
    await archive.add_relationships([])
    await archive.add_relationships([*odd, a_relationship(50), a_relationship(60, user="Bób")])
    last = a_relationship(70, trust=0.75, source="estimate")
    await archive.add_relationships([last])
    late = msgspec.structs.replace(last, trust=0.1, updated=last.updated - timedelta(seconds=1))
    await archive.add_relationships([late])
    await archive.add_relationships([msgspec.structs.replace(last, turns=last.turns - 1)])

    found, total = await archive.relationships(bot="luna")
    assert (found, total) == ([last, a_relationship(60, user="Bób")], 2), "renewed, not by older"
    for one in odd:
        assert await archive.relationships(user=one.user) == ([one], 1)
        assert one in (await archive.relationships(search=one.bot))[0], "no pattern either"
    assert [r.user for r in (await archive.relationships(search="BÓB"))[0]] == ["Bób"]
    assert await archive.relationships(bot="luna", user="nobody") == ([], 0)
    page, total = await archive.relationships(offset=1, limit=2)
    assert ([one.updated for one in page], total) == (
        [START + timedelta(seconds=60), odd[-1].updated],
        len(odd) + 2,
    )
    names = [(one.bot, one.user) for one in odd]
    known, count = await archive.relationships(pairs=[("luna", "ann"), ("no", "body"), *names])
    assert count == len(known) == len(odd) + 1
    assert {one.user: one for one in known} == {one.user: one for one in (last, *odd)}
    assert await archive.relationships(pairs=[]) == ([], 0)
    many = [a_relationship(-i, "many", f"u{i}") for i in range(700)]
    await archive.add_relationships(many)
    known, _ = await archive.relationships(pairs=[("many", one.user) for one in many])
    assert {one.user for one in known} == {one.user for one in many}, "however many are asked for"


async def _keys_stay(archive: Archive) -> None:
    one, *others = await asyncio.gather(*(archive.key("pseudonyms") for _ in range(5)))
    assert (type(one), len(one)) == (bytes, 32)
    assert set(others) == {one} == {await archive.key("pseudonyms")}, "made once"
    assert await archive.key("it's") != one, "another for each name"
