"""GET /metrics: the numbers of this process as Prometheus reads them, made when it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from roomtone.runtime.numbers import Number, counter, gauge
from roomtone.runtime.tally import Durations
from roomtone.web.problems import Faults

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from roomtone.web.live import Hub

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Tell = Callable[[], Iterable[Number]]


class Metrics:
    """Renders what it is told. `memory` is read in the event loop, `disk` in a thread."""

    def __init__(self, memory: Tell, disk: Tell = tuple) -> None:
        self._memory, self._disk = memory, disk

    async def page(self) -> bytes:
        """The page. Counting costs nothing until somebody asks; asking costs a few ms."""
        told = list(self._memory())
        return await asyncio.to_thread(lambda: render([*told, *self._disk()]))


def of_hub(hub: Hub) -> Iterator[Number]:
    """Who watches, and what they were sent."""
    yield gauge("roomtone_viewers", "Pages and scripts that watch.", len(hub))
    yield counter("roomtone_frames_sent_total", "Frames sent to viewers.", hub.frames_sent)
    yield counter(
        "roomtone_frames_lost_total",
        "Frames dropped before slow viewers, who are told of the gap.",
        hub.frames_lost,
    )
    yield counter(
        "roomtone_viewers_stalled_total",
        "Viewers let go because they took nothing for ten seconds.",
        hub.closed_stalled,
    )


def of_faults(faults: Faults) -> Iterator[Number]:
    """What nobody expected."""
    yield counter(
        "roomtone_request_faults_total", "Requests that failed unexpectedly.", faults.count
    )


def render(numbers: Iterable[Number]) -> bytes:
    """Prometheus's text format, with the process's own memory, time and files at the end."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    told = list(numbers)

    class Collector:
        def collect(self) -> Iterator[Metric]:
            return map(_family, told)

    registry = CollectorRegistry()
    registry.register(Collector())  # type: ignore[arg-type, unused-ignore]
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def _family(number: Number) -> Metric:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    labels = sorted(number.values[0][0]) if number.values else []
    if number.kind == "histogram":
        histogram = HistogramMetricFamily(number.name, number.help, labels=labels)
        for named, times in number.values:
            assert isinstance(times, Durations)
            its = [named[label] for label in labels]
            histogram.add_metric(its, list(times.buckets()), times.total)
        return histogram
    made = CounterMetricFamily if number.kind == "counter" else GaugeMetricFamily
    family = made(number.name, number.help, labels=labels)
    for named, value in number.values:
        assert not isinstance(value, Durations)
        family.add_metric([named[label] for label in labels], value)
    return family
