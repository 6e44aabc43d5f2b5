"""What a command takes in goes to a server that may say later, or to a folder, read to its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from roomtone.emotions import Reading, reading
from roomtone.errors import ServerError
from roomtone.events import Message, Turn
from roomtone.runtime import desk, plugins, reader, sinks
from roomtone.runtime.config import Settings
from roomtone.runtime.remote import Busy
from roomtone.runtime.sinks import Server, open_folder


async def test_a_server_that_says_later_is_asked_again():
    """A disk that was full for a moment loses nothing."""

    class Moody:
        def __init__(self) -> None:
            self.asked = 0

        def post(self, path: str, body: bytes, **query: object) -> dict[str, object]:
            self.asked += 1
            if self.asked < 3:
                raise Busy("the disk is full", 0)
            return {"accepted": 1, "duplicates": 0, "errors": []}

    moody = Moody()
    server = Server(moody, history=True)

    assert await server.send([Message(session="s", text="hi")]) == (1, 0, [])
    assert moody.asked == 3


async def test_a_server_that_always_says_later_is_given_up(monkeypatch):
    """Patience has an end, with the server's own reason."""

    class Full:
        def post(self, path: str, body: bytes, **query: object) -> None:
            raise Busy("the disk is full", 0)

    with pytest.raises(ServerError, match="kept asking to wait: the disk is full"):
        await Server(Full(), history=True).send([Message(session="s", text="hi")])


class Slow:
    """A model that takes its time, or is away, for good or for some calls."""

    def __init__(self) -> None:
        self.read_texts = 0
        self.away = 0

    def read(self, texts: Sequence[str]) -> list[Reading]:
        if self.away:
            self.away -= 1
            raise ServerError("the model is away")
        time.sleep(0.05)
        self.read_texts += len(texts)
        return [reading("joy", intensity=0.8) for _ in texts]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """What reads turns, eight at a time, longer than a history's closing waits for it."""
    slow = Slow()
    monkeypatch.setattr(plugins, "emotion", lambda url: slow)
    monkeypatch.setattr(reader, "AT_ONCE", 8)
    monkeypatch.setattr(desk, "CLOSE_S", 0.05)
    monkeypatch.setattr(sinks, "LOOK_S", 0.02)
    return slow


def turns(many: int) -> list[Turn]:
    """Turns of one history, ten seconds apart."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return [
        Turn(
            session="s",
            id=str(n),
            bot="luna",
            user="ann",
            message=f"what of number {n}?",
            at=noon + timedelta(seconds=10 * n),
        )
        for n in range(many)
    ]


async def test_a_folder_is_let_go_when_its_turns_are_read(tmp_path: Path, model: Slow) -> None:
    """However long that takes; meanwhile it tells how many are not."""
    left: list[int] = []
    settings = Settings(data=tmp_path / "data")
    async with open_folder(settings, history=True, waiting=left.append) as folder:
        await folder.send(turns(60))
        await folder.finish(["s"])
        measured = folder._pipeline.conversations

        assert (folder._pipeline.reader.behind, model.read_texts) == (0, 60)
        assert not measured.pending

    assert left[-1] == 0 and max(left) > 0
    assert sorted(left, reverse=True) == left


async def test_a_model_that_fails_for_a_moment_is_waited_for(tmp_path: Path, model: Slow) -> None:
    """Until it answers, and everything is read."""
    model.away = 1
    async with open_folder(Settings(data=tmp_path / "data"), history=True) as folder:
        await folder.send(turns(20))
        await folder.finish(["s"])

    assert model.read_texts == 20


async def test_a_folder_is_let_go_when_no_model_reads_and_the_next_goes_on(
    tmp_path: Path, model: Slow
) -> None:
    """It is told, not waited for."""
    settings = Settings(data=tmp_path / "data")
    model.away = 1_000_000
    with structlog.testing.capture_logs() as said:
        async with open_folder(settings, history=True) as folder:
            await folder.send(turns(20))
            await folder.finish(["s"])
    (told,) = [one for one in said if one["event"].startswith("turns are not read yet")]

    assert (told["turns"], told["reason"]) == (20, "the model is away")

    model.away = 0
    async with open_folder(settings, history=True) as folder:
        await folder.finish(["s"])

    assert model.read_texts == 20
