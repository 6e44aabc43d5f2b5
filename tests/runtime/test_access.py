"""Keys, signed-in pages and tickets lie in one file, which says nothing that could be used."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime.access import LAST, Access, file_of
from roomtone.runtime.config import Settings
from roomtone.testing import ManualClock


def access(folder: Path, clock: ManualClock | None = None, **more: object) -> Access:
    made = Access(Settings(data=folder, access=more), clock or ManualClock())
    made.load()
    return made


def test_without_a_key_nothing_is_locked_and_no_file_is_made(tmp_path: Path) -> None:
    """A first hour needs no set-up."""
    assert not access(tmp_path).locked
    assert list(tmp_path.iterdir()) == []


def test_a_key_made_here_is_known_to_all_who_share_the_file(tmp_path: Path) -> None:
    """By its secret alone; and from then on all are locked."""
    here, there = access(tmp_path), access(tmp_path)
    key, secret = here.make_key("read", project="shop", name="a  b\n")
    there.load()

    for one in (here, there):
        found = one.find(secret.encode())
        assert found is not None and (found.id, found.project, found.name) == (
            key.id,
            "shop",
            "a b",
        )
        assert one.find(secret.encode()[:-1] + b"?") is None
        assert one.locked and one.projects() == ["shop"]


def test_the_file_holds_no_secret_and_is_its_owners(tmp_path: Path) -> None:
    """Whoever steals it can send nothing that is in it."""
    made = access(tmp_path)
    key, secret = made.make_key("admin", project="default")
    words = [secret, made.open_session(key.id), made.make_ticket(key.id)]
    kept = file_of(Settings(data=tmp_path))

    assert not any(word.encode() in kept.read_bytes() for word in words)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_revoked_key_is_dead_with_all_that_stands_for_it(tmp_path: Path) -> None:
    """Its pages and tickets too, in every process; the lock stays."""
    here, there = access(tmp_path), access(tmp_path)
    key, secret = here.make_key("read", project="default")
    token, ticket = here.open_session(key.id), here.make_ticket(key.id)
    there.load()
    assert there.session(token.encode()) is not None
    revoked = here.revoke(key.id)
    there.load()

    assert revoked is not None and revoked.revoked is not None
    for one in (here, there):
        assert one.find(secret.encode()) is None
        assert one.session(token.encode()) is None
        assert one.take_ticket(ticket.encode()) is None
        assert one.locked


def test_one_project_cannot_revoke_anothers_key(tmp_path: Path) -> None:
    """It looks to it as if there were none."""
    made = access(tmp_path)
    key, secret = made.make_key("read", project="shop")

    assert made.revoke(key.id, "other") is None
    assert made.revoke("nothing") is None
    assert made.find(secret.encode()) is not None


def test_a_page_that_is_not_used_is_signed_out(tmp_path: Path) -> None:
    """Use makes it longer, up to two weeks."""
    clock = ManualClock()
    made = access(tmp_path, clock, session_hours=1)
    key, _ = made.make_key("read", project="default")
    token = made.open_session(key.id).encode()
    for _ in range(14 * 24 * 2 - 1):
        clock.advance(1800)
        assert made.session(token) is not None
    clock.advance(1801)
    assert made.session(token) is None, "two weeks are over"

    token = made.open_session(key.id).encode()
    clock.advance(3601)
    assert made.session(token) is None, "an hour without a request"


def test_signing_out_is_for_good(tmp_path: Path) -> None:
    """The token opens nothing after it."""
    made = access(tmp_path)
    key, _ = made.make_key("read", project="default")
    token = made.open_session(key.id).encode()
    made.close_session(token)

    assert made.session(token) is None


def test_a_ticket_is_used_once_and_soon(tmp_path: Path) -> None:
    """By one of two who come at once."""
    clock = ManualClock()
    made = access(tmp_path, clock)
    key, _ = made.make_key("read", project="default")
    ticket = made.make_ticket(key.id).encode()

    assert [made.take_ticket(ticket) is not None for _ in range(2)] == [True, False]
    late = made.make_ticket(key.id).encode()
    clock.advance(61)
    assert made.take_ticket(late) is None


def test_use_is_noted_and_told(tmp_path: Path) -> None:
    """By who notes it, for all who read the file."""
    clock = ManualClock()
    made = access(tmp_path, clock)
    key, secret = made.make_key("read", project="default")
    clock.advance(100)
    made.find(secret.encode())
    made.note()

    assert access(tmp_path).keys()[0].used == key.made + 100


def test_a_key_can_be_set_by_its_line_and_is_revoked_there(tmp_path: Path) -> None:
    """For a process that does not share the file."""
    key, secret = access(tmp_path / "a").make_key("read", project="shop")
    other = access(tmp_path / "b", keys=[key.line()])

    found = other.find(secret.encode())
    assert found is not None and found.project == "shop" and other.locked
    with pytest.raises(BadConfig, match="take its line out"):
        other.revoke(key.id)


def test_no_key_is_over_when_no_calendar_can_tell_it(tmp_path: Path) -> None:
    """Else the list of keys could be shown to nobody any more."""
    made = access(tmp_path)
    for expires in (253_402_336_799.0, 9e99):
        with pytest.raises(BadConfig, match="year 9999"):
            made.make_key("read", project="default", expires=expires)
    key, _ = made.make_key("read", project="default", expires=LAST)
    told = [one.told() for one in made.keys("default")]
    assert [one["id"] for one in told] == [key.id]


def test_of_anothers_project_s_line_nothing_is_told(tmp_path: Path) -> None:
    """Its id is as unknown there as any other's."""
    key, _ = access(tmp_path / "a").make_key("read", project="shop")
    there = access(tmp_path / "b", keys=[key.line()])

    assert there.revoke(key.id, "default") is None
    with pytest.raises(BadConfig, match="take its line out"):
        there.revoke(key.id, "shop")


def test_a_lost_or_broken_file_opens_nothing(tmp_path: Path) -> None:
    """What was known stays known; who starts anew on a broken one is told."""
    made = access(tmp_path)
    _, secret = made.make_key("read", project="default")
    made.path.unlink()
    made.load()
    assert made.locked and made.find(secret.encode()) is not None

    made.path.write_bytes(b"no database" * 100)
    with pytest.raises(BadConfig, match="cannot be read or written"):
        access(tmp_path)
    assert made.locked
