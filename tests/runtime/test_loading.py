"""Settings come from flags, environment, files and defaults, in that order, and say where from."""

from pathlib import Path

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime.config import Settings
from roomtone.runtime.loading import environment_name, keys, load, trace


@pytest.fixture(autouse=True)
def empty_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Neither the developer's environment nor their files reach these tests."""
    import os

    for name in [n for n in os.environ if n.startswith("ROOMTONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_user_file(house: Path, text: str) -> None:
    folder = house / "home" / "roomtone"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)


def test_without_anything_defaults_hold():
    """Zero configuration starts a server on this machine alone."""
    settings = load()

    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8003)
    assert settings.series_url == settings.archive_url == "sqlite:///roomtone-data/roomtone.db"


def test_each_place_beats_the_one_below(empty_house, monkeypatch):
    """Flags beat the environment, which beats ./roomtone.toml, which beats the user's file."""
    write_user_file(empty_house, "[server]\nport = 1\nhost = 'a'\n[engine]\nalarms_per_hour = 1\n")
    (empty_house / "roomtone.toml").write_text("[server]\nport = 2\nhost = 'b'\n")
    monkeypatch.setenv("ROOMTONE_SERVER__PORT", "3")
    settings = load({"server.port": 4, "server.host": None})

    assert (settings.server.port, settings.server.host) == (4, "b")
    assert settings.engine.alarms_per_hour == 1
    assert load().server.port == 3


def test_every_value_says_where_it_came_from(empty_house, monkeypatch):
    """The question `why is it so` has an answer for every key."""
    (empty_house / "roomtone.toml").write_text("[limits]\nmax_events = 5\n")
    monkeypatch.setenv("ROOMTONE_ENGINE__SEED_WEIGHTS", "true")
    origins = {o.key: (o.value, o.origin) for o in trace({"data": "x"})}

    assert origins["data"] == (Path("x"), "flag")
    assert origins["limits.max_events"] == (5, "roomtone.toml")
    assert origins["engine.seed_weights"] == (True, "environment ROOMTONE_ENGINE__SEED_WEIGHTS")
    assert origins["server.port"] == (8003, "default")
    assert origins.keys() == keys().keys()


@pytest.mark.parametrize(
    ("text", "near"),
    [("[server]\nprot = 1", "server.port"), ("[engin]\nalarms_per_hour = 1", "engine.alarms")],
)
def test_an_unknown_key_names_its_nearest_neighbour(empty_house, text, near):
    """A typing error never just does nothing."""
    (empty_house / "roomtone.toml").write_text(text)

    with pytest.raises(BadConfig, match=rf"roomtone.toml.*did you mean {near}"):
        load()


def test_an_unknown_variable_is_an_error_too(monkeypatch):
    """The environment is held to the same standard as the files."""
    monkeypatch.setenv("ROOMTONE_SERVER_PORT", "1")

    with pytest.raises(BadConfig, match=r"ROOMTONE_SERVER_PORT.*did you mean server.port"):
        load()


def test_a_value_that_cannot_be_names_key_place_and_meaning(monkeypatch):
    """The error says what to change where."""
    monkeypatch.setenv("ROOMTONE_SERVER__PORT", "99999")

    with pytest.raises(
        BadConfig, match=r"server.port = '99999' \(environment ROOMTONE_SERVER__PORT\)"
    ):
        load()


def test_a_broken_file_is_named(empty_house):
    """A file that is no TOML says so, and where."""
    (empty_house / "roomtone.toml").write_text("[server\n")

    with pytest.raises(BadConfig, match=r"roomtone.toml is not readable TOML.*line 1"):
        load()


def test_a_value_where_a_section_belongs_is_refused(empty_house):
    """`server = 5` is not silently ignored."""
    (empty_house / "roomtone.toml").write_text("server = 5\n")

    with pytest.raises(BadConfig, match="no setting is called server"):
        load()


def test_settings_made_directly_read_nothing_else(monkeypatch):
    """Tests and programs that embed the server get what they ask for."""
    monkeypatch.setenv("ROOMTONE_SERVER__PORT", "1")

    assert Settings(data=Path("d")).server.port == 8003


def test_every_setting_explains_itself():
    """A default carries its meaning, and the name of its variable follows from its key."""
    assert all(len(description) > 20 for description in keys().values())
    assert environment_name("server.port") == "ROOMTONE_SERVER__PORT"


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")],
)
def test_the_server_of_this_machine_has_an_address(host, url):
    """Where `serve` with these settings is reached."""
    settings = Settings(server={"host": host, "port": 9})

    assert settings.url == f"http://{url}:9"
