"""Talk in which nothing was asked for is made by rule out of what may be learnt from."""

from __future__ import annotations

import gzip
import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LONG = "we had a rather long discussion about that in the end"


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training.unasked")


def test_a_meeting_is_its_turns_without_nods_and_what_was_broken_off(unasked: ModuleType) -> None:
    """What one says in a row is one turn, though others nod meanwhile."""
    acts = [
        ("ann", "s", "uh so i went ."),
        ("bob", "b", "yeah ."),
        ("ann", "s.%--", "and th- - =="),
    ]
    acts += [("ann", "s^aa", "right ."), ("bob", "qw^rt", "where ?")]

    assert unasked.meeting(iter(acts)) == [
        ("ann", "So I went. Right.", False),
        ("bob", "Where?", True),
    ]


def test_after_a_question_nothing_is_taken(unasked: ModuleType, tmp_path: Path) -> None:
    """Its answer may be what was asked for."""
    head = "meeting, start, end, speaker, channel, da and what is not read here\n"
    turns = [("a", "s"), ("b", "s"), ("a", "s"), ("b", "s"), ("a", "qw"), ("b", "s"), ("a", "s")]
    lines = [
        f"M\t0\t1\t{who}\tc\t{act}\t\t\t\t\t{n} {LONG}\n" for n, (who, act) in enumerate(turns)
    ]
    (tmp_path / "mrda_hotspots").mkdir()
    with gzip.open(tmp_path / unasked.MEETINGS, "wt") as file:
        file.writelines([head, *lines])
    made = list(unasked.meetings(tmp_path, ["❤️"]))

    assert {case["reply"][0] for case in made} == {"3", "4", "6"}
    assert all(case["meaning"] == "" and case["before"][-1][0] == "user" for case in made)


def test_a_talk_of_which_there_are_cases_is_left_out(unasked: ModuleType, tmp_path: Path) -> None:
    """So nothing of the frozen third comes back through another door."""
    known = next(row for row in unasked.rows() if row["source"] == "tiage" and unasked.frozen(row))
    new = ["we met at the port , last summer .", "i remember it well !", "it rained all day long ."]
    path = tmp_path / unasked.ACQUAINTED
    path.parent.mkdir(parents=True)
    talks = {"1": [*new, known["reply"]], "2": new}
    path.write_text(json.dumps({key: [[text, "0"] for text in of] for key, of in talks.items()}))
    made = list(unasked.acquainted(tmp_path, ["❤️"]))

    assert [case["reply"] for case in made] == ["it rained all day long."]


def test_what_is_kept_is_no_rating_and_no_frozen_talk(unasked: ModuleType) -> None:
    """The file is of these two sources, names no meaning, and shares no message with the cases."""
    kept = unasked.rows(unasked.UNASKED)
    theirs = {unasked.bare(row["reply"]) for row in unasked.rows()}

    assert {row["source"] for row in kept} == {"meetings", "smalltalk"} and len(kept) > 800
    assert not any(row["meaning"] for row in kept)
    assert not any(len(text) > unasked.TELLING and text in theirs
                   for text in (unasked.bare(row["reply"]) for row in kept))  # fmt: skip
