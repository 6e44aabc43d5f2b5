"""The rights of people, asked of a running server, for commands and from programs."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any, BinaryIO

import msgspec

from roomtone.consents import ConsentGiven
from roomtone.runtime.recorder import REMEDY, URL
from roomtone.runtime.remote import Remote, escape

Row = dict[str, Any]


class OfServer:
    """Asks a running server."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def consent(self, user: str) -> Row:
        """What a person agreed to."""
        found: Row = self._remote.get(f"/v1/people/{escape(user)}/consent")
        return found

    async def give_consent(self, said: ConsentGiven) -> Row:
        """Say what a person agrees to."""
        body = msgspec.json.encode({**said.purposes, "basis": said.basis, "by": said.by})
        found: Row = self._remote.put(f"/v1/people/{escape(said.user or '')}/consent", body)
        return found

    async def erase(self, user: str, dry_run: bool) -> Row:
        """Erase a person, or say what that would remove."""
        given = {"dry_run": "true"} if dry_run else {}
        found: Row = self._remote.delete(f"/v1/people/{escape(user)}", **given)
        return found

    async def readmit(self, user: str) -> Row:
        """Take a person in again who was erased."""
        found: Row = self._remote.post(f"/v1/people/{escape(user)}/readmit", b"{}")
        return found

    async def export(self, user: str, out: BinaryIO) -> None:
        """Write all that is kept of a person."""
        for piece in self._remote.pieces(f"/v1/people/{escape(user)}/export"):
            out.write(piece)


def consent(
    user: str,
    *,
    training: bool | None = None,
    analytics: bool | None = None,
    memory: bool | None = None,
    basis: str = "consent",
    by: str = "api",
    url: str | None = None,
) -> Row:
    """Say what a person agrees to, or not; what is None stays as it is. Returns what holds now.

    Asks the server of ROOMTONE_URL (default: this machine's port 8003) and waits until it is kept:
    a word on rights must not be lost. Raises ServerError with what to do.
    """
    said = {"training": training, "analytics": analytics, "memory": memory}
    purposes = {name: word for name, word in said.items() if word is not None}
    body = msgspec.json.encode({**purposes, "basis": basis, "by": by})
    where = url or os.environ.get("ROOMTONE_URL") or URL
    with closing(Remote(where, remedy=REMEDY)) as remote:
        path = f"/v1/people/{escape(user)}/consent"
        found: Row = remote.put(path, body) if purposes else remote.get(path)
    return found
