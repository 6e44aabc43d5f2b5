"""A look into memory is measured by what its sender told of it."""

from __future__ import annotations

import pytest

from roomtone.heard import Recalled
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
