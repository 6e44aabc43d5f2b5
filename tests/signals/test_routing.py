"""A message is routed by its words, and judged by what was found."""

from __future__ import annotations

import pytest

from roomtone.heard import Looked, Recalled
from roomtone.signals.routing import Routing, route
from tests.signals.turned import heard


@pytest.mark.parametrize(
    ("message", "kind", "strategy"),
    [
        ("What is the name of that book?", "content_semantic", "primary"),
        ("I feel lonely and sad", "emotional_context", "primary"),
        ("Why do people believe in ideas?", "semantic_conceptual", "primary"),
        ("Do you remember what I said last week?", "temporal_chronological", "temporal"),
        ("Tell me why I feel this", "hybrid_multi", "weighted"),
        ("Ok.", "hybrid_multi", "balanced"),
    ],
)
def test_each_kind_of_question_has_its_route(message: str, kind: str, strategy: str) -> None:
    """By the shares of the weighted words; words of time go first."""
    chosen = route(message)

    assert (chosen.query_type, chosen.strategy) == (kind, strategy)
    assert sum(chosen.weights) == pytest.approx(1.0, abs=1e-3)


def test_a_choice_is_right_where_it_was_sure_and_found_something_near() -> None:
    """Without memories nobody knows."""
    sure = "I feel lonely and sad"
    found, poor, unknown = (
        Routing().update(heard(message=sure, memories=memories))[0]
        for memories in ([Recalled(similarity=0.9)], [Recalled(similarity=0.2)], None)
    )

    assert found.fields["classification_accurate"] == 1
    assert poor.fields["classification_accurate"] == 0
    assert "classification_accurate" not in unknown.fields
    assert found.tags["primary_vector"] == "emotion"


def test_a_book_is_not_read_to_its_end() -> None:
    """The cost has a bound: words behind the first 2,000 characters count for nothing."""
    assert route("hm " * 1000 + "I feel sad").strategy == "balanced"


def test_a_choice_is_judged_by_what_the_answer_drew_on() -> None:
    """Where that is known: a near memory that was of no use was no good find."""
    turn = heard(message="I feel lonely and sad", memories=[Recalled(similarity=0.9)])
    turn.looked = Looked(used=0.0)
    (row,) = Routing().update(turn)
    turn.looked = Looked(used=1.0)
    (good,) = Routing().update(turn)

    assert (row.fields["results_quality"], row.fields["classification_accurate"]) == (0.0, 0.0)
    assert (good.fields["results_quality"], good.fields["classification_accurate"]) == (1.0, 1.0)
