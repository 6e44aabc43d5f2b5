"""An InfluxDB that is away, hangs, refuses or is busy: each is said, with what to do about it."""

import asyncio
import logging
import socket
import urllib.parse
import urllib.request
from time import monotonic

import pytest

from roomtone.contracts import REMARK, START, WEATHER, remark, weather
from roomtone.errors import StoreAway, StoreError, StoreRefused
from roomtone.stores._influx_address import parse
from roomtone.stores._influx_client import Client
from roomtone.stores.influxdb import InfluxDB
from tests.influx_shim import shim_before
from tests.servers import free_port, influx_server, influxql

pytestmark = pytest.mark.servers

BLOCK = weather(0, {"here": (1, 2)})


async def opened(url):
    store = InfluxDB(url)
    await store.open([WEATHER])
    return store


async def test_a_server_that_is_not_there_is_away():
    """Connection refused: it may come, so it is waited for; the token is not told."""
    with pytest.raises(StoreAway, match=r"cannot be reached .*; see that it runs") as raised:
        await opened(f"influxdb://s3cret@127.0.0.1:{free_port()}/org/b?timeout=5")
    assert "s3cret" not in str(raised.value)


async def test_a_server_that_never_answers_is_given_up_in_time(own_influx):
    """It accepts and says nothing: each call ends by its limit, and the loop runs on meanwhile."""
    store = await opened(f"{own_influx.url}/org/room?timeout=0.5")
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    task = asyncio.create_task(beat())
    begun = monotonic()
    with own_influx.paused():
        for _ in range(2):
            with pytest.raises(StoreAway, match=r"not answer within 0.5 s; see"):
                await store.write([BLOCK])
    assert monotonic() - begun < 10
    assert beats > 50
    task.cancel()
    for _ in range(100):  # the threads that were given up end by themselves
        try:
            await store.write([BLOCK])
            break
        except StoreAway:
            await asyncio.sleep(0.05)
    assert influxql(own_influx, "SELECT * FROM weather", "room")
    await store.close()


async def test_a_server_that_was_killed_is_used_again(own_influx):
    """What was written before it died is there, and what comes after it is back arrives."""
    store = await opened(f"{own_influx.url}/org/room")
    await store.write([BLOCK])
    own_influx.kill()
    with pytest.raises(StoreAway, match="cannot be reached"):
        await store.write([weather(5, {"here": (3, 4)})])
    own_influx.start()
    await store.write([weather(10, {"here": (5, 6)})])
    await store.close()

    (series,) = influxql(own_influx, "SELECT warm FROM weather", "room")
    assert [row[1] for row in series["values"]] == [1, 5]


async def test_a_missing_bucket_is_named_with_its_remedy(influx_process):
    """Nothing is created behind the operator's back."""
    with pytest.raises(StoreError, match=r"no such bucket .*CREATE DATABASE \"nobody's\"") as e:
        await opened(f"{influx_process.url}/org/nobody's")
    assert not isinstance(e.value, StoreAway)


async def test_a_refused_token_is_said(tmp_path):
    """A server that asks who we are takes user and password, and says no to others."""
    server = influx_server(tmp_path, asks=True)
    server.start()
    try:
        influxql(server, "CREATE USER ann WITH PASSWORD 'p:w@x' WITH ALL PRIVILEGES")
        influxql(server, "CREATE DATABASE room", login="ann:p:w@x")
        for login in ("wrong", "ann:wrong"):
            url = f"influxdb://{login}@127.0.0.1:{server.port}/org/room"
            with pytest.raises(StoreError, match=r"refuses the token \(401\); put") as e:
                await opened(url)
            assert login not in str(e.value)
        store = await opened(f"influxdb://ann:p%3Aw%40x@127.0.0.1:{server.port}/org/room")
        await store.write([BLOCK])
        await store.close()
        assert influxql(server, "SELECT * FROM weather", "room", login="ann:p:w@x")
    finally:
        server.stop()


async def test_a_field_of_another_type_is_refused_for_good(influx_process, influx_url):
    """Another program's integer of the same name: said, not repeated, and no person is quoted."""
    bucket = influx_url.rpartition("/")[2]
    line = f"http://127.0.0.1:{influx_process.port}/write?db={bucket}&precision=s"
    theirs = f"remark,bot=luna strength=1i {START.timestamp():.0f}".encode()
    urllib.request.urlopen(line, theirs, timeout=20).close()
    store = InfluxDB(influx_url)
    await store.open([REMARK])
    with pytest.raises(StoreRefused, match=r"refuses what .*conflict.*; where another") as raised:
        await store.write([REMARK.gather([remark(0, 0.5, "ann's secret", label="her words")])])
    await store.close()

    assert "secret" not in str(raised.value)
    assert "words" not in str(raised.value)


