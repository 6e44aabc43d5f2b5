"""A process that shows nothing else tells whether it lives and works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from roomtone.runtime.config import Settings
from roomtone.web.health import Health
from tests.runtime.conftest import House


async def ask(health: Health, path: str, method: str = "GET", host: str = "127.0.0.1") -> Any:
    """What it answers."""
    transport = httpx2.ASGITransport(app=health)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.request(method, path)


async def test_before_it_works_it_lives(tmp_path: Path) -> None:
    """A standby is alive and not ready."""
    health = Health(Settings(data=tmp_path), "engine")
    ready = await ask(health, "/readyz")

    assert (await ask(health, "/healthz")).status_code == 200
    assert (ready.status_code, ready.json()["role"]) == (503, "engine")
    assert "waits for its partition" in ready.text


async def test_an_engine_tells_its_parts_and_numbers(house: House) -> None:
    """The same as the whole server would."""
    health = Health(house.settings, "engine")
    health.running, health.parts = house.pipeline, house.pipeline.readiness
    ready = await ask(health, "/readyz")
    numbers = await ask(health, "/metrics")

    assert ready.status_code == 200
    assert {"journal", "stores", "clock"} <= {part["name"] for part in ready.json()["parts"]}
    assert 'role="engine"' in numbers.text
    assert "roomtone_journal_segments" in numbers.text


async def test_all_else_is_elsewhere(tmp_path: Path) -> None:
    """With where to ask; other names and other methods are refused as in the web."""
    health = Health(Settings(data=tmp_path), "worker")

    assert "role web" in (await ask(health, "/v1/sessions")).json()["detail"]
    assert (await ask(health, "/healthz", "POST")).status_code == 405
    assert (await ask(health, "/healthz", host="evil.example")).status_code == 421
