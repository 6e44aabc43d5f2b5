"""What is set of who may ask is held against its rules."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from roomtone.runtime.config import Settings
from roomtone.runtime.loading import load


@pytest.mark.parametrize("rate", ["", "0/second", "1/fortnight", "many", "1 per second"])
def test_a_rate_is_a_number_in_a_span(rate: str) -> None:
    """Anything else is refused when it is set, not when it is first needed."""
    with pytest.raises(ValidationError):
        Settings(access={"rate": rate})


@pytest.mark.parametrize("lines", ["a b c d;e f g h", '["a b c d", "e f g h"]'])
def test_lines_come_from_the_environment(lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a semicolon between, or as JSON."""
    monkeypatch.setenv("ROOMTONE_ACCESS__KEYS", lines)

    assert load().access.keys == ["a b c d", "e f g h"]
