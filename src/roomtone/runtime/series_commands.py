"""What `roomtone query` and `roomtone backfill` do: read series, beside a server or without one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from roomtone.errors import BadConfig, BadEvent
from roomtone.points import Measurement
from roomtone.ports import SeriesStore
from roomtone.runtime import flux, plugins, terminal
from roomtone.runtime.asking import parse_moment
from roomtone.runtime.backfill import backfill as copy
from roomtone.runtime.clock import WallClock, iso, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.loading import load
from roomtone.runtime.looking import see_that_it_is_there
from roomtone.runtime.same_stores import is_same

OK, UNWELL = 0, 1

FIRST_MS = 0
"""1970: before any turn that there is."""

AHEAD = timedelta(days=1)
"""How far ahead points are looked for: clocks of senders may be fast."""


@asynccontextmanager
async def open_series(
    settings: Settings, measurements: Sequence[Measurement]
) -> AsyncIterator[SeriesStore]:
    """The store that these settings keep series in. Raises StoreError where there is none yet."""
    see_that_it_is_there(settings.series_url)
    store = plugins.series_of(settings)
    try:
        await store.open(measurements)
        yield store
    finally:
        await store.close()


async def query(what: str | None, *, data: Path | None, show: bool, as_json: bool) -> int:
    """`roomtone query`: a saved query, a file or standard input."""
    if what is None:
        for name in flux.saved():
            about = flux.text_of(name).partition("\n")[0].removeprefix("// ")
            terminal.out.print(f"{name:16} {about}", markup=False)
        return OK
    text = _flux_of(what)
    if show:
        terminal.out.print(text.rstrip(), markup=False)
        return OK
    asked = flux.parse(text, utc(WallClock().now_ms()))
    settings = load({"data": data})
    measurements = plugins.measurements(settings)
    async with open_series(settings, measurements) as store:
        rows = await flux.answer(asked, store, measurements)
    shown = [{name: _shown(value) for name, value in row.items()} for row in rows]
    if as_json:
        terminal.print_json(shown)
    elif shown:
        terminal.out.print(_table(shown))
    else:
        terminal.note("no rows; see what there is with: roomtone query")
    return OK


def _flux_of(what: str) -> str:
    if what == "-":
        return sys.stdin.read(1 << 20)
    if what in flux.saved() or not Path(what).is_file():
        return flux.text_of(what)
    return Path(what).read_text(encoding="utf-8")


def brief(value: Any) -> str:
    """A value as a table shows it: numbers to four places, without the noise behind them.

    >>> brief(0.1 + 0.2), brief(3.0), brief(1234567.25), brief(None), brief("joy")
    ('0.3', '3', '1234567.25', '', 'joy')
    >>> brief(0.00001234), brief(-0.00001)
    ('1.234e-05', '-1e-05')
    """
    if not isinstance(value, float):
        return "" if value is None else str(value)
    if 0 < abs(value) < 0.0001:
        return f"{value:.4g}"
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _shown(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rows as InfluxDB's own command shows them, without the range that all have in common."""
    tags = sorted({name for row in rows for name in row if not name.startswith("_")} - {"table"})
    names = ["table", "_time", "_measurement", *tags, "_field", "_value"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name in ("table", "_value") else "left")
    for row in rows:
        table.add_row(*(terminal.plain(brief(row.get(name))) for name in names))
    return table


def _check_target(to: str, settings: Settings) -> None:
    """Raise BadConfig for what is no URL of a store, and for the store that is read from."""
    known = plugins.names("stores.series")
    if urlsplit(to).scheme.partition("+")[0] not in known or "://" not in to:
        raise BadConfig(
            f"--to {to[:60]} is no URL of a store; write it like "
            "influxdb://TOKEN@host:8086/ORG/BUCKET, postgresql://user@host/roomtone or "
            f"sqlite:///copy.db (there are: {', '.join(known)})"
        )
    try:
        same = is_same(to, settings.series_url)
    except ValueError:  # a port that is none: the store says so
        same = False
    if same:
        raise BadConfig(
            "--to names the store that is read from; name another one, or another data folder "
            "with --data"
        )


async def backfill(
    to: str,
    *,
    start: str | None,
    end: str | None,
    only: Sequence[str],
    data: Path | None,
    as_json: bool,
) -> int:
    """`roomtone backfill`; 1 when the target refused some of it for good."""
    settings = load({"data": data})
    measurements = plugins.measurements(settings)
    if unknown := set(only) - {m.name for m in measurements}:
        names = ", ".join(m.name for m in measurements)
        raise BadConfig(
            f"nothing is measured as {', '.join(sorted(unknown))}; choose among: {names}"
        )
    first = utc(FIRST_MS) if start is None else parse_moment(start)
    last = utc(WallClock().now_ms()) + AHEAD if end is None else parse_moment(end)
    if first >= last:
        raise BadEvent("--from is not before --to-time; name a moment before it")
    chosen = [m for m in measurements if not only or m.name in only]
    _check_target(to, settings)
    target = plugins.series_store(to)
    async with open_series(settings, measurements) as source:
        try:
            await target.open(chosen)
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            hidden = not terminal.err.is_terminal
            with Progress(*columns, console=terminal.err, transient=True, disable=hidden) as bar:
                task = bar.add_task("reading", total=None)

                def told(name: str, at: datetime, points: int) -> None:
                    bar.update(task, description=f"{name}: {points:,} points, up to {iso(at)}")

                done = await copy(source, target, chosen, first, last, told)
        finally:
            await target.close()
    total = sum(done.points.values())
    if as_json:
        terminal.print_json(
            {"points": done.points, "refused": done.refused, "folded": done.folded, "total": total}
        )
    else:
        for name, count in done.points.items():
            terminal.out.print(f" {count:>12,} {name}", markup=False)
        terminal.out.print(f" {total:>12,} points are there", markup=False)
    if done.folded:
        terminal.note(
            f"{done.folded:,} of them without their person, beyond the target's budget of series; "
            "raise series= in its URL to have more"
        )
    if done.refused:
        terminal.note(f"refused, at least in part: {done.refused:,} points: {done.why}")
    return UNWELL if done.refused else OK
