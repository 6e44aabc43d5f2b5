"""Conversations that people rated, as turns: FED, DSTC9, USS, Topical-Chat; none where missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

RATING = {"Poor": 1, "Not Good": 2, "Passable": 3, "Good": 4, "Excellent": 5}


class Said(NamedTuple):
    """A message, its reply, and what people said of the turn (None: nothing)."""

    message: str | None
    reply: str | None
    rating: float | None = None


class Rated(NamedTuple):
    """A conversation, what people said of it, and whose it is."""

    turns: list[Said]
    rating: float | None = None
    system: str = ""


def _lines(text: str) -> list[Said]:
    """Turns of lines that begin with User: or System:; a line without belongs to the one before."""
    said: list[tuple[bool, str]] = []
    for line in text.split("\n"):
        whose = re.match(r"(User|System):\s?(.*)", line)
        if whose:
            said.append((whose[1] == "User", whose[2]))
        elif line.strip() and said:
            said[-1] = (said[-1][0], f"{said[-1][1]} {line}")
    turns: list[Said] = []
    for is_user, words in said:
        if is_user or not turns or turns[-1].reply is not None:
            turns.append(Said(words, None) if is_user else Said(None, words))
        else:
            turns[-1] = turns[-1]._replace(reply=words)
    return turns


def _fed(data: Path, *, turns: bool) -> list[Rated]:
    """Of dialogues, or of the last turn of each context."""
    found = []
    for path in sorted((data / "fed").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            told = [r for r in one["annotations"]["Overall"] if isinstance(r, int | float)]
            if turns != ("response" in one) or not told:
                continue
            rating = float(np.mean(told))
            if turns:
                said = _lines(f"{one['context']}\n{one['response']}")
                found.append(Rated([*said[:-1], said[-1]._replace(rating=rating)]))
            else:
                found.append(Rated(_lines(one["context"]), rating))
    return found


def _dstc9(data: Path) -> list[Rated]:
    return [
        Rated(_lines(one["context"]), float(one["human (overall)"]), path.stem)
        for path in sorted((data / "dstc9_interactive").glob("*.json"))
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]


def _uss(data: Path, name: str) -> list[Rated]:
    """The user's lines with the mean of their ratings; the line on the whole dialogue left out."""
    path = data / f"uss/dataset/{name}.txt"
    found: list[Rated] = []
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.exists() else ():
        turns: list[Said] = []
        for line in filter(None, block.split("\n")):
            who, words, *_, last = line.split("\t")
            if who == "USER" and words != "OVERALL":
                told = [int(one) for one in last.split(",") if one.strip().isdigit()]
                turns.append(Said(words, None, float(np.mean(told)) if told else None))
            elif who != "USER" and turns and turns[-1].reply is None:
                turns[-1] = turns[-1]._replace(reply=words)
            elif who != "USER":
                turns.append(Said(None, words))
        found.append(Rated(turns))
    return [one for one in found if one.turns]


def _topical(data: Path) -> list[Rated]:
    """Each message as the reply to the one before; each of the two people is a bot once."""
    found = []
    for path in sorted((data / "topical_chat/conversations").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")).values():
            said = one["content"]
            turns = [
                Said(before["message"], now["message"], RATING.get(now["turn_rating"]))
                for before, now in pairwise(said)
            ]
            found += [Rated(turns[::2]), Rated(turns[1::2])]
    return [one for one in found if one.turns]


SETS: dict[str, Callable[[Path], list[Rated]]] = {
    "FED dialogues": lambda data: _fed(data, turns=False),
    "FED turns": lambda data: _fed(data, turns=True),
    "DSTC9 dialogues": _dstc9,
    "USS CCPE": lambda data: _uss(data, "CCPE"),
    "USS MWOZ": lambda data: _uss(data, "MWOZ"),
    "USS SGD": lambda data: _uss(data, "SGD"),
    "Topical-Chat turns": _topical,
}
