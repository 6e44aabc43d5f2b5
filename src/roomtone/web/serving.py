"""Runs the server in this process, alone or with the demo's crowd, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import shutil
import signal
import socket
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from roomtone import __version__
from roomtone.errors import BadConfig
from roomtone.events import Event
from roomtone.runtime import logs, plugins, projects, roles, terminal
from roomtone.runtime.access import Access
from roomtone.runtime.clock import Clock, WallClock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.crowd import Crowd, CrowdClock, recall
from roomtone.runtime.feeds import listening
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.publishing import publishing
from roomtone.web.gate import Gate
from roomtone.web.guard import check_bind

BACKLOG = 1024
"""Connections that may wait to be accepted: a restart of many clients at once."""

PORTS_TRIED = 50


class Quiet(uvicorn.Server):
    """A uvicorn server that leaves signals to us: the pipeline ends after it, in good order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(job: Coroutine[Any, Any, None]) -> None:
    """Run a server to its end, on uvloop where it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(job)


async def serve(settings: Settings, *, role: str = "all", verbose: bool = False) -> None:
    """`roomtone serve`. Raises BadConfig when it may not or cannot listen where it is told to, or
    cannot be what it is told to be, and Owned when the partition has another engine."""
    logs.configure(settings.log, verbose=verbose, role=role)
    jobs = {"all": _serve_all, "web": _serve_web, "engine": _serve_engine, "worker": _serve_worker}
    job = jobs[roles.check_role(settings, role)]
    check_bind(settings.server, keyed=_locked(settings))
    stop = _stop_signal()
    with listen(settings.server.host, settings.server.port) as door:
        await _until(stop, job(settings, door))


async def _serve_all(settings: Settings, door: socket.socket) -> None:
    async with (
        running(settings, door, WallClock()) as pipeline,
        outside(settings, pipeline),
    ):
        url = address(door)
        terminal.out.print(f" dashboard  [bold]{url}[/]   api docs  {url}/docs")
        terminal.out.print(f" data in {terminal.clean(settings.data)}; Ctrl-C to stop")
        await roles.lost(pipeline)


async def _serve_web(settings: Settings, door: socket.socket) -> None:
    from roomtone.web.app import create_app

    gate = Gate(settings)
    with _realtime(settings) as second:
        async with (
            roles.away(settings, stores=True) as host,
            projects.opened(settings, gate.access, partial(roles.away, stores=True)) as others,
            accepting(
                create_app(host, settings, role="web", gate=gate, projects=others),
                settings,
                door,
                *second,
            ),
        ):
            url = address(door)
            terminal.out.print(f" dashboard  [bold]{url}[/]   api docs  {url}/docs")
            told = f"partition {settings.cluster.partition}"
            terminal.out.print(f" the engine of {told} is asked over Redis; Ctrl-C to stop")
            await asyncio.Event().wait()


async def _serve_engine(settings: Settings, door: socket.socket) -> None:
    from roomtone.web.health import Health

    health = Health(settings, "engine")
    async with accepting(health, settings, door):
        terminal.out.print(f" engine of partition {settings.cluster.partition}: {address(door)}")
        async with (
            roles.opened(settings, WallClock()) as pipeline,
            projects.opened(settings, Access(settings), _pipeline) as others,
            publishing(settings, pipeline.names, pipeline.measurements[0].name) as documents,
        ):
            pipeline.documents = documents
            health.running, health.parts = pipeline, pipeline.readiness
            _freeze()
            terminal.out.print(f" data in {terminal.clean(settings.data)}; Ctrl-C to stop")
            following = asyncio.create_task(others.follow(), name="follow the keys")
            try:
                await roles.lost(pipeline)
            finally:
                following.cancel()


async def _serve_worker(settings: Settings, door: socket.socket) -> None:
    from roomtone.web.health import Health

    health = Health(settings, "worker")
    async with (
        roles.away(settings, stores=False) as host,
        listening(settings, host) as feeds,
        accepting(health, settings, door),
    ):
        host.feeds = feeds
        health.running, health.parts = host, host.readiness
        terminal.out.print(f" worker for partition {settings.cluster.partition}: {address(door)}")
        terminal.out.print(f" {len(settings.sources.listen)} sources; Ctrl-C to stop")
        await asyncio.Event().wait()


async def demo(
    settings: Settings,
    *,
    speed: float = 1.0,
    seed: int = 1,
    open_browser: bool = False,
    keep: bool = False,
) -> None:
    """`roomtone demo`: the server, the crowd, and each alert as it comes."""
    check_bind(settings.server, keyed=_locked(settings))
    stop = _stop_signal()
    wanted = settings.server.port
    with listen(settings.server.host, wanted, tries=PORTS_TRIED) as door:
        url = address(door)
        if wanted and not url.endswith(f":{wanted}"):
            terminal.out.print(f" port {wanted} is busy; this is the next free one")
        clock = CrowdClock(WallClock(), speed=speed)

        def resume(pipeline: Pipeline) -> None:
            """The crowd's past begins after what a folder has heard already."""
            clock.move_to(max(pipeline.engine.clock_ms, pipeline.engine.next_tick * 1000))

        async with running(settings, door, clock, resume) as pipeline:
            kept = "" if keep else " Keep it: roomtone demo --data DIR"
            terminal.out.print(
                f" roomtone {__version__}: a keynote, three chats and three bots that people talk "
                "to, all of them synthetic; nothing leaves this machine"
            )
            terminal.out.print(f" dashboard  [bold]{url}[/]   api docs  {url}/docs")
            terminal.out.print(f" Alerts are printed as they come. Ctrl-C to stop.{kept}")
            if open_browser:
                await asyncio.to_thread(webbrowser.open, url)
            past = max(clock.behind_s, 0.0)
            member = plugins.load("sources", "demo")
            name = f"{utc(clock.now_ms()):%Y%m%dT%H%M%S}"
            crowd = Crowd(
                pipeline, clock, member.Demo(seed=seed, warmup_s=past, name=name).script()
            )
            await _until(stop, _perform(crowd, pipeline, clock, member.past))