async def test_a_busy_server_is_asked_again(influx_process, influx_url):
    """A 503 with Retry-After puts a write off, not away; a third one is told to the caller."""
    path = urllib.parse.urlsplit(influx_url).path
    busy = (503, {"Retry-After": "0"}, b'{"message": "full \\nof \'secrets\'"}')
    with shim_before(influx_process.port) as shim:
        store = await opened(shim.url + path)
        shim.refusals = [busy, (429, {}, b"")]
        await store.write([BLOCK])
        assert len(shim.asked) == 3
        shim.refusals = [busy] * 3
        with pytest.raises(StoreAway, match=r"not ready \(503") as raised:
            await store.write([BLOCK])
        shim.refusals = [(400, {}, b'{"message": "unable to parse \'x,y=secret\': bad"}')]
        with pytest.raises(StoreRefused, match="unable to parse '…'") as refused:
            await store.write([BLOCK])
        await store.close()

    assert "secret" not in f"{raised.value} {refused.value}"


async def test_what_people_wrote_is_in_no_log(influx_process, influx_url, caplog):
    """Neither the client's own loggers nor ours tell of what is in the lines."""
    with caplog.at_level(logging.DEBUG), shim_before(influx_process.port) as shim:
        store = InfluxDB(shim.url + urllib.parse.urlsplit(influx_url).path)
        await store.open([REMARK])
        await store.write([REMARK.gather([remark(0, 0.5, "ann", label="dear diary")])])
        shim.refusals = [(400, {}, b"{}")]
        with pytest.raises(StoreRefused):
            await store.write([REMARK.gather([remark(0, 0.5, "ann", label="dear diary")])])
        await store.close()

    assert "diary" not in caplog.text


async def test_something_else_on_that_port_is_recognised():
    """A server that speaks no HTTP is away, in a sentence."""

    async def rude(_, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StoreAway, match="cannot be reached"):
        await opened(f"influxdb://127.0.0.1:{port}/org/b")
    server.close()


# -- the address -----------------------------------------------------------------------------------


def test_an_address_says_all():
    """Token, host, port, org and bucket, each as it may be written in a URL."""
    found = parse("influxdb+https://to%2Fken==@db.example:9999/my%20org/a/b?timeout=3&series=7", {})

    assert (found.server, found.token) == ("https://db.example:9999", "to/ken==")
    assert (found.org, found.bucket) == ("my org", "a/b")
    assert (found.timeout_s, found.series) == (3, 7)
    assert "ken" not in found.shown
    assert parse("influxdb://[::1]/o/b", {}).server == "http://[::1]:8086"
    assert found.gzip and not parse("influxdb://[::1]/o/b", {}).gzip


def test_the_documents_variables_fill_in_what_is_left_out():
    """`influxdb://` alone is enough where they are set; what a URL says goes before them."""
    known = {
        "INFLUXDB_URL": "http://influx:8087/",
        "INFLUXDB_TOKEN": "t",
        "INFLUXDB_ORG": "whisperengine",
        "INFLUXDB_BUCKET": "their_own",
    }
    all_of_them = parse("influxdb://", known)
    some = parse("influxdb://mine@other/me", known)

    assert (all_of_them.server, all_of_them.token) == ("http://influx:8087", "t")
    assert (all_of_them.org, all_of_them.bucket) == ("whisperengine", "their_own")
    assert (some.server, some.token) == ("http://other:8086", "mine")
    assert (some.org, some.bucket) == ("me", "their_own")
    assert parse("influxdb://h/o", {}).bucket == "performance_metrics"


@pytest.mark.parametrize(
    ("url", "known", "said"),
    [
        ("influxdb://", {}, "set INFLUXDB_URL"),
        ("influxdb://", {"INFLUXDB_URL": "influx:8086"}, "like http://host:8086"),
        ("influxdb://t0ken@host:port/o/b", {}, "write it like influxdb://TOKEN@host"),
        ("influxdb+ftp://t0ken@host/o/b", {}, "write it like"),
        ("influxdb://t0ken@host/o/b?timeout=never", {}, "from 0.1 to 600"),
        ("influxdb://t0ken@host/o/b?serie=1", {}, "choose among: timeout"),
    ],
)
def test_an_address_that_cannot_be_is_refused(url, known, said):
    """In a sentence that ends in what to write, without the token."""
    with pytest.raises(StoreError, match=said) as raised:
        parse(url, known)
    assert "t0ken" not in str(raised.value)


def test_a_server_that_accepts_and_hangs_keeps_no_program_from_ending():
    """A call that was given up runs in a thread that nobody waits for."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"influxdb://127.0.0.1:{door.getsockname()[1]}/o/b?timeout=60"

        async def give_up():
            store = InfluxDB(url)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await store.open([WEATHER])
            await store.close()

        begun = monotonic()
        asyncio.run(give_up())
    assert monotonic() - begun < 20


async def test_a_server_that_cannot_delete_says_so_for_good() -> None:
    """Nobody tries it again for ever: what is not there to delete with will not be there later."""
    client = Client(parse("influxdb://127.0.0.1:1/o/b"))

    async def refuses(call: object) -> None:
        raise StoreError("has no such bucket; create it")

    async def is_away(call: object) -> None:
        raise StoreAway("cannot be reached; see that it runs")

    for version in ("1.8.0", "2.7"):
        client.version = version
        client._run = refuses  # type: ignore[assignment]
        with pytest.raises(StoreRefused, match="does not delete"):
            await client.delete("weather", {"place": "here"}, 1)
        client._run = is_away  # type: ignore[assignment]
        with pytest.raises(StoreAway):
            await client.delete("weather", {"place": "here"}, 1)
    client.close()
