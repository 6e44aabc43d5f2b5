"""/v1/system tells a page how this process is: parts with remedies, and the numbers of /metrics."""

from __future__ import annotations

from roomtone.errors import StoreError
from roomtone.runtime.numbers import Number, counter
from roomtone.runtime.tally import DISK_S, Durations
from roomtone.web.system import flat
from tests.runtime.conftest import until
from tests.web.conftest import Site, message


async def test_parts_and_numbers_come_together(site: Site) -> None:
    """A page that asks once knows what works, and how much there is of what."""
    await site.say(message(), source="bridge")
    await site.house.tick()

    told = await site.get("/v1/system")
    numbers = {(n["name"], *sorted(n["labels"].values())): n for n in told["numbers"]}

    assert told["status"] == "ready"
    assert {part["name"] for part in told["parts"]} >= {"journal", "stores", "clock", "loops"}
    assert numbers["events_total", "accepted", "bridge"]["value"] == 1
    assert numbers["sessions", "live"]["value"] == 1
    assert numbers["journal_sync_seconds",]["count"] >= 1
    assert told["at"] == site.pipeline.clock.now_ms() / 1000


async def test_what_is_unwell_is_shown_all_the_same(site: Site) -> None:
    """The answer is 200 with the remedy: /readyz is there for those who go by the status."""

    async def broken(*args: object, **more: object) -> None:
        raise StoreError("the database is away; start it")

    site.pipeline.series.write = broken
    await site.say(message())
    await site.house.tick()
    await until(lambda: site.pipeline.keeper.trouble is not None)

    told = await site.get("/v1/system")
    (stores,) = [part for part in told["parts"] if part["name"] == "stores"]

    assert told["status"] == "degraded"
    assert "the database is away" in stores["detail"]
    assert stores["remedy"]


def test_a_histogram_is_told_by_count_and_sum() -> None:
    """So that whoever asks twice knows the mean of the time between."""
    times = Durations(DISK_S)
    times.add(0.25)
    times.add(0.5)
    histogram = Number("roomtone_x_seconds", "histogram", "x", [({}, times)])

    assert list(flat(histogram)) == [{"name": "x_seconds", "labels": {}, "value": 0.75, "count": 2}]
    assert next(flat(counter("roomtone_y_total", "y", 3, kind="a"))) == {
        "name": "y_total",
        "labels": {"kind": "a"},
        "value": 3.0,
        "count": None,
    }
