"""Memories that a question's words point to, where vectors miss them; and where those stand."""

from __future__ import annotations

from roomtone.records import Memory
from roomtone.retrieval import told
from roomtone.stems import stems

WORDS, EACH = 3, 16
"""How many words of a question are looked up, the longest, and how many memories of each."""

MOST = 5
"""How many of those that no vector found are weighed: as many as can be recalled."""

RANKED_CHARS = 500
"""How much of a memory's texts is looked through for the question's words."""


def longest(question: str) -> list[str]:
    """The question's longest words, as they are looked up.

    On LoCoMo they bring what 80 nearest have of the evidence from .70 to .80 among the first ten.

    >>> longest("Did the adoption of trumpet players?")
    ['adoption', 'trumpet', 'play']
    """
    words = {one for one in stems(question) if len(one) > 2}
    return sorted(words, key=lambda word: (-len(word), word))[:WORDS]


def both(memory: Memory) -> str:
    """What was said and answered: the text that the vector `semantic` is made of."""
    return f"{memory.content}\n{memory.response}".strip()


def matched(content: str, response: str, when: str) -> str:
    """The text in which the question's words are looked for."""
    return told(content[:RANKED_CHARS], when=when, answer=response[:RANKED_CHARS])
