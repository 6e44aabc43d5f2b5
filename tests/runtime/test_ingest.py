"""Files are taken in batch by batch; every line is accounted for."""

import gzip
import io
from collections.abc import Sequence

import pytest

from roomtone.events import Event, Message, encode
from roomtone.runtime import ingest
from roomtone.runtime.asking import open_answers
from roomtone.runtime.config import Settings
from roomtone.runtime.sinks import open_folder

WIRE = b'{"type":"message","session":"s","user":"u%d","text":"hi","at":"2026-01-01T12:00:%02dZ"}\n'


class Notebook:
    """A sink that writes down what it gets, knows ids, and dislikes the user `u3`."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self.ids: set[str | None] = set()
        self.finished: list[str] = []

    async def send(self, events: Sequence[Event]) -> tuple[int, int, list[tuple[int, str]]]:
        self.batches.append(list(events))
        errors = [(i, "not you") for i, event in enumerate(events) if event.user == "u3"]
        known = sum(event.id in self.ids for event in events)
        self.ids |= {event.id for event in events}
        return len(events) - known - len(errors), known, errors

    async def finish(self, sessions: Sequence[str]) -> None:
        self.finished += sessions


def reader(data: bytes, **options) -> ingest.Reader:
    stream = io.BufferedReader(io.BytesIO(data))
    return ingest.open_source(stream, session=None, fallback="file", **options)


async def test_every_line_is_accounted_for():
    """Accepted, known, refused by us, refused by the sink: with line numbers of the file."""
    data = b"".join(WIRE % (n, n) for n in range(5)) + b"nonsense\n"
    sink = Notebook()
    report = await ingest.ingest(reader(data), sink)
    again = await ingest.ingest(reader(data), sink)

    assert (report.accepted, report.duplicates, report.refused) == (4, 0, 2)
    assert sorted(line for line, _ in report.examples) == [4, 6]
    assert dict(report.sessions) == {"s": 4}
    assert sink.finished == ["s", "s"]
    assert again.duplicates == 5
    assert report.as_json()["reasons"]["not you"] == 1


async def test_a_turn_says_whence_it_came():
    """By the reader's name, and not by this command's; who says it himself is believed."""
    turn = b'{"type":"turn","session":"s","bot":"luna","message":"hi"%s}\n'
    sink = Notebook()
    await ingest.ingest(reader(turn % b"" + turn % b',"platform":"web"'), sink)

    assert [event.platform for event in sink.batches[0]] == ["jsonl", "web"]


async def test_batches_are_bounded_in_number_and_size():
    """No request is larger than a server with default limits takes."""
    line = b'{"type":"message","session":"s","text":"' + b"x" * 16_000 + b'"}\n'
    sink = Notebook()
    await ingest.ingest(reader(line * 300 + WIRE % (1, 1) * 2500), sink)

    assert sum(map(len, sink.batches)) == 2800
    assert max(map(len, sink.batches)) <= ingest.BATCH
    assert max(len(encode(batch)) for batch in sink.batches) <= ingest.BATCH_BYTES


async def test_a_batch_of_history_covers_an_hour_at_most():
    """A log of months does not keep a server busy with one request, and loses nothing."""
    line = b'{"type":"join","session":"s","user":"u","at":"2026-01-%02dT%02d:00:00Z"}\n'
    data = b"".join(line % (1 + n // 24, n % 24) for n in range(240))
    sink = Notebook()
    report = await ingest.ingest(reader(data), sink)

    assert report.accepted == 240
    assert [len(batch) for batch in sink.batches] == [2] * 120


async def test_progress_is_told_in_bytes():
    """The bar ends at the file's size."""
    data = b"".join(WIRE % (n % 60, n % 60) for n in range(2500))
    told: list[int] = []
    await ingest.ingest(reader(data), Notebook(), told.append)

    assert told == sorted(told)
    assert told[-1] == len(data)


@pytest.mark.parametrize(
    ("first", "source"),
    [
        (b'{"type":"join","session":"s"}', "JsonLines"),
        (b'\xef\xbb\xbf{"type":"join","session":"s"}', "JsonLines"),
        (b'[{"type":"join","session":"s"}]', "JsonLines"),
        (b"{broken", "JsonLines"),
        (b'{"ts": 1.0, "type": "join", "user": "a"}', "ChatLog"),
        (b"video_id,author,message,published_at", "ChatLog"),
        (b"", "ChatLog"),
    ],
)
def test_the_form_is_seen_in_the_first_line(first, source):
    """Nobody says what kind of file it is."""
    assert type(reader(first + b"\n")).__name__ == source


def test_a_mapping_means_a_chat_log():
    """Whoever names columns has a file with columns."""
    assert type(reader(b'{"type":"join"}\n', columns={"at": "t"})).__name__ == "ChatLog"


def test_gzipped_files_are_opened_as_they_are(tmp_path):
    """Logs lie compressed."""
    path = tmp_path / "chat.csv.gz"
    path.write_bytes(gzip.compress(b"time,user,text\n0,a,b\n"))
    stream, _ = ingest.open_input(str(path))
    with stream:
        rows = list(ingest.open_source(stream, session=None, fallback="chat").rows())

    assert isinstance(rows[0], Message)
    assert rows[0].session == "chat"


async def test_reasons_are_bounded():
    """A million different reasons cost no more than fifty."""
    report = ingest.Report()
    for number in range(1000):
        report.refuse(number, f"reason {number}")

    assert len(report.reasons) == ingest.MAX_REASONS + 1
    assert sum(report.reasons.values()) == 1000
    assert len(report.examples) == ingest.MAX_EXAMPLES


async def test_a_folder_takes_a_history_and_keeps_its_summary(tmp_path):
    """Without any server: the journal has the events, the archive the summary."""
    settings = Settings(data=tmp_path / "data")
    data = b"".join(WIRE % (n, n) for n in range(50))
    async with open_folder(settings, history=True) as folder:
        report = await ingest.ingest(reader(data), folder)
        again = await ingest.ingest(reader(data), folder)
    async with open_answers(settings, None, settings.data) as answers:
        (session,) = await answers.sessions(10)

    assert (report.accepted, again.accepted, again.duplicates) == (50, 0, 50)
    assert (session["messages"], session["people"]) == (50, 50)


async def test_a_source_that_is_installed_is_sent_as_it_comes():
    """Whatever yields events is taken in, in batches, until it ends or fails."""

    class Flood:
        async def events(self):
            for number in range(2500):
                yield Message(session="s", user="u", text="hi", id=str(number))

    class Broken:
        async def events(self):
            yield Message(session="s", text="hi")
            raise OSError("the line is dead")

    sink = Notebook()
    report = await ingest.ingest_stream(Flood(), sink)

    assert (report.accepted, sink.finished) == (2500, ["s"])
    assert max(map(len, sink.batches)) <= ingest.BATCH
    with pytest.raises(OSError, match="the line is dead"):
        await ingest.ingest_stream(Broken(), Notebook())
