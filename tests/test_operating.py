"""The commands of whoever operates a server stand beside the others, and cost nothing unread."""

import subprocess
import sys

from typer.testing import CliRunner

from roomtone.__main__ import app
from roomtone.operating import operating_app

HEAVY = ("numpy", "uvicorn", "pydantic", "asyncpg", "redis")


def test_they_are_commands_like_any_other() -> None:
    """In the listing of all, and each with its own help."""
    listed = CliRunner().invoke(app, ["--help"]).stdout
    for word in ("doctor", "backup", "restore", "config", "serve"):
        assert f" {word} " in listed
    for words in (["doctor"], ["backup"], ["restore"], ["config", "show"]):
        assert CliRunner().invoke(operating_app, [*words, "--help"]).exit_code == 0


def test_what_they_do_is_loaded_when_they_are_run() -> None:
    """So that `--help` is instant."""
    code = "import sys, roomtone.operating, roomtone.options; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()

    assert "roomtone.operating" in loaded
    assert [name for name in HEAVY if name in loaded] == []
