"""Stores are told apart by what they are, shown without passwords, and compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from roomtone.runtime.config import Settings
from roomtone.runtime.same_stores import compare, stores_of


def settings(folder: Path, url: str | None = None) -> Settings:
    """Settings whose series and archive are at one place."""
    return Settings(data=folder, stores={"series": url, "archive": url} if url else {})


def agree(one: Settings, two: Settings) -> bool:
    """Whether they name the same."""
    ok: bool = compare(stores_of(one), stores_of(two))["ok"]
    return ok


def test_a_file_is_known_by_what_it_is(tmp_path: Path) -> None:
    """By whichever path: another file of the same name is another one."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "roomtone.db").write_bytes(b"")
    os.symlink(tmp_path / "a", tmp_path / "link")

    assert agree(settings(tmp_path / "a"), settings(tmp_path / "link"))
    assert not agree(settings(tmp_path / "a"), settings(tmp_path / "b"))
    assert not agree(settings(tmp_path / "a"), settings(tmp_path / "nowhere"))


def test_a_database_is_known_by_where_it_is(tmp_path: Path) -> None:
    """User, password, pool and the port's default make no other one; host, name and schema do."""
    plain = settings(tmp_path, "postgresql://ann@db.example/room")
    assert agree(plain, settings(tmp_path, "postgres://bob:pw@DB.example:5432/room?pool=4"))
    for other in ("db2.example/room", "db.example/hall", "db.example:5433/room"):
        assert not agree(plain, settings(tmp_path, f"postgresql://ann@{other}"))
    assert not agree(plain, settings(tmp_path, "postgresql://ann@db.example/room?schema=s"))
    assert not agree(plain, settings(tmp_path))


def test_an_influxdb_is_known_by_its_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the documents' variables say which; the token is no part of it."""
    monkeypatch.setenv("INFLUXDB_URL", "http://influx.example:8086")
    monkeypatch.setenv("INFLUXDB_ORG", "o")
    monkeypatch.delenv("INFLUXDB_BUCKET", raising=False)

    def series(url: str) -> Settings:
        return Settings(data=tmp_path, stores={"series": url})  # type: ignore[arg-type]

    plain = series("influxdb://t0ken@influx.example/o/performance_metrics")
    assert agree(plain, series("influxdb://"))
    assert not agree(plain, series("influxdb://t0ken@influx.example/o/other"))
    assert not agree(plain, series("influxdb://t0ken@influx.example/p"))
    assert "t0ken" not in str(stores_of(plain))


def test_no_secret_is_told(tmp_path: Path) -> None:
    """Neither in what makes it that one nor in what is shown."""
    url = "postgresql://ann:s3cret@db.example/room?password=s3cret&sslkey=s3cret"
    told = stores_of(settings(tmp_path, url))
    apart = compare(told, stores_of(settings(tmp_path)))

    assert "s3cret" not in str(told) + str(apart)
    assert "ann" not in str(told)
    assert "postgresql://db.example:5432/room" in apart["detail"]
    assert "stores.series and stores.archive" in apart["remedy"]


def test_a_server_on_this_machine_is_not_another_machines(tmp_path: Path) -> None:
    """`localhost` means another place everywhere."""
    here = stores_of(settings(tmp_path, "postgresql://localhost/room"))
    there = {name: [fingerprint + "x", shown] for name, (fingerprint, shown) in here.items()}

    for same in ("127.0.0.1:5432/room", "[::1]/room", "/room?host=/run/postgresql", "/room"):
        one = settings(tmp_path, "postgresql://localhost/room")
        assert agree(one, settings(tmp_path, f"postgresql://{same}"))
    assert not compare(there, here)["ok"]