async def _perform(
    crowd: Crowd,
    pipeline: Pipeline,
    clock: Clock,
    past: Callable[[datetime], Mapping[str, Sequence[Event]]],
) -> None:
    """The crowd's past in a moment, then its present, with each alert printed as it comes."""
    await crowd.catch_up()
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(recall(pipeline, past(utc(clock.now_ms()))))
        jobs.create_task(crowd.run())
        jobs.create_task(_tell(pipeline, clock))


def _locked(settings: Settings) -> bool:
    """Whether a key was ever made. Raises BadConfig where that cannot be read."""
    access = Access(settings)
    access.load()
    return access.locked


@contextlib.asynccontextmanager
async def _pipeline(settings: Settings) -> AsyncIterator[Pipeline]:
    """What runs for one project; one whose partition goes to another engine ends."""
    async with roles.opened(settings, WallClock()) as pipeline:
        yield pipeline


@contextlib.asynccontextmanager
async def outside(settings: Settings, pipeline: Pipeline) -> AsyncIterator[None]:
    """What comes in and goes out by itself: live sources, and the documents' payloads."""
    async with (
        listening(settings, pipeline) as feeds,
        publishing(settings, pipeline.names, pipeline.measurements[0].name) as documents,
    ):
        pipeline.feeds, pipeline.documents = feeds, documents
        yield


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    door: socket.socket,
    clock: Clock,
    before: Callable[[Pipeline], None] = lambda pipeline: None,
) -> AsyncIterator[Pipeline]:
    """The pipeline and the web server, up and accepting; both ended in good order.

    `before` is called when the past is known again and the clock does not run yet.
    """
    from roomtone.web.app import create_app

    gate = Gate(settings)
    with _realtime(settings) as second:
        async with (
            roles.opened(settings, clock, before) as pipeline,
            projects.opened(settings, gate.access, _pipeline) as others,
            accepting(
                create_app(pipeline, settings, gate=gate, projects=others),
                settings,
                door,
                *second,
            ),
        ):
            yield pipeline


@contextlib.contextmanager
def _realtime(settings: Settings) -> Iterator[list[socket.socket]]:
    """The second port, where one is set."""
    place = settings.server
    second = [listen(place.host, place.realtime_port, hint=_SECOND)] if place.realtime_port else []
    try:
        yield second
    finally:
        for one in second:
            one.close()


@contextlib.asynccontextmanager
async def accepting(app: Any, settings: Settings, *doors: socket.socket) -> AsyncIterator[None]:
    """An application, served at listening sockets until the end of the block."""
    from roomtone.web import sockets

    server = Quiet(sockets.config(app, settings, keyed=_locked(settings)))
    serving = asyncio.create_task(server.serve(list(doors)))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if serving.done():
            await serving
        _freeze()
        yield
    finally:
        await app.close()  # uvicorn would wait for those who watch
        server.should_exit = True
        await serving


def _freeze() -> None:
    """What is loaded by now stays for good: a full collection would walk through all of it time
    and again, 50 ms in which nothing else runs."""
    gc.collect()
    gc.freeze()


_SECOND = "choose another server.realtime_port"


@contextlib.contextmanager
def demo_folder(settings: Settings, *, keep: bool) -> Iterator[Settings]:
    """The settings with a folder of their own, deleted at the end unless it is to be kept."""
    if keep:
        yield settings
        return
    folder = Path(tempfile.mkdtemp(prefix="roomtone-demo-"))
    try:
        yield settings.model_copy(update={"data": folder})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def listen(
    host: str, port: int, *, tries: int = 1, hint: str = "choose another with --port"
) -> socket.socket:
    """A listening socket at the first free of `tries` ports. Raises BadConfig without one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    problem: OSError | None = None
    for candidate in range(port, min(port + tries, 65536)) if port else [0]:
        try:
            return socket.create_server((host, candidate), family=family, backlog=BACKLOG)
        except OSError as error:
            problem = error
    reason = (problem.strerror if problem else None) or str(problem)
    raise BadConfig(f"cannot listen on {host}:{port} ({reason}); {hint}")


def address(door: socket.socket) -> str:
    """The URL under which a listening socket is reached from this machine."""
    host, port = door.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stop_signal() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM, from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _until(stop: asyncio.Event, job: Coroutine[Any, Any, None]) -> None:
    """Run a job until it is told to stop, or fails."""
    working, waiting = asyncio.create_task(job), asyncio.create_task(stop.wait())
    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _tell(pipeline: Pipeline, clock: Clock) -> None:
    """Print alerts as they come, with the time since the crowd went live."""
    start_ms = clock.now_ms()
    async for payload in pipeline.news.subscribe("alerts"):
        frame = json.loads(payload)
        if frame.get("kind") == "alert":
            seconds = (clock.now_ms() - start_ms) // 1000
            line = terminal.alert_line(frame["alert"], f"{seconds // 60:02d}:{seconds % 60:02d}")
            terminal.out.print(line)
