"""The detection benchmark counts rightly: fields, incidents, false alarms, delays, presence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks import _chats, _irc, _rivals, _sweep
from benchmarks.detection import run


def chat(seed: int = 0, per_s: float = 1.0, length: int = 3600) -> _chats.Chat:
    """A made-up recording of an hour by thirty people."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.uniform(0, length, rng.poisson(per_s * length)))
    return _chats.Chat("made up", seconds, rng.integers(0, 30, len(seconds)))


def test_fields_are_what_a_naive_count_gives() -> None:
    """Messages and distinct authors of the minute before each tick, counted one by one."""
    made = chat(length=600)
    fields = _chats.measure(made.seconds, made.authors, 600)

    for tick in (0, 5, 11, 12, 60, 119):
        now = 5 * (tick + 1)
        recent = (np.floor(made.seconds) >= now - 60) & (made.seconds < now)
        assert fields["chat_per_min"][tick] == recent.sum()
        assert fields["active_users"][tick] == len(set(made.authors[recent].tolist()))


def test_every_second_cut_loses_its_share_from_its_second_on() -> None:
    """Before the incident nothing is thinned; after it 60 % or 80 % are gone."""
    cuts = _chats.cut(chat(per_s=8.0), 8, np.random.default_rng(1), thin=False)
    counts = cuts.fields["activity_5s"]

    assert (cuts.incident_s[::2] == -1).all()
    for number in range(1, 8, 2):
        at = cuts.incident_s[number] // 5
        before, after = counts[:at, number].mean(), counts[at + 1 :, number].mean()
        assert after / before == pytest.approx(1 - cuts.depth[number], abs=0.08)


def test_delays_and_false_alarms_are_counted_by_hand() -> None:
    """One excursion before the incident, another inside it, 2 minutes of refractory between."""
    cuts = _chats.cut(chat(), 2, np.random.default_rng(1), thin=False)
    path = np.zeros((cuts.ticks, 2))
    first = int(cuts.incident_s[1]) // 5
    path[[30, 40, 60], 0] = 1  # 40 is within 2 minutes of 30
    path[first + 4, 1] = 1

    assert _sweep.false_per_hour([(cuts, path)], 0.5) == pytest.approx(2 / _sweep.hours(cuts))
    late = _sweep.delays(cuts, path, 0.5)
    assert late[1] == 5 * (first + 5) - cuts.incident_s[1]
    assert np.isinf(late[0])


def test_a_threshold_at_a_rate_keeps_to_it() -> None:
    """The lowest threshold at which no more than the rate come."""
    cuts = _chats.cut(chat(), 12, np.random.default_rng(2), thin=False)
    parts = [(cuts, _rivals.deficit(cuts))]
    threshold = _sweep.threshold_at(parts, 1.0)

    assert _sweep.false_per_hour(parts, threshold) <= 1.0
    assert _sweep.false_per_hour(parts, threshold - 0.5) > 1.0


def write(folder: Path) -> None:
    """A folder of the same form as the real one, with a chat and a channel of another name."""
    made = chat(5, per_s=1.0, length=1500)
    lines = ["video_id,author,message,published_at"]
    for second, author in zip(made.seconds, made.authors, strict=True):
        stamp = f"2025-01-01T10:{int(second) // 60:02d}:{second % 60:09.6f}+08:00"
        lines.append(f"v,u{author},hi,{stamp}")
    (folder / "youtube_live_chat").mkdir()
    (folder / "youtube_live_chat" / "other.csv").write_text("\n".join(lines), encoding="utf-8")
    events = [{"ts": 1000.0 + i, "type": "join", "user": f"u{i}"} for i in range(40)]
    events += [{"ts": 5000.0 + i / 10, "type": "leave", "user": f"u{i}"} for i in range(8)]
    split = {"start": 5000.0, "end": 5001.0, "users_lost": 8, "mass_exit": True}
    channel = folder / "irc_other"
    channel.mkdir()
    text = "\n".join(json.dumps(event) for event in events)
    (channel / "events.jsonl").write_text(text, encoding="utf-8")
    (channel / "truth.json").write_text(json.dumps({"netsplits": [split]}), encoding="utf-8")


def test_a_split_of_a_channel_is_found(tmp_path: Path) -> None:
    """Eight of forty at once: one split, one mass exit, nothing false."""
    write(tmp_path)
    found = _irc.judge(tmp_path / "irc_other")

    assert (found.splits, found.splits_found, found.mass_found, found.false) == (1, 1, 1, 0)
    assert found.delay_s <= 15


def test_it_runs_on_recordings_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All tables come out, for files that nobody has seen, under 26 minutes long."""
    pytest.importorskip("river")
    write(tmp_path)
    monkeypatch.setattr("benchmarks.detection.QUICK", 4)
    tables = run(tmp_path, quick=True)

    assert set(tables["budget"]) == {"other, own volume", "other, thinned"}
    assert tables["exits"]["irc_other"]["splits_found"] == 1
    assert "clairvoyant" in capsys.readouterr().out
