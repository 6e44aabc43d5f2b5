"""Memories in Qdrant keep the contract, embedded and on a server, and its absence costs no turn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomtone.contracts import HOSTILE
from roomtone.contracts_memory import MODEL, a_memory, at, check_memory_store, lies
from roomtone.errors import StoreAway, StoreError
from roomtone.stores._qdrant_address import beside, collection, parse
from roomtone.stores.qdrant import Qdrant
from tests.servers import Running, answers, free_port

pytest.importorskip("qdrant_client", reason="qdrant-client is missing; install roomtone[qdrant]")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A real Qdrant, where its program is named by ROOMTONE_QDRANT or on the path."""
    program = os.environ.get("ROOMTONE_QDRANT") or shutil.which("qdrant")
    if program is None:
        pytest.skip("no Qdrant server is here; put `qdrant` on the path, or into ROOMTONE_QDRANT")
    port = free_port()
    settings = {
        "SERVICE__HOST": "127.0.0.1",
        "SERVICE__HTTP_PORT": port,
        "SERVICE__GRPC_PORT": free_port(),
        "STORAGE__STORAGE_PATH": tmp_path / "storage",
        "STORAGE__SNAPSHOTS_PATH": tmp_path / "snapshots",
        "TELEMETRY_DISABLED": "true",
    }
    told = [f"QDRANT__{name}={value}" for name, value in settings.items()]
    made = Running(
        f"qdrant://127.0.0.1:{port}/whisperengine_memory_",
        port,
        ["env", *told, program],
        tmp_path,
        tmp_path / "qdrant.log",
        lambda: answers(port, b"GET /readyz HTTP/1.0\r\n\r\n", b"HTTP/1"),
    )
    made.start()
    yield made
    made.stop()


async def test_the_contract_is_kept_in_a_folder(tmp_path: Path) -> None:
    """The same suite that SQLite passes, with nothing to start."""
    await check_memory_store(Qdrant(f"qdrant:///{tmp_path}/q"))


@pytest.mark.servers
async def test_the_contract_is_kept_by_a_server(server: Running) -> None:
    """And by a real server, which comes back after it was killed."""
    store = Qdrant(server.url)
    await check_memory_store(store)
    await store.open()
    await store.add([a_memory(1)], [at(1)], MODEL)
    server.kill()
    with pytest.raises(StoreAway, match="see that Qdrant runs"):
        await store.search("luna", lies(1), model=MODEL)
    server.start()

    (nearest, _), *_ = await store.search("luna", lies(1), model=MODEL, user="ann")
    assert nearest.id == a_memory(1).id
    names = {one.name for one in store._jobs._client.get_collections().collections}
    assert "whisperengine_memory_luna" in names
    await store.close()


async def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    """Who comes second is told what to use instead; what was written is there afterwards."""
    first, second = (Qdrant(f"qdrant:///{tmp_path}/q") for _ in range(2))
    await first.open()
    await first.add([a_memory(1)], [at(1)], MODEL)
    with pytest.raises(StoreError, match="run a Qdrant server for more than one"):
        await second.open()
    await second.close()
    await first.close()
    await second.open()

    assert [one.id for one in await second.get([a_memory(1).id])] == [a_memory(1).id]
    await second.close()


async def test_a_server_that_is_not_there_is_said_so() -> None:
    """With what to do, and soon."""
    store = Qdrant(f"qdrant://127.0.0.1:{free_port()}/m_?timeout=1")
    with pytest.raises(StoreAway, match="does not answer"):
        await store.open()
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "qdrant://",
        "qdrant:///",
        "qdrant://host:port/x",
        "qdrant://secret@host/a b",
        "qdrant://host/x?cache=1",
        "qdrant://host/x?timeout=-1",
    ],
)
def test_what_is_no_address_is_refused_without_its_key(url: str) -> None:
    """A sentence with an example, and never what may be a key."""
    with pytest.raises(StoreError) as refused:
        Qdrant(url)

    assert "secret" not in str(refused.value) and ";" in str(refused.value)


def test_an_address_says_where_and_what_collections_are_called() -> None:
    """Host, port, key and prefix; or a folder."""
    far = parse("qdrant://KEY@host:7000/whisperengine_memory_?https=1&timeout=2")
    near = parse("qdrant:////var/q?prefix=p_")

    assert (far.server, far.key, far.prefix) == (
        "https://host:7000",
        "KEY",
        "whisperengine_memory_",
    )
    assert "KEY" not in far.shown and far.timeout_s == 2
    assert (near.server, near.folder, near.prefix) == ("", "/var/q", "p_")


def test_no_two_bots_share_a_collection() -> None:
    """Also where their names are not ones that Qdrant takes."""
    bots = [*HOSTILE, "elena", "elena~", "a-b", "a b", "a/b"]
    names = [collection("whisperengine_memory_", bot) for bot in bots]

    assert names[len(HOSTILE)] == "whisperengine_memory_elena"
    assert len(set(names)) == len(bots) and len({beside(name, "m") for name in names}) == len(bots)
    assert all(len(name) < 200 and not set(name) & set('/\\<>:"|?*\0 ') for name in names)
