"""The shapes of what is told of reactions are held, and a person's word has no other words."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from roomtone import verdicts
from roomtone.web import reaction_models as models


def test_there_are_four_meanings_everywhere() -> None:
    """What a page may be sent is what an event may hold."""
    assert get_args(models.Meaning) == get_args(verdicts.Meaning)


def test_a_word_is_held_to_its_names() -> None:
    """A misspelt name is refused rather than passed over."""
    assert models.Word.model_validate({"meaning": "RATING"}).by == "dashboard"
    for body in ({"meening": "RATING"}, {"meaning": "LIKE"}, {"accept": True, "by": ""}):
        with pytest.raises(ValidationError):
            models.Word.model_validate(body)
