"""Who was erased is known by a hash alone, after a restart too."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.tombstones import Erasure, Tombstones


def made(folder: Path) -> Tombstones:
    stones = Tombstones(folder)
    stones.load()
    return stones


def test_a_tombstone_says_nothing_of_whose_it_is(tmp_path: Path) -> None:
    """Neither name nor an unkeyed hash is in the folder; two folders have other hashes."""
    stones, other = made(tmp_path / "a"), made(tmp_path / "b")
    stones.put(Erasure(person=stones.hash("erased-person"), begun_ms=1, done_ms=2))

    files = [path.read_bytes() for path in (tmp_path / "a").iterdir()]
    assert not any(b"erased-person" in data for data in files)
    assert stones.hash("erased-person") != other.hash("erased-person")


def test_it_bars_after_a_restart_until_it_is_lifted(tmp_path: Path) -> None:
    """Only its own person; nobody's events are never barred."""
    stones = made(tmp_path)
    assert not stones.bars("erased-person")
    stones.put(Erasure(person=stones.hash("erased-person"), begun_ms=1, user="erased-person"))

    again = made(tmp_path)

    assert [again.bars(one) for one in ("erased-person", "other", None, "")] == [
        True,
        False,
        False,
        False,
    ]
    assert [one.user for one in again.unfinished] == ["erased-person"]
    assert again.lift("erased-person") and not again.lift("erased-person")
    assert not made(tmp_path).bars("erased-person")
