"""The benchmark of redaction reads its sentences right, and the rules keep what they reached."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.redaction")


def test_marks_are_read(bench: ModuleType) -> None:
    """The text without them, and where their values stand."""
    assert bench.marked("to {email|a@b.com}, {phone|1}") == ("to a@b.com, 1", (
        (3, 10, "email"), (12, 13, "phone"),
    ))  # fmt: skip


def test_a_finding_counts_where_it_covers_the_whole_value(bench: ModuleType) -> None:
    """Half a value is left, and no right finding."""
    sentence = bench.marked("to {email|a@b.com} now")

    assert bench.scored([sentence], lambda text: [(3, 10, "email")])["all"] == (1, 1, 1, 0)
    assert bench.scored([sentence], lambda text: [(3, 6, "email")])["all"] == (0, 1, 1, 1)
    assert bench.scored([sentence], lambda text: [(3, 10, "phone")])["all"] == (0, 1, 1, 0)


def test_rules_keep_what_they_reached(bench: ModuleType) -> None:
    """On both halves of the labelled sentences."""
    known = bench.scored(bench.templates(), bench.ours)["all"]
    held = bench.scored(bench.held_out(), bench.ours)["all"]

    assert known.right == known.found == known.labelled > 100
    assert held.right >= 0.95 * held.found and held.right >= 0.95 * held.labelled > 100
