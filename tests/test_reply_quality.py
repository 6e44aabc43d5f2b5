"""The documents' quality of a reply is theirs to the digit, between .4 and .9."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.reply_quality import v1, v2

SECONDS = st.none() | st.floats(0, 1e6)
SHARES = st.none() | st.floats(0, 1)
COUNTS = st.none() | st.integers(0, 200)
WORDS = st.integers(0, 300)


def words(count: int) -> str:
    """A reply of so many."""
    return "word " * count


@given(WORDS, SECONDS, SHARES, COUNTS)
def test_it_lies_between_two_and_nine_tenths(
    count: int, seconds: float | None, confidence: float | None, memories: int | None
) -> None:
    """.40 to .90; with penalties .20 to .90, and never above what it is without."""
    told = {"seconds": seconds, "confidence": confidence, "memories": memories}
    plain = v1(words(count), **told)  # type: ignore[arg-type]
    strict = v1(words(count), **told, penalties=True)  # type: ignore[arg-type]

    assert 0.4 <= plain <= 0.9
    assert 0.2 <= strict <= plain


def test_both_ends_are_reached() -> None:
    """Neither bound is a word only."""
    best = v1(words(20), seconds=0.5, confidence=1.0, memories=5)
    worst = v1("", seconds=9.0, confidence=0.0, memories=0)
    strict = v1("", seconds=9.0, confidence=0.0, memories=0, penalties=True)

    assert (best, worst, strict) == (0.9, 0.4, 0.2)


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ({"count": 19}, 0.5),
        ({"count": 20}, 0.6),
        ({"count": 100}, 0.6),
        ({"count": 101}, 0.5),
        ({"seconds": 0.49}, 0.5),
        ({"seconds": 0.5}, 0.6),
        ({"seconds": 3.0}, 0.6),
        ({"seconds": 3.1}, 0.5),
        ({"memories": 0}, 0.5),
        ({"memories": 1}, 0.6),
        ({"memories": 5}, 0.6),
        ({"memories": 6}, 0.5),
        ({"confidence": 0.5}, 0.5),
        ({"confidence": 0.9}, 0.58),
        ({"confidence": 0.25}, 0.45),
        ({"count": 9, "penalties": True}, 0.4),
        ({"count": 10, "penalties": True}, 0.5),
        ({"count": 10, "seconds": 5.0, "penalties": True}, 0.5),
        ({"count": 10, "seconds": 5.1, "penalties": True}, 0.4),
    ],
)
def test_each_edge_is_where_the_documents_have_it(said: dict[str, float], score: float) -> None:
    """20 to 100 words, .5 to 3 s, 1 to 5 memories, and a fifth of the confidence above a half."""
    count = int(said.pop("count", 10))

    assert v1(words(count), **said) == score  # type: ignore[arg-type]


def test_a_reply_that_nobody_answered_has_none_of_ours() -> None:
    """Unknown is not bad."""
    assert v2(None) is None
