"""Presidio is a second look where it is installed, and a sentence where it is not."""

from __future__ import annotations

import importlib.util
import socket
import sys

import pytest

from roomtone.errors import RoomtoneError
from roomtone.models.presidio import Presidio
from roomtone.redaction import Redactor


def test_without_it_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else of Roomtone needs it."""
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)

    with pytest.raises(RoomtoneError, match=r"pip install 'roomtone\[pii\]'"):
        Presidio()


def test_it_finds_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its findings are replaced and counted like ours; no list of domains is fetched."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        pytest.skip("presidio-analyzer is not installed (pip install 'roomtone[pii]')")

    def refused(*args: object) -> None:
        raise AssertionError("it asked the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    redactor = Redactor(b"key", second=Presidio())

    cleaned = redactor.cleaned("so 4111111111111111, anna@example.com, DE89370400440532013000")

    assert [word.strip(",")[:5] for word in cleaned.split() if "[" in word] == [
        "[CARD",
        "[EMAI",
        "[IBAN",
    ]
    assert redactor.cleaned(cleaned) == cleaned
