"""What is set of people's rights is set on the careful side."""

from __future__ import annotations

import pydantic
import pytest

from roomtone.runtime.config_kept import Consent, Training


def test_nobody_is_learnt_from_unasked() -> None:
    """Until somebody sets it so, by its long name."""
    assert not Training().assume_consent and Consent().ask == []


def test_only_two_purposes_can_be_asked_for() -> None:
    """Training is asked for anyway."""
    with pytest.raises(pydantic.ValidationError):
        Consent.model_validate({"ask": ["training"]})
