"""A look into memory is measured by what its sender told of it."""

from __future__ import annotations

import pytest

from roomtone.heard import Looked, Recalled
from roomtone.signals.recall import Recall
from tests.signals.turned import heard


def test_found_memories_are_counted_and_their_nearness_is_meant() -> None:
    """Two of three have the same id: a third of them is repeated."""
    found = [Recalled(similarity=s, id=i) for s, i in ((0.9, "a"), (0.6, "b"), (0.3, "a"))]
    (row,) = Recall().update(heard(memories=found, retrieval_time_ms=12.5))

    assert row.fields == pytest.approx(
        {
            "memory_count": 3,
            "avg_similarity": 0.6,
            "best_similarity": 0.9,
            "repeated": 1 / 3,
            "retrieval_time_ms": 12.5,
        }
    )


def test_nothing_found_is_a_count_of_none_and_nobody_looking_is_no_row() -> None:
    """An empty list was a look; no list was none."""
    (row,) = Recall().update(heard(memories=[]))

    assert row.fields == {"memory_count": 0}
    assert list(Recall().update(heard(message="hi"))) == []


def test_what_became_of_a_recall_is_measured_where_it_is_known() -> None:
    """Shares as they were found; what the turn itself told of its memories goes before ours."""
    looked = Looked(
        memories=[Recalled(similarity=0.4, id="x")],
        retrieval_time_ms=3.0,
        used=0.5,
        stale=0.0,
        contradicted=0.25,
    )
    turn = heard(message="hi")
    turn.looked = looked
    (row,) = Recall().update(turn)
    own = heard(memories=[Recalled(similarity=0.9), Recalled(similarity=0.7)])
    own.looked = looked
    (told,) = Recall().update(own)

    assert row.fields == pytest.approx(
        {
            "memory_count": 1,
            "avg_similarity": 0.4,
            "best_similarity": 0.4,
            "repeated": 0,
            "retrieval_time_ms": 3.0,
            "used": 0.5,
            "stale": 0.0,
            "contradicted": 0.25,
        }
    )
    assert told.fields["memory_count"] == 2 and told.fields["used"] == 0.5


def test_a_rehearsal_is_an_estimate_and_what_was_told_goes_before_it() -> None:
    """It never poses as what the bot had."""
    played = Looked(
        memories=[Recalled(similarity=0.4, id="x")], retrieval_time_ms=3.0, used=1.0, stale=0.0
    )
    (row,) = Recall().update(heard(message="hi", rehearsed=played))
    (told,) = Recall().update(
        heard(message="hi", rehearsed=played, memories=[Recalled(similarity=0.9)])
    )

    assert row.texts["source"] == "estimate"
    assert (row.fields["memory_count"], row.fields["used"]) == (1, 1)
    assert row.fields["retrieval_time_ms"] == 3
    assert (told.texts["source"], told.fields["avg_similarity"]) == ("measured", 0.9)
    assert "used" not in told.fields
