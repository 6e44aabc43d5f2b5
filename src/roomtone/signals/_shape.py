"""What the measurements of turns have in common: whose they are, where, and who says so."""

from __future__ import annotations

from collections.abc import Mapping

from roomtone.points import Field, Measurement

SESSION_ID = Field("the session that the turn was said in", is_text=True)
SOURCE = Field("measured, model, store, heuristic, estimate or default", is_text=True)


def of_turns(
    name: str, meaning: str, fields: Mapping[str, Field], *, tags: tuple[str, ...] = ()
) -> Measurement:
    """A measurement that turns have: tags `bot`, `user_id` and more, its fields, and whence."""
    common = {"session_id": SESSION_ID, "source": SOURCE}
    return Measurement(name, meaning, ("bot", "user_id", *tags), {**fields, **common})


def share(meaning: str) -> Field:
    """A number from 0 to 1."""
    return Field(meaning, "1", 0, 1)


def word(meaning: str) -> Field:
    """A text."""
    return Field(meaning, is_text=True)
