"""What opens doors is found; talk about it is left."""

from __future__ import annotations

import pytest

from roomtone.folded import Folded
from roomtone.personal import find


def found(text: str) -> list[tuple[str, str]]:
    folded = Folded(text)
    return [(one.kind, folded.text[one.start : one.end]) for one in find(folded)]


LONG = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (f"key sk-proj-{LONG} leaked", f"sk-proj-{LONG}"),
        (f"ghp_{LONG}123456789", f"ghp_{LONG}123456789"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "AKIA" + "IOSFODNN7EXAMPLE"),
        (f"xoxb-123456-{LONG}", f"xoxb-123456-{LONG}"),
        (f"Authorization: Bearer {LONG}", LONG),
        (f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{LONG}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{LONG}"),
        ("https://x.io/a?b=1&access_token=abcd1234&c=2", "abcd1234"),
        ("postgres://bob:hunter2@db/x", "bob:hunter2"),
        ("password: hunter2", "hunter2"),
        ("my password is hunter2!", "hunter2!"),
        ("mein Passwort ist Geheim123.", "Geheim123"),
        ("salasana: kissa", "kissa"),
        ("PIN is 4711", "4711"),
        ("your verification code is 482913", "482913"),
        ("cvv 123 cvv: 123", "123"),
    ],
)  # fmt: skip
def test_what_opens_is_found(text: str, whole: str) -> None:
    """By its shape, by where it stands in a link, or by what is said before it."""
    assert ("secret", whole) in found(text)


def test_a_private_key_is_found_to_its_end() -> None:
    """Also where the end was cut off."""
    begin, finish = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"

    assert found(f"x {begin}\nMIIE\n{finish} y") == [("secret", f"{begin}\nMIIE\n{finish}")]
    assert found(f"x {begin}\nMIIE") == [("secret", f"{begin}\nMIIE")]


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong", "I forgot my password, help", "what is the secret of life?",
        "the key is to relax", "a token of love", "the secret: I love cake", "key=value",
        "https://x.io/?page=2&sort=key", "basic understanding of it", "my pin is lost",
        "auth is hard",
        "password must be 8 characters",
    ],
)  # fmt: skip
def test_talk_about_doors_is_left(text: str) -> None:
    """Words are not keys."""
    assert found(text) == []
