"""Wire events are read line by line; what is no event is refused with its line number."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.events import Join, Message
from roomtone.sources.jsonl import JsonLines, normalise


def read(data: bytes, **options: str) -> list:
    return list(JsonLines(io.BytesIO(data), **options).rows())


def test_lines_become_events_and_refusals_in_order():
    """One bad line never costs its neighbours."""
    rows = read(
        b'{"type":"join","session":"s","user":"ann"}\n'
        b"\n"
        b"nonsense\n"
        b'{"type":"nap","session":"s"}\r\n'
        b'{"type":"message","session":"s","user":"ann","text":"hi"}'
    )

    assert rows[0] == Join(session="s", user="ann")
    assert [row[0].index for row in rows[1:3]] == [3, 4]
    assert "known types: message" in rows[2][0].reason
    assert rows[3] == Message(session="s", user="ann", text="hi")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"type":"join","session":"s","user":"\xff"}', "UTF-8"),
        (b'{"type":"join","session":"s","user":"a\\u0000b"}', "control character"),
        (b'{"type":"join","session":"s","user":"\\ud800"}', "surrogate"),
        (b"[" * 5000 + b"]" * 5000, "nested|valid|type"),
        (
            b'[{"type":"join","session":"s"},{"type":"join","session":"s"}]',
            "2 events|send at most 1",
        ),
        (b'{"type":"message","session":"s","text":"' + b"x" * 1_000_001 + b'"}', "longer than"),
    ],
)
def test_hostile_lines_are_refused_one_by_one(line, reason):
    """Each kind of broken line gets a reason, and the line after it is read."""
    rows = read(line + b'\n{"type":"join","session":"s"}\n')

    assert len(rows) == 2
    assert rows[1] == Join(session="s")
    assert any(part in rows[0][0].reason for part in reason.split("|"))
    assert len(rows[0][1]) <= 200


def test_events_with_a_time_get_an_id_that_the_next_run_repeats():
    """Reading a file twice counts each line once, and two equal lines twice."""
    line = b'{"type":"join","session":"s","user":"ann","at":"2026-01-01T00:00:00Z"}\n'
    once, again = read(line * 2), read(line * 2)

    assert [event.id for event in once] == [event.id for event in again]
    assert once[0].id != once[1].id
    assert once[0].at == datetime(2026, 1, 1, tzinfo=UTC)


def test_own_ids_and_missing_times_stay_as_they_are():
    """An id is made only where a repeat could be told from a new event."""
    rows = read(b'{"type":"join","session":"s","id":"7"}\n{"type":"join","session":"s"}\n')

    assert [event.id for event in rows] == ["7", None]


def test_the_session_can_be_set_for_all():
    """`--session` says where the events happened, whatever the file says."""
    assert read(b'{"type":"join","session":"s"}', session="t")[0].session == "t"


def test_a_pretty_printed_array_is_named_with_its_remedy():
    """The commonest other form of such a file is recognised."""
    with pytest.raises(BadEvent, match="one event per line"):
        read(b'[\n {"type": "join", "session": "s"}\n]\n')


async def test_the_port_gives_events_alone_and_counts_the_rest():
    """As a Source it yields what happened; refusals are counted."""
    source = JsonLines(io.BytesIO(b'{"type":"join","session":"s"}\nno\n' * 300))

    assert len([event async for event in source.events()]) == 300
    assert source.refused == 300


def test_normalise_says_why_not():
    """The pure function behind it names the missing field."""
    with pytest.raises(BadEvent, match="session"):
        normalise(b'{"type":"join"}')


class ByLine(io.BytesIO):
    """A stream of which a line comes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.readline()


LINES = st.sampled_from(
    [
        '{"type":"join","session":"s","user":"ann","at":"2026-01-01T00:00:00Z"}',
        '{"type":"message","session":"s","user":"ann","text":"\\"🎉\\"","at":"2026-01-01T00:00:00Z"}',
        '{"type":"message","session":"t","id":"7","text":"{}\\n{}"}',
        '{"type":"reaction","session":"s","emoji":"👍","unknown":[1,{"a":2}]}',
        ' {"type":"leave","session":"s"}',
        '[{"type":"leave","session":"s"}]',
        '{"type":"join","session":"s"}{"type":"join","session":"s"}',
        '{"type":"join","session":"a\\u0007"}',
        '{"type":"join",',
        '"session":"s"}',
        "nonsense",
        "[",
        "",
    ]
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_read_together_say_what_each_alone_does(lines, end, named):
    """A block of lines is decoded at once where it can be: rows, numbers and ids do not tell."""
    data = end.join(lines).encode()
    options = {"session": "here"} if named else {}

    def told(stream: io.BytesIO) -> list:
        source, rows = JsonLines(stream, **options), []
        try:
            rows += [(source.line, row) for row in source.rows()]
        except BadEvent as error:
            rows.append(str(error))
        return [*rows, source.refused]

    assert told(io.BytesIO(data)) == told(ByLine(data))


def test_who_keeps_nothing_gets_events_without_ids():
    """An id that nobody asks for is not made; one that a line has stays."""
    data = b'{"type":"join","session":"s","at":"2026-01-01T00:00:00Z"}\n'
    rows = list(JsonLines(io.BytesIO(data), ids=False).rows())

    assert [row.id for row in rows] == [None]
    assert read(data)[0].id.startswith("log-")
