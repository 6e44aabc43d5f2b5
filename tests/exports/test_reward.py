"""A reply's score is its quality, and the row says what else is known of it."""

from __future__ import annotations

import msgspec

from roomtone.exports.reward import Reward
from tests.exported import exported, reaction, talk


def test_a_score_has_its_parts() -> None:
    """Both formulas, the person's stars as a share, and what people called it."""
    told = {1: {"quality_score": 0.8, "quality_v2": 0.6, "user_feedback": 4.0}}
    one = talk("Hi", "Hello!", told=told, reactions=[reaction()])
    (row,), _ = exported(Reward(), one)

    assert row.score == 0.8
    assert msgspec.to_builtins(row.parts) == {
        "quality_score": 0.8,
        "quality_v2": 0.6,
        "feedback": 0.75,
        "rated": True,
    }
    assert exported(Reward(), one, quality="v2")[0][0].score == 0.6


def test_poor_replies_teach_what_poor_is() -> None:
    """They have rows, whatever quality was asked for; what has no score has none."""
    told = {1: {"quality_score": 0.1}}
    rows, excluded = exported(Reward(), talk("a", "b", "c", "d", told=told), min_quality=0.9)

    assert [row.score for row in rows] == [0.1]
    assert excluded == {"unscored": 1}
