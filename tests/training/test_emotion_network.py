"""What the network learnt is packed without loss that matters, and two readers are joined."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from roomtone.models import _minilm

ROOT = Path(__file__).parents[2]
RANK = 4


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it is no part of the package, and torch is not needed here."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training.emotion_network")


def learnt(chance: Any, base: _minilm.Base) -> dict[str, Any]:
    """A base after a training that changed everything a little."""
    out = {"n0_w": base.norm[0] + 0.01, "n0_b": base.norm[1] - 0.02}
    for i, layer in enumerate(base.layers):
        for part in _minilm.PARTS:
            wide, high = layer[part].shape
            out[f"{i}_{part}_A"] = chance.normal(size=(wide, RANK)).astype(np.float32)
            out[f"{i}_{part}_B"] = chance.normal(0, 0.01, (RANK, high)).astype(np.float32)
        for name in (one for one in layer if "." in one):
            out[f"{i}_{name.replace('.', '_')}"] = layer[name] + 0.03
    return out


def base(chance: Any) -> _minilm.Base:
    """The shape of a MiniLM eight numbers wide."""
    sizes = {part: (8, 8) for part in "qkvo"} | {"up": (8, 32), "down": (32, 8)}
    layers = []
    for _ in range(_minilm.LAYERS):
        layer = {part: chance.normal(size=size).astype(np.float32) for part, size in sizes.items()}
        layer |= {f"{part}.b": np.zeros(size[1], np.float32) for part, size in sizes.items()}
        layer |= {f"{norm}.{one}": np.ones(8, np.float32) for norm in ("n1", "n2") for one in "wb"}
        layers.append(layer)
    ones = np.ones(8, np.float32)
    return _minilm.Base(np.zeros((3, 8), np.int8), ones[:3], np.zeros((4, 8)), (ones, ones), layers)


def test_an_adapter_in_bytes_is_the_one_that_was_learnt(training: ModuleType) -> None:
    """What is added to each matrix is off by 2 % of its greatest number at most."""
    chance = np.random.default_rng(1)
    before = base(chance)
    made = learnt(chance, before)

    after = _minilm.adapted(before, training.adapter(made, before))

    for i, (old, new) in enumerate(zip(before.layers, after.layers, strict=True)):
        for part in _minilm.PARTS:
            true = made[f"{i}_{part}_A"] @ made[f"{i}_{part}_B"]
            assert np.abs(new[part] - old[part] - true).max() < 0.02 * np.abs(true).max()
        np.testing.assert_allclose(new["up.b"], old["up.b"] + 0.03, atol=1e-3)
    np.testing.assert_allclose(after.norm[1], before.norm[1] - 0.02, atol=1e-3)


def test_two_readers_and_their_labels_are_joined(training: ModuleType) -> None:
    """All that the product asks for is there, and both together are right where each errs."""
    chance = np.random.default_rng(1)
    y = (chance.random((3_000, 39)) < 0.2).astype(np.int8)
    one, two = [y * 3.0 - 1.5 + chance.normal(size=y.shape) for _ in range(2)]

    of = training.joined(one, two, y)
    told = training.said(one, two, of)

    assert {name: array.shape for name, array in of.items()} == {
        "network": (39,), "hashed": (39,), "shift": (39,), "levels": (3, 11), "cuts": (39,)
    }  # fmt: skip
    fine = slice(0, 28)
    errors = [((odds > 0) != y)[:, fine].mean() for odds in (one, two, told)]
    assert errors[2] < 0.9 * min(errors[:2])


def test_a_row_is_scored_by_what_its_fold_did_not_teach(training: ModuleType) -> None:
    """Changing a row's truth changes nothing by which it is scored, and all by which others are."""
    chance = np.random.default_rng(2)
    y = (chance.random((1_000, 39)) < 0.2).astype(np.int8)
    one, two = [y * 3.0 - 1.5 + chance.normal(size=y.shape) for _ in range(2)]
    scored = np.arange(400, 1_000)
    fold, before = training.folded(one, two, y, scored)
    changed = y.copy()
    changed[scored[fold == 0]] = 1 - changed[scored[fold == 0]]

    _, after = training.folded(one, two, changed, scored)

    same = [np.array_equal(a["cuts"], b["cuts"]) for a, b in zip(before, after, strict=True)]
    assert same == [True, False, False, False, False]
    assert sorted(np.bincount(fold)) == [120] * 5


def test_figures_of_chance_are_those_of_chance(training: ModuleType) -> None:
    """Readers that know nothing gain nothing by thresholds that were fitted to other rows."""
    chance = np.random.default_rng(3)
    y = (chance.random((2_000, 39)) < 0.2).astype(np.int8)
    one, two = [chance.normal(size=y.shape) for _ in range(2)]

    found = training.honest(one, two, y, np.arange(1_000, 2_000))

    # Who says every label always has a precision of .2 and a recall of 1.
    assert 0.25 < found["macro 28"] < 1 / 3
