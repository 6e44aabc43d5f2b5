"""The server finds its place, keeps to this machine, and cleans up after a demo."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime.asking import open_answers
from roomtone.runtime.config import Settings
from roomtone.runtime.remote import Remote
from roomtone.web import serving


def test_a_busy_port_is_an_error_or_passed_over():
    """`serve` says so; `demo` takes the next free one."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(BadConfig, match=r"cannot listen.*--port"):
            serving.listen("127.0.0.1", port)
        with serving.listen("127.0.0.1", port, tries=20) as other:
            assert port < other.getsockname()[1] <= port + 20


def test_an_address_can_be_opened_as_it_is_printed():
    """A socket that listens everywhere is reached at this machine's own address."""
    with serving.listen("0.0.0.0", 0) as door:
        assert serving.address(door) == f"http://127.0.0.1:{door.getsockname()[1]}"


def test_a_demo_leaves_nothing_behind_unless_asked():
    """Its folder is its own, and goes with it; a named one stays."""
    with serving.demo_folder(Settings(), keep=False) as settings:
        folder = settings.data
        (folder / "x").write_text("")
    with serving.demo_folder(Settings(data=Path("mine")), keep=True) as kept:
        assert kept.data == Path("mine")

    assert not folder.exists()


async def test_strangers_need_consent(tmp_path):
    """An address that others reach is refused before anything is opened."""
    settings = Settings(data=tmp_path / "data", server={"host": "0.0.0.0", "port": 0})
    with pytest.raises(BadConfig, match="--insecure"):
        await serving.serve(settings)

    assert not (tmp_path / "data").exists()


async def test_a_server_ends_in_good_order_when_told_to(tmp_path, capsys):
    """SIGTERM: the answer in hand is given, the journal closed, the lock free."""
    settings = Settings(data=tmp_path / "data", server={"port": 0})
    job = asyncio.create_task(serving.serve(settings))
    said = ""
    while "http://" not in said:
        await asyncio.sleep(0.01)
        said += capsys.readouterr().out
        assert not job.done()
    url = said.split("dashboard", 1)[1].split()[0]
    answer = await asyncio.to_thread(Remote(url).get, "/healthz")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(job, 20)

    assert answer == {"status": "alive"}
    async with serving.running(settings, serving.listen("127.0.0.1", 0), serving.WallClock()):
        pass


async def test_a_demo_that_was_kept_goes_on_where_it_ended(tmp_path):
    """The crowd's past begins after what the folder has heard, and nothing is counted twice."""
    settings = Settings(data=tmp_path / "data", server={"port": 0})
    starts = []
    for _ in range(2):
        job = asyncio.create_task(serving.demo(settings, keep=True))
        while not (tmp_path / "data" / "roomtone.db").exists():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(job, 60)
        async with open_answers(settings, None, settings.data) as answers:
            rows = {row["session"]: row for row in await answers.sessions(10)}
        starts.append(rows["keynote"]["started"])

    assert starts[0] == starts[1]
    assert rows["keynote"]["messages"] < 700
    assert rows["keynote"]["score"] is not None
