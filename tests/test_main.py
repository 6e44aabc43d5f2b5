"""The command line as its users meet it: each command in a process of its own."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests import warm

DATA = Path(os.environ.get("BENCHMARK_DATA") or Path(__file__).parents[2] / "shared" / "data")
CHATS = ("press_briefing", "hong_kong_irl")
COMMANDS = [
    *("demo", "serve", "ingest", "replay", "emotion", "explain", "sessions", "alerts"),
    *("doctor", "backup", "restore"),
]

EVENTS = "".join(
    f'{{"type":"message","session":"s","user":"u{n % 9}","text":"hi",'
    f'"at":"2026-01-01T12:{n // 60:02d}:{n % 60:02d}Z"}}\n'
    for n in range(300)
)


@pytest.fixture
def run(tmp_path):
    """Run the command in an empty folder, without the developer's settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROOMTONE_")}
    env |= {"XDG_CONFIG_HOME": str(tmp_path / "home"), "NO_COLOR": "1", "COLUMNS": "120"}

    def started(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return warm.run(words, cwd=tmp_path, env=env, stdin=stdin)

    started.env, started.folder = env, tmp_path  # type: ignore[attr-defined]
    return started


def chat(name: str) -> Path:
    path = DATA / "youtube_live_chat" / f"{name}.csv"
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing; give the data folder in BENCHMARK_DATA")
        pytest.skip(f"{path} is not here; give the data folder in BENCHMARK_DATA")
    return path


def count(path: Path) -> tuple[int, int, float]:
    """An independent count: messages, people, and minutes from the first to the last."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["published_at"]).timestamp() for row in rows]
    people = {row["author"] for row in rows}
    return len(rows), len(people), (max(times) - min(times)) / 60


@pytest.mark.parametrize("name", CHATS)
def test_a_replay_of_a_real_chat_agrees_with_an_independent_count(run, name):
    """Messages, people and minutes are those of the file; a score stands every five seconds."""
    messages, people, minutes = count(chat(name))
    lines = [
        json.loads(line) for line in run("replay", str(chat(name)), "--json").stdout.splitlines()
    ]
    summaries = [line for line in lines if line["kind"] == "summary"]
    times = [line["time"] for line in lines if line["kind"] == "point"]

    assert sum(s["messages"] for s in summaries) == messages
    assert [s["people"] for s in summaries] == [people]
    assert summaries[0]["minutes"] == pytest.approx(minutes, abs=0.05)
    assert len(times) == pytest.approx(minutes * 12, abs=2)
    assert times == sorted(set(times))


@pytest.mark.parametrize("name", CHATS)
def test_an_ingest_of_a_real_chat_agrees_with_an_independent_count(run, name):
    """The same numbers through the journal into the archive, and a second time nothing new."""
    messages, people, minutes = count(chat(name))
    first = json.loads(run("ingest", str(chat(name)), "--data", "d", "--json").stdout)
    again = json.loads(run("ingest", str(chat(name)), "--data", "d", "--json").stdout)
    (session,) = json.loads(run("sessions", "--data", "d", "--json").stdout)
    lasted = datetime.fromisoformat(session["ended"]) - datetime.fromisoformat(session["started"])

    assert (first["accepted"], first["duplicates"], first["refused"]) == (messages, 0, 0)
    assert (again["accepted"], again["duplicates"], again["refused"]) == (0, messages, 0)
    assert (session["messages"], session["people"]) == (messages, people)
    assert lasted.total_seconds() / 60 == pytest.approx(minutes, abs=0.05)


def test_a_file_is_taken_in_and_read_back(run):
    """ingest, sessions, explain, alerts and replay of one folder, without any server."""
    (run.folder / "chat.jsonl").write_text(EVENTS + "nonsense\n")
    taken = run("ingest", "chat.jsonl", "--data", "d")
    listed = run("sessions", "--data", "d").stdout
    explained = run("explain", "s", "--data", "d", "--at", "2026-01-01T12:03:00Z").stdout
    alerts = json.loads(run("alerts", "--data", "d", "--json").stdout)
    replayed = run("replay", "d", "--json").stdout.splitlines()

    assert taken.returncode == 1
    assert "300 accepted, 0 duplicates, 1 refused" in taken.stdout
    assert "(line 301)" in taken.stdout
    assert re.search(r"\bs +ended +\d+ +[A-Z_]+", listed)
    assert "s at 2026-01-01 12:03:00 UTC" in explained
    assert "Raises it most" in explained
    assert isinstance(alerts, list)
    assert {json.loads(line)["kind"] for line in replayed} >= {"point", "summary"}


def test_standard_input_is_a_file(run):
    """`-` reads a pipe; the session can be named."""
    done = run("ingest", "-", "--session", "mine", "--data", "d", "--json", stdin=EVENTS)

    assert json.loads(done.stdout)["sessions"] == {"mine": 300}
    assert done.returncode == 0


def test_columns_can_be_mapped(run):
    """A log with headers of its own needs one option."""
    (run.folder / "log.csv").write_text("wer,was,wann\nann,hallo,2026-01-01T12:00:00Z\n")
    options = ("--map", "user=wer,text=was,at=wann", "--data", "d", "--json")

    assert json.loads(run("ingest", "log.csv", *options).stdout)["sessions"] == {"log": 1}
    assert "--map at=COLUMN" in run("ingest", "log.csv", "--data", "d").stderr


def test_a_replay_shows_scores_as_sparklines(run):
    """One character per five seconds, a summary at the end; nothing is left behind."""
    (run.folder / "chat.jsonl").write_text(EVENTS)
    text = run("replay", "chat.jsonl").stdout

    assert re.search(r"2026-01-01 12:00:05  [▁▂▃▄▅▆▇█·]{60}  +\d+  s", text)
    assert "s: 300 messages, 9 people, 5.0 minutes" in text
    assert not (run.folder / "roomtone-data").exists()


def test_a_replay_is_the_same_to_the_byte(run):
    """Twice the same file, twice the same output, at any speed."""
    (run.folder / "chat.jsonl").write_text(EVENTS)
    once = run("replay", "chat.jsonl", "--json").stdout

    assert once
    assert run("replay", "chat.jsonl", "--json").stdout == once
    assert run("replay", "chat.jsonl", "--json", "--speed", "100000").stdout == once


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["replay", "nothere.csv"], 3, "there is no nothere.csv"),
        (["replay", "x", "--speed", "fast"], 2, "a number above 0, or max"),
        (["ingest", "x", "--map", "user"], 2, "FIELD=COLUMN"),
        (["sessions", "--data", "nothere"], 3, "holds no Roomtone data"),
        (["sessions", "--url", "http://127.0.0.1:9"], 3, "roomtone serve"),
        (["explain", "s", "--at", "noon", "--data", "."], 3, "write 2026-01-31"),
        (["serve", "--host", "0.0.0.0", "--port", "0"], 3, "say --insecure"),
        (["config", "shwo"], 2, "show"),
        (["nap"], 2, "No such command"),
    ],
)
def test_errors_are_one_sentence_with_the_remedy(run, words, code, said):
    """On standard error, with the documented exit code, and never a traceback."""
    done = run(*words)

    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_setting_that_nobody_knows_stops_every_command(run):
    """With the file it stands in, and the nearest that exists."""
    (run.folder / "roomtone.toml").write_text("[server]\nprot = 1\n")
    done = run("config", "show")

    assert done.returncode == 3
    assert (
        "no setting is called server.prot (roomtone.toml); did you mean server.port?" in done.stderr
    )


def test_settings_say_where_they_are_from(run):
    """`config show --origin`, as a table and as JSON."""
    (run.folder / "roomtone.toml").write_text("[server]\nport = 9000\n")
    rows = {row["key"]: row for row in json.loads(run("config", "show", "--json").stdout)}

    assert (rows["server.port"]["value"], rows["server.port"]["origin"]) == (9000, "roomtone.toml")
    assert rows["server.host"]["origin"] == "default"
    assert re.search(r"server.port +9000 +roomtone.toml", run("config", "show", "--origin").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_worth_reading(run, command):
    """Every command says what it does, every option what it means, and what exit codes mean."""
    text = run(command, "--help").stdout

    assert len(text.split()) > 50
    assert "Exit codes" in text
    assert re.findall(r"--[a-z-]+ .*[a-z]{3}", text)


def test_emotion_is_read_line_by_line(run):
    """One JSON answer for each line of a pipe, in order, and nothing else on standard output."""
    done = run("emotion", "-", stdin="Thank you so much!\n\nOlen surullinen\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0
    assert done.stderr == ""
    assert [one["primary"] for one in answers] == ["gratitude", "unsure", "unsure"]


def test_emotion_says_what_is_wrong(run):
    """A file that is not there, and a model that nobody knows."""
    missing, unknown = run("emotion", "nowhere.txt"), run("emotion", "-", "--model", "oracle://")

    assert (missing.returncode, unknown.returncode) == (3, 3)
    assert "there is no nowhere.txt" in missing.stderr
    assert "choose one of: hashed, local, minilm, openai" in unknown.stderr


def test_the_doctor_speaks_json(run):
    """Every check has a name, a verdict, a detail and a remedy where it is needed."""
    done = run("doctor", "--data", "d", "--port", "0", "--json")
    checks = json.loads(done.stdout)

    assert all(check["detail"] for check in checks)
    assert all(check["remedy"] for check in checks if not check["ok"])
    assert done.returncode == (0 if all(check["ok"] for check in checks) else 1)


def test_a_reader_that_goes_away_is_no_error(run):
    """`roomtone replay … | head` ends quietly."""
    (run.folder / "chat.jsonl").write_text(EVENTS)
    command = f"{sys.executable} -m roomtone replay chat.jsonl --json | head -1"
    done = subprocess.run(
        command, shell=True, cwd=run.folder, env=run.env, capture_output=True, text=True, timeout=60
    )

    assert json.loads(done.stdout)["kind"] == "point"
    assert done.stderr == ""


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(pattern, line):
            return found
    pytest.fail(f"never said {pattern}: {said}")


def test_the_demo_runs_until_it_is_told_to_stop(run):
    """A busy port is passed over aloud, the rooms are there, and it ends in good order."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "roomtone", "demo", "--port", str(port), "--speed", "10"],
            cwd=run.folder,
            env=run.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            read_until(process, f"port {port} is busy")
            url = read_until(process, r"http://127\.0\.0\.1:\d+")[0]
            alert = read_until(process, r"\d\d:\d\d +(MASS_EXIT|SUDDEN_DROP) +\w+ +keynote: .+")
            found = json.loads(run("sessions", "--url", url, "--json").stdout)
            served = json.loads(
                run(
                    "ingest",
                    "-",
                    "--to",
                    url,
                    "--live",
                    "--json",
                    stdin='{"type":"join","session":"x","user":"a"}',
                ).stdout
            )
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[0]

    assert alert
    assert {"keynote", "design-chat"} <= {session["session"] for session in found}
    assert served["accepted"] == 1
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
