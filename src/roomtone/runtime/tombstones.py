"""Who was erased, as keyed hashes that say nothing, and what of an erasure is still to be done."""

from __future__ import annotations

import contextlib
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

RESTORED = "restored"
"""The file that says that the folder came of a backup."""


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


class Carried(msgspec.Struct, kw_only=True):
    """Who was erased, as a backup carries it: the keys of the hashes, and each erasure."""

    keys: list[bytes] = []
    erasures: list[Erasure] = []


class Tombstones:
    """A file for each erasure, in a folder of the data folder; whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._erasures: dict[str, Erasure] = {}
        self._known: dict[str, bool] = {}
        self._keys: list[bytes] = []

    def load(self) -> None:
        """Read what is there; blocks for as many files as people were erased.

        What was broken off by the end of a process is to be done from its beginning: from a journal
        that still holds somebody, a start derives anew what had been erased already.
        """
        if not (self.folder / "key").is_file():
            return
        for path in self.folder.glob("*.part"):
            path.unlink(missing_ok=True)
        self._read()
        for one in self.unfinished:
            one.stores = {}

    def look(self) -> None:
        """Read what is there of a folder that another process writes, and change nothing."""
        if (self.folder / "key").is_file():
            self._read()

    def _read(self) -> None:
        others = sorted(path for path in self.folder.glob("key-*") if not path.suffix)
        self._keys = [path.read_bytes() for path in (self.folder / "key", *others)]
        for path in sorted(self.folder.glob("*.json")):
            with contextlib.suppress(FileNotFoundError):  # taken in again just now
                one = msgspec.json.decode(path.read_bytes(), type=Erasure)
                self._erasures[one.person] = one

    def hash(self, user: str) -> str:
        """What stands for a person: HMAC-SHA256 under a key of this folder's own."""
        if not self._keys:
            self._add_key(secrets.token_bytes(32))
        return _hash(self._keys[0], user)

    def _add_key(self, key: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        name = "key-" + hashlib.sha256(key).hexdigest()[:12] if self._keys else "key"
        self._write(self.folder / name, key)
        self._keys.append(key)

    def _all_of(self, user: str) -> list[Erasure]:
        hashes = (_hash(key, user) for key in self._keys)
        return [self._erasures[one] for one in hashes if one in self._erasures]

    def bars(self, user: str | None) -> bool:
        """Whether this person was erased, and nothing more of them is taken."""
        if not self._erasures or not user:
            return False
        found = self._known.get(user)
        if found is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            found = self._known[user] = bool(self._all_of(user))
        return found

    def of(self, user: str) -> Erasure | None:
        """A person's erasure."""
        return next(iter(self._all_of(user)), None)

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
        found = self._all_of(user)
        for one in found:
            (self.folder / f"{one.person}.json").unlink(missing_ok=True)
            del self._erasures[one.person]
        self._known.clear()
        return bool(found)

    # -- over a backup and a restore ---------------------------------------------------------

    @property
    def carried(self) -> Carried:
        """All of this, for a backup."""
        erasures = sorted(self._erasures.values(), key=lambda one: one.person)
        return Carried(keys=list(self._keys), erasures=erasures)

    def adopt(self, carried: Carried) -> None:
        """Whoever is erased there is erased here too, however much is here of them."""
        for key in carried.keys:
            if key not in self._keys:
                self._add_key(key)
        for one in carried.erasures:
            here = self._erasures.get(one.person)
            if here is None or (here.is_done and one.user):
                self.put(_anew(one) if one.user else one)

    @property
    def is_restored(self) -> bool:
        """Whether the data folder came of a backup, and it is not known yet who came with it."""
        return (self.folder / RESTORED).exists()

    def mark_restored(self) -> None:
        """People may have come back; the next start looks who did."""
        if self._erasures:
            self._write(self.folder / RESTORED, b"look who came back\n")

    def looked(self) -> None:
        """All who came back are known, and their erasures are to be done again."""
        (self.folder / RESTORED).unlink(missing_ok=True)

    def reopen(self, user: str, now_ms: int) -> bool:
        """Have a person be erased again who was erased; False where they were not, or are being."""
        found = self._all_of(user)
        if not found or not all(one.is_done for one in found):
            return False
        self.put(Erasure(person=found[0].person, begun_ms=now_ms, user=user))
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


def _hash(key: bytes, user: str) -> str:
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:32]


def _anew(one: Erasure) -> Erasure:
    """An erasure that was under way, in another folder, whose stores tell nothing of this one's."""
    return Erasure(person=one.person, begun_ms=one.begun_ms, user=one.user, said=one.said)


def receipt(one: Erasure) -> Mapping[str, Any]:
    """An erasure as it is told to whoever asked for it."""
    return {
        "person": one.aka or one.person,
        "stores": [{"store": name, **told} for name, told in one.stores.items()],
        "datasets": one.datasets,
        "tombstone": True,
        "done": one.is_done,
    }
