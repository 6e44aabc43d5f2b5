"""The commands of training data stand beside the others, and cost nothing unread."""

import subprocess
import sys

from typer.testing import CliRunner

from roomtone.__main__ import app

HEAVY = ("numpy", "uvicorn", "pydantic", "pyarrow", "rich.progress")


def test_they_are_commands_like_any_other() -> None:
    """In the listing of all, and each with its own help."""
    listed = CliRunner().invoke(app, ["--help"]).stdout
    for word in ("export", "train", "datasets"):
        assert f" {word} " in listed
    for words in (
        ["export"],
        ["train"],
        ["datasets", "list"],
        ["datasets", "show"],
        ["datasets", "delete"],
    ):
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def test_what_they_do_is_loaded_when_they_are_run() -> None:
    """So that `--help` is instant."""
    code = "import sys, roomtone.teaching; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()

    assert "roomtone.teaching" in loaded
    assert [name for name in HEAVY if name in loaded] == []
