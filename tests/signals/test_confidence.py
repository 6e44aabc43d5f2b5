"""Confidence is written of what is known, and its mean over that alone."""

from __future__ import annotations

import pytest

from roomtone.heard import Context, Recalled
from roomtone.signals.confidence import Confidence
from tests.signals.turned import heard, pair, read


def test_all_four_make_the_overall_one() -> None:
    """Facts from what was recalled, closeness, context, mood: equal weights."""
    one = heard(
        memories=[Recalled(similarity=0.5)] * 2,
        context=Context(confidence=0.8),
        user_emotion=read("joy", confidence=0.9),
    )
    (row,) = Confidence().update(one)

    assert row.fields == pytest.approx(
        {
            "user_fact_confidence": 0.5,
            "relationship_confidence": 0.7,
            "context_confidence": 0.8,
            "emotional_confidence": 0.9,
            "overall_confidence": 0.725,
        }
    )
    assert row.texts["source"] == "heuristic"


def test_what_nobody_told_is_absent() -> None:
    """No half for want of knowledge; and no row where nothing at all is known."""
    (row,) = Confidence().update(heard(user_emotion=read("joy", confidence=0.4)))
    nobody = pair(trust=None, affection=None, attunement=None)

    assert set(row.fields) == {
        "relationship_confidence",
        "emotional_confidence",
        "overall_confidence",
    }
    assert list(Confidence().update(heard(nobody))) == []
