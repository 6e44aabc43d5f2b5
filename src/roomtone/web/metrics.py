"""GET /metrics: the numbers of this process as Prometheus reads them, made when it asks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from roomtone.runtime.numbers import Labels, Number, counter, gauge
from roomtone.runtime.tally import Durations
from roomtone.web.problems import Faults

if TYPE_CHECKING:
    from roomtone.web.live import Hub

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Tell = Callable[[], Iterable[Number]]


class Metrics:
    """Renders what it is told, in the event loop: a millisecond.

    A thread would have to wait for the loop of a busy server again and again, five milliseconds
    each time. Only `disk` is read in one, as a disk may hang: behind the page, which shows what
    was found when it was last asked for.
    """

    def __init__(self, memory: Tell, disk: Tell = tuple) -> None:
        self._memory, self._disk = memory, disk
        self._found: list[Number] | None = None
        self._looking: asyncio.Task[list[Number]] | None = None

    async def page(self) -> bytes:
        """The page. Counting costs nothing until somebody asks."""
        told = [*self._memory(), *await self._of_disk()]
        return render(told) + render_process()

    async def _of_disk(self) -> list[Number]:
        """What was found last time; the first time it is waited for."""
        if self._looking is not None and (self._found is None or self._looking.done()):
            looking, self._looking = self._looking, None
            self._found = await asyncio.shield(looking)
        if self._looking is None:
            self._looking = asyncio.create_task(asyncio.to_thread(lambda: list(self._disk())))
        if self._found is None:
            self._found = await asyncio.shield(self._looking)
        return self._found


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


def of_traces(spans: Mapping[str, int]) -> Iterator[Number]:
    """What became of OpenTelemetry spans."""
    values: list[tuple[Labels, float | Durations]] = [
        ({"became": name}, float(spans.get(name, 0))) for name in ("read", "textless", "ignored")
    ]
    told = "OpenTelemetry spans: read, textless (a model's, without content) or ignored."
    yield Number("roomtone_otlp_spans_total", "counter", told, values)


def render(numbers: Iterable[Number]) -> bytes:
    """Prometheus's text format, which the client's own renderer takes ten times as long for."""
    lines: list[str] = []
    for number in numbers:
        name = number.name
        lines.append(f"# HELP {name} {_escape(number.help)}")
        lines.append(f"# TYPE {name} {number.kind}")
        for labels, value in number.values:
            named = [f'{label}="{_quote(labels[label])}"' for label in sorted(labels)]
            if not isinstance(value, Durations):
                lines.append(f"{name}{_braced(named)} {_shown(value)}")
                continue
            count = 0.0
            for end, count in value.buckets():
                braced = _braced([*named, f'le="{end}"'])
                lines.append(f"{name}_bucket{braced} {_shown(count)}")
            lines.append(f"{name}_count{_braced(named)} {_shown(count)}")
            lines.append(f"{name}_sum{_braced(named)} {_shown(value.total)}")
    return "\n".join([*lines, ""]).encode()


def _braced(labels: list[str]) -> str:
    return f"{{{','.join(labels)}}}" if labels else ""


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quote(text: str) -> str:
    return _escape(text).replace('"', '\\"')


def _shown(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"


def render_process() -> bytes:
    """The process's own memory, time and files."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return generate_latest(registry)
