"""What is wrong with an InfluxDB that the settings name: connection, token, bucket, data; looks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from roomtone.errors import RoomtoneError
from roomtone.points import Measurement
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.masking import mask

AHEAD = timedelta(minutes=10)
"""A point newer than that was told by a clock that is wrong."""


class Found(NamedTuple):
    """One finding."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def influx_urls(settings: Settings) -> Mapping[str, str]:
    """Each InfluxDB that is named, with what it is for."""
    urls: dict[str, list[str]] = {}
    for name, url in (("series", settings.series_url), ("mirror", settings.stores.mirror)):
        if urlsplit(url).scheme.partition("+")[0] == "influxdb":
            urls.setdefault(url, []).append(name)
    return {url: " and ".join(names) for url, names in urls.items()}


async def examine_influx(
    url: str, users: str, measurements: Sequence[Measurement], clock: Clock
) -> AsyncIterator[Found]:
    """The findings about one; nothing is written by looking."""
    name = f"InfluxDB ({users})"
    try:
        store = plugins.load("stores.series", "influxdb")(url)
    except RoomtoneError as error:
        yield _unwell(name, error)
        return
    try:
        async for found in _look(store, name, measurements, clock):
            yield found
    finally:
        await store.close()


async def _look(
    store: Any, name: str, measurements: Sequence[Measurement], clock: Clock
) -> AsyncIterator[Found]:
    try:
        version = await store.version()
    except RoomtoneError as error:
        yield _unwell(name, error)
        return
    if not version:
        yield Found(name, True, "it answers; no InfluxDB, so what is in it cannot be asked for")
        return
    yield Found(name, True, f"version {version}")
    try:
        newest = await store.newest([m.name for m in measurements])
    except RoomtoneError as error:
        refused = "refuses the token" in str(error)
        yield _unwell(f"{name}: {'token' if refused else 'bucket'}", error)
        return
    yield Found(f"{name}: bucket", True, "it is there, and may be read")
    now = utc(clock.now_ms())
    last = max(newest.values(), default=None)
    if last is None:
        detail = "no point yet; a server sends them as they are measured"
        yield Found(f"{name}: data", True, detail)
        return
    yield Found(
        f"{name}: data",
        last <= now + AHEAD,
        f"{len(newest)} of {len(measurements)} measurements, the newest point of "
        f"{last:%Y-%m-%d %H:%M:%S} UTC",
        "set the clocks of whoever sends events by NTP: points lie in the future",
    )


def _unwell(name: str, error: Exception) -> Found:
    """An error, whose last part says what to do."""
    detail, _, remedy = str(error).rpartition("; ")
    return Found(name, False, mask(detail or str(error)), mask(remedy or str(error)))
