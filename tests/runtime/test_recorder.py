"""A bot's turns are recorded behind its back: nothing it does can be slowed or broken by that."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from structlog.testing import capture_logs

from roomtone.events import Turn, TurnRevised, decode
from roomtone.heard import session_of
from roomtone.runtime import recorder as module
from roomtone.runtime.recorder import Recorder, finished


class Taker:
    """A server that decodes as ours does, and can be told to refuse, be busy or break."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.revised: list[TurnRevised] = []
        self.requests = 0
        self.busy = 0  # so many requests are answered 503
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.requests += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.busy > 0:
                    outer.busy -= 1
                    self.answer(503, {"detail": "the disk is full; make room"})
                    return
                events, refusals, _ = decode(body)
                outer.turns += [event for event in events if isinstance(event, Turn)]
                outer.revised += [one for one in events if isinstance(one, TurnRevised)]
                errors = [{"index": r.index, "reason": r.reason} for r in refusals]
                self.answer(202, {"accepted": len(events), "duplicates": 0, "errors": errors})

            def answer(self, status: int, told: Any) -> None:
                data = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Retry-After", "0.05")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def taker() -> Iterator[Taker]:
    made = Taker()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for company."""
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)


def test_a_turn_arrives_with_what_was_left_out(taker: Taker) -> None:
    """Session, id and time are found by the recorder; a Turn or its fields, as one likes."""
    recorder = Recorder(taker.url)
    assert recorder.record(bot="luna", user="ann", message="hi", reply="hello", memories=[])
    assert recorder.record(Turn(session="s", id="mine", bot="luna", reply="only me"))
    assert recorder.flush(10)
    recorder.close()

    first, second = taker.turns
    assert (first.session, first.user, first.message, first.reply) == (
        session_of("luna", "ann"),
        "ann",
        "hi",
        "hello",
    )
    assert first.memories == []
    assert first.id and first.at is not None
    assert abs(first.at.timestamp() - time.time()) < 60
    assert (second.session, second.id, second.message) == ("s", "mine", None)
    assert (recorder.taken, recorder.sent, recorder.dropped, recorder.refused) == (2, 2, 0, 0)


def test_what_is_no_turn_is_refused_and_the_rest_arrives(taker: Taker) -> None:
    """An intensity of 7, a NaN, a turn without a bot, a foreign object: none of them raises."""
    recorder = Recorder(taker.url)
    recorder.record(bot="b", user_emotion={"primary": "joy", "intensity": 7})
    recorder.record(bot="b", processing_time_ms=float("nan"))
    recorder.record(message="nobody answers")
    recorder.record(object())  # type: ignore[arg-type]
    recorder.record(bot="b", message="\ud800 half a character")
    recorder.record(bot="b", message="fine")
    assert recorder.flush(10)
    recorder.close()

    assert [turn.message for turn in taker.turns] == ["? half a character", "fine"]
    assert (recorder.taken, recorder.sent, recorder.refused) == (6, 2, 4)


def test_what_became_of_a_text_arrives_in_the_session_of_its_turn(taker: Taker) -> None:
    """Behind the turn; what cannot be is refused like a turn that cannot be."""
    recorder = Recorder(taker.url)
    told: dict[str, Any] = {"bot": "luna", "user": "ann", "turn": "t7", "role": "user"}
    assert recorder.record(id="t7", bot="luna", user="ann", message="il")
    assert recorder.revise(**told, why="edited", text="ill")
    assert recorder.revise(**told, why="deleted")
    assert recorder.revise(**told, why="edited")  # by what?
    assert recorder.revise(**told, why="vanished")
    assert recorder.flush(10)

    (turn,), (edited, deleted) = taker.turns, taker.revised
    assert turn.session == edited.session == deleted.session
    assert (edited.turn, edited.text, deleted.text) == ("t7", "ill", "")
    assert edited.id != deleted.id and edited.at is not None
    assert (recorder.sent, recorder.refused) == (3, 2)
    recorder.close()


def test_a_server_that_is_busy_or_away_is_asked_again(taker: Taker) -> None:
    """What it did not take the first time is sent again, in order, once."""
    taker.busy = 3
    recorder = Recorder(taker.url)
    for i in range(20):
        recorder.record(bot="b", user="u", message=str(i))
    assert recorder.flush(20)
    recorder.close()

    assert [turn.message for turn in taker.turns] == [str(i) for i in range(20)]
    assert recorder.failures >= 3
    assert len({turn.id for turn in taker.turns}) == 20


def test_with_nobody_there_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded queue, every turn counted, and one warning however much is lost."""
    with socket.socket() as unheard:  # bound, and nobody listens
        unheard.bind(("127.0.0.1", 0))
        with capture_logs() as logs:
            recorder = Recorder(f"http://127.0.0.1:{unheard.getsockname()[1]}", queue=100)
            for i in range(1_000):
                assert recorder.record(bot="b", message=f"secret {i}")
            while not recorder.failures:
                time.sleep(0.005)
            recorder.close(0.05)
            recorder._thread.join(10)  # type: ignore[union-attr]

    warnings = [line for line in logs if line["event"] == "not every turn is recorded"]
    assert recorder.taken == 1_000 == recorder.dropped
    assert recorder.sent == 0
    assert len(warnings) == 1
    assert "in ROOMTONE_URL" in warnings[0]["reason"]
    assert "--" not in warnings[0]["reason"]
    assert "secret" not in json.dumps(logs)


