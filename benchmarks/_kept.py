"""A database of talks to be exported: real dialogues told again until there are enough of them."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from roomtone.reacted import ReactionRecord
from roomtone.reactions import rated
from roomtone.runtime import plugins
from roomtone.stores._jobs import hash_of
from roomtone.verdicts import Reacted, Ruling

START_MS = 1_760_000_000_000
PEOPLE = 2_000
RATED = 0.2  # of replies
FEW = ("How are you?", "Fine, thanks.", "What is the plan?", "We walk to the lake, then we eat.")


def dialogues(data: Path) -> list[list[str]]:
    """DailyDialog's, or four lines of our own where they are missing."""
    found = [
        [one["utterance"] for one in talk]
        for path in sorted((data / "dailydialog_reccon").rglob("dailydialog_*.json"))
        for (talk, *_) in json.loads(path.read_text(encoding="utf-8")).values()
    ]
    return [talk for talk in found if len(talk) > 3] or [list(FEW)]


def make(path: Path, data: Path, messages: int, seed: int = 5) -> int:
    """Write a database with so many messages, in which everybody agreed to training; how many.

    The dialogues are told in turns, each time by another of PEOPLE people to one of three bots;
    the first word of each message says which talk it is, so that no two are equal. A fifth of the
    replies has one rating, and a tenth a reaction that is none. Messages have what a recorder
    leaves of them: feelings with their intensity, both qualities of replies, hashes, outputs.
    """
    archive = plugins.archive(f"sqlite:///{path}")
    asyncio.run(_opened(archive))
    dice = random.Random(seed)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    made = _fill(connection, itertools.cycle(dialogues(data)), messages, dice)
    connection.commit()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("ANALYZE")
    connection.close()
    return made


async def _opened(archive: Any) -> None:
    await archive.open()
    await archive.close()


def _fill(
    connection: sqlite3.Connection,
    talks: Iterator[list[str]],
    messages: int,
    dice: random.Random,
) -> int:
    people = [(f"person {n}", "training", 1, START_MS, "consent", "bench") for n in range(PEOPLE)]
    connection.executemany(
        "INSERT INTO consents (person, purpose, granted, at, basis, said_by) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        people,
    )
    made = id = 0
    while made < messages:
        conversations, said, reactions = [], [], []
        while made < messages and len(said) < 50_000:
            id += 1
            texts = next(talks)
            texts = texts[: len(texts) // 2 * 2]
            conversations.append(_conversation(id, texts))
            own = _messages(id, texts, dice)
            reactions += _reactions(id, own, dice)
            said += own
            made += len(texts)
        for table, rows in (
            ("conversations", conversations),
            ("messages", said),
            ("reactions", reactions),
        ):
            _insert(connection, table, rows)
    return made


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = ", ".join(rows[0])
        places = ", ".join("?" * len(rows[0]))
        sql = f"INSERT INTO {table} ({names}) VALUES ({places})"
        connection.executemany(sql, [tuple(row.values()) for row in rows])


def word(number: int) -> str:
    """A number as a word: of digits some would be taken for a telephone's."""
    letters = ""
    while number:
        number, letter = divmod(number, 20)
        letters += "bcdfghjkmnpqrstvwxyz"[letter]
    return letters.capitalize()


def _at(id: int, place: int) -> int:
    return START_MS + id * 60_000 + place * 2_000


def _conversation(id: int, texts: list[str]) -> dict[str, Any]:
    return {
        "id": id,
        "key": f"k{id}",
        "session": f"s{id}",
        "bot": f"bot {id % 3}",
        "person": f"person {id % PEOPLE}",
        "started": _at(id, 0),
        "ended": _at(id, len(texts) - 1),
        "turns": len(texts) // 2,
        "emotion": "",
        "switches": 0,
        "sought": "",
        "total_messages": len(texts),
        "conversation_quality": 0.7,
        "language": "en",
        "platform": "bench",
        "model_used": "m",
    }


def _messages(id: int, texts: list[str], dice: random.Random) -> list[dict[str, Any]]:
    return [_message(id, place, text, dice) for place, text in enumerate(texts)]


def _message(id: int, place: int, text: str, dice: random.Random) -> dict[str, Any]:
    """A message with all that a recorder leaves of it that measures every turn."""
    reply, emotion = bool(place % 2), dice.choice(("joy", "neutral", "sadness"))
    intensity = round(dice.random(), 4)
    told = {"emotion": emotion, "intensity": intensity, "source": "model"}
    content = f"{word(id)}, {text}"
    return {
        "conversation_id": id,
        "session": f"s{id}",
        "turn": _turn(id, place),
        "role": "assistant" if reply else "user",
        "bot": f"bot {id % 3}",
        "person": f"person {id % PEOPLE}",
        "timestamp": _at(id, place),
        "language": "en",
        "emotion": emotion,
        "emotion_raw": emotion,
        "emotion_confidence": round(dice.random(), 4),
        "emotion_intensity": intensity,
        "processing_time": round(2 * dice.random(), 3) if reply else None,
        "quality_score": round(dice.random(), 4) if reply else None,
        "quality_v2": round(dice.random(), 4) if reply else None,
        "user_feedback": None,
        "feedback_source": "",
        "training_flag": 1,
        "content_hash": hash_of(content),
        "content": content,
        "agent_outputs": msgspec.json.encode({"emotion": told}).decode(),
    }


def _reactions(
    id: int, said: list[dict[str, Any]], dice: random.Random
) -> Iterator[dict[str, Any]]:
    """What is given to a talk's messages; those that are rated say so."""
    for place in range(1, len(said), 2):
        chance = dice.random()
        if chance < RATED:
            emoji = dice.choice(("👍", "👎"))
            said[place] |= {
                "user_feedback": 1 + 4 * rated(emoji)[1],
                "feedback_source": "reaction",
            }
            yield _reaction(id, place, "RATING", emoji)
        elif chance < 1.5 * RATED:
            yield _reaction(id, place, "EMOTIONAL", "❤️")


def _turn(id: int, place: int) -> str:
    return f"{id:x}-{place // 2:024x}"


def _reaction(id: int, place: int, meaning: Any, emoji: str) -> dict[str, Any]:
    person, name, ms = f"person {id % PEOPLE}", f"r{id}-{place}", _at(id, place) + 30_000
    names = {"session": f"s{id}", "bot": f"bot {id % 3}", "target": _turn(id, place)}
    score = rated(emoji)[1] if meaning == "RATING" else None
    record = ReactionRecord(
        of=Reacted(id=name, emoji=emoji, ms=ms, user=person, target_is="bot", **names),
        state="judged",
        revision=1,
        meaning=meaning,
        by="model",
        ruling=Ruling(meaning=meaning, confidence=0.95, score=score),
    )
    return {
        "id": name,
        **names,
        "person": person,
        "at": ms,
        "state": "judged",
        "meaning": meaning,
        "judged": meaning,
        "judge": "local/1",
        "said": "",
        "why": "",
        "confidence": 0.95,
        "score": score,
        "revision": 1,
        "sought": "",
        "told": msgspec.json.encode(record).decode(),
    }
