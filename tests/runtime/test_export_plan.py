"""A plan says what it is, stays what it is, and parts people, never rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.runtime.export_plan import Filters, part_of, plan_of, split_words

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SHARES = st.sampled_from(
    [{}, {"train": 1.0}, {"train": 0.9, "validation": 0.1}, {"train": 0.5, "test": 0.5}]
)


@given(st.text(), SHARES, st.integers())
def test_a_person_is_in_one_part_whatever_else_there_is(
    person: str, split: dict[str, float], seed: int
) -> None:
    """The part hangs on the person, the seed and the shares alone."""
    part = part_of(person, split, seed)

    assert part == part_of(person, dict(reversed(split.items())), seed)
    assert split.get(part, 0) > 0 or not split


def test_parts_are_as_large_as_asked_and_change_with_the_seed() -> None:
    """Of 10,000 people about nine tenths are in train."""
    split = {"train": 0.9, "validation": 0.1}
    first = [part_of(f"p{n}", split, 1) for n in range(10_000)]
    second = [part_of(f"p{n}", split, 2) for n in range(10_000)]

    assert 0.88 < first.count("train") / 10_000 < 0.92
    assert first != second


def test_times_are_fixed_when_it_is_planned() -> None:
    """What is made tomorrow by the same plan is the same."""
    plan = plan_of({"format": "sft", "filters": {"start": "-1d", "end": "2026-11-26"}}, NOW)

    assert plan.filters.start == "2026-11-25T12:00:00+00:00"
    assert plan.filters.sought()["end"] == datetime(2026, 11, 26, tzinfo=UTC)
    assert Filters(bot="").sought()["bot"] is None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"format": "sft", "filters": {"start": "soon"}},
        {"format": "sft", "filters": {"min_quality": 2}},
        {"format": "sft", "filters": {"colour": "red"}},
        {"format": "sft", "split": {"train": 0.5}},
        {"format": "sft", "split": {"dev": 1}},
        {"format": "sft", "limit": 0},
        {"format": "sft", "file": "exe"},
        {"format": "sft", "filters": {"trainable": False}},
        [],
    ],
)
def test_what_is_no_plan_is_refused_with_what_to_do(told: object) -> None:
    """One sentence, that ends in an action."""
    with pytest.raises(BadEvent, match=";"):
        plan_of(told, NOW)


def test_shares_are_read_as_they_are_typed() -> None:
    """And what is none is told how to be written."""
    assert split_words("train=.8, test=.2") == {"train": 0.8, "test": 0.2}
    for wrong in ("train", "train=x", "train=2", "train=.5", "dev=1"):
        with pytest.raises(BadEvent, match="train"):
            split_words(wrong)