def test_a_server_that_never_answers_delays_nothing() -> None:
    """The line is accepted and silent: record() does not notice, and the program can end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        recorder = Recorder(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=30)
        for i in range(2_000):
            assert recorder.record(bot="b", message=str(i))
        began = time.monotonic()
        recorder.close(0.1)

        assert time.monotonic() - began < 10
        assert not recorder.record(bot="b", message="after the end")


def test_a_sync_reply_function_is_recorded(taker: Taker) -> None:
    """Message, user, reply and time; an error of the bot's passes through."""
    recorder = Recorder(taker.url)

    @recorder.recorded("luna", session="shop")
    def reply(message: str, user: str) -> str:
        if message == "break":
            raise KeyError(message)
        return message.upper()

    assert reply("hi", user="ann") == "HI"
    with pytest.raises(KeyError):
        reply("break", "ben")
    assert recorder.flush(10)
    recorder.close()

    well, broken = taker.turns
    assert (well.bot, well.session, well.user) == ("luna", "shop", "ann")
    assert (well.message, well.reply) == ("hi", "HI")
    assert well.processing_time_ms is not None and well.processing_time_ms >= 0
    assert (broken.message, broken.reply, broken.user) == ("break", None, "ben")


async def test_an_async_reply_function_is_recorded(taker: Taker) -> None:
    """The same, awaited, with what the function tells of its turn by hand."""
    recorder = Recorder(taker.url)

    @recorder.recorded("luna")
    async def reply(message: str, user: str) -> str:
        await asyncio.sleep(0)
        return "hello " + user

    assert await reply("hi", "ann") == "hello ann"
    with recorder.turn(bot="luna", user="ann", message="again") as turn:
        turn.remember(0.75, "m1")
        turn.feels("user", "happy", intensity=0.5)
        turn.add(retrieval_time_ms=3.5)
        turn.reply = "yes"
    assert await asyncio.to_thread(recorder.flush, 10)
    recorder.close()

    first, second = taker.turns
    assert (first.message, first.reply) == ("hi", "hello ann")
    assert second.memories is not None and second.memories[0].similarity == 0.75
    assert second.user_emotion is not None and second.user_emotion.primary == "happy"
    assert (second.retrieval_time_ms, second.reply) == (3.5, "yes")


