"""`roomtone train --dry-run` says what can be learnt, in words and as JSON, and keeps nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomtone.errors import BadEvent
from roomtone.runtime import trial_commands
from roomtone.runtime.trial_commands import train
from tests.runtime.test_trial import folder


@pytest.fixture(autouse=True)
def trl(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes ten seconds to load; tests/exports/test_loaders.py asks it."""
    told = {"looked": True, "rows": {"train": 40}, "columns": [], "conversational": True}
    monkeypatch.setattr(trial_commands, "with_trl", lambda folder: told)


def test_it_says_what_can_be_learnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside what is known without learning, and what to type to train on it."""
    train(folder(tmp_path, "kto"), dry_run=True, as_json=False)
    said = capsys.readouterr().err

    assert "whether people liked a reply: accuracy 1" in said
    assert "trl kto --model_name_or_path MODEL" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "manifest.json"]


def test_it_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same numbers."""
    train(folder(tmp_path, "dpo"), dry_run=True, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert (told["kind"], told["better"], told["rows"]) == ("better", True, {"train": 40})
    assert told["command"].startswith("trl dpo") and told["trl"]["looked"] is True


def test_it_trains_nothing_to_keep(tmp_path: Path) -> None:
    """That is a trainer's work."""
    with pytest.raises(BadEvent, match="--dry-run"):
        train(tmp_path, dry_run=False, as_json=False)
