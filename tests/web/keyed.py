"""A server with keys and two projects, asked in this process or over a real port."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from roomtone.runtime import projects, roles
from roomtone.runtime.access_keys import SCOPES
from roomtone.runtime.config import Settings
from roomtone.web.app import create_app
from roomtone.web.gate import Gate
from tests.runtime.conftest import House

PROJECTS = ("default", "shop")


class Keyed:
    """The application, its gate, and a key of each scope of both projects."""

    def __init__(self, app: Any, gate: Gate, house: House) -> None:
        self.app, self.gate, self.house = app, gate, house
        self.keys = {
            (project, scope): gate.access.make_key(scope, project=project)[1]
            for project in PROJECTS
            for scope in SCOPES
        }
        transport = httpx2.ASGITransport(app=app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8003")

    def bearer(self, scope: str = "admin", project: str = "default") -> dict[str, str]:
        """The header of a key."""
        return {"Authorization": f"Bearer {self.keys[project, scope]}"}


@contextlib.asynccontextmanager
async def keyed(folder: Path, static: Path, **access: Any) -> AsyncIterator[Keyed]:
    """Two projects behind one gate, until the end of the block; nothing may have failed by then."""
    house = House(folder)
    house.settings = Settings(data=folder, access={"rate": "100000/second", **access})

    @contextlib.asynccontextmanager
    async def opening(settings: Settings) -> AsyncIterator[Any]:
        async with roles.opened(settings, house.clock) as pipeline:
            yield pipeline

    await house.open()
    try:
        gate = Gate(house.settings)
        async with projects.opened(house.settings, gate.access, opening) as others:
            app = create_app(
                house.pipeline, house.settings, static=static, gate=gate, projects=others
            )
            made = Keyed(app, gate, house)
            async with made.client:
                yield made
            await app.close()
    finally:
        await house.pipeline.stop()
    assert app.faults.count == 0, app.faults.latest
