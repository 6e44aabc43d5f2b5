"""Passwords are taken out, and nothing else is."""

import pytest

from roomtone.runtime.masking import mask


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://user:pa:ss@h:6379/0?x=1", "redis://user:***@h:6379/0?x=1"),
        ("redis://:p%40ss@h", "redis://:***@h"),
        ("postgresql://u:p@ss/word@h/db", "postgresql://u:***@h/db"),
        ("two: a://u:p@h, b://u:q@h", "two: a://u:***@h, b://u:***@h"),
        (
            "connect 'postgresql+asyncpg://u:p@h/d' failed",
            "connect 'postgresql+asyncpg://u:***@h/d' failed",
        ),
        (
            "postgresql://h/d?user=a&password=b&ssl=on",
            "postgresql://h/d?user=a&password=***&ssl=on",
        ),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("influxdb://s3cret==@h:8086/o/b", "influxdb://***@h:8086/o/b"),
        ("at influxdb+https://a:b@h/o, and on", "at influxdb+https://***@h/o, and on"),
        ("token=abc, then", "token=***, then"),
        ("postgresql://h/d?sslpassword=b&ssl=on", "postgresql://h/d?sslpassword=***&ssl=on"),
        ('{"password": "b", "user": "a"}', '{"password": "***", "user": "a"}'),
    ],
)
def test_what_opens_doors_is_hidden(text, shown):
    """In URLs, in options, and in headers; also a password that was not escaped."""
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8003/v1/sessions",
        "postgresql://ann@db:5432/room",
        "sqlite:////var/lib/roomtone/roomtone.db",
        "12:30:05 all is well; mail ann@example.org",
        "",
    ],
)
def test_the_rest_is_as_it_was(text):
    """A port is no password, and an address with @ no URL."""
    assert mask(text) == text
