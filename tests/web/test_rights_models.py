"""The shapes of what people may ask for hold what they say."""

from __future__ import annotations

import pydantic
import pytest

from roomtone.web.rights_models import Word


def test_a_word_takes_no_other_purpose() -> None:
    """A mistake in a name must not be taken for silence."""
    assert Word(training=False).training is False
    with pytest.raises(pydantic.ValidationError):
        Word.model_validate({"trainning": False})
