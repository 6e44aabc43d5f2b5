"""The benchmark of exports compares ways that write the same rows, and notices when they do not."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The benchmark's modules; they are no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    names = ("export", "_export_jobs", "_kept")
    return {name: importlib.import_module(f"benchmarks.{name}") for name in names}


def test_all_ways_write_the_same_rows(benches: dict[str, ModuleType], tmp_path: Path) -> None:
    """Messages flat, and rated replies for KTO, from one database; a difference is noticed."""
    database, bench, jobs = tmp_path / "few.db", benches["export"], benches["_export_jobs"]
    assert benches["_kept"].make(database, tmp_path / "nowhere", 400) >= 400
    for kind in ("jsonl", "kto"):
        outs = {way: tmp_path / f"{way.replace(' ', '-')}.{kind}" for way in bench.WAYS}
        jobs.ours(kind, str(database), outs["ours"])
        jobs.orm(kind, str(database), outs["orm"])
        jobs.orm(kind, str(database), outs["orm tuned"], tuned=True)
        jobs.frames(kind, str(database), outs["pandas"])
        assert len(list(bench.rows(kind, outs["ours"]))) > 10
        bench.compare(kind, outs)

    rows = [json.loads(line) for line in outs["orm"].read_text().splitlines()]
    rows[3]["label"] = not rows[3]["label"]
    outs["orm"].write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(bench.Disagreement, match="row 3"):
        bench.compare("kto", outs)
