"""What commands share is read the same everywhere, and what cannot be read is a usage error."""

import pytest
import typer

from roomtone.options import parse_columns, parse_speed


def test_columns_are_pairs() -> None:
    """Fields and columns with `=` between them; none at all is none."""
    assert parse_columns("user=author, text = message") == {"user": "author", "text": "message"}
    assert parse_columns(None) is None
    for odd in ("user", "user=", "=author", ""):
        with pytest.raises(typer.BadParameter, match="FIELD=COLUMN"):
            parse_columns(odd)


def test_a_speed_is_a_number_above_nothing() -> None:
    """Or as fast as it goes."""
    assert parse_speed("2.5") == 2.5
    assert parse_speed("max") is None
    for odd in ("0", "-1", "inf", "nan", "fast"):
        with pytest.raises(typer.BadParameter, match="above 0"):
            parse_speed(odd)
