"""A file with more sessions than may be open at once is taken in whole, each session once."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomtone.events import Message, encode
from roomtone.runtime import door, ingest
from roomtone.runtime.commands import Ingest
from roomtone.runtime.config import Settings
from roomtone.runtime.look_ahead import Room, last_lines
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.sinks import open_folder

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lines(sessions: list[int]) -> bytes:
    """An event for each, a second after the one before."""
    return b"".join(
        encode([Message(session=f"{n}", user="u", text="hi", at=BEGIN + timedelta(seconds=at))])[
            1:-1
        ]
        + b"\n"
        for at, n in enumerate(sessions)
    )


def reader(data: bytes) -> ingest.Reader:
    stream = io.BufferedReader(io.BytesIO(data))
    return ingest.open_source(stream, session=None, fallback="file")


async def test_what_is_over_is_closed_once_and_looked_for_once():
    """Only what was sent, and has nothing from that line on."""
    closed, looked = [], []

    async def finish(sessions):
        closed.append(list(sessions))

    def ends():
        looked.append(1)
        return last_lines(reader(lines([1, 2, 3, 1])))

    room = Room(finish, ends)
    assert not await room.make(["1"], 2)  # it comes again in the fourth line
    assert await room.make(["1", "2", "3"], 4)
    assert not await room.make(["1", "2", "3"], 4)
    assert await room.make(["1"], 5)
    assert closed == [["2", "3"], ["1"]]
    assert looked == [1]


async def kept(folder: Path) -> dict[str, int]:
    """Summaries by session: how many messages each has; a session that was cut in two fails."""
    pipeline = await Pipeline.open(Settings(data=folder))
    found: dict[str, int] = {}
    before = None
    while page := await pipeline.archive.sessions(limit=1000, before=before):
        for summary in page:
            assert summary.session not in found
            found[summary.session] = summary.messages
        before = page[-1].id
    await pipeline.stop()
    return found


@pytest.mark.parametrize(("sessions", "room"), [(300, 100)])
async def test_a_file_of_three_times_as_many_sessions_is_taken_in_whole(
    tmp_path, capsys, monkeypatch, sessions, room
):
    """Two events each, side by side with the neighbours: nothing refused, no session cut in two."""
    monkeypatch.setattr(door, "MOST_HISTORIES", room)
    order = [n + back for n in range(0, sessions, 10) for back in [*range(10)] * 2]
    file = tmp_path / "many.jsonl"
    file.write_bytes(lines(order))

    assert await Ingest(str(file), data=tmp_path / "data").run(as_json=True) == 0

    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["refused"]) == (2 * sessions, 0)
    assert await kept(tmp_path / "data") == {f"{n}": 2 for n in range(sessions)}


async def test_more_open_sessions_than_there_is_room_for_are_refused_with_the_reason(
    tmp_path, monkeypatch
):
    """All go on to the end of the file: what has no room is told, and the rest is whole."""
    monkeypatch.setattr(door, "MOST_HISTORIES", 20)
    file = tmp_path / "many.jsonl"
    file.write_bytes(lines([*range(30)] * 2))
    async with open_folder(Settings(data=tmp_path / "data"), history=True) as folder:
        report = await ingest.ingest(
            reader(file.read_bytes()), folder, ends=lambda: last_lines(reader(file.read_bytes()))
        )
        counted = folder._pipeline.inspector.refusals

    assert (report.accepted, report.refused) == (40, 20)
    (reason,) = report.reasons
    assert "too many history sessions are open" in reason
    assert counted["malformed"] == 0
    assert await kept(tmp_path / "data") == {f"{n}": 2 for n in range(20)}


@pytest.mark.parametrize("batch", [40])
async def test_one_batch_opens_no_more_than_there_is_room_for(tmp_path, monkeypatch, batch):
    """Also sessions that were let in a moment ago, and are not open yet, count."""
    monkeypatch.setattr(door, "MOST_HISTORIES", 20)
    pipeline = await Pipeline.open(Settings(data=tmp_path))
    await pipeline.start()
    events = [Message(session=f"{n}", user="u", text="hi", at=BEGIN) for n in range(batch)]
    receipt = await pipeline.submit(events, history=True)
    assert receipt.accepted == 20
    assert {refusal.kind for refusal in receipt.errors} == {"too_many_histories"}
    again = await pipeline.submit(events[20:], history=True)
    assert again.accepted == 0 and len(pipeline.histories) == 20
    await pipeline.stop()
