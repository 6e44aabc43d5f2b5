"""`roomtone keys` shows a secret once, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime import key_commands
from roomtone.runtime.access import Access
from roomtone.runtime.config import Settings


def create(folder: Path, **more: object) -> None:
    told = {"scope": "read", "project": "default", "name": "", "expires": None, "line": False}
    key_commands.create(Settings(data=folder), **{"as_json": False, **told, **more})  # type: ignore[arg-type]


def test_a_secret_stands_alone_on_standard_output(tmp_path: Path, capsys) -> None:
    """So that a script can take it; what is to be known of it goes to standard error."""
    create(tmp_path)
    told = capsys.readouterr()
    access = Access(Settings(data=tmp_path))
    access.load()

    assert access.find(told.out.strip().encode()) is not None
    assert "shown this once" in told.err and "first one" in told.err


def test_a_list_tells_no_secret(tmp_path: Path, capsys) -> None:
    """But which key is which, and whether it lives."""
    create(tmp_path, name="bot", project="shop", expires="2d")
    secret = capsys.readouterr().out.strip()
    key_commands.listing(Settings(data=tmp_path), project=None, as_json=True)
    (told,) = json.loads(capsys.readouterr().out)
    key_commands.revoke(Settings(data=tmp_path), told["id"])
    key_commands.listing(Settings(data=tmp_path), project="shop", as_json=False)
    text = capsys.readouterr().out

    assert told["name"] == "bot" and told["project"] == "shop" and told["expires"]
    assert secret not in json.dumps(told) + text and secret.startswith(told["prefix"])
    assert "revoked" in text


def test_what_is_not_there_cannot_be_revoked(tmp_path: Path) -> None:
    """And that is said."""
    with pytest.raises(BadConfig, match="no key 'x'"):
        key_commands.revoke(Settings(data=tmp_path), "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("when", ["soon", "1", "-1d", "2027-13-01"])
def test_a_time_that_is_none_is_refused(when: str) -> None:
    """With how it is written."""
    with pytest.raises(BadConfig, match="90d"):
        key_commands.read_expiry(when, 0)


def test_a_key_must_outlive_its_making(tmp_path: Path) -> None:
    """Else it would open nothing."""
    with pytest.raises(BadConfig, match="later --expires"):
        create(tmp_path, expires="2001-01-01")
