"""An InfluxDB that is dead or hangs delays no turn, no tick and no alert, whatever it is for."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from roomtone.events import Join, Turn
from roomtone.runtime import lanes
from roomtone.runtime.config import Settings, Stores
from tests.runtime.conftest import House, until
from tests.servers import Running, influxql

pytestmark = pytest.mark.servers

TIMEOUT_S = 60  # much longer than any wait here: who waited for the server would fail


@contextlib.contextmanager
def hung(server: Running) -> Iterator[None]:
    """It stands still: what is asked is taken in and never answered."""
    with server.paused():
        yield


@contextlib.contextmanager
def dead(server: Running) -> Iterator[None]:
    """It is killed, and started again afterwards."""
    server.kill()
    yield
    server.start()


def said(n: int) -> Turn:
    """A turn of one person with one bot."""
    return Turn(session="t", user="ann", bot="luna", message="I am happy", reply="Good!", id=f"{n}")


async def spoken(house: House, first: int, count: int) -> float:
    """So many turns, each with a tick; the longest time that one took to be acknowledged, in s."""
    longest = 0.0
    for n in range(first, first + count):
        begun = perf_counter()
        await house.pipeline.submit([said(n), Join(session="s", user=f"u{n}")])
        longest = max(longest, perf_counter() - begun)
        await house.pipeline.reader.done(20)
        await house.tick()
    return longest


@pytest.mark.parametrize("away", [hung, dead])
@pytest.mark.parametrize("use", ["mirror", "series"])
async def test_an_influxdb_that_is_away_costs_no_turn_and_no_tick(
    own_influx: Running, tmp_path: Path, use: str, away: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turns are acknowledged, read and ticked as ever; once it is back it has every point."""
    monkeypatch.setattr(lanes, "LAST_RETRY_S", 0.05)
    house = House(tmp_path)
    url = f"{own_influx.url}/org/room?timeout={TIMEOUT_S}"
    house.settings = Settings(data=tmp_path, stores=Stores(**{use: url}))
    pipeline = await house.open()
    await spoken(house, 0, 3)
    waits = (lambda: pipeline.mirror.waiting) if use == "mirror" else lambda: pipeline.keeper.lag
    await until(lambda: not waits())
    with away(own_influx):  # type: ignore[operator]
        begun = perf_counter()
        longest = await spoken(house, 3, 6)
        took = perf_counter() - begun
        assert waits()
        if use == "mirror":
            await until(lambda: not pipeline.keeper.lag)  # the store that answers has it all
    await until(lambda: not waits())
    counted = {
        name: influxql(own_influx, f'SELECT COUNT("{field}") FROM {name} {where}', "room")
        for name, field, where in (
            ("user_emotion", "intensity", ""),
            ("engagement", "score", "WHERE session = 's'"),
        )
    }
    await pipeline.stop()

    assert longest < TIMEOUT_S / 6
    assert took < TIMEOUT_S / 2
    assert counted["user_emotion"][0]["values"][0][1] == 9
    assert counted["engagement"][0]["values"][0][1] == 9


async def test_a_mirror_that_never_answered_at_all_keeps_no_server_from_starting_or_ending(
    tmp_path: Path,
) -> None:
    """It accepts and says nothing from the first moment on; the rest starts, works and stops."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"influxdb://t@127.0.0.1:{door.getsockname()[1]}/o/b?timeout={TIMEOUT_S}"
        house = House(tmp_path)
        house.settings = Settings(data=tmp_path, stores=Stores(mirror=url))
        begun = perf_counter()
        pipeline = await house.open()
        await spoken(house, 0, 3)
        await until(lambda: not pipeline.keeper.lag)
        (mirror,) = [part for part in pipeline.health() if part["name"] == "mirror"]
        await pipeline.stop()
        took = perf_counter() - begun

    assert took < TIMEOUT_S / 2
    assert "blocks wait" in mirror["detail"]
