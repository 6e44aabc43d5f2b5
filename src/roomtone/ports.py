"""What can be swapped: one small Protocol per plug-in folder.

Read this page and you know every seam of the system. Signals and detectors are plain functions of
their arguments and their state; stores, channels and sources may wait, so their methods are async.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.events import Event
from roomtone.points import Block, Measurement, Point, Slots
from roomtone.records import SessionSummary
from roomtone.rooms import Rooms

State = Mapping[str, NDArray[Any]]
"""What a stateful part hands out to be kept, and takes back: arrays by name."""


class Source(Protocol):  # sources/
    """Yields events until it is done or cancelled; ids make a repeated one harmless."""

    def events(self) -> AsyncIterator[Event]: ...


class Gauge(Protocol):  # signals/
    """Measures all live rooms at once, on the clock: columns in, columns out, nothing learned."""

    measurement: Measurement

    def read(self, rooms: Rooms, now: int, slots: Slots | None = None) -> Block: ...

    def explain(self, fields: Mapping[str, float]) -> Mapping[str, Any]: ...


class Detector(Protocol):  # detectors/
    """Watches the blocks of a measurement, all rooms at once, and speaks up.

    State is kept in columns by `block.slots`. A slot of an ended session is given to another
    later, so `forget` must leave nothing behind. `snapshot` and `restore` are exact: a detector
    restored from a snapshot goes on as if it had never stopped.
    """

    measurement: str

    def observe(self, block: Block) -> Sequence[Alert]: ...

    def forget(self, slots: Slots) -> None: ...

    def snapshot(self) -> dict[str, NDArray[Any]]: ...

    def restore(self, state: State) -> None: ...


class SeriesStore(Protocol):  # stores/
    """Points by time. Writing the same point twice leaves one."""

    async def open(self, measurements: Sequence[Measurement]) -> None: ...

    async def write(self, blocks: Sequence[Block]) -> None: ...

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]: ...

    async def retain(self, now: datetime) -> int: ...

    async def close(self) -> None: ...


class Archive(Protocol):  # stores/
    """Alerts, session summaries and what people said about them."""

    async def open(self) -> None: ...

    async def add_alerts(self, alerts: Sequence[Alert]) -> None: ...

    async def alerts(
        self,
        *,
        session: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[Mapping[str, Any]]: ...

    async def judge_alert(self, id: str, verdict: str, by: str, at: datetime) -> bool: ...

    async def add_sessions(self, sessions: Sequence[SessionSummary]) -> None: ...

    async def sessions(
        self, *, session: str | None = None, limit: int = 100
    ) -> Sequence[SessionSummary]: ...

    async def close(self) -> None: ...


class Channel(Protocol):  # channels/
    """News for whoever listens; a slow listener loses the oldest, never delays the rest."""

    async def publish(self, topic: str, payload: bytes) -> None: ...

    def subscribe(self, topic: str) -> AsyncIterator[bytes]: ...
