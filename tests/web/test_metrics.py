"""/metrics is what Prometheus's own parser reads, complete, described, and cheap."""

from __future__ import annotations

import asyncio
import math
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from roomtone.runtime.numbers import Number, counter, durations, gauge
from roomtone.runtime.tally import Durations
from roomtone.web.metrics import Metrics, render
from tests.web.conftest import Site, message

ROOT = Path(__file__).parents[2]


async def scrape(site: Site) -> str:
    response = await site.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return response.text


async def test_prometheus_reads_what_is_told(site: Site) -> None:
    """Every family has a type, a help sentence and values, and no name twice."""
    await site.say(message(), message(text=5), source="http")
    await site.house.tick()
    families = list(text_string_to_metric_families(await scrape(site)))
    by_name = {family.name: family for family in families}
    events = {
        (s.labels["source"], s.labels["outcome"]): s.value
        for s in by_name["roomtone_events"].samples
    }

    assert len(by_name) == len(families)
    assert all(family.documentation and family.type != "unknown" for family in families)
    assert events["http", "accepted"] == events["http", "refused"] == 1
    assert by_name["roomtone_journal_sync_seconds"].type == "histogram"
    assert by_name["process_resident_memory_bytes"].samples[0].value > 1e6
    assert by_name["roomtone_request_faults"].samples[0].value == 0


async def test_names_follow_the_conventions(site: Site) -> None:
    """Counters end in _total, times are seconds, sizes are bytes, and all begin with our name."""
    families = list(text_string_to_metric_families(await scrape(site)))
    ours = [family for family in families if not family.name.startswith("process_")]

    for family in ours:
        assert re.fullmatch(r"roomtone_[a-z_]+", family.name)
        assert not re.search(r"_(ms|millis|minutes|kb|mb)(_|$)", family.name)
        if family.type == "counter":
            assert all(s.name.endswith(("_total", "_created")) for s in family.samples)


async def test_every_metric_is_described(site: Site) -> None:
    """docs/metrics.md has a row for each, and none for what is not there."""
    site.pipeline.journal.write_snapshot(site.pipeline.journal.end, b"state")
    await site.say(message())
    await site.house.tick()
    text = await scrape(site)
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `((?:roomtone|process)_\w+)", page, re.M))

    assert told - described == set()
    assert described - told == set()


async def test_strangers_do_not_reach_the_page(site: Site) -> None:
    """Sessions, users and texts are on no line; a hostile source cannot break the format."""
    hostile = 'a"} 1\nroomtone_evil 1'
    for n in range(30):
        await site.say(message(f"canary-s{n}", f"canary-u{n}"), source=f"src-{n}")
    await site.client.post("/v1/events", params={"source": hostile}, json=[message("canary-x")])
    text = await scrape(site)

    assert "canary" not in text
    assert "roomtone_evil" not in {f.name for f in text_string_to_metric_families(text)}


async def test_a_scrape_does_not_hold_up_the_events(site: Site) -> None:
    """Scrapes beside events: all are answered, and each page is whole."""

    async def send(n: int) -> None:
        await site.say(*(message(f"s{n}", id=f"{n}-{k}") for k in range(50)))

    pages = await asyncio.gather(*(scrape(site) for _ in range(5)), *map(send, range(20)))

    for page in pages[:5]:
        assert page is not None and len(list(text_string_to_metric_families(page))) > 30
    families = {f.name: f for f in text_string_to_metric_families(await scrape(site))}
    assert families["roomtone_journal_synced_events"].samples[0].value == 1000


def test_a_histogram_adds_up() -> None:
    """Its last bucket is its count, beside its sum and its longest."""
    times = Durations((0.1, 1.0))
    for seconds in (0.05, 0.5, 5.0):
        times.add(seconds)
    page = render([*durations("roomtone_x", "X.", times), counter("roomtone_y_total", "Y.", 3)])
    samples = {
        (s.name, s.labels.get("le")): s.value
        for family in text_string_to_metric_families(page.decode())
        for s in family.samples
    }

    assert samples["roomtone_x_seconds_bucket", "+Inf"] == 3
    assert samples["roomtone_x_seconds_count", None] == 3
    assert samples["roomtone_x_seconds_sum", None] == 5.55
    assert samples["roomtone_x_longest_seconds", None] == 5.0
    assert samples["roomtone_y_total", None] == 3


def test_what_is_odd_survives_the_format() -> None:
    """Quotes, backslashes, line ends and numbers that are none: Prometheus's parser reads all."""
    odd = 'a"b\\c\nd,e=}'
    told = [counter("roomtone_z_total", "Z\\\nz.", math.nan, source=odd)]
    told += [counter("roomtone_w_total", "W.", math.inf), counter("roomtone_v_total", "V.", 1e300)]
    families = {f.name: f for f in text_string_to_metric_families(render(told).decode())}

    assert families["roomtone_z"].samples[0].labels == {"source": odd}
    assert families["roomtone_z"].documentation == "Z\\\nz."
    assert math.isnan(families["roomtone_z"].samples[0].value)
    assert families["roomtone_w"].samples[0].value == math.inf
    assert families["roomtone_v"].samples[0].value == 1e300


async def test_the_disk_is_looked_at_behind_the_page() -> None:
    """The first page waits for it; a disk that hangs holds up no later one; a fault is told."""
    free, sizes = threading.Event(), [1.0, 2.0, 3.0]
    free.set()

    def disk() -> Iterator[Number]:
        free.wait()
        if not sizes:
            raise OSError("gone")
        yield gauge("roomtone_size_bytes", "Bytes.", sizes.pop(0))

    async def shown() -> float:
        page = (await metrics.page()).decode()
        families = {f.name: f for f in text_string_to_metric_families(page)}
        return float(families["roomtone_size_bytes"].samples[0].value)

    metrics = Metrics(tuple, disk)
    assert await shown() == 1.0
    free.clear()
    assert [await shown() for _ in range(3)] == [1.0] * 3
    free.set()
    async with asyncio.timeout(20):
        while await shown() != 3.0:
            await asyncio.sleep(0.01)
        with pytest.raises(OSError, match="gone"):
            while True:
                await shown()
                await asyncio.sleep(0.01)
