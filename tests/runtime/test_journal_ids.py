"""Ids are remembered exactly, for a day, in bounded memory."""

import random

import numpy as np
import pytest

from roomtone.runtime import journal_ids
from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_ids import IdMemory, Run, build_run, digest, read_run, write_run


def digests(start: int, stop: int) -> list[bytes]:
    return [digest("s", f"{n}") for n in range(start, stop)]


def test_memory_agrees_with_a_plain_set(monkeypatch):
    """Through spills and seals, in batches of all sizes, no id is forgotten or invented."""
    monkeypatch.setattr(journal_ids, "SPILL", 100)
    chance = random.Random(7)
    memory, truth, segment = IdMemory(), set(), []
    for turn in range(300):
        batch = [
            digest("s", f"{chance.randrange(20_000)}") for _ in range(chance.choice([1, 5, 90]))
        ]

        assert memory.known(batch) == [d in truth for d in batch]
        new = list(dict.fromkeys(d for d in batch if d not in truth))
        memory.add(new, turn)
        truth.update(new)
        segment += new
        if turn % 40 == 39:
            memory.seal(build_run(b"".join(segment), turn))
            segment = []
    assert len(memory) == len(truth)


def test_equal_upper_halves_are_told_apart():
    """The lower half decides where the upper one is the same, also among several such ids."""
    twins = [b"samehalf" + bytes([n] * 8) for n in range(5)]
    run = build_run(b"".join(twins[:4]), 0)

    found = run.holds(*journal_ids.columns(b"".join(twins)))

    assert found.tolist() == [True, True, True, True, False]


def test_ids_past_the_horizon_go():
    """A day after its newest id a segment's run is dropped, so that memory stays bounded."""
    memory = IdMemory()
    memory.add(digests(0, 10), 0)
    memory.seal(build_run(b"".join(digests(0, 10)), 0))
    memory.add(digests(10, 20), 1000 * (journal_ids.HORIZON_S + 1))
    memory.seal(build_run(b"".join(digests(10, 20)), 1000 * (journal_ids.HORIZON_S + 1)))

    assert memory.known(digests(0, 20)) == [False] * 10 + [True] * 10


def test_no_more_than_the_bound_are_kept(monkeypatch):
    """A flood of ids pushes out the oldest, never the newest."""
    monkeypatch.setattr(journal_ids, "MAX_IDS", 25)
    memory = IdMemory()
    for start in range(0, 100, 10):
        memory.add(digests(start, start + 10), 0)
        memory.seal(build_run(b"".join(digests(start, start + 10)), 0))

    assert len(memory) == 20
    assert all(memory.known(digests(80, 100)))


def test_the_table_forgets_dropped_ids_in_the_long_run():
    """Scrubbing clears what no run holds any more and keeps what one holds."""
    memory = IdMemory()
    memory.restore(build_run(b"".join(digests(0, 5000)), 0))
    full = np.count_nonzero(memory._table)
    for _ in range(256):
        memory._scrub()
    assert np.count_nonzero(memory._table) == full
    assert all(memory.known(digests(0, 5000)))

    memory._runs.clear()
    for _ in range(256):
        memory._scrub()

    assert np.count_nonzero(memory._table) == 0


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_a_run_is_read_back_as_written(tmp_path, count):
    """Mapped from its file, not loaded."""
    run = build_run(b"".join(digests(0, count)), 77)
    write_run(Disk(), tmp_path / "run.ids", run)

    again = read_run(tmp_path / "run.ids")

    assert again is not None and again.newest_ms == 77
    assert again.high.tolist() == run.high.tolist()
    assert again.low.tolist() == run.low.tolist()


def test_a_damaged_run_is_not_used(tmp_path):
    """Any flipped byte shows, so that the file is built anew instead."""
    path = tmp_path / "run.ids"
    write_run(Disk(), path, build_run(b"".join(digests(0, 3)), 1))
    raw = path.read_bytes()
    for n in range(len(raw)):
        path.write_bytes(raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :])
        assert read_run(path) is None, n
    path.write_bytes(raw[:10])
    assert read_run(path) is None


def test_session_and_id_cannot_be_shifted_into_each_other():
    """("ab", "c") and ("a", "bc") are two keys, whatever characters they are made of."""
    keys = {
        digest("ab", "c"),
        digest("a", "bc"),
        digest("1:a", ""),
        digest("1", ":a"),
        digest("", "1:a"),
    }

    assert len(keys) == 5


def test_an_empty_memory_knows_nothing():
    """A new journal takes everything."""
    memory = IdMemory()
    memory.seal(build_run(b"", 0))

    assert memory.known(digests(0, 20)) == [False] * 20
    assert isinstance(build_run(b"", 0), Run)
