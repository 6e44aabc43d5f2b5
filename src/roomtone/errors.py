"""Every error this package raises on purpose."""

from __future__ import annotations

from collections.abc import Iterable


class RoomtoneError(Exception):
    """Base of all our errors; the text ends in what to do."""


class BadEvent(RoomtoneError):
    """An event that cannot be taken: the text says what was wrong and what to do."""


class BadConfig(RoomtoneError):
    """A setting that cannot be used, named together with where it came from."""


class UndeclaredField(RoomtoneError):
    """A signal emitted a field that its measurement does not declare."""

    def __init__(self, measurement: str, fields: Iterable[str]) -> None:
        super().__init__(
            f"{measurement} declares no field {', '.join(sorted(fields))}; "
            "add it to the Measurement"
        )


class UnknownMember(RoomtoneError):
    """A plug-in was asked for by a name that nobody registered."""

    def __init__(self, family: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {family} named {name!r}; choose one of: {', '.join(sorted(known))}")


class MissingExtra(RoomtoneError, ImportError):
    """An optional dependency is not installed; the message is the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'roomtone[{extra}]'")


class JournalError(RoomtoneError):
    """The journal cannot take or give a record; nothing that was acknowledged is affected."""


class DiskFull(JournalError):
    """The disk under the journal has no room: events are refused until there is some again."""


class StoreError(RoomtoneError):
    """A store could not be opened, migrated, read or written; the text names the remedy."""


class StoreAway(StoreError):
    """A store's server cannot be reached, or is not ready: it may be back at any moment."""


class StoreRefused(StoreError):
    """A store does not take what it was given, and would not take it a second time."""


class SourceError(RoomtoneError):
    """A live source could not be reached or read; what it holds is asked for again."""


class BackupError(RoomtoneError):
    """A backup could not be made, read or restored; nothing was overwritten."""


class ServerError(RoomtoneError):
    """A server that was asked did not answer, or said no; the text names the remedy."""


class EngineFailed(ServerError):
    """The engine of another process failed on what it was given, for no reason that it knows."""
