"""Foreign chat logs become events, whatever their columns are called."""

import io
from datetime import UTC, datetime

import pytest

from roomtone.errors import BadEvent
from roomtone.events import Join, Leave, Message, PollVote
from roomtone.sources.chatlog import ChatLog, find_columns, normalise, parse_time

HEADER = b"video_id,author,message,published_at\n"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def read(data: bytes, **options) -> list:
    return list(ChatLog(io.BytesIO(data), **options).rows())


def reasons(rows: list) -> list[tuple[int, str]]:
    return [(row[0].index, row[0].reason) for row in rows if isinstance(row, tuple)]


def texts(rows: list) -> list[str]:
    return [row.text for row in rows if isinstance(row, Message)]


def test_common_headers_are_understood_unasked():
    """The export of a video chat needs no mapping."""
    (event,) = read(HEADER + b'v1,ann,"hello, ""you""",2026-01-01T20:00:00+08:00\n')

    assert (event.session, event.user, event.text) == ("v1", "ann", 'hello, "you"')
    assert event.at == NOON
    assert event.id.startswith("log-")


@pytest.mark.parametrize("separator", [b",", b";", b"\t", b"|"])
def test_other_separators_are_seen(separator):
    """A semicolon from a German Excel is as good as a comma."""
    rows = read(
        separator.join([b"time", b"user", b"text"]) + b"\n" + separator.join([b"0", b"a", b"b"])
    )

    assert texts(rows) == ["b"]


def test_a_mapping_goes_before_the_guess():
    """`--map` decides; the rest is still guessed."""
    columns = find_columns(["who", "message", "text", "when"], {"at": "when", "text": "message"})

    assert columns == {"at": "when", "text": "message"}


@pytest.mark.parametrize(
    ("names", "chosen", "remedy"),
    [
        (["author", "message"], {}, "--map at=COLUMN"),
        (["author", "time"], {}, "--map text=COLUMN"),
        (
            ["author", "time"],
            {"text": "words"},
            "no column is called words; there are: author, time",
        ),
        (["author", "time"], {"txt": "author"}, "no field is called txt"),
    ],
)
def test_a_missing_column_ends_with_what_to_type(names, chosen, remedy):
    """The error lists what is there and says how to go on."""
    with pytest.raises(BadEvent, match=remedy):
        find_columns(names, chosen)


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01 12:00:00",
        "2026-01-01T13:00:00+01:00",
        1767268800,
        "1767268800.0",
        1767268800000,
        "1767268800000000",
    ],
)
def test_times_come_in_many_forms(value):
    """ISO 8601 with and without offset, and epoch seconds, milli- and microseconds."""
    assert parse_time(value) == NOON


@pytest.mark.parametrize("value", ["", "yesterday", None, float("nan"), 1e300, "99999-01-01", [1]])
def test_what_is_no_time_says_what_would_be(value):
    """No time, no event: the reason shows a form that works."""
    with pytest.raises(BadEvent, match="write 2026-01-31"):
        parse_time(value)


def test_irc_like_lines_become_comings_and_goings():
    """`chat`, `join`, `leave` and a change of name, with epoch seconds and no session."""
    rows = read(
        b'{"ts": 1.0, "type": "join", "user": "ann"}\n'
        b'{"ts": 2.0, "type": "chat", "user": "ann", "len": 9}\n'
        b'{"ts": 3.0, "type": "nick", "user": "ann", "new_user": "anna"}\n'
        b'{"ts": 4.0, "type": "quit", "user": "anna"}\n',
        session="irc",
    )

    assert [type(row) for row in rows] == [Join, Message, Leave, Join, Leave]
    assert [row.user for row in rows] == ["ann", "ann", "ann", "anna", "anna"]
    assert {row.session for row in rows} == {"irc"}


def test_polls_and_own_ids_come_through():
    """Columns named like the wire's fields are the wire's fields."""
    (vote,) = normalise(
        {"ts": 0, "type": "poll_vote", "user": 7, "poll": "p", "option": "yes", "id": "x"},
        find_columns(["ts", "type", "user", "poll", "option", "id"]),
        "s",
    )

    assert vote == PollVote(
        session="s", id="x", at=datetime(1970, 1, 1, tzinfo=UTC), user="7", poll="p", option="yes"
    )