def test_a_very_long_turn_is_cut_to_what_a_request_holds() -> None:
    """A person may paste a book; its beginning is kept."""
    made = finished(None, {"bot": "b", "message": "é" * 500_000, "reply": "ok"}, "1", 0)
    whole = finished(None, {"bot": "b", "message": "a " * 50_000}, "1", 0)

    assert made.message is not None and len(made.message) == module.SHORT_TEXT
    assert whole.message is not None and len(whole.message) == 100_000


def test_a_disabled_recorder_takes_nothing() -> None:
    """As a bot's configuration may want it."""
    recorder = Recorder("http://127.0.0.1:9", enabled=False)

    assert recorder.record(bot="b", message="hi") is False
    assert recorder.taken == 0


def test_a_forked_child_records_for_itself(taker: Taker) -> None:
    """Servers of bots fork; the child has no thread of its parent's, and starts its own."""
    recorder = Recorder(taker.url)
    recorder.record(bot="b", user="parent", message="1")
    assert recorder.flush(10)
    child = os.fork()
    if child == 0:
        recorder.record(bot="b", user="child", message="2")
        os._exit(0 if recorder.flush(10) else 1)
    _, status = os.waitpid(child, 0)
    recorder.record(bot="b", user="parent", message="3")
    assert recorder.flush(10)
    recorder.close()

    assert status == 0
    assert sorted((t.user, t.message) for t in taker.turns) == [
        ("child", "2"),
        ("parent", "1"),
        ("parent", "3"),
    ]
    assert len({turn.id for turn in taker.turns}) == 3


async def test_turns_reach_a_running_roomtone_once(tmp_path: Any) -> None:
    """From `record` to the journal of a real server, and what is said twice counts once."""
    from roomtone.runtime.config import Settings
    from roomtone.web import sockets
    from roomtone.web.app import create_app
    from roomtone.web.serving import Quiet
    from tests.runtime.conftest import House, until

    house = House(tmp_path)
    house.clock._now = time.time_ns() // 1_000_000
    await house.open()
    app = create_app(house.pipeline, Settings())
    server = Quiet(sockets.config(app, Settings()))
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve([door]))
        await until(lambda: server.started)
        recorder = Recorder(f"http://127.0.0.1:{door.getsockname()[1]}")
        for i in range(50):
            recorder.record(bot="luna", user=f"u{i % 5}", message=str(i), reply="yes", session="s")
        recorder.record(bot="luna", id="same", session="s", message="twice")
        recorder.record(bot="luna", id="same", session="s", message="twice")
        assert await asyncio.to_thread(recorder.flush, 20)
        recorder.close()
        await house.pipeline.settled()

        assert recorder.sent == 52
        assert await house.pipeline.reader.done(20)
        await house.tick()
        await house.pipeline.keeper.kept(20)
        kept = await house.pipeline.archive.turns("s")
        assert (len(kept), len({one.user for one in kept})) == (51, 6)
        server.should_exit = True
        await app.close()
        await serving
    await house.pipeline.stop()


def test_a_thread_that_lay_down_is_woken_once(
    taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under way it is left alone, as waking costs a turn more than all else; asleep it hears."""
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    recorder = Recorder(taker.url)
    woken = []
    wake = recorder._wake.set
    monkeypatch.setattr(recorder._wake, "set", lambda: woken.append(wake()))
    for round in range(3):
        for turn in range(5):
            assert recorder.record(bot="luna", user="ann", message=f"{round} {turn}")
        until = time.monotonic() + 20
        while not recorder._idle and time.monotonic() < until:
            time.sleep(0.005)
        assert recorder._idle and recorder._quiet.is_set()
    recorder.close()

    assert [turn.message for turn in taker.turns] == [
        f"{r} {t}" for r in range(3) for t in range(5)
    ]
    assert len(woken) == 2 + 1  # the first turn starts it, each round wakes it once; then the close
