"""Which conversations may be learnt from, and how many there are of them, for every dialect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from roomtone.stores._jobs import Ask, Steps, Texts
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import FACETS
from roomtone.training_data import TrainingSought

_AGREED = (
    "EXISTS (SELECT 1 FROM consents k WHERE k.person = c.person AND k.purpose = 'training' "
    "AND k.granted = 1)"
)
OF_AGREED = (  # reactions of those who agreed, or to what they said themselves
    "AND (r.person = m.person OR EXISTS (SELECT 1 FROM consents k WHERE k.person = r.person "
    "AND k.purpose = 'training' AND k.granted = 1)) "
)
_MEANS = (
    "EXISTS (SELECT 1 FROM messages m JOIN reactions r ON r.session = m.session AND "
    "r.target = m.turn WHERE m.conversation_id = c.id AND r.meaning = ?)"
)
_SPOKEN = (
    "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND "
    "(m.voice_pitch IS NOT NULL OR m.voice_emotion <> ''))"
)


def where(sought: TrainingSought, *, trainable: bool) -> tuple[str, list[Any]]:
    """What holds of the conversations `c` that are asked for, with the values for its `?`."""
    given: dict[str, Any] = {
        "c.bot = ?": sought.get("bot"),
        "c.person = ?": sought.get("user"),
        "c.language = ?": sought.get("language"),
        "c.emotion = ?": sought.get("emotion"),
        "c.conversation_quality >= ?": sought.get("least_quality"),
        _MEANS: sought.get("meaning"),
        "c.ended >= ?": None if (at := sought.get("start")) is None else to_ms(at),
        "c.ended < ?": None if (at := sought.get("end")) is None else to_ms(at),
    }
    given = {what: value for what, value in given.items() if value is not None}
    conditions = list(given)
    if (ids := sought.get("ids")) is not None:
        conditions.append(f"c.id IN ({', '.join(str(int(id)) for id in ids) or 'NULL'})")
    if (exported := sought.get("exported")) is not None:
        conditions.append(f"c.training_data_exported = {int(exported)}")
    if (voice := sought.get("voice")) is not None:
        conditions.append(_SPOKEN if voice else f"NOT {_SPOKEN}")
    if trainable:
        conditions.append(_AGREED)
    return " AND ".join(["c.total_messages > 0", *conditions]), list(given.values())


def among(ids: Collection[int], *, exact: bool = False) -> str:
    """Which conversations, in SQL: a stretch of ids where most of it is meant, with `exact` all."""
    low, high = min(ids), max(ids)
    if high - low < (1 if exact else 3) * len(ids):
        return f"BETWEEN {low} AND {high}"
    return f"IN ({', '.join(map(str, ids))})"


def brief(texts: Texts, sought: TrainingSought) -> Steps[dict[str, Any]]:
    """Conversations, messages and people, as the conversations have them."""
    condition, given = where(sought, trainable=bool(sought.get("trainable", False)))
    rows = yield Ask(
        f"SELECT {_AGREED}, count(*), coalesce(sum(c.total_messages), 0), "
        f"count(DISTINCT c.person) FROM conversations c WHERE {condition} GROUP BY 1",
        given,
    )
    names = ("conversations", "messages", "people")
    every, agreed = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for agrees, *amounts in rows:
        for name, amount in zip(names, amounts, strict=True):
            every[name] += int(amount)
            agreed[name] += int(amount) if agrees else 0
    return {**every, "trainable": agreed}


def counts(texts: Texts, sought: TrainingSought) -> Steps[dict[str, Any]]:
    """How much there is, and how much may be learnt from."""
    only = bool(sought.get("trainable", False))
    condition, given = where(sought, trainable=only)
    told: dict[str, Any] = yield from _amounts(condition, given, "")
    agreed, _ = where(sought, trainable=True)
    told["trainable"] = yield from _amounts(agreed, given, " AND m.training_flag = 1")
    exported = f"SELECT count(*) FROM conversations c WHERE {condition} "
    ((told["exported"],),) = yield Ask(f"{exported}AND c.training_data_exported = 1", given)
    ((flagged,),) = yield Ask(
        "SELECT coalesce(sum(m.training_flag), 0) FROM messages m JOIN conversations c "
        f"ON c.id = m.conversation_id WHERE {condition}",
        given,
    )
    told["training_messages"] = int(flagged)
    place = texts.floor.format("c.conversation_quality * 20")
    rows = yield Ask(
        f"SELECT {place} AS place, count(*) FROM conversations c WHERE {condition} AND "
        "c.conversation_quality IS NOT NULL GROUP BY place",
        given,
    )
    told["quality"] = [0] * 20
    for at, number in rows:
        told["quality"][max(0, min(19, int(at)))] += number
    for name in ("bot", "emotion", "language"):
        rows = yield Ask(
            f"SELECT c.{name}, count(*) AS n FROM conversations c WHERE {condition} AND "
            f"c.{name} <> '' GROUP BY c.{name} ORDER BY n DESC, c.{name} LIMIT {FACETS}",
            given,
        )
        told[name] = {value: number for value, number in rows}
    rows = yield Ask(
        "SELECT r.meaning, count(DISTINCT c.id) AS n FROM reactions r JOIN messages m ON "
        "m.session = r.session AND m.turn = r.target JOIN conversations c ON "
        f"c.id = m.conversation_id WHERE {condition} AND r.meaning <> '' GROUP BY r.meaning "
        f"ORDER BY n DESC, r.meaning LIMIT {FACETS}",
        given,
    )
    told["meaning"] = {value: number for value, number in rows}
    ((good, bad),) = yield Ask(
        "SELECT sum(CASE WHEN r.score > .5 THEN 1 ELSE 0 END), sum(CASE WHEN r.score < .5 THEN 1 "
        "ELSE 0 END) FROM reactions r JOIN messages m ON m.session = r.session AND "
        "m.turn = r.target AND m.role = 'assistant' JOIN conversations c ON "
        f"c.id = m.conversation_id WHERE {condition} AND r.meaning = 'RATING' {OF_AGREED * only}",
        given,
    )
    told["ratings"] = {"desirable": int(good or 0), "undesirable": int(bad or 0)}
    return told


def _amounts(condition: str, given: Sequence[Any], of: str) -> Steps[dict[str, Any]]:
    ((talks, people),) = yield Ask(
        f"SELECT count(*), count(DISTINCT c.person) FROM conversations c WHERE {condition}", given
    )
    ((messages, characters),) = yield Ask(
        "SELECT count(*), coalesce(sum(length(m.content)), 0) FROM messages m JOIN conversations c "
        f"ON c.id = m.conversation_id WHERE {condition}{of}",
        given,
    )
    return {
        "conversations": talks,
        "messages": messages,
        "people": people,
        "characters": int(characters),
    }
