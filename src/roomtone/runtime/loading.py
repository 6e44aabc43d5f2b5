"""Where settings come from: flags, the environment, files; and by whom each was set."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from roomtone.errors import BadConfig
from roomtone.runtime.config import PREFIX, Settings

HERE = Path("roomtone.toml")

# Variables of our own build and tests, which a server started by them inherits, and of clients.
NO_SETTINGS = {
    f"{PREFIX}{name}"
    for name in (
        "FAULT_ROUNDS",
        "FUZZ_CASES",
        "KEY",
        "REQUIRE_COMPILED",
        "REQUIRE_DASHBOARD",
        "STATIC",
        "TRIXIE",
        "URL",
    )
}


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting's value and where it came from."""

    key: str
    value: Any
    origin: str
    description: str


def load(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings: flags > environment > ./roomtone.toml > the user's own file > defaults.

    `flags` are dotted keys (`{"server.port": 9000}`); a None among them counts as not given. Raises
    BadConfig for an unknown key, with the nearest known one, and for a value that cannot be.
    """
    return _merge(_layers(flags or {}))[0]


def trace(flags: Mapping[str, Any] | None = None) -> list[Origin]:
    """Every setting with where its value came from, in the order of the reference page."""
    settings, origins = _merge(_layers(flags or {}))
    return [
        Origin(key, value, origins.get(key, "default"), description)
        for key, value, description in _values(settings)
    ]


def keys() -> dict[str, str]:
    """Every setting's dotted key with its description."""
    return {key: description for key, _, description in _values(Settings())}


def user_file() -> Path:
    """The user's own file: under XDG_CONFIG_HOME, by default ~/.config."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "roomtone" / "config.toml"


def _layers(flags: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Where settings may come from, weakest first: a name for each place and its dotted values."""
    known = keys()
    layers: list[tuple[str, dict[str, Any]]] = []
    for path in (user_file(), HERE):
        if path.is_file():
            layers.append((str(path), _read_toml(path)))
    layers.append(("environment", _read_environment(known)))
    layers.append(("flag", {key: value for key, value in flags.items() if value is not None}))
    for place, values in layers:
        for key in values:
            if key not in known:
                raise BadConfig(_unknown(key, place, known))
    return layers


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return dict(_flatten(TomlConfigSettingsSource(Settings, toml_file=path).toml_data))
    except (ValueError, OSError) as error:  # TOMLDecodeError is a ValueError
        raise BadConfig(f"{path} is not readable TOML: {error}; mend it or move it") from None


def _read_environment(known: Mapping[str, str]) -> dict[str, Any]:
    for name in os.environ:
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        if name.startswith(PREFIX) and key not in known and name not in NO_SETTINGS:
            raise BadConfig(_unknown(key, f"environment variable {name}", known))
    return dict(_flatten(EnvSettingsSource(Settings)()))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _unknown(key: str, place: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "see: roomtone config show"
    return f"no setting is called {key} ({place}); {hint}"


def _merge(layers: list[tuple[str, dict[str, Any]]]) -> tuple[Settings, dict[str, str]]:
    nested: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for place, values in layers:
        for key, value in values.items():
            section, _, name = key.rpartition(".")
            (nested.setdefault(section, {}) if section else nested)[name] = value
            origins[key] = (
                f"environment {environment_name(key)}" if place == "environment" else place
            )
    try:
        return Settings(**nested), origins
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        place = origins.get(key, "the settings")
        raise BadConfig(
            f"{key} = {first['input']!r} ({place}) cannot be: {_lower(first['msg'])}; "
            f"it means: {keys().get(key, 'a section')}"
        ) from None


def environment_name(key: str) -> str:
    """The environment variable that sets a dotted key."""
    return PREFIX + key.replace(".", "__").upper()


def _values(settings: Settings) -> Iterator[tuple[str, Any, str]]:
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if not isinstance(value, BaseModel):
            yield name, value, field.description or ""
            continue
        for inner, inner_field in type(value).model_fields.items():
            yield f"{name}.{inner}", getattr(value, inner), inner_field.description or ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
