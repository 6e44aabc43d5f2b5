"""What `conversations`, `person` and `coverage` tell, read from the stores themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from roomtone.errors import BadEvent, StoreError
from roomtone.points import Measurement
from roomtone.ports import Archive, SeriesStore
from roomtone.runtime import coverage as covering
from roomtone.runtime import persons, plugins, spoken, terminal
from roomtone.runtime.clock import WallClock, utc
from roomtone.runtime.config import Settings

PAGE = 200


@dataclass
class Kept:
    """The stores of these settings, opened to be read; a server may have them open, too."""

    series: SeriesStore
    archive: Archive
    measurements: Sequence[Measurement]


def sqlite_file(url: str) -> Path | None:
    """The file behind a store's URL, where it is one."""
    scheme, _, path = url.partition(":///")
    return Path(unquote(path)) if scheme == "sqlite" else None


def see_that_it_is_there(url: str) -> None:
    """Raises StoreError where a file is not: one would be made of a mistake in its name."""
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        raise StoreError(
            f"{file} is not there; name the data folder that `serve` was given with --data"
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Kept]:
    """The stores, until the end of the block. Raises StoreError where there is nothing to read."""
    see_that_it_is_there(settings.series_url)
    see_that_it_is_there(settings.archive_url)
    series = plugins.series_of(settings)
    archive = plugins.archive(settings.archive_url)
    measured = plugins.measurements(settings)
    try:
        await archive.open()
        await series.open(measured)
        yield Kept(series, archive, measured)
    finally:
        await series.close()
        await archive.close()


async def conversations(settings: Settings, asked: Mapping[str, Any], *, as_json: bool) -> None:
    """`roomtone conversations`: the one that went on last first, `limit` of them at most."""
    limit, filters = asked["limit"], {k: v for k, v in asked.items() if k != "limit"}
    found: list[dict[str, Any]] = []
    total = 0
    async with opened(settings) as kept:
        while len(found) < limit:
            talks, total = await kept.archive.conversations(
                **filters, offset=len(found), limit=min(PAGE, limit - len(found))
            )
            found += map(spoken.show_conversation, talks)
            if not talks:
                break
    if as_json:
        terminal.print_json(found)
    elif found:
        terminal.out.print(terminal.conversations_table(found))
        if total > len(found):
            terminal.note(f"{total - len(found):,} more; ask for them with --limit")
    else:
        terminal.note("no conversation is kept that was asked for; send turns with POST /v1/events")


async def person(settings: Settings, user: str, *, tz: str, as_json: bool) -> None:
    """`roomtone person`. Raises BadEvent where nothing is kept of them."""
    zone = persons.time_zone(tz)
    async with opened(settings) as kept:
        told = await persons.person(kept.archive, user, utc(WallClock().now_ms()), zone)
    if told is None:
        raise BadEvent(f"nothing is kept of person {user!r}; see: roomtone conversations")
    if as_json:
        terminal.print_json(told)
        return
    terminal.out.print(terminal.clean(user), style="bold", markup=False)
    streak, many = told["streak"], terminal.many
    terminal.out.print(
        f"{many(told['total'], 'conversation')} on {many(len(told['days']), 'day')}; "
        f"{many(streak['current'], 'day')} in a row now, {streak['longest']:,} at most"
    )
    if told["relationships"]:
        terminal.out.print(terminal.relationships_table(told["relationships"]))
    hours = [sum(day[hour] for day in told["hours"]) for hour in range(24)]
    most = max(hours) or 1.0
    bars = terminal.sparkline(hour / most for hour in hours)
    terminal.out.print(f"hours 0 to 23 ({terminal.clean(tz)})  {bars}", markup=False)
    if told["conversations"]:
        terminal.out.print(terminal.conversations_table(told["conversations"][:10]))


async def coverage(settings: Settings, *, bot: str | None, as_json: bool) -> None:
    """`roomtone coverage`: what each bot really gives."""
    async with opened(settings) as kept:
        told = await covering.coverage(kept, bot)
    if as_json:
        terminal.print_json(told)
        return
    if not told["bots"]:
        terminal.note("no turn is kept that was asked for; send some with POST /v1/events")
        return
    terminal.out.print(terminal.coverage_table(told["bots"]))
    for name in told["missing"]:
        needs = covering.SELDOM.get(name)
        why = f", which needs {needs}" if needs else ""
        terminal.out.print(f"missing: {name}{why}", style="yellow", markup=False)