def test_a_line_feed_in_quotes_belongs_to_the_text():
    """CSV's quoted records may span lines; refused lines still carry their own number."""
    rows = read(HEADER + b'v,a,"one\r\ntwo",2026-01-01T12:00:00Z\nv,a,b,never\n')

    assert texts(rows) == ["one\ntwo"]
    assert reasons(rows)[0][0] == 4


def test_an_open_quote_costs_its_own_line_only():
    """Everything after the line with the stray quote is read."""
    good = b"v,a,fine,2026-01-01T12:00:00Z\n"
    rows = read(HEADER + good + b'v,a,"oops,2026-01-01T12:00:00Z\n' + good * 200)

    assert len(texts(rows)) == 201
    assert [number for number, _ in reasons(rows)] == [3]
    assert "quote" in reasons(rows)[0][1]


def test_an_open_quote_in_the_last_lines_costs_its_own_line_only():
    """The end of the file inside a quote is no loss of the lines between."""
    good = b"v,a,fine,2026-01-01T12:00:00Z\n"
    rows = read(HEADER + b'v,a,"oops,2026-01-01T12:00:00Z\n' + good * 3)

    assert len(texts(rows)) == 3
    assert [number for number, _ in reasons(rows)] == [2]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"v,a,\xff\xfe,2026-01-01T12:00:00Z", "UTF-8"),
        (b"v,a\x00b,hi,2026-01-01T12:00:00Z", "control character in `user`"),
        (b"v,a,hi,there,2026-01-01T12:00:00Z", "5 columns where the header names 4"),
        (b"v,a,hi", "is no time"),
        (b"v," + b"a" * 201 + b",hi,2026-01-01T12:00:00Z", "200"),
        (b"v,a," + b"x" * 20_000 + b",2026-01-01T12:00:00Z", "16384"),
        (b"v,a," + b"x" * 200_000 + b",2026-01-01T12:00:00Z", "field larger than"),
        (b"v,a," + b"x" * 2_000_000 + b",2026-01-01T12:00:00Z", "longer than"),
    ],
)
def test_hostile_rows_are_refused_one_by_one(line, reason):
    """Each kind of broken row gets a reason and its number, and the next row is read."""
    rows = read(HEADER + line + b"\nv,a,next,2026-01-01T12:00:00Z\n")

    assert texts(rows) == ["next"]
    assert [number for number, _ in reasons(rows)] == [2]
    assert reason in reasons(rows)[0][1]


@pytest.mark.parametrize("line", [b"[1]", b"{", b'{"ts": 1, "type": "sneeze"}', b'{"a":' * 3000])
def test_hostile_json_rows_are_refused_one_by_one(line):
    """The same for logs in JSON lines."""
    good = b'{"ts": 1, "user": "a", "text": "hi"}\n'
    rows = read(good + line + b"\n" + good)

    assert texts(rows) == ["hi", "hi"]
    assert [number for number, _ in reasons(rows)] == [2]


def test_reading_twice_gives_the_same_ids_and_equal_rows_differ():
    """Ingesting a file twice counts once; two equal rows count twice."""
    data = HEADER + b"v,a,hi,2026-01-01T12:00:00Z\n" * 2
    once, again = read(data), read(data)

    assert [row.id for row in once] == [row.id for row in again]
    assert once[0].id != once[1].id


def test_the_session_can_be_forced():
    """`--session` gathers all rows in one session; without, the row's own goes first."""
    data = HEADER + b"v,a,hi,2026-01-01T12:00:00Z\n"

    assert read(data, session="s")[0].session == "v"
    assert read(data, session="s", force=True)[0].session == "s"


def test_an_empty_file_gives_nothing():
    """No line, no event, no error."""
    assert read(b"") == read(b"\n\n") == read(HEADER) == []
