"""What became of recalled memories: used in the answer, stale, told twice, contradicted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from roomtone.emotions import group
from roomtone.memories import MOST_CHARS, is_stale
from roomtone.records import Memory

ALIKE = 0.8
"""The share of words in common (of all in either) from which on two memories say the same."""

DREW_ON = 0.2
"""The share of a memory's own words in the answer from which on the answer drew on it. Words that
the message had already say nothing."""

_WORD = re.compile(r"[^\W_]{3,}")
_COMMON_WORDS = (
    "the and you that was for are with his they this have from one had not but what all were when "
    "your can said there use each which she how their will other about out many then them these "
    "some her would make like him into time has look two more see could than been its now did get "
    "may our just know take people year good very much really think want also well even because "
    "any give day most too here why who let say going got something thing things yes yeah okay "
    "don doesn didn isn aren wasn couldn wouldn called named"
)
_COMMON = frozenset(_COMMON_WORDS.split())


class LookBack(NamedTuple):
    """Shares, 0 to 1, of the memories that were recalled for a turn; who was used, by id."""

    used: float | None
    stale: float
    repeated: float
    contradicted: float
    drew_on: tuple[str, ...]


def words(text: str) -> frozenset[str]:
    """The words of a text that say something, in small letters.

    >>> sorted(words("And my dog Rex was very ill"))
    ['dog', 'ill', 'rex']
    """
    return frozenset(_WORD.findall(text[:MOST_CHARS].casefold())) - _COMMON


def drew_on(memory: Memory, message: str, reply: str) -> bool:
    """Whether an answer says something that is in the memory and not in the message.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> rex = Memory(id="1", bot="b", user="u", at=at, content="My dog is called Rex")
    >>> drew_on(rex, "Guess who is ill", "Oh no, not Rex! Is he eating?")
    True
    >>> drew_on(rex, "My dog Rex is ill", "Poor dog. Poor Rex.")
    False
    """
    own = words(memory.content) - words(message)
    if not own:
        return False
    said = own & words(reply)
    return len(said) >= 3 or len(said) >= max(1.0, DREW_ON * len(own))


def look_back(
    memories: Sequence[Memory], message: str | None, reply: str | None, now: datetime
) -> LookBack | None:
    """How good what was recalled was for this turn; None where nothing was. `used` is None where
    there is no answer that could have drawn on it."""
    if not memories:
        return None
    many = len(memories)
    used = None
    on: tuple[str, ...] = ()
    if reply:
        on = tuple(one.id for one in memories if drew_on(one, message or "", reply))
        used = len(on) / many
    return LookBack(
        used=used,
        stale=sum(is_stale(one, now) for one in memories) / many,
        repeated=len(_repeated(memories)) / many,
        contradicted=len(contradicted(memories)) / many,
        drew_on=on,
    )


def congruence(side: str, felt: Sequence[str]) -> float | None:
    """The share, 0 to 1, of pleasant and unpleasant feelings of memories that are on this side.

    `side` is "positive" or "negative"; of any other, and where nothing was felt, None. What is
    recalled beside all that was found tells whether recall leans: a sad question that brings back
    only sad memories makes it worse.
    """
    if side not in ("positive", "negative"):
        return None
    sides = [group(emotion) for emotion in felt if emotion]
    told = [one for one in sides if one in ("positive", "negative")]
    return round(told.count(side) / len(told), 4) if told else None


def _repeated(memories: Sequence[Memory]) -> list[Memory]:
    """Those that say what one before them says."""
    seen: list[frozenset[str]] = []
    repeats = []
    for memory in memories:
        own = words(memory.content) or frozenset((memory.content.casefold(),))
        if any(len(own & one) >= ALIKE * len(own | one) for one in seen):
            repeats.append(memory)
        seen.append(own)
    return repeats


def told(memory: Memory) -> dict[str, str]:
    """What a memory says of its person, by what it is about."""
    return {
        name.removeprefix("fact "): str(value)
        for name, value in memory.metadata.items()
        if name.startswith("fact ")
    }


def contradicted(memories: Sequence[Memory]) -> list[Memory]:
    """Those that say something else of the person than one said later does, or were replaced."""
    latest: dict[str, tuple[datetime, str]] = {}
    for memory in memories:
        for name, value in told(memory).items():
            if name not in latest or memory.at >= latest[name][0]:
                latest[name] = (memory.at, value)
    return [
        one
        for one in memories
        if one.superseded_by or any(latest[name][1] != value for name, value in told(one).items())
    ]
