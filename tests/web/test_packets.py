"""What a hostile Socket.IO client says costs nobody but itself anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
import websockets

from tests.runtime.conftest import until
from tests.web.conftest import Site

pytestmark = pytest.mark.servers


def line_to(site: Site) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{site.port}/socket.io/?EIO=4&transport=websocket")


SURROGATE = '"\\ud800"'
UNHEARD = {
    "a time beyond all": '40{"since":1' + "0" * 400 + "}",
    "half a character": '40{"sessionId":' + SURROGATE + "}",
    "half a character as event": '40{"sessionId":"s","eventId":' + SURROGATE + "}",
    "deep nesting": "4" + "[" * 60_000,
    "deep nesting in an event": '42["agent:subscribe",' + "[" * 60_000,
    "no type": "4",
    "no packet": "4x",
    "a namespace that is not": '42/else,["agent:subscribe"]',
    "no event's name": "42[[1]]",
    "an empty event": "42[]",
    "an event that is none": "42{}",
    "attachments": '451-["agent:subscribe",{"_placeholder":true,"num":0}]',
    "the end, as an event": '42["disconnect"]',
}


@pytest.mark.parametrize("said", UNHEARD.values(), ids=UNHEARD)
async def test_nonsense_leaves_nothing_behind(
    site: Site, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No fault of the server's, no viewer that stays, no traceback; the line goes on as before."""
    async with line_to(site) as line:
        await line.recv()
        if not said.startswith("40"):
            await line.send("40")
        await line.send(said)
        await line.send("40/events,")
        await until(lambda: len(site.app.live) > 0)
        await line.send('42/events,1["agent:subscribe",{"sessionId":"s"}]')
        while not str(await line.recv()).startswith("43/events,1"):
            pass
    await until(lambda: len(site.app.live) == 0)

    parts = (await site.get("/readyz"))["parts"]
    assert [part for part in parts if not part["ok"]] == []
    assert not caplog.records


async def test_who_leaves_in_the_same_breath_is_gone(site: Site) -> None:
    """One request that comes and goes eight times: nobody is counted as watching afterwards."""
    address = "/socket.io/?EIO=4&transport=polling"
    hello = await site.client.get(address)
    address += "&sid=" + json.loads(hello.text[1:])["sid"]
    told = await site.client.post(address, content="\x1e".join(["40", "41"] * 8))

    assert told.status_code == 200
    await until(lambda: len(site.app.live) == 0)


async def test_a_client_cannot_connect_by_an_event(site: Site) -> None:
    """`connect` is the server's own event; who sends it with bytes of its own is not heard."""
    scope = {"asgi.scope": {"roomtone.line": 1, "query_string": {"_placeholder": True, "num": 0}}}
    async with line_to(site) as line:
        await line.recv()
        await line.send("40")
        await until(lambda: len(site.app.live) == 1)
        for _ in range(3):
            await line.send("451-" + json.dumps(["connect", scope]))
            await line.send(b"since=1")
        await line.send('421["agent:subscribe",{"sessionId":"s"}]')
        while not str(await line.recv()).startswith("431"):
            pass
        assert len(site.app.live) == 1


async def test_bytes_are_not_collected(site: Site) -> None:
    """A packet that promises a billion attachments is passed over, and so are they."""
    async with line_to(site) as line:
        await line.recv()
        await line.send("40")
        await line.send("4" + '5999999999-["agent:subscribe",{"_placeholder":true,"num":0}]')
        for _ in range(20):
            await line.send(bytes(1000))
        await line.send('421["agent:subscribe",{"sessionId":"s"}]')
        while not str(await line.recv()).startswith("431"):
            pass
        assert not site.app.socketio._server._binary_packet
