"""Opens the stores, and goes on trying where their server is away: events are taken meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from roomtone.errors import StoreAway
from roomtone.points import Measurement
from roomtone.ports import Archive, SeriesStore

RETRY_S, LAST_RETRY_S = 0.5, 15.0
"""How long after a failure the stores are tried again: and each time twice as long."""

log = structlog.get_logger()


class Opening:
    """The stores of one process on their way to being open.

    What no waiting heals, a wrong password or a newer schema, ends a start with a sentence. A
    server that cannot be reached does not: it may be back at any moment, and what it misses until
    then is derived again from the journal.
    """

    def __init__(
        self, series: SeriesStore, archive: Archive, measurements: Sequence[Measurement]
    ) -> None:
        self._series, self._archive, self._measurements = series, archive, measurements
        self.trouble: str | None = None
        self.opened = asyncio.Event()

    async def begin(self, *, patient: bool = True) -> None:
        """Try once. Raises StoreError, also where the server is away if not `patient`."""
        try:
            await self._open()
        except BaseException as error:
            if not (patient and isinstance(error, StoreAway)):
                await self.close()
                raise
            self.trouble = str(error)
            log.error("a store is away; events are taken without it", error=self.trouble)

    async def run(self) -> None:
        """Try until they are open. A server that is up by now may still refuse us: that is shown,
        and tried again, as the events are acknowledged and must not be put at risk by an end."""
        delay = RETRY_S
        while not self.opened.is_set():
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY_S)
            try:
                await self._open()
            except Exception as error:
                if str(error) != self.trouble:
                    log.error("a store cannot be opened yet", error=str(error))
                self.trouble = str(error) or type(error).__name__
            else:
                log.info("the stores are open")

    async def _open(self) -> None:
        await self._archive.open()
        await self._series.open(self._measurements)
        self.trouble = None
        self.opened.set()

    async def close(self) -> None:
        """Give back what was opened."""
        await self._series.close()
        await self._archive.close()

    def health(self) -> list[dict[str, Any]]:
        """The line on /readyz of a process that only reads, while there is something to say."""
        if self.trouble is None:
            return []
        remedy = "see that the store's server runs and can be reached from here"
        return [{"name": "stores", "ok": False, "detail": self.trouble, "remedy": remedy}]
