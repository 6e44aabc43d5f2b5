"""Errors are sentences that end in what to do."""

from __future__ import annotations

from roomtone import errors


def test_a_missing_extra_says_how_to_install_it() -> None:
    """The message is the command."""
    assert "pip install 'roomtone[redis]'" in str(errors.MissingExtra("redis", "redis"))


def test_an_unknown_member_names_those_there_are() -> None:
    """A wrong name is answered with the right ones."""
    assert str(errors.UnknownMember("stores", "mongo", ["sqlite"])).endswith("sqlite")


def test_everything_raised_on_purpose_has_one_root() -> None:
    """Catching the root catches all of them."""
    leaves = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]

    assert len(leaves) > 5
    assert all(issubclass(leaf, errors.RoomtoneError) for leaf in leaves)
