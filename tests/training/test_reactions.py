"""The labelled reactions hold together, and training finds what it should."""

from __future__ import annotations

import importlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.optimize import minimize

from roomtone.models.judge import Judge
from roomtone.reactions import MEANINGS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training.reactions")


def test_the_set_is_what_its_page_says(training: ModuleType) -> None:
    """Enough cases, all meanings, six languages and more, each case once, no label missing."""
    rows = training.rows()
    languages = Counter(row["language"] for row in rows)

    assert len(rows) >= 480 and len({row["id"] for row in rows}) == len(rows)
    assert Counter(row["meaning"] for row in rows).keys() == set(MEANINGS)
    assert sum(count >= 30 for count in languages.values()) >= 6
    page = (ROOT / "training/reactions/README.md").read_text(encoding="utf-8")
    also = [*training.rows(training.NINTH), *training.rows(training.UNASKED)]
    for source, count in Counter(row["source"] for row in (*rows, *also)).items():
        assert f"| `{source}` | {count} |" in page


def test_the_same_emoji_means_everything(training: ModuleType) -> None:
    """Hearts and thumbs occur in all four, so the emoji cannot be what is learnt."""
    meant = defaultdict(set)
    for row in training.rows():
        meant[row["emoji"].replace("\ufe0f", "")].add(row["meaning"])

    assert meant["❤"] == set(MEANINGS) and len(meant["👍"]) >= 3 and len(meant["😂"]) == 4


def test_a_dialogue_is_on_one_side(training: ModuleType) -> None:
    """The frozen third shares no dialogue, and no reply, with what is learnt from."""
    sides = defaultdict(set)
    for row in training.rows():
        sides[row["reply"]].add(training.frozen(row))

    assert all(len(side) == 1 for side in sides.values())
    share = np.mean([training.frozen(row) for row in training.rows()])
    assert 0.25 < share < 0.42


def test_the_fit_is_at_the_minimum(training: ModuleType) -> None:
    """The same loss as a general minimiser finds."""
    chance = np.random.default_rng(1)
    x, y = chance.normal(size=(30, 5)), chance.integers(0, 4, 30)

    def loss(flat: np.ndarray) -> float:
        weights = flat.reshape(5, 4)
        shares = training.softmax(x @ weights)
        return float(0.5 * (flat**2).sum() - 0.7 * np.log(shares[np.arange(30), y]).sum())

    found = loss(training.fit(x, y, 0.7).ravel())
    assert found == pytest.approx(minimize(loss, np.zeros(20)).fun, abs=1e-4)


def test_a_label_may_leave_open_which_of_three(training: ModuleType) -> None:
    """Then all that is learnt is that it is no rating, and each such case counts less."""
    chance = np.random.default_rng(3)
    x, y = chance.normal(size=(40, 5)), chance.integers(-1, 4, 40)
    open_ = y == training.OPEN

    def loss(flat: np.ndarray) -> float:
        weights = flat.reshape(5, 4)
        shares = training.softmax(x @ weights)
        known = np.log(shares[~open_, y[~open_]]).sum()
        others = np.log(1.0 - shares[open_, MEANINGS.index("RATING")]).sum()
        return float(0.5 * (flat**2).sum() - 0.7 * (known + training.SAYING * others))

    found = loss(training.fit(x, y, 0.7).ravel())
    assert open_.sum() > 3
    assert found == pytest.approx(minimize(loss, np.zeros(20)).fun, abs=1e-4)


def test_a_source_that_is_left_out_is_left_out_whole(training: ModuleType) -> None:
    """One hand, or one corpus, is one fold, whatever its parts are called."""
    sources = ("ours", "third", "author1", "tiage", "smalltalk", "fed")
    fold = training.by_source([{"source": one} for one in sources])

    assert fold[0] == fold[1] and fold[3] == fold[4] and len(set(fold)) == 4


def test_heat_makes_boasting_modest(training: ModuleType) -> None:
    """Odds that were stretched threefold are brought back."""
    chance = np.random.default_rng(2)
    odds = chance.normal(size=(4000, 4)) * 2
    y = np.array([chance.choice(4, p=p) for p in training.softmax(odds)])

    assert training.heat(odds * 3, y) == pytest.approx(3.0, rel=0.15)


def test_sure_is_from_where_it_is_mostly_right(training: ModuleType) -> None:
    """Nine of ten above the threshold are right, and one more step down they are not."""
    shares = np.array([[p, 1 - p, 0.0, 0.0] for p in (0.99, 0.98, 0.97, 0.7, 0.6)])

    assert training.least(shares, np.array([0, 0, 0, 1, 1])) == pytest.approx(0.97)
    assert training.least(shares, np.array([1, 1, 1, 1, 1])) == 1.0


def test_what_people_said_on_a_server_can_be_learnt_from(
    training: ModuleType, tmp_path: Path
) -> None:
    """A line of /v1/reactions/gold is a case like ours, and a hundred of them change a verdict."""
    case = {
        **{"id": "r", "emoji": "🦖", "reply": "Zorp zorp.", "others": ["👍"], "after": []},
        **{"target_is": "bot", "is_addressee": True, "latency_s": None},
    }
    said = {"who": "user", "text": "zorp?"}
    lines = [{"case": {**case, "id": f"r{i}", "before": [said]}, "person": "EMOTIONAL"}
             for i in range(100)]  # fmt: skip
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, lines)))
    also = training.rows(tmp_path / "gold.jsonl")

    assert training.case(also[0]).before == (("user", "zorp?"),)
    ours = [row for row in training.rows() if row["source"] == "third"]
    (tmp_path / "judge.npz").write_bytes(training.packed(training.train(ours, also)))
    word = Judge(f"local://{tmp_path / 'judge.npz'}").judge([training.case(also[0])])[0]
    assert word.meaning == "EMOTIONAL"


def test_agreement_is_cohens(training: ModuleType) -> None:
    """Two passes that are equal by chance alone have a kappa of 0; without a second one, none."""
    pairs = [("RATING", "RATING"), ("RATING", "AGREEMENT")] * 2
    pairs += [("AGREEMENT", "RATING"), ("AGREEMENT", "AGREEMENT")] * 2
    same, kappa = training.agreement([{"first": a, "second": b} for a, b in pairs])

    assert (same, kappa) == (0.5, 0.0)
    assert np.isnan(training.agreement([{"first": "RATING"}])[0])


def test_who_labels_blindly_sees_no_label(training: ModuleType, tmp_path: Path) -> None:
    """Neither the meaning nor the source nor their order."""
    training.blind(training.rows()[:20], tmp_path / "blind.jsonl")
    shown = training.rows(tmp_path / "blind.jsonl")

    said = [{"id": row["id"], "meaning": "RATING"} for row in shown[:5]]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, said)))
    taken = training.second(training.rows()[:20], tmp_path / "said.jsonl")
    assert sum(row.get("second") == "RATING" for row in taken) == 5
    (tmp_path / "said.jsonl").write_text('{"id": "x", "meaning": "PRAISE"}')
    with pytest.raises(SystemExit, match="none of"):
        training.second([], tmp_path / "said.jsonl")
    assert len(shown) == 20
    assert not {"meaning", "first", "second", "source"} & set(shown[0])
