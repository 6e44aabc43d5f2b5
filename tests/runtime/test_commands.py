"""What commands do with files, servers and folders, without a process around them."""

import asyncio
import json
from pathlib import Path

import pytest

from roomtone.errors import BadConfig, BadEvent, ServerError
from roomtone.events import Message
from roomtone.runtime import commands
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline

LINE = '{"type":"message","session":"s","user":"ann","text":"hi","at":"2026-01-01T12:00:%02dZ"}\n'


@pytest.fixture(autouse=True)
def empty_house(tmp_path, monkeypatch):
    """Neither the developer's environment nor their files reach these tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ROOMTONE_DATA", raising=False)


def points(session: str, count: int) -> list[dict]:
    return [
        {
            "kind": "point",
            "time": f"2026-01-01T12:{n // 12:02d}:{n % 12 * 5:02d}Z",
            "session": session,
            "measurement": "engagement",
            "score": 0.5,
        }
        for n in range(count)
    ]


ALERT = {
    "kind": "alert",
    "time": "2026-01-01T12:01:00Z",
    "session": "s",
    "type": "SUDDEN_DROP",
    "severity": "CRITICAL",
    "message": "Messages fell.",
}


def test_rows_of_a_replay_are_cut_where_something_is_noticed(capsys):
    """An alert stands between the scores before it and those after it."""
    commands.print_replay(iter([*points("s", 12), ALERT, *points("s", 60)]), 60)
    lines = capsys.readouterr().out.splitlines()

    assert [line.count("▅") for line in lines] == [12, 0, 60]
    assert "SUDDEN_DROP" in lines[1]
    assert "s: Messages fell." in lines[1]


def test_sessions_of_a_replay_have_rows_of_their_own(capsys):
    """Two rooms at the same time do not mix."""
    both = [point for pair in zip(points("a", 60), points("b", 60), strict=True) for point in pair]
    commands.print_replay(iter(both), 60)
    lines = capsys.readouterr().out.splitlines()

    assert [(line.count("▅"), line.split()[-1]) for line in lines] == [(60, "a"), (60, "b")]


def test_a_refused_line_is_seen_in_the_exit_code(capsys):
    """Everything else is done nevertheless."""
    Path("chat.jsonl").write_text(LINE % 1 + "nonsense\n")
    code = asyncio.run(commands.Ingest("chat.jsonl", data=Path("d")).run(as_json=True))

    assert code == commands.UNWELL
    assert json.loads(capsys.readouterr().out)["accepted"] == 1
    assert commands.Replay("chat.jsonl").run(as_json=True) == commands.UNWELL


def test_an_event_without_a_time_is_refused_with_the_way_out(capsys):
    """It cannot be placed in a past; the sentence says how it is taken in as of now."""
    Path("chat.jsonl").write_text('{"type":"join","session":"s","user":"ann"}\n')

    assert asyncio.run(commands.Ingest("chat.jsonl", data=Path("d")).run(as_json=True)) == 1
    assert "--live" in capsys.readouterr().err
    assert commands.Replay("chat.jsonl").run(as_json=True) == 1
    assert "refused 1: a replay needs `at`" in capsys.readouterr().err


def test_a_file_goes_to_one_place():
    """A server and a folder at once is no answer to `where`."""
    job = commands.Ingest("x", to="http://127.0.0.1:9", data=Path("d"))
    Path("x").write_text("")

    with pytest.raises(ServerError, match="choose one"):
        asyncio.run(job.run(as_json=True))


def test_a_source_without_an_address_is_told_apart():
    """The demo's crowd cannot be ingested by URL, and the sentence says what can."""
    with pytest.raises(BadConfig, match="give the path of a file"):
        asyncio.run(commands.Ingest("demo://x", data=Path("d")).run(as_json=True))


def test_a_server_that_is_not_there_is_noticed_before_the_file_is_read():
    """No progress bar for nothing."""
    Path("x").write_text(LINE % 1)
    with pytest.raises(ServerError, match="no server at"):
        asyncio.run(commands.Ingest("x", to="http://127.0.0.1:9").run(as_json=True))


def test_a_data_folder_and_its_journal_are_both_understood(tmp_path):
    """`replay` takes either."""
    (tmp_path / "data" / "journal").mkdir(parents=True)

    assert commands.journal_folder(tmp_path / "data") == tmp_path / "data" / "journal"
    assert commands.journal_folder(tmp_path / "data" / "journal") == tmp_path / "data" / "journal"


async def test_a_folder_is_backed_up_and_restored(tmp_path, capsys):
    """What was done is said, as sentences or as JSON."""
    pipeline = await Pipeline.open(Settings(data=tmp_path / "data"))
    await pipeline.start()
    await pipeline.submit([Message(session="s", user="u", text="secret words")])
    await pipeline.stop()
    words = {"data": tmp_path / "data", "follow": False, "database_minutes": 1}

    assert commands.backup(tmp_path / "b", **words, as_json=False) == 0
    assert commands.backup(tmp_path / "b", **words, as_json=True) == 0
    new = {"at": None, "keep_stores": False, "replaces": None}
    assert await commands.restore(tmp_path / "b", data=tmp_path / "r", **new, as_json=False) == 0
    assert await commands.restore(tmp_path / "b", data=tmp_path / "q", **new, as_json=True) == 0

    out = capsys.readouterr().out
    lines = out.splitlines()
    first, last = json.loads(lines[1]), json.loads(lines[-1])
    assert "journal up to position" in lines[0] and "database too" in lines[0]
    assert first["new_bytes"] == 0 and first["position"] == last["position"]
    assert "derived anew" in out and "secret" not in out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("talk.json", '[{"conversations": [{"from": "human", "value": "hi"}]}]'),
        ("talk.jsonl", '{"conversations": [{"from": "human", "value": "hi"}]}\n'),
        ("talk.csv", "Utterance,Speaker,Dialogue_ID\nhi,Joey,1\n"),
    ],
)
async def test_dialogues_that_are_taken_for_events_are_told_of_the_option(
    tmp_path, capsys, name, text
):
    """The one that takes them in; and nothing is offered that Roomtone tells itself alone."""
    (tmp_path / name).write_text(text)
    said = ""
    try:
        await commands.Ingest(name, data=tmp_path / "data").run(as_json=False)
    except BadEvent as error:
        said = str(error)
    told = capsys.readouterr()
    said += told.err + told.out

    assert "--bot NAME" in " ".join(said.split())
    assert "turn_read" not in said
    assert "reaction_judged" not in said
