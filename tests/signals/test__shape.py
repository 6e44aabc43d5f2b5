"""Measurements of turns share their tags and say whence they are."""

from __future__ import annotations

from roomtone.runtime import plugins


def test_all_measurements_of_turns_have_whose_and_whence() -> None:
    """Bot and person as tags; session and source as texts; no name twice."""
    declared = [one for signal in plugins.turn_signals() for one in signal.measurements]

    assert len({one.name for one in declared}) == len(declared)
    for one in declared:
        assert one.tags[:2] == ("bot", "user_id")
        assert {"session_id", "source"} <= one.texts.keys()
        assert one.numbers
