"""Only a rating is feedback; the rest has rows of its own, and zeros only on request."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.opinions import Opinion
from roomtone.signals.feedback import ENGAGED, FEEDBACK, FELT, Feedback, coarse
from roomtone.verdicts import Reacted


def opinion(meaning: Any, **more: Any) -> Opinion:
    of = {"id": "r", "session": "s", "emoji": "😢", "ms": 0, "bot": "luna", "target_is": "bot"}
    of |= more.pop("of", {})
    told = {"confidence": 0.8, "satisfaction": 0.35, "score": 0.2, "weight": 0.5}
    told |= {"source": "model", **more}
    return Opinion(of=Reacted(**of), meaning=meaning, **told)


@pytest.mark.parametrize(
    ("meaning", "name"),
    [
        ("RATING", FEEDBACK.name),
        ("AGREEMENT", ENGAGED.name),
        ("CONVERSATIONAL", ENGAGED.name),
        ("EMOTIONAL", FELT.name),
    ],
)
def test_each_meaning_has_its_row(meaning: str, name: str) -> None:
    """One row, in one measurement, with everything that it declares and nothing else."""
    (point,) = Feedback().update(opinion(meaning))
    (declared,) = [one for one in Feedback.measurements if one.name == name]
    declared.check(point)

    assert point.measurement == name
    assert set(point.tags) == set(declared.tags)
    assert point.texts["meaning"] == meaning
    assert point.texts["source"] == "model"


def test_what_nobody_knows_gives_no_row() -> None:
    """Neither does the rating of a person's message."""
    assert Feedback().update(opinion(None)) == ()
    assert Feedback().update(opinion("RATING", of={"target_is": "other"})) == ()


def test_zeros_are_written_only_on_request() -> None:
    """As the documents' table has them: zeros for agreement and small talk, none for feelings."""
    seed = Feedback(zeros=True)
    _, zero = seed.update(opinion("AGREEMENT"))

    assert zero.measurement == "user_feedback"
    assert (zero.fields["satisfaction_score"], zero.fields["user_reaction_score"]) == (0.0, 0.0)
    assert len(seed.update(opinion("EMOTIONAL"))) == 1


def test_the_documents_example_is_mildly_negative() -> None:
    """They print a tear as NEGATIVE_MILD, where the ten types say sadness; both are kept."""
    (point,) = Feedback().update(opinion("EMOTIONAL"))

    assert (coarse("😢"), point.texts["reaction_type"]) == ("NEGATIVE_MILD", "SADNESS")
    assert point.fields["polarity"] < 0
