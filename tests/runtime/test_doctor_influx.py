"""The doctor tells what is wrong with an InfluxDB, on servers that really are so."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from roomtone.runtime import plugins
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.doctor import examine
from roomtone.runtime.doctor_influx import Found, influx_urls
from roomtone.runtime.doctor_servers import examine_servers
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.stores.influxdb import InfluxDB
from roomtone.testing import START, ManualClock
from tests.servers import Running, free_port, influx_server, influxql, victoria_server

pytestmark = pytest.mark.servers


def looked_at(url: str, use: str = "mirror") -> dict[str, Found]:
    """The findings by their names' last part."""
    clock = ManualClock(START + timedelta(hours=1))
    found = examine_servers(Settings(stores={use: url}), clock)  # type: ignore[arg-type]
    return {f.name.removeprefix(f"InfluxDB ({use})").lstrip(": "): f for f in found}


def test_a_server_that_is_well_says_what_is_in_it(influx_url: str) -> None:
    """First a bucket without points, then how new they are; and points of a wrong clock."""

    async def write(hours: float) -> None:
        store = InfluxDB(influx_url)
        await store.open([ENGAGEMENT])
        ids = {"session": np.array(["s"], object)}
        at = START + timedelta(hours=hours)
        await store.write([ENGAGEMENT.block(at, np.zeros(1, int), ids, score=np.ones(1))])
        await store.close()

    before = looked_at(influx_url)
    asyncio.run(write(0.5))
    after = looked_at(influx_url, "series")
    asyncio.run(write(9))
    ahead = looked_at(influx_url)

    count = len(plugins.measurements(Settings()))
    assert {name: its.ok for name, its in before.items()} == {
        "": True,
        "bucket": True,
        "data": True,
    }
    assert before[""].detail.startswith("version 1.6.")
    assert "no point yet" in before["data"].detail
    assert after["data"].ok
    assert f"1 of {count} measurements" in after["data"].detail
    assert "2026-03-01 12:30:00 UTC" in after["data"].detail
    assert not ahead["data"].ok
    assert "NTP" in ahead["data"].remedy


def test_one_that_is_not_there_is_said() -> None:
    """With what to look at; the token is not shown."""
    (found,) = looked_at(f"influxdb://s3cret@127.0.0.1:{free_port()}/o/b").values()

    assert not found.ok
    assert "cannot be reached" in found.detail
    assert "see that it runs" in found.remedy
    assert "s3cret" not in f"{found}"


def test_one_that_hangs_is_given_up() -> None:
    """It accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        (found,) = looked_at(f"influxdb://127.0.0.1:{port}/o/b?timeout=0.3").values()

    assert "not answer within 0.3 s" in found.detail
    assert found.remedy


def test_a_missing_bucket_and_a_refused_token_are_told_apart(tmp_path: Path) -> None:
    """Each with its own remedy, on a server that asks who we are."""
    server = influx_server(tmp_path, asks=True)
    server.start()
    try:
        influxql(server, "CREATE USER ann WITH PASSWORD 'pw' WITH ALL PRIVILEGES")
        missing = looked_at(f"influxdb://ann:pw@127.0.0.1:{server.port}/o/nowhere")
        refused = looked_at(f"influxdb://ann:no@127.0.0.1:{server.port}/o/nowhere")
    finally:
        server.stop()

    assert {name: its.ok for name, its in missing.items()} == {"": True, "bucket": False}
    assert "CREATE DATABASE" in missing["bucket"].remedy
    assert {name: its.ok for name, its in refused.items()} == {"": True, "token": False}
    assert "INFLUXDB_TOKEN" in refused["token"].remedy


def test_what_takes_lines_and_says_no_version_is_well(tmp_path: Path) -> None:
    """VictoriaMetrics, which can be a mirror."""
    server = victoria_server(tmp_path)
    server.start()
    try:
        found = looked_at(f"{server.url}/o/b")
    finally:
        server.stop()

    assert {name: its.ok for name, its in found.items()} == {"": True}
    assert "no InfluxDB" in found[""].detail


def test_a_bad_url_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the end of the examination."""
    monkeypatch.delenv("INFLUXDB_URL", raising=False)
    (found,) = looked_at("influxdb://").values()

    assert not found.ok
    assert "INFLUXDB_URL" in f"{found.detail} {found.remedy}"


def test_each_is_looked_at_once(influx_process: Running, tmp_path: Path) -> None:
    """Named twice it is one; and `roomtone doctor` lists it with the mirror's scheme."""
    url = f"influxdb+http://127.0.0.1:{influx_process.port}/o/nowhere"
    both = Settings(data=tmp_path, stores={"series": url, "mirror": url})  # type: ignore[arg-type]
    checks = {check["name"]: check for check in examine(both, WallClock())}

    assert influx_urls(both) == {url: "series and mirror"}
    assert checks["mirror"]["detail"] == "influxdb"
    assert not checks["InfluxDB (series and mirror): bucket"]["ok"]
    assert influx_urls(Settings()) == {}
