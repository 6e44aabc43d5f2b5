"""Who was erased, as keyed hashes that say nothing, and what of an erasure is still to be done."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

MOST_KNOWN = 200_000
"""How many people's hashes are remembered, so that each event need not be hashed."""


class Erasure(msgspec.Struct, kw_only=True):
    """One erasure: of whom, while it is not done, and what became of each store.

    `user`, the keys of what they `said` and the pseudonym `aka` are there as long as something is
    left to be done, and not after that.
    """

    person: str  # the hash
    begun_ms: int
    user: str = ""
    aka: str = ""
    said: list[str] = []
    segments: dict[int, str] = {}  # of the journal, written anew: where each begins, its hash
    stores: dict[str, dict[str, Any]] = {}
    datasets: list[dict[str, Any]] = []
    done_ms: int = 0

    @property
    def is_done(self) -> bool:
        return bool(self.done_ms)


class Tombstones:
    """A file for each erasure, in a folder of the data folder; whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._erasures: dict[str, Erasure] = {}
        self._known: dict[str, bool] = {}
        self._key = b""

    def load(self) -> None:
        """Read what is there; blocks for as many files as people were erased."""
        if not (self.folder / "key").is_file():
            return
        self._key = (self.folder / "key").read_bytes()
        for path in self.folder.glob("*.part"):
            path.unlink(missing_ok=True)
        for path in sorted(self.folder.glob("*.json")):
            one = msgspec.json.decode(path.read_bytes(), type=Erasure)
            self._erasures[one.person] = one

    def hash(self, user: str) -> str:
        """What stands for a person: HMAC-SHA256 under a key of this folder's own."""
        if not self._key:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._key = secrets.token_bytes(32)
            self._write(self.folder / "key", self._key)
        return hmac.new(self._key, user.encode(), hashlib.sha256).hexdigest()[:32]

    def bars(self, user: str | None) -> bool:
        """Whether this person was erased, and nothing more of them is taken."""
        if not self._erasures or not user:
            return False
        found = self._known.get(user)
        if found is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            found = self._known[user] = self.hash(user) in self._erasures
        return found

    def of(self, user: str) -> Erasure | None:
        """A person's erasure."""
        return self._erasures.get(self.hash(user)) if self._erasures else None

    def by_hash(self, person: str) -> Erasure | None:
        """The same by what stands for them."""
        return self._erasures.get(person)

    @property
    def unfinished(self) -> list[Erasure]:
        """Erasures of which something is left to be done, the oldest first."""
        left = [one for one in self._erasures.values() if not one.is_done]
        return sorted(left, key=lambda one: one.begun_ms)

    def __len__(self) -> int:
        return len(self._erasures)

    def put(self, one: Erasure) -> None:
        """Keep how it stands; it is on the disk when this returns. Raises OSError."""
        self._write(self.folder / f"{one.person}.json", msgspec.json.encode(one))
        self._erasures[one.person] = one
        self._known.clear()

    def lift(self, user: str) -> bool:
        """Take a person in again from now on; False where they were not erased."""
        one = self.of(user)
        if one is None:
            return False
        (self.folder / f"{one.person}.json").unlink(missing_ok=True)
        del self._erasures[one.person]
        self._known.clear()
        return True

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def receipt(one: Erasure) -> Mapping[str, Any]:
    """An erasure as it is told to whoever asked for it."""
    return {
        "person": one.aka or one.person,
        "stores": [{"store": name, **told} for name, told in one.stores.items()],
        "datasets": one.datasets,
        "tombstone": True,
        "done": one.is_done,
    }
