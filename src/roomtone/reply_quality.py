"""How good a reply is as something to learn from: by the documents' formula, and by ours."""

from __future__ import annotations

BASE, STEP, SURE = 0.5, 0.1, 0.2
"""Where a reply begins, what each of three bounds adds or takes, and the weight of confidence."""

WORDS, SECONDS, MEMORIES = (20, 100), (0.5, 3.0), (1, 5)
"""What is best: how many words, how long it took, how many memories it could draw on."""

FEW_WORDS, SLOW_S = 10, 5.0
"""Below and above which the documents' code takes something off, though their text does not."""


def v1(
    reply: str,
    *,
    seconds: float | None = None,
    confidence: float | None = None,
    memories: int | None = None,
    penalties: bool = False,
) -> float:
    """The documents' quality of a reply, .4 to .9; .2 to .9 with `penalties`.

    .5, and .1 for 20 to 100 words, .1 for an answer within .5 to 3 seconds, .1 for 1 to 5 memories
    recalled, and .2 (confidence - .5) of the emotion read in the message that it answers; what is
    not known adds nothing. `penalties` takes .1 off for fewer than 10 words, and .1 for more than 5
    seconds. A message of a person has no such quality.

    >>> good = " ".join(["word"] * 20)
    >>> v1(good, seconds=1.0, confidence=1.0, memories=1), v1(good), v1("Ok.")
    (0.9, 0.6, 0.5)
    >>> v1("Ok.", seconds=9.0, confidence=0.0, memories=0)
    0.4
    >>> v1("Ok.", seconds=9.0, confidence=0.0, memories=0, penalties=True)
    0.2
    """
    words = len(reply.split(None, WORDS[1]))  # a book is not counted to its end
    score = BASE + STEP * (WORDS[0] <= words <= WORDS[1])
    if seconds is not None:
        score += STEP * (SECONDS[0] <= seconds <= SECONDS[1])
    if confidence is not None:
        score += SURE * (confidence - 0.5)
    if memories is not None:
        score += STEP * (MEMORIES[0] <= memories <= MEMORIES[1])
    if penalties:
        score -= STEP * (words < FEW_WORDS)
        score -= STEP * (seconds is not None and seconds > SLOW_S)
    return round(min(1.0, max(0.0, score)), 4)


def anew(score: float | None, before: str, now: str) -> float | None:
    """The documents' quality of a reply that says something else now: its length alone is new.

    Without the penalties, which who keeps it does not know of.

    >>> anew(0.6, "Who?", "word " * 30), anew(None, "", "Hm."), anew(0.7, "word " * 30, "Hm.")
    (0.7, None, 0.6)
    """
    return None if score is None else round(score + v1(now) - v1(before), 4)


def v2(content: float | None) -> float | None:
    """Our quality of a reply, 0 to 1: how content its person is with it, by what they say next.

    `content` is the next message's `satisfaction_score` in `conversation_quality`, by the formula
    that holds against people, whichever is written. It is known one turn later; until then, and of
    a reply that nobody answered, nothing is known. Nothing in it is fitted.

    >>> v2(0.83), v2(None)
    (0.83, None)
    """
    return content
