"""A key is what cannot be guessed, and what is kept of it is not it."""

from __future__ import annotations

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime.access_keys import (
    SCOPES,
    Key,
    is_secret,
    mint,
    read_line,
    read_project,
    read_scopes,
    seal,
)


def key(*scopes: str, **more: float) -> Key:
    return Key("id", "", "default", frozenset(scopes), "rt_live_", b"\0" * 32, 0.0, **more)


def test_no_two_keys_are_alike():
    """32 random bytes each, behind a mark that scanners for secrets know."""
    made = {mint() for _ in range(1000)}

    assert len(made) == 1000
    assert all(is_secret(one.encode()) for one in made)


@pytest.mark.parametrize(
    "given", [b"", b"rt_live_", b"rt_live_" + b"a" * 42, b"Rt_live_" + b"a" * 43]
)
def test_other_words_are_no_keys(given: bytes) -> None:
    """Nothing is looked up for them."""
    assert not is_secret(given)


def test_admin_is_all_of_it():
    """And every other scope is itself alone."""
    for scope in SCOPES:
        assert key("admin").may(scope)
        assert [one for one in SCOPES if key(scope).may(one)] == (
            list(SCOPES) if scope == "admin" else [scope]
        )


def test_a_key_ends_when_it_expires_or_is_revoked():
    """At that second, not after it."""
    assert key("read").alive(1e12)
    assert key("read", expires=10.0).alive(9.9)
    assert not key("read", expires=10.0).alive(10.0)
    assert not key("read", revoked=1.0).alive(2.0)


@pytest.mark.parametrize("scopes", ["", "write", "read,write", " , "])
def test_a_scope_that_there_is_not_is_refused(scopes: str) -> None:
    """With those there are."""
    with pytest.raises(BadConfig, match="ingest, read, review, export, admin"):
        read_scopes(scopes)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a" * 41, "a.b", "a\n"])
def test_a_projects_name_is_a_folders_everywhere(name: str) -> None:
    """It leads nowhere else."""
    with pytest.raises(BadConfig, match="no name of a project"):
        read_project(name)


def test_a_line_holds_no_secret():
    """It is read back as the same key, without what could be sent."""
    secret = mint()
    made = Key("k1", "", "shop", frozenset({"read", "ingest"}), "", seal(secret.encode()), 0.0)

    assert read_line(made.line()) == made
    assert secret not in made.line()


@pytest.mark.parametrize("line", ["", "a b", "a shop read xyz", "a shop read 00"])
def test_a_line_that_is_no_key_is_refused(line: str) -> None:
    """With how one is made."""
    with pytest.raises(BadConfig, match="keys create --line"):
        read_line(line)
