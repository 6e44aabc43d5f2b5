"""Keys and tombstones are backed up sealed, and an old backup revives neither key nor person."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.errors import BackupError
from roomtone.runtime.access import Access
from roomtone.runtime.backup_beside import (
    Beside,
    keep_beside,
    load_beside,
    put_beside,
    read_beside,
    read_keys,
)
from roomtone.runtime.config import Settings
from roomtone.runtime.tombstones import Erasure, Tombstones


def installation(folder: Path) -> Access:
    folder.mkdir()
    return Access(Settings(data=folder))


def test_a_key_opens_after_a_restore_what_it_opened_before(tmp_path: Path) -> None:
    """The backup holds no secret; one that was revoked since stays revoked."""
    old = installation(tmp_path / "old")
    _, secret = old.make_key("ingest,read", project="shop", name="bot")
    lost, ended = old.make_key("admin", project="default")
    kept = keep_beside(tmp_path, read_beside(tmp_path / "old", old.path), None, used=True)
    old.revoke(lost.id)
    new = installation(tmp_path / "new")
    now = read_beside(tmp_path / "old", old.path)

    keys, _ = put_beside(tmp_path / "new", new.path, load_beside(tmp_path, kept), [now])

    assert keys == 2 and kept is not None
    assert secret.encode() not in (tmp_path / kept.path).read_bytes()
    new.load()
    found = new.find(secret.encode())
    assert found is not None and (found.project, found.name) == ("shop", "bot")
    assert found.scopes == {"ingest", "read"} and new.find(ended.encode()) is None
    assert new.path.stat().st_mode & 0o077 == 0
    assert put_beside(tmp_path / "new", new.path, load_beside(tmp_path, kept), [])[0] == 0


def test_what_was_only_used_is_copied_with_the_database(tmp_path: Path) -> None:
    """A follower writes nothing for every request that somebody makes."""
    access = installation(tmp_path / "old")
    _, secret = access.make_key("read", project="default")
    first = keep_beside(tmp_path, read_beside(tmp_path / "old", access.path), None, used=True)
    access.find(secret.encode())
    access.note()
    found = read_beside(tmp_path / "old", access.path)

    assert keep_beside(tmp_path, found, first, used=False) == first
    assert keep_beside(tmp_path, found, first, used=True) != first
    assert keep_beside(tmp_path, Beside(), None, used=True) is None


def test_tombstones_of_both_hold(tmp_path: Path) -> None:
    """Under the keys of both folders; an erasure that was under way begins anew."""
    for name, user in (("one", "ann"), ("two", "ben")):
        stones = Tombstones(tmp_path / name / "erasures")
        stores = {"archive": {"ok": True}}
        one = Erasure(person=stones.hash(user), begun_ms=1, user=user, stores=stores)
        stones.put(one)
    found = [read_beside(tmp_path / name, None) for name in ("one", "two")]

    put_beside(tmp_path / "new", None, found[0], found[1:])

    stones = Tombstones(tmp_path / "new" / "erasures")
    stones.load()
    assert [stones.bars(user) for user in ("ann", "ben", "eve")] == [True, True, False]
    assert stones.is_restored and [one.stores for one in stones.unfinished] == [{}, {}]
    assert stones.lift("ben") and not stones.bars("ben")


def test_what_is_no_file_of_keys_is_said(tmp_path: Path) -> None:
    """With what to do; none at all is no trouble."""
    assert read_keys(tmp_path / "none") == []
    (tmp_path / "access.db").write_bytes(b"x" * 4096)
    with pytest.raises(BackupError, match="roomtone doctor"):
        read_keys(tmp_path / "access.db")
