"""What a process is: all of Roomtone, or the part of it that its role names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Literal, get_args

import structlog

from roomtone.errors import BadConfig, JournalError
from roomtone.runtime.answering import Answering
from roomtone.runtime.away import Away
from roomtone.runtime.clock import Clock
from roomtone.runtime.config import Settings
from roomtone.runtime.lease import LOOK_S, Lease, Owned
from roomtone.runtime.link import Link, joined
from roomtone.runtime.pipeline import Pipeline

Role = Literal["all", "web", "engine", "worker"]
ROLES: tuple[Role, ...] = get_args(Role)

log = structlog.get_logger()


def check_role(settings: Settings, role: str) -> Role:
    """The role. Raises BadConfig for one that there is not, or that these settings cannot be."""
    if role not in ROLES:
        raise BadConfig(f"there is no role {role[:50]!r}; choose one of: {', '.join(ROLES)}")
    if role != "all" and not joined(settings):
        raise BadConfig(
            f"the role {role} works with others over Redis, and channels.news = "
            f"{settings.channels.news!r} stays in this process; set it to redis://host:6379/0, or "
            "leave --role out"
        )
    if role == "worker" and not settings.sources.listen:
        raise BadConfig("a worker without sources does nothing; name some in sources.listen")
    return next(known for known in ROLES if known == role)


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock,
    before: Callable[[Pipeline], None] = lambda pipeline: None,
) -> AsyncIterator[Pipeline]:
    """A running pipeline. Where others are joined to it, it owns its partition and serves them.

    `before` is called when the past is known again and the clock does not run yet. Raises Owned
    where another engine has the partition, BadConfig, JournalError or StoreError.
    """
    if not joined(settings):
        async with _running(await Pipeline.open(settings, clock=clock), before) as pipeline:
            yield pipeline
        return
    link = Link(settings)
    try:
        lease, found = await _own(settings, clock, link)
        try:
            found.lease = lease
            async with _running(found, before) as pipeline, _serving(pipeline, link, lease):
                yield pipeline
        finally:
            await lease.release()
    finally:
        await link.close()


async def lost(pipeline: Pipeline) -> None:
    """Wait until the partition has gone to another engine. Raises Owned then, and only then."""
    if pipeline.lease is None:
        await asyncio.Event().wait()
        return
    await pipeline.lease.gone.wait()
    raise Owned(
        "another engine owns this partition now, so this one has stopped; nothing that it "
        "acknowledged is lost, look which of the two is wanted"
    )


@contextlib.asynccontextmanager
async def away(settings: Settings, *, stores: bool) -> AsyncIterator[Away]:
    """A host whose engine is elsewhere."""
    host = Away(settings)
    try:
        await host.open(stores=stores)
        yield host
    finally:
        await host.close()


@contextlib.asynccontextmanager
async def _running(
    pipeline: Pipeline, before: Callable[[Pipeline], None]
) -> AsyncIterator[Pipeline]:
    try:
        before(pipeline)
        await pipeline.start()
        yield pipeline
    finally:
        await pipeline.stop()


async def _own(settings: Settings, clock: Clock, link: Link) -> tuple[Lease, Pipeline]:
    """The lease and the pipeline; a standby that finds the folder in use goes on waiting."""
    standby = settings.cluster.standby
    while True:
        lease = Lease(link)
        await lease.take(standby=standby)
        keeping = asyncio.create_task(lease.keep())  # to replay a journal can take longer
        try:
            return lease, await Pipeline.open(settings, clock=clock)
        except JournalError as error:
            await lease.release()
            if not standby:
                raise
            log.warning("the data folder cannot be opened yet", error=str(error))
            await asyncio.sleep(LOOK_S)
        except BaseException:
            await lease.release()
            raise
        finally:
            keeping.cancel()


@contextlib.asynccontextmanager
async def _serving(pipeline: Pipeline, link: Link, lease: Lease) -> AsyncIterator[None]:
    """Keep the lease, answer what is asked, take in what is sent."""
    answering = Answering(pipeline, link, lease)
    jobs = [
        asyncio.create_task(lease.keep(), name="keep the lease"),
        asyncio.create_task(_again(pipeline, answering.answer), name="answer"),
        asyncio.create_task(_again(pipeline, answering.take_in), name="take in"),
        asyncio.create_task(answering.greet(), name="greet"),
    ]
    try:
        yield
    finally:
        for job in jobs[1:]:
            job.cancel()
        await asyncio.gather(*jobs[1:], return_exceptions=True)
        await answering.stop()
        jobs[0].cancel()
        await asyncio.gather(jobs[0], return_exceptions=True)


async def _again(pipeline: Pipeline, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a loop for good: if it fails, say so, count it, and start it again."""
    while True:
        try:
            await job()
        except Exception as error:
            pipeline.fault(job.__name__, error)
            log.warning("a loop failed and is started again", loop=job.__name__, error=str(error))
        await asyncio.sleep(0.5)
