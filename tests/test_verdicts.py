"""A judge's word and a person's come back from the wire as they were, or are refused."""

from __future__ import annotations

import pytest

from roomtone.events import Event, check_names, decode, encode
from roomtone.verdicts import MOST_LINE, Line, Reacted, ReactionJudged, ReactionReview, Ruling

OF = Reacted(id="r_1", session="s", emoji="🙏🏽", ms=1_700_000_000_000, bot="luna", target="t1")


@pytest.mark.parametrize(
    "event",
    [
        ReactionJudged(
            session="s",
            of=OF,
            verdict=Ruling(meaning="RATING", probabilities={"RATING": 1.0}, score=1.0),
            reply="It is four.",
            before=[Line(who="user", text="What is two and two?")],
            latency_s=1.5,
        ),
        ReactionJudged(session="s", of=OF, why="target_unknown"),
        ReactionReview(session="s", of=OF, meaning="EMOTIONAL", by="ann"),
    ],
)
def test_a_word_on_a_reaction_survives_the_wire(event: Event) -> None:
    """With all that it was judged by."""
    assert decode(encode([event]))[0] == [event]


@pytest.mark.parametrize(
    "wrong",
    [
        b'"verdict":{"meaning":"LIKE"}',
        b'"verdict":{"confidence":1.2}',
        b'"verdict":{"probabilities":{"LIKE":0.5}}',
        b'"before":[{"who":"god","text":"x"}]',
        b'"reply":"%s"' % (b"x" * (MOST_LINE + 1)),
    ],
)
def test_what_cannot_be_is_refused(wrong: bytes) -> None:
    """No fifth meaning, no share above one, no text without a bound."""
    of = b'"of":{"id":"r","session":"s","emoji":"x","ms":1}'
    _, refused, _ = decode(b'{"type":"reaction_judged","session":"s",%s,%s}' % (of, wrong))

    assert len(refused) == 1


def test_names_within_are_looked_at() -> None:
    """A control character in the name of a bot would stand in a tag."""
    with pytest.raises(ValueError, match="control character"):
        check_names(
            ReactionJudged(session="s", of=Reacted(id="r", session="s", emoji="x", ms=1, bot="a\n"))
        )
