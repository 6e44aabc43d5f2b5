"""Keeps a backup close behind its server until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Protocol

import structlog

from roomtone.errors import RoomtoneError
from roomtone.runtime.backup import Copied

log = structlog.get_logger()


class Runs(Protocol):
    """A backup, of one data folder or of a whole installation."""

    def run(self, *, database: bool = True) -> Copied: ...


def follow(
    backup: Runs,
    wait: Callable[[float], bool],
    *,
    database_s: float,
    every_s: float = 0.25,
    fresh: bool = False,
    tell: Callable[[Copied], None] = lambda copied: None,
) -> None:
    """Keep a backup close behind its server until `wait(seconds)` says to stop; `fresh` says that
    the database was copied just now.

    What fails is said and tried again: a full disk here must not end the backup for good.
    """
    last_database = monotonic() if fresh else float("-inf")
    failing = False
    while True:
        try:
            begun = monotonic()
            due = begun - last_database >= database_s
            copied = backup.run(database=due)
            if due:
                last_database = begun
            failing = False
            tell(copied)
        except RoomtoneError as error:
            if not failing:
                log.error("the backup is behind", error=str(error))
            failing = True
        if wait(1.0 if failing else every_s):
            return
