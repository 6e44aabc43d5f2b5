"""What can be read of reactions: one, a page, how they stand in numbers, and people's labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

import msgspec

from roomtone.cases import Found
from roomtone.opinions import NEUTRAL_WEIGHT, pooled
from roomtone.ports import Archive
from roomtone.reacted import ReactionRecord, ReactionsSought, Spent, Tally
from roomtone.reactions import rated
from roomtone.runtime.clock import iso, utc
from roomtone.runtime.config import Reactions
from roomtone.verdicts import Line

MOST_POOLED, MOST_EMOJI = 5_000, 50
"""How many reactions on one message are pooled, and how many different emoji are told of."""

GOLD_AT_ONCE = 500
"""How many labels are read at once: some megabytes."""

Row = dict[str, Any]


def show_reaction(record: ReactionRecord) -> Row:
    """A reaction as the API shows it. The texts come from people."""
    of = record.of
    return {
        "id": of.id,
        "session": of.session,
        "bot": of.bot,
        "user": of.user,
        "emoji": of.emoji,
        "type": record.type,
        "target": of.target,
        "target_is": of.target_is,
        "at": iso(record.at),
        "latency_s": record.latency_s,
        "state": record.state,
        "meaning": record.meaning,
        "by": record.by,
        "reply": record.reply,
        "before": msgspec.to_builtins(record.before),
        "after": msgspec.to_builtins(record.after),
        "verdict": _verdict(record),
        "review": None
        if record.said_ms is None
        else {"meaning": record.said, "by": record.said_by, "at": iso(utc(record.said_ms))},
        "weight": record.weight,
        "why": record.why,
    }


def _verdict(record: ReactionRecord) -> Row | None:
    ruling = record.ruling
    if ruling is None:
        return None
    return {
        "meaning": ruling.meaning,
        "confidence": ruling.confidence,
        "probabilities": dict(ruling.probabilities),
        "reasoning": ruling.reasoning,
        "satisfaction": ruling.satisfaction,
        "score": ruling.score,
        "model": ruling.model,
        "version": ruling.version,
        "at": iso(utc(record.ruled_ms if record.ruled_ms is not None else record.of.ms)),
    }


async def reactions_page(archive: Archive, **asked: Unpack[ReactionsSought]) -> Row:
    """A page of reactions, and how many there are in all."""
    found, total = await archive.reactions(**asked)
    return {"reactions": [show_reaction(one) for one in found], "total": total}


_LIVE = ("waiting", "waiting_for_target", "oldest_s", "again", "judge", "trouble")


async def summary(
    archive: Archive, standing: Mapping[str, Any], rules: Reactions, now: datetime
) -> Row:
    """How the judging stands: `standing` is what the engine says of what waits."""
    tally = await archive.tally()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today, total = await archive.spent(day), await archive.spent()
    confused = [
        {"model": model, "person": person, "count": count}
        for model, person, count in tally.confused
    ]
    return {
        **{name: standing[name] for name in _LIVE},
        "needs_review": tally.states.get("review", 0),
        "states": dict(tally.states),
        "meanings": dict(tally.meanings),
        "reviewed": sum(count for _, _, count in tally.confused),
        "agreed": sum(count for model, person, count in tally.confused if model == person),
        "confusion": confused,
        "unanswered": dict(tally.unanswered),
        "cost": _cost(tally, standing, today, total, rules),
    }


def _cost(
    tally: Tally, standing: Mapping[str, Any], today: Spent, total: Spent, rules: Reactions
) -> Row:
    avoided = {
        "batched": max(0, round(total.judged - total.calls)),
        "removed": tally.removed,
        "known": int(standing["known"]),
    }
    return {
        "today": _spent(today),
        "total": _spent(total),
        "judged": total.judged,
        "calls_avoided": sum(avoided.values()),
        "avoided": avoided,
        "cap_calls": rules.calls_per_day,
        "cap_money": rules.money_per_day,
        "capped": standing["capped"],
    }


def _spent(spent: Spent) -> Row:
    return {
        "calls": spent.calls,
        "tokens_in": spent.tokens_in,
        "tokens_out": spent.tokens_out,
        "money": round(spent.money, 6),
    }


async def message_pooled(archive: Archive, session: str, target: str) -> Row | None:
    """What people think of one message together; None where nobody reacted to it.

    Of a person several ratings count as their mean, so that nobody counts twice.
    """
    found, total = await archive.reactions(session=session, target=target, limit=MOST_POOLED)
    there = [one for one in found if one.state != "retracted"]
    if not total or not there:
        return None
    by_person: dict[str, list[tuple[float, float]]] = {}
    for one in there:
        if one.meaning == "RATING":
            by_person.setdefault(one.of.user or one.of.id, []).append(_rating(one))
    ratings = [
        (sum(value for value, _ in own) / len(own), max(weight for _, weight in own))
        for _, own in sorted(by_person.items())
    ]
    opinion = pooled(ratings)
    return {
        "session": session,
        "target": target,
        "reactions": len(there),
        "emoji": dict(Counter(one.of.emoji for one in there).most_common(MOST_EMOJI)),
        "meanings": dict(Counter(one.meaning for one in there if one.meaning)),
        "satisfaction": opinion.satisfaction if ratings else None,
        "certainty": opinion.certainty,
        "people": opinion.people,
        "split": opinion.split,
    }


def _rating(record: ReactionRecord) -> tuple[float, float]:
    ruling = record.ruling
    told = ruling.satisfaction if ruling is not None and ruling.meaning == "RATING" else None
    satisfaction = rated(record.of.emoji)[0] if told is None else told
    return satisfaction, NEUTRAL_WEIGHT if record.weight is None else record.weight


async def gold(archive: Archive) -> AsyncIterator[bytes]:
    """What people said of reactions, as JSON lines: the case, their word, and the model's.

    A judge learns from them: so they are of those who agreed to training, and without the words of
    others that stood around.
    """
    offset = 0
    while True:
        found, _ = await archive.reactions(reviewed=True, offset=offset, limit=GOLD_AT_ONCE)
        users = sorted({one.of.user for one in found if one.of.user})
        agreed = {
            one.user
            for one in (await archive.consents(users) if users else ())
            if one.purpose == "training" and one.granted
        }
        theirs = [one for one in found if one.of.user in agreed]
        yield b"".join(msgspec.json.encode(_label(one)) + b"\n" for one in theirs)
        offset += len(found)
        if len(found) < GOLD_AT_ONCE:
            return


def _label(record: ReactionRecord) -> Row:
    case = Found(
        of=record.of,
        reply=record.reply or "",
        before=_own(record.before),
        after=_own(record.after),
        latency_s=record.latency_s,
        to_me=record.to_me,
        share=record.share,
        others=record.others,
    ).case
    told = {name: getattr(case, name) for name in case.__slots__}
    told["before"] = msgspec.to_builtins(_own(record.before))
    told["after"] = msgspec.to_builtins(_own(record.after))
    return {
        "case": told,
        "person": record.said,
        "model": record.ruling.meaning if record.ruling is not None else None,
        "confidence": record.ruling.confidence if record.ruling is not None else None,
        "by": record.said_by,
        "at": iso(utc(record.said_ms or record.of.ms)),
    }


def _own(lines: Sequence[Line]) -> list[Line]:
    """Those of whoever reacted, and of the bot."""
    return [line for line in lines if line.who != "other"]
