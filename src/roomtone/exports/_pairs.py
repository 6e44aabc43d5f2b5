"""Two replies to one message, of which one is better: by ratings, or as it was put right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from roomtone.exports._dialogue import Reply, replies
from roomtone.exports._ratings import Rated, Ratings
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions


class Pair(NamedTuple):
    """What is better and what is worse as a reply to the same."""

    reply: Reply
    chosen: str
    rejected: str


def pairs(
    conversation: KeptConversation, options: ExportOptions, excluded: Excluded
) -> Iterator[Pair]:
    """Of each reply that had several texts: the best against each that is worse.

    The last text is the best, as people let it stand, unless it was rated badly; then it is the
    last one that was rated well. Worse is what was replaced, unless it was rated well.
    """
    ratings = Ratings(conversation, options, excluded)
    for reply in replies(conversation, options, excluded, ratings.turns):
        texts = ratings.of(reply)
        if len(texts) < 2:
            continue
        if any(one.both for one in texts):
            excluded.add("contradictory", conversation.id)
            continue
        best = _best(texts)
        if best is None:
            excluded.add("disliked", conversation.id)
            continue
        for one in texts:
            if one is best:
                continue
            why = _unpaired(best, one, reply)
            if why:
                excluded.add(why, conversation.id)
            else:
                yield Pair(reply, best.text.content, one.text.content)


def _best(texts: list[Rated]) -> Rated | None:
    if texts[-1].good is not False:
        return texts[-1]
    return next((one for one in reversed(texts) if one.good), None)


def _unpaired(best: Rated, other: Rated, reply: Reply) -> str:
    """Why these two are no pair; "" where they are one."""
    better, worse = best.text, other.text
    if other.good:
        return "contradictory"
    if better.content.split() == worse.content.split():
        return "same_text"
    shown = worse.content.rstrip(" .…▌█_|")
    if worse.why == "edited" and better.content.startswith(shown):
        return "unfinished"
    changed = reply.question.edited_ms
    if changed is not None and changed > min(better.since_ms, worse.since_ms):
        return "question_changed"
    return ""
