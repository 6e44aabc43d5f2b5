"""Keeps points in a bucket of InfluxDB: lines through its own client in, InfluxQL out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from roomtone.errors import StoreError, StoreRefused
from roomtone.points import Block, Measurement, Point
from roomtone.stores import _influx_query as ql
from roomtone.stores import _steps as steps
from roomtone.stores._influx_address import parse
from roomtone.stores._influx_budget import OTHERS, PERSON, Budget
from roomtone.stores._influx_client import Client
from roomtone.stores._influx_lines import lines_of
from roomtone.stores._keeping import KEEP_S, checked


class InfluxDB:
    """A SeriesStore in the bucket that `influxdb://token@host:8086/org/bucket` names.

    Steps are made by the server from its points, which stay as long as its bucket keeps them:
    there are no rollups of ours, and `keep_s` does nothing. A number that has been written cannot
    be taken back: where a later write has NaN, the earlier number stays. A call that is too large
    for one request is several, and the first of them stay where a later one fails. See
    docs/influxdb.md for the options of the URL and for what ran against which server.
    """

    def __init__(self, url: str, *, keep_s: Mapping[int, int | None] = KEEP_S) -> None:
        checked(keep_s)
        self._address = parse(url)
        self._client: Client | None = Client(self._address)
        self._budgets: dict[str, Budget] = {}
        self._writing = asyncio.Lock()
        self._is_open = False

    async def open(self, measurements: Sequence[Measurement] = ()) -> None:
        client = self._client or Client(self._address)
        try:
            await client.ping()
            declared = {m.name: m for m in measurements}
            for measurement in [*declared.values()][:1]:  # whether bucket and token are right
                await client.query(ql.points_query(measurement, {}, 0, 1, 1))
        except BaseException:
            if not self._is_open:
                client.close()
                self._client = None
            raise
        self._client, self._is_open = client, True
        for name, measurement in declared.items():
            known = self._budgets.get(name)
            if known is None or known.measurement.tags != measurement.tags:
                self._budgets[name] = Budget(measurement, self._address.series)
            else:
                known.measurement = measurement

    async def close(self) -> None:
        client, self._client, self._is_open = self._client, None, False
        if client is not None:
            client.close()

    async def write(self, blocks: Sequence[Block]) -> None:
        client = self._opened()
        budgets = [self._budget(block.measurement) for block in blocks]
        for budget, block in zip(budgets, blocks, strict=True):
            steps.check_block(budget.measurement, block)
        async with self._writing:
            for budget in {id(b): b for b in budgets if not b.looked}.values():
                budget.admit(await self._series(client, budget))
            lines = _lines([(b, block) for b, block in zip(budgets, blocks, strict=True)])
            refused: StoreRefused | None = None
            while batch := await asyncio.to_thread(_bodies, lines, self._address.batch):
                for precision, body in batch.items():
                    try:
                        await client.write(body, precision)
                    except StoreRefused as error:  # of these lines; others may be good
                        refused = refused or error
            if refused is not None:
                raise refused

    async def retract(self, blocks: Sequence[Block]) -> None:
        client = self._opened()
        budgets = [self._budget(block.measurement) for block in blocks]
        async with self._writing:
            for budget, block in zip(budgets, blocks, strict=True):
                steps.check_block(budget.measurement, block)
                names = budget.measurement.tags
                for row in range(len(block)):
                    values = [str(block.tags[name][row]) for name in names]
                    told, ns = budget.found(values, steps.to_ms(block.time_of(row)))
                    tags = dict(zip(names, told, strict=True))
                    await client.delete(budget.measurement.name, tags, ns)

    async def drop_series(self, tags: Mapping[str, str]) -> int:
        async with self._writing:
            await self._opened().forget(tags)
        return 0  # the server does not say

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        fields: Sequence[str] = (),
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]:
        client, declared = self._opened(), self._budget(measurement).measurement
        if step_s < 0 or limit < 0:
            raise StoreError(f"step_s {step_s} and limit {limit} must be 0 or more")
        steps.check_fields(declared, fields)
        steps.check_tags(declared, tags)
        first, last = steps.to_ms(start), steps.to_ms(end)
        if not limit or first >= last:
            return []
        if not step_s:
            text = ql.points_query(declared, tags, first, last, limit)
            answer = await client.query(text)
            return await asyncio.to_thread(ql.points_in, answer, declared, fields)
        first, last = steps.widened(first, last, step_s)
        text = ql.steps_query(declared, tags, fields, first, last, step_s, limit)
        answer = await client.query(text)
        return await asyncio.to_thread(ql.steps_in, answer, declared, fields, limit)

    async def retain(self, now: datetime) -> int:
        self._opened()
        return 0  # the bucket has a retention of its own

    async def version(self) -> str:
        """What the server says it is; empty where it does not. Needs no `open`."""
        client = self._client or Client(self._address)
        self._client = client
        await client.ping()
        return client.version

    async def newest(self, measurements: Sequence[str]) -> Mapping[str, datetime]:
        """The time of the newest point of each of these that has any. Needs no `open`."""
        client = self._client or Client(self._address)
        self._client = client
        answer = await client.query(ql.newest_query(measurements))
        return {series["name"]: steps.from_ms(series["values"][0][0]) for series in answer}

    @property
    def folded(self) -> Mapping[str, int]:
        """By measurement: points that went in without their person, for want of room."""
        return {name: b.folded for name, b in self._budgets.items() if b.folded}

    async def _series(self, client: Client, budget: Budget) -> Sequence[str]:
        """The keys of the series that a measurement has already."""
        asked = f"SHOW SERIES FROM {ql.name(budget.measurement.name)} "
        asked += f"WHERE {ql.name(PERSON)} != {ql.literal(OTHERS)} LIMIT {budget.most}"
        try:
            answer = await client.query(asked)
        except StoreRefused:  # it knows no such question; then what we write ourselves counts
            return []
        return [str(row[0]) for series in answer for row in series.get("values", ())]

    def _opened(self) -> Client:
        if self._client is None or not self._is_open:
            raise StoreError(
                f"{self._address.shown} is not open; await open() first, and not after close()"
            )
        return self._client

    def _budget(self, measurement: str) -> Budget:
        try:
            return self._budgets[measurement]
        except KeyError:
            raise StoreError(
                f"no measurement {measurement!r} was declared; pass it to open()"
            ) from None


def _lines(some: Sequence[tuple[Budget, Block]]) -> Iterator[tuple[str, str]]:
    for budget, block in some:
        for precision, line in lines_of(budget.measurement, block, budget.place):
            budget.folded += precision == "ns"
            yield precision, line


def _bodies(lines: Iterator[tuple[str, str]], most: int) -> Mapping[str, bytes]:
    """The next `most` lines by the precision of their times; empty when there are no more."""
    batch: dict[str, list[str]] = {}
    for precision, line in islice(lines, most):
        batch.setdefault(precision, []).append(line)
    return {precision: "\n".join(some).encode() for precision, some in batch.items()}
