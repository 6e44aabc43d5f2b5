"""The backup of a whole installation: of its default project, and of each other one beside it."""

from __future__ import annotations

from pathlib import Path

from roomtone.errors import BackupError, RoomtoneError
from roomtone.runtime.access_keys import DEFAULT, is_project
from roomtone.runtime.backup import Backup, Copied
from roomtone.runtime.backup_manifest import Manifest
from roomtone.runtime.clock import Clock
from roomtone.runtime.config import Settings
from roomtone.runtime.projects import settings_of


class InstallationBackup:
    """A folder with the default project's backup, and in `projects/` the backup of each other.

    Each is a whole backup of its own. The default project's manifest is written last and names
    them, so that what it names is there.
    """

    def __init__(self, settings: Settings, target: Path, clock: Clock) -> None:
        self._settings, self._target, self._clock = settings, target, clock
        self._default = Backup(settings, target, clock)
        self._others: dict[str, Backup] = {}

    @property
    def manifest(self) -> Manifest:
        return self._default.manifest

    def close(self) -> None:
        """Let go of the backup's folders."""
        for one in (self._default, *self._others.values()):
            one.close()

    def run(self, *, database: bool = True) -> Copied:
        """Bring all of it up to now; a project that fails keeps no other from it."""
        failed: RoomtoneError | None = None
        there = []
        copied = Copied(0, 0, False)
        for name in projects_of(self._settings):
            try:
                copied = copied.plus(self._of(name).run(database=database))
                there.append(name)
            except RoomtoneError as error:
                failed = failed or BackupError(f"project {name}: {error}")
                if name in self.manifest.projects:
                    there.append(name)  # what was backed up of it before is whole
        self._default.projects = there
        copied = self._default.run(database=database).plus(copied)
        if failed is not None:
            raise failed
        return copied

    def _of(self, name: str) -> Backup:
        if name not in self._others:
            own = settings_of(self._settings, name)
            target = self._target / "projects" / name
            self._others[name] = Backup(own, target, self._clock, project=name)
        return self._others[name]


def projects_of(settings: Settings) -> list[str]:
    """The projects beside the default one that have a journal."""
    folder = settings.data / "projects"
    if not folder.is_dir():
        return []
    names = sorted(path.parent.parent.name for path in folder.glob("*/journal/journal-*.log"))
    return [name for name in dict.fromkeys(names) if name != DEFAULT and is_project(name)]
