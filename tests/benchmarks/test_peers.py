"""What peers are held against: one input for all, rows compared, differences noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks.peers import _tree, _venvs, _work, compare, deque_scan, ours

ROOT = Path(__file__).parents[2]


def small(tmp_path: Path) -> _work.Work:
    """A minute and a half in six rooms."""
    return _work.generate(tmp_path / "events.jsonl", sessions=6, seconds=90, rate=2)


def chats(tmp_path: Path) -> _work.Work:
    """Two chats as the data set writes them, one of them with a line out of order."""
    data = tmp_path / "youtube_live_chat"
    data.mkdir()
    rows = [f"a,u{i % 7},hello {i},2025-03-31T17:45:{i:02d}.382224+08:00" for i in range(50)]
    head = "video_id,author,message,published_at\n"
    (data / "one.csv").write_text(head + "\n".join(rows) + "\n")
    swapped = [rows[0], rows[2], rows[1], *rows[3:]]
    (data / "two.csv").write_text(head + "\n".join(swapped) + "\n")
    return _work.real(tmp_path / "real.jsonl", tmp_path)


def test_the_input_is_the_same_everywhere(tmp_path: Path) -> None:
    """The generator draws only what Python promises to draw for ever."""
    work = small(tmp_path)

    assert work.sha256 == "989c597e0075221483b7793a279d5330349532bb77b51c9cb78f7746c3ea968c"
    assert work.events == 6 * 2 * 90
    assert work.last_tick == _work.START_S + 90


def test_the_input_is_out_of_order_but_never_behind_a_tick(tmp_path: Path) -> None:
    """All can be told to wait for that much, and ours needs no telling."""
    times = [line.split(b'"at": "')[1][:24] for line in small(tmp_path).path.open("rb")]
    ticks = [(time[:17], int(time[17:19]) // 5) for time in times]

    assert times != sorted(times)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize("make", [small, chats])
def test_plain_python_gives_our_rows(tmp_path: Path, make) -> None:
    """Scanned deques and the engine: counts equal, scores to 1e-9, with and without detectors."""
    work = make(tmp_path)
    deque_scan.main(work.path, tmp_path / "theirs.csv", river=False)
    ours.main(work.path, tmp_path / "plain.npz", detectors=False)
    ours.main(work.path, tmp_path / "full.npz", detectors=True)

    theirs, plain, full = (
        _work.read_rows(tmp_path / name, work) for name in ("theirs.csv", "plain.npz", "full.npz")
    )

    assert "scores to 1e-9" in _work.compare("python", theirs, plain)
    assert full == plain
    assert max(tick for _, tick in plain) == work.last_tick
    assert len({score for _, score in plain.values()}) > 3  # the scores are alive


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({("a", 5): ((2, 0, 0, 0, 1), 0.5)}, r"counts \(2, 0, 0, 0, 1\), ours \(2, 0, 0, 0, 0\)"),
        ({("a", 5): ((2, 0, 0, 0, 0), 0.5 + 2e-9)}, "scores"),
        ({("a", 5): ((2, 0, 0, 0, 0), float("nan"))}, "scores"),
        ({("a", 15): ((2, 0, 0, 0, 0), 0.5)}, "3 rows beside our 2"),
    ],
)
def test_a_planted_difference_is_noticed(change: _work.Rows, said: str) -> None:
    """A count off by one, a score off by a hair or unknown, a row too many."""
    rows: _work.Rows = {("a", 5): ((2, 0, 0, 0, 0), 0.5), ("a", 10): ((3, 0, 0, 0, 0), 0.6)}

    assert _work.compare("peer", dict(rows), rows) == "2 rows equal, 2 scores to 1e-9"
    with pytest.raises(_work.Disagreement, match=said):
        _work.compare("peer", {**rows, **change}, rows)


def test_no_rows_are_no_agreement() -> None:
    """A peer that wrote nothing has shown nothing."""
    with pytest.raises(_work.Disagreement, match="no rows"):
        _work.compare("peer", {}, {})


def test_empty_windows_and_those_past_the_end_are_left_out_for_all(tmp_path: Path) -> None:
    """Sliding engines tell of them and others do not; a heading's own columns are no score."""
    work = small(tmp_path)
    last = work.last_tick
    out = tmp_path / "out.csv"
    out.write_text(
        f"session,tick,n0,n1,n2,n3,n4,time\na,{last},1,0,0,0,0,9\na,{last - 5},0,0,0,0,0,9\n"
        f"b,{last + 5},1,1,1,1,1,9\n"
    )

    assert _work.read_rows(out, work) == {("a", last): ((1, 0, 0, 0, 0), None)}
    out.write_text(f"a,{last},1,0,0,0,0,0.5\n" * 2)
    with pytest.raises(_work.Disagreement, match="two rows"):
        _work.read_rows(out, work)


def test_the_whole_tree_is_measured() -> None:
    """CPU of a grandchild counts, even of one that its parent did not wait for."""
    burn = "import time\nwhile time.process_time() < .4: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"

    spent = _tree.cost([sys.executable, "-c", leave], {}, 60)

    assert spent.cpu > 0.4
    assert spent.rss > 1e6


def test_what_fails_says_why() -> None:
    """A peer that ends badly stops the benchmark with its last words."""
    with pytest.raises(RuntimeError, match="no such luck"):
        _tree.cost([sys.executable, "-c", "raise SystemExit('no such luck')"], {}, 60)


def test_a_peer_that_is_not_there_says_how_to_get_it(tmp_path: Path, monkeypatch) -> None:
    """Nothing is installed unasked."""
    monkeypatch.setenv("BENCHMARK_PEERS", str(tmp_path))

    with pytest.raises(RuntimeError, match=r"python -m benchmarks\.peers setup flink"):
        _venvs.python("flink")
    known = {peer.venv for peer in compare.PEERS if peer.venv}

    assert known | {"langfuse"} == set(_venvs.NAMES)  # the one of benchmarks/recorder.py


def test_every_version_is_pinned() -> None:
    """A figure without a version is worth nothing."""
    for path in (_venvs.HERE / "requirements").glob("*.txt"):
        assert all("==" in line for line in path.read_text().split()), path.name


def test_an_unknown_peer_is_named_with_those_there_are() -> None:
    """The command line says what it knows."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "peers", "--only", "spark"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "no peer is called spark" in done.stderr and "duckdb" in done.stderr
