"""The series store's check finds each way to be wrong with texts and with times of their own."""

from dataclasses import replace

import numpy as np
import pytest

from roomtone.contracts_series import check_series_store
from roomtone.listed import ListSeriesStore


class OneTime(ListSeriesStore):
    async def write(self, blocks):
        await super().write([replace(block, times=None) for block in blocks])


class NoTexts(ListSeriesStore):
    async def read(self, *given, **more):
        return [replace(point, texts={}) for point in await super().read(*given, **more)]


class EmptyForAbsent(ListSeriesStore):
    async def read(self, measurement, *, step_s=0, **more):
        declared = dict.fromkeys(self._declared(measurement).texts, "")
        points = await super().read(measurement, step_s=step_s, **more)
        return points if step_s else [replace(p, texts=declared | p.texts) for p in points]


class TakesAnyText(ListSeriesStore):
    async def write(self, blocks):
        known = [
            replace(b, texts={k: v for k, v in b.texts.items() if k in self._texts(b)})
            for b in blocks
        ]
        await super().write(known)

    def _texts(self, block):
        return self._declared(block.measurement).texts if block.measurement == "remark" else ["sky"]


class CountsTwice(ListSeriesStore):
    """Its steps weigh a point by how often it was written."""

    def __init__(self):
        super().__init__()
        self.last = {}

    async def write(self, blocks):
        for block in blocks:
            self.last[block.measurement] = len(block)
        await super().write(blocks)

    async def read(self, measurement, *, step_s=0, **more):
        points = await super().read(measurement, step_s=step_s, **more)
        if step_s and measurement == "remark" and self.last[measurement] == 2:
            fields = {"strength": np.nan, "strength_min": 0.0, "strength_max": 1.0}
            return [replace(point, fields=fields) for point in points]
        return points


class StaleSteps(ListSeriesStore):
    """What comes late into an hour that was told is not told any more."""

    def __init__(self):
        super().__init__()
        self.told = {}

    async def read(self, measurement, *, step_s=0, **more):
        points = await super().read(measurement, step_s=step_s, **more)
        if step_s != 3600:
            return points
        return [self.told.setdefault((p.time, tuple(sorted(p.tags.items()))), p) for p in points]


BROKEN = [OneTime, NoTexts, EmptyForAbsent, TakesAnyText, CountsTwice, StaleSteps]


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_series_store_is_caught(broken):
    """Lost times and texts, texts made up, undeclared ones, and steps that are not true."""
    with pytest.raises(AssertionError):
        await check_series_store(broken())
