"""How involved the people of a room are, learnt from people's own marks of involvement."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from roomtone.points import Column

# Weights of a logistic regression on 60-second windows of the ICSI meetings, where listeners
# marked the moments in which speakers were involved ("hot spots": Wrede and Shriberg, 2003; the
# marks as published with the MRDA corpus, CC BY 4.0). benchmarks/mrda.py learns them anew and
# judges them on meetings left out; its last line prints them.
BASE = -7.213
WEIGHTS = {
    "messages": 0.679,  # per natural logarithm of 1 + messages a minute
    "people": 0.064,  # per distinct person who wrote or spoke
    "turns": 0.603,  # per logarithm of 1 + changes of speaker a minute
    "words": 0.833,  # per logarithm of 1 + words a message
    "exclaims": 0.766,  # per logarithm of 1 + messages that do so, and likewise below
    "interjects": 0.180,
    "feels": 0.356,
    "denies": 0.243,
}

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INTERJECTION = re.compile(
    r"\b(?:oh+|ooh|ah+|aw+|ha|(?:ha){2,}|hey|wow|whoa|ugh|yay|gosh|omg|lol|lmao|rofl)\b", re.I
)
_FEELING = re.compile(
    r"\b(?:bad|good|great|nice|cool|lov(?:e|ed|ely|ing)|hat(?:e|ed|ing)|awful|terrible|horrible|"
    r"amazing|wonderful|beautiful|fantastic|excellent|perfect|crazy|weird|stupid|silly|nasty|"
    r"funny|fun|jok(?:e|ing)|kidding|laugh\w*|happy|sad|sorry|afraid|scar(?:y|ed)|worr(?:y|ied)|"
    r"excit(?:ed|ing)|annoy(?:ed|ing)|surpris(?:ed|ing)|interesting|hopeless|sucks?|damn|hell|god)\b",
    re.I,
)
_DENIAL = re.compile(r"\b(?:no|not|nope|never|\w+n['’]t)\b", re.I)


class Marks(NamedTuple):
    """What one message shows of its writer's involvement: its words, and which marks it bears."""

    words: int
    exclaims: bool
    interjects: bool
    feels: bool
    denies: bool


def marks(text: str) -> Marks:
    """Read the marks of one message; English, as the marks of involvement were.

    >>> marks("Oh no, that's a terrible idea!")
    Marks(words=6, exclaims=True, interjects=True, feels=True, denies=True)
    >>> marks("the second file is longer")
    Marks(words=5, exclaims=False, interjects=False, feels=False, denies=False)
    """
    return Marks(
        len(_WORD.findall(text)),
        "!" in text,
        _INTERJECTION.search(text) is not None,
        _FEELING.search(text) is not None,
        _DENIAL.search(text) is not None,
    )


def parts(
    messages: Column,
    people: Column,
    turns: Column,
    words: Column,
    exclaims: Column,
    interjects: Column,
    feels: Column,
    denies: Column,
) -> Column:
    """What the weights apply to, shape (rows, 8), in the order of `WEIGHTS`.

    All counts are of one minute: messages, distinct people who wrote or spoke, changes from one
    person to another, words of all messages together, and messages that bear each mark. Counts
    go through a logarithm, as in the engagement score: the second says more than the tenth.
    """
    marked = (exclaims, interjects, feels, denies)
    columns = [np.log1p(messages), people, np.log1p(turns)]
    columns += [np.log1p(words / np.maximum(messages, 1)), *(np.log1p(count) for count in marked)]
    return np.stack(columns, axis=1)


def involvement(
    messages: Column,
    people: Column,
    turns: Column,
    words: Column,
    exclaims: Column,
    interjects: Column,
    feels: Column,
    denies: Column,
) -> Column:
    """The chance, 0..1, that listeners would mark somebody in this minute as involved.

    A variant of the engagement score, learnt from people instead of set by hand. Arguments as in
    `parts`, each of shape (rows,), as is the result. A minute without a message has nobody in it
    to be involved, and scores 0.

    >>> quiet = [np.array([x]) for x in (3.0, 1.0, 0.0, 30.0, 0.0, 0.0, 0.0, 0.0)]
    >>> heated = [np.array([x]) for x in (30.0, 5.0, 20.0, 200.0, 2.0, 4.0, 3.0, 6.0)]
    >>> involvement(*quiet).round(2), involvement(*heated).round(2)
    (array([0.01]), array([0.74]))
    """
    found = parts(messages, people, turns, words, exclaims, interjects, feels, denies)
    logit = BASE + found @ np.array(list(WEIGHTS.values()))
    return np.where(messages > 0, 1 / (1 + np.exp(-logit)), 0.0)
