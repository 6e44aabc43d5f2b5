"""Questions are answered by a server, or by a folder that no server has open."""

from datetime import UTC, datetime

import pytest

from roomtone.errors import BadEvent, JournalError, RoomtoneError
from roomtone.events import Message
from roomtone.runtime.asking import FromServer, open_answers, parse_moment
from roomtone.runtime.config import Settings
from roomtone.runtime.sinks import open_folder

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def settings(tmp_path) -> Settings:
    """A folder with one session that ended."""
    made = Settings(data=tmp_path / "data")
    events = [
        Message(
            session="s",
            user=f"u{n}",
            text="hi",
            id=str(n),
            at=NOON.replace(minute=n // 60, second=n % 60),
        )
        for n in range(300)
    ]
    async with open_folder(made, history=True) as folder:
        await folder.send(events)
        await folder.finish(["s"])
    return made


async def test_a_folder_answers_like_a_server(settings):
    """Sessions, alerts and explanations come out of what was kept."""
    async with open_answers(settings, None, settings.data) as answers:
        (session,) = await answers.sessions(10)
        explained = await answers.explain("s", None)
        earlier = await answers.explain("s", NOON.replace(minute=2))
        alerts = await answers.alerts("s", 10)

    assert (session["session"], session["state"], session["messages"]) == ("s", "ended", 300)
    assert {part["name"] for part in explained["parts"]} >= {"chat", "polls", "active"}
    assert earlier["at"] == "2026-01-01T12:02:00Z"
    assert isinstance(alerts, list)


async def test_an_unknown_session_says_where_to_look(settings):
    """The remedy is the command that lists them."""
    async with open_answers(settings, None, settings.data) as answers:
        with pytest.raises(BadEvent, match="roomtone sessions"):
            await answers.explain("t", None)


async def test_looking_into_an_empty_folder_makes_nothing(tmp_path):
    """A typing error in --data leaves no folder behind."""
    settings = Settings(data=tmp_path / "nothing")
    with pytest.raises(JournalError, match="holds no Roomtone data"):
        async with open_answers(settings, None, settings.data):
            pass

    assert not (tmp_path / "nothing").exists()


async def test_a_folder_in_use_says_so(settings):
    """Two processes never write one journal."""
    async with open_folder(settings, history=True):
        with pytest.raises(RoomtoneError, match=r"another process|in use|open"):
            async with open_answers(settings, None, settings.data):
                pass


async def test_pages_are_followed_up_to_the_limit():
    """A server gives 200 at a time; who wants 450 gets 450."""

    class Book:
        def get(self, path: str, *, limit: int, cursor: object = None, **query: object) -> dict:
            start = int(str(cursor or 0))
            data = [{"n": n} for n in range(start, start + limit)]
            return {"data": data, "next_cursor": str(start + limit)}

    found = await FromServer(Book()).sessions(450)

    assert [row["n"] for row in found] == list(range(450))


def test_moments_are_typed_with_or_without_offset():
    """Without an offset it is UTC; nonsense is shown an example."""
    assert parse_moment("2026-01-01T12:00:00") == parse_moment("2026-01-01T13:00:00+01:00") == NOON
    with pytest.raises(BadEvent, match="write 2026-01-31"):
        parse_moment("noon")
