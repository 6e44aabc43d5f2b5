"""The benchmark of polls recounts from nothing, and would say so if the rooms counted wrongly."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from roomtone.events import Join, Leave, PollClosed, PollOpened, PollVote


def loaded() -> ModuleType:
    """The benchmark as a module, though it is no part of the package."""
    path = Path(__file__).parents[2] / "benchmarks" / "polls.py"
    spec = importlib.util.spec_from_file_location("polls_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["polls_benchmark"] = module
    spec.loader.exec_module(module)
    return module


polls = loaded()


def votes_file(folder: Path, name: str, votes: int) -> None:
    """Forty people vote on eight comments, again and again."""
    chance = random.Random(name)
    lines = ["ts,comment_id,voter_id,vote"]
    for second in range(votes):
        comment, voter = chance.randrange(8), chance.randrange(40)
        lines.append(f"{1_500_000_000 + second}.5,{comment},{voter},{chance.choice((-1, 0, 1))}")
    (folder / f"{name}.votes.csv").write_text("\n".join(lines) + "\n")


def test_the_recount_is_by_the_book() -> None:
    """Two of four present voted; of two polls one closes, and a vote goes with it."""
    said = [Join(session="s", user=user) for user in "abcd"]
    said += [PollOpened(session="s", poll="p"), PollOpened(session="s", poll="q")]
    said += [PollVote(session="s", user="a", poll="p", option=1)]
    said += [PollVote(session="s", user="a", poll="p", option=2)]
    said += [PollVote(session="s", user="b", poll="q", option=1)]
    assert polls.recount(said) == 0.5
    assert polls.recount([*said, PollClosed(session="s", poll="q")]) == 0.25
    assert polls.recount([*said, *(Leave(session="s", user=user) for user in "bcd")]) == 1.0


def test_rooms_of_any_votes_agree_with_the_recount(tmp_path: Path) -> None:
    """Two conversations of the same form as the real ones; another file is passed over."""
    votes_file(tmp_path, "one", 700)
    votes_file(tmp_path, "two", 400)
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")

    figures = polls.run(tmp_path)

    assert figures["conversations"] == 2 and figures["votes"] == 1_100
    assert figures["compared"] >= 20 and figures["revotes_in_data"] > 400
    assert figures["unequal"] == figures["moved_by_revotes"] == 0


def test_a_wrong_count_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One voter too many in one room is unequal at every comparison of that room."""
    votes_file(tmp_path, "one", 700)
    right = polls.participation

    def wrong(engine: object, now: int) -> dict[str, float]:
        return {name: share + 0.01 for name, share in right(engine, now).items()}

    monkeypatch.setattr(polls, "participation", wrong)

    figures = polls.run(tmp_path)

    assert figures["unequal"] == figures["compared"] > 0


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Skipped aloud, with what to do."""
    if os.environ.get("CI"):
        pytest.skip("where CI is set, missing data is a failure")
    assert polls.run(tmp_path) == {}
    assert "skipped" in capsys.readouterr().err
