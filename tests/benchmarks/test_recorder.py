"""What recording adds to a turn is timed in the states that the figures name."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks import recorder
from benchmarks._protocol import Disagreement


def test_every_turn_is_timed_whatever_the_server_does() -> None:
    """Only those behind the warm-up, in microseconds."""
    with recorder._server("dead") as url:
        times = recorder._measure("ours", url, 20)

    assert len(times) == 20
    assert 0 < min(times) < 1000


def test_a_hung_server_accepts_and_says_nothing() -> None:
    """And a dead one does not even accept."""
    with recorder._server("hung") as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=5) as one:
            one.sendall(b"GET / HTTP/1.1\r\n\r\n")
            one.settimeout(0.2)
            with pytest.raises(TimeoutError):
                one.recv(1)
    with recorder._server("dead") as url:
        address = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname, address.port), timeout=5)


def test_a_server_that_had_no_turns_was_not_healthy() -> None:
    """Then no figure is told of it."""
    with recorder._server("healthy") as url:
        with pytest.raises(Disagreement, match="recorder"):
            recorder._agree(url, ["ours"])
        recorder._measure("ours", url, 300)
        recorder._agree(url, ["ours"])
