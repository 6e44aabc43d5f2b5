"""The commands of people's rights read their words, and end in a sentence where they cannot."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from roomtone.rights import people_app


def test_consent_is_said_and_shown_without_a_server(tmp_path: Path) -> None:
    """In a data folder that nobody has open."""
    (tmp_path / "journal").mkdir()
    folder = ["--data", str(tmp_path), "--json"]

    said = CliRunner().invoke(people_app, ["consent", "ann", "--training", "yes", *folder])
    shown = CliRunner().invoke(people_app, ["consent", "ann", *folder])

    assert said.exit_code == 0, said.output
    assert json.loads(shown.output)["purposes"]["training"]["granted"]


def test_a_word_that_is_neither_yes_nor_no_is_a_usage_error() -> None:
    """Nothing is guessed of rights."""
    result = CliRunner().invoke(people_app, ["consent", "ann", "--training", "maybe"])

    assert result.exit_code == 2 and "yes or no" in result.output


def test_a_name_that_no_event_can_have_is_a_usage_error(tmp_path: Path) -> None:
    """A terminal may give bytes that are no text; nobody is asked of them."""
    for name in ("", "caf\udce9"):
        for command in ("consent", "erase", "readmit"):
            result = CliRunner().invoke(people_app, [command, "--data", str(tmp_path), "--", name])
            assert result.exit_code == 2 and "UTF-8" in result.output, result.output
