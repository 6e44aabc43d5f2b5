"""Settings that are made directly read nothing else, and say where things lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from roomtone.runtime.config import Engine, Server, Settings, Stores


def test_nothing_is_read_that_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor a file reaches settings that a program makes."""
    monkeypatch.setenv("ROOMTONE_SERVER__PORT", "9000")

    assert Settings().server.port == 8003


def test_both_stores_lie_in_the_data_folder_unless_they_are_named() -> None:
    """One folder holds all; a URL takes its place."""
    settings = Settings(data=Path("d"), stores=Stores(series="postgresql://h/db"))

    assert settings.archive_url == "sqlite:///d/roomtone.db"
    assert settings.series_url == "postgresql://h/db"
    assert settings.journal_folder == Path("d/journal")


def test_a_server_of_all_addresses_is_reached_at_this_machine() -> None:
    """Also by the newer protocol."""
    assert Settings(server=Server(host="0.0.0.0")).url == "http://127.0.0.1:8003"
    assert Settings(server=Server(host="::")).url == "http://[::1]:8003"


def test_what_cannot_be_is_refused_and_what_is_set_stays() -> None:
    """An unknown name too."""
    with pytest.raises(ValidationError):
        Engine(session_idle_s=5)
    with pytest.raises(ValidationError):
        Engine(nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Settings().data = Path("x")
