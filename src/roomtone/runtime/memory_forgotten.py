"""Which memories were deleted of late: a journal that is read again must not bring them back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

KEEP_MS = 2 * 86_400_000
"""How long an id is remembered. A start reads the journal from the last snapshot on, which is
minutes old; two days are enough where snapshots fail, and where the store was away meanwhile."""

MOST = 100_000


class Forgotten:
    """Ids of deleted memories, on the disk before the deletion is answered; nothing but ids."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "memories-forgotten"
        self._ids: dict[str, int] | None = None

    def note(self, ids: Iterable[str], now_ms: int) -> None:
        """Remember that these are gone. Raises OSError."""
        known = self._known(now_ms)
        news = [id for id in ids if known.get(id) != now_ms]
        if not news:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{now_ms} {id}\n" for id in news)
            file.flush()
            os.fsync(file.fileno())
        known.update(dict.fromkeys(news, now_ms))

    def holds(self, id: str, now_ms: int) -> bool:
        """Whether this one was deleted in the last two days."""
        return id in self._known(now_ms)

    def _known(self, now_ms: int) -> dict[str, int]:
        if self._ids is None:
            self._ids = self._read(now_ms - KEEP_MS)
        return self._ids

    def _read(self, since_ms: int) -> dict[str, int]:
        """What the file has that is not too old; what is is taken out of it."""
        if not self._path.exists():
            return {}
        found = {}
        lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines[-MOST:]:
            at, _, id = line.partition(" ")
            if at.isdecimal() and id and int(at) >= since_ms:
                found[id] = int(at)
        if len(found) < len(lines):
            new = self._path.with_suffix(".new")
            new.write_text("".join(f"{at} {id}\n" for id, at in found.items()), encoding="utf-8")
            new.replace(self._path)
        return found
