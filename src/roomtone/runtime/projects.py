"""The projects of one installation: each a Roomtone of its own, opened when it is first needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import structlog

from roomtone.errors import BadConfig, RoomtoneError, ServerError
from roomtone.runtime.access import Access, file_of
from roomtone.runtime.access_keys import DEFAULT
from roomtone.runtime.config import Settings

OPEN_S = 60.0
"""How long a request waits for its project to be opened: a journal is read again."""

MOST = 100
"""How many projects one installation holds; each has an engine, a journal and stores."""

log = structlog.get_logger()
H = TypeVar("H")
Open = Callable[[Settings], AbstractAsyncContextManager[H]]


class Projects(Generic[H]):
    """What runs for each project but the default one, by name.

    A project is opened in a task of its own and stays open; the one that cannot be opened says
    why to whoever asks for it, is tried again at the next request, and holds up no other.
    """

    def __init__(self, settings: Settings, access: Access, opening: Open[H]) -> None:
        self._settings, self.access, self._opening = settings, access, opening
        self._homes: dict[str, asyncio.Task[None]] = {}
        self._found: dict[str, asyncio.Future[H]] = {}
        self._stop = asyncio.Event()

    def begin(self) -> None:
        """Open every project that has a key, without waiting for them."""
        for name in self.access.projects():
            if name != DEFAULT:
                self._open(name)

    async def host(self, name: str) -> H:
        """What runs for a project. Raises ServerError where it cannot be opened."""
        found = self._found.get(name)
        if found is None or (found.done() and found.exception() is not None):
            found = self._open(name)
        try:
            async with asyncio.timeout(OPEN_S):
                return await asyncio.shield(found)
        except TimeoutError:
            raise ServerError(
                f"the project {name} is still being opened; nothing was acknowledged, try again"
            ) from None
        except RoomtoneError as error:
            raise ServerError(f"the project {name} cannot be opened: {error}") from None

    async def follow(self) -> None:
        """Open projects as keys for them are made, for a process that nobody asks by HTTP."""
        while True:
            self.begin()
            await asyncio.sleep(2)
            try:
                await asyncio.to_thread(self.access.load)
            except BadConfig as error:
                log.error("the keys cannot be read; those known stay", error=str(error))

    def _open(self, name: str) -> asyncio.Future[H]:
        found = self._found.get(name)
        if found is not None and not (found.done() and found.exception() is not None):
            return found
        found = asyncio.get_running_loop().create_future()
        self._found[name] = found
        if len(self._homes) >= MOST and name not in self._homes:
            found.set_exception(
                BadConfig(f"{MOST} projects are open, which is the most; run another installation")
            )
        else:
            self._homes[name] = asyncio.create_task(self._live(name, found), name=f"at {name}")
        found.add_done_callback(lambda done: done.cancelled() or done.exception())
        return found

    async def _live(self, name: str, found: asyncio.Future[H]) -> None:
        try:
            settings = settings_of(self._settings, name)
            async with self._opening(settings) as host:
                found.set_result(host)
                await self._over(host)
            if not self._stop.is_set():
                self._found.pop(name, None)  # opened again for the next one who asks
        except Exception as error:
            log.error("a project ended", project=name, error=str(error) or type(error).__name__)
            if not found.done():
                told = error if isinstance(error, RoomtoneError) else ServerError(repr(error))
                found.set_exception(told)
            else:
                self._found.pop(name, None)

    async def _over(self, host: H) -> None:
        """Wait until all end, or this one's partition has gone to another engine."""
        waits = [asyncio.create_task(self._stop.wait())]
        lease = getattr(host, "lease", None)
        if lease is not None:
            waits.append(asyncio.create_task(lease.gone.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def close(self) -> None:
        """Close them all, in good order."""
        self._stop.set()
        homes = list(self._homes.values())
        for name, home in self._homes.items():
            opening = self._found.get(name)
            if opening is not None and not opening.done():
                home.cancel()
        await asyncio.gather(*homes, return_exceptions=True)


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, access: Access, opening: Open[H]
) -> AsyncIterator[Projects[H]]:
    """The projects of these settings, closed at the end of the block."""
    projects = Projects(settings, access, opening)
    projects.begin()
    try:
        yield projects
    finally:
        await projects.close()


def settings_of(settings: Settings, project: str) -> Settings:
    """The settings of a project: a folder, stores and a partition of its own, and no sources.

    Raises BadConfig for a store that cannot be parted.
    """
    if project == DEFAULT:
        return settings
    access = settings.access.model_copy(update={"file": str(file_of(settings))})
    stores = settings.stores
    parted = {
        name: _parted(f"stores.{name}", getattr(stores, name), project)
        for name in ("series", "archive", "memory", "mirror")
    }
    partition = f"{settings.cluster.partition}.{project}"
    return settings.model_copy(
        update={
            "data": settings.data / "projects" / project,
            "access": access,
            "stores": stores.model_copy(update=parted),
            "cluster": settings.cluster.model_copy(update={"partition": partition}),
            "sources": settings.sources.model_copy(update={"listen": []}),
            "channels": settings.channels.model_copy(update={"documents": ""}),
        }
    )


def _parted(key: str, url: str, project: str) -> str:
    """A store's URL with a place for this project alone, which no other's name can lead to.

    >>> _parted("stores.series", "postgresql://db/rooms?pool=3", "shop-eu")
    'postgresql://db/rooms?pool=3&schema=project_shop_eu_2e0a4cbc'
    >>> _parted("stores.series", "sqlite:///rooms.db", "shop")
    'sqlite:///rooms.project_shop_bd6c3cd7.db'
    """
    if not url:
        return ""
    parts = urlsplit(url)
    base, mark, query = url.partition("?")
    scheme, host = parts.scheme.partition("+")[0], parts.hostname
    seal = sha256(project.encode()).hexdigest()
    own = f"project_{project.replace('-', '_')}_{seal[:8]}"
    if scheme in ("postgresql", "postgres") and "schema=" not in query:
        return f"{base}?{query}&schema={own}" if query else f"{base}?schema={own}"
    if scheme == "sqlite":
        head, slash, name = base.rpartition("/")
        stem, dot, suffix = name.rpartition(".")
        made = f"{stem}.{own}.{suffix}" if dot else f"{name}.{own}"
        return f"{head}{slash}{made}{mark}{query}"
    if scheme == "influxdb" and parts.path.strip("/").count("/") == 1:
        return f"{base.rstrip('/')}-{own}{mark}{query}"
    if scheme == "qdrant" and not host:
        return f"{base.rstrip('/')}-{own}{mark}{query}"
    if scheme == "qdrant" and "prefix=" not in query:
        # A bot's name follows the prefix: what tells projects apart comes first, of one length.
        prefix = parts.path.strip("/") or "roomtone_memory_"
        made = f"p{seal[:16]}_{prefix}"
        if not made.startswith(prefix):
            return f"{base.removesuffix(parts.path)}/{made}{mark}{query}"
    raise BadConfig(
        f"{key} cannot be parted by project in this form; leave its schema or prefix out, leave "
        "it empty for SQLite in each project's folder, or run an installation for each project"
    )
