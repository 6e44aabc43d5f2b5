"""What a redis:// URL can say, and what it cannot."""

from __future__ import annotations

import pytest

from roomtone.errors import BadConfig
from roomtone.sources._address import parse_address
from roomtone.sources._documents import CHANNELS
from roomtone.sources.redis import Redis


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("mode=both", "streams or pubsub"),
        ("channels=x", "x:chat"),
        ("channels=x:nap", "chat, vote"),
        ("idle_s=soon", "a number from 1"),
        ("count=0", "a number from 1"),
    ],
)
def test_an_address_that_cannot_be(query, said) -> None:
    """Each option says what it can be."""
    with pytest.raises(BadConfig, match=said):
        parse_address(f"redis://h?{query}")


def test_an_address_in_full() -> None:
    """Hosts in their order, our options apart from the driver's, names with colons in them."""
    address = parse_address(
        "rediss://me:pw@a:1,b/2?ssl_cert_reqs=none&mode=pubsub&channels=my:talk:chat,sync-events"
        "&group=g&consumer=c&idle_s=5&count=7&start=$"
    )

    assert address.urls == (
        "rediss://me:pw@a:1/2?ssl_cert_reqs=none",
        "rediss://me:pw@b/2?ssl_cert_reqs=none",
    )
    assert dict(address.channels) == {"my:talk": "chat", "sync-events": "sync"}
    assert (address.mode, address.group, address.consumer) == ("pubsub", "g", "c")
    assert (address.idle_s, address.count, address.start) == (5.0, 7, "$")
    assert parse_address("redis://h").channels == CHANNELS
    assert parse_address("redis://h").mode == "streams"


@pytest.mark.parametrize("odd", ["h:port/0", "h/0?chanels=sync-events", "h?socket_timeout=soon"])
def test_what_the_driver_cannot_use_is_told_at_once(odd) -> None:
    """A word that was mistyped is no reason to try for ever; the password is not repeated."""
    with pytest.raises(BadConfig, match="write it like") as told:
        Redis(f"redis://me:secret@{odd}")
    assert "secret" not in str(told.value)
