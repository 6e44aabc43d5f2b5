"""Of who is erased no byte is left, and others keep theirs, whenever it is broken off."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from roomtone.alerts import Alert
from roomtone.consents import ConsentGiven
from roomtone.errors import StoreAway
from roomtone.events import ERASED, Event, Join, Message, PollVote, Reaction, Turn
from roomtone.records import SessionSummary
from roomtone.runtime import journal_index, recovery
from roomtone.runtime.config import Settings
from roomtone.runtime.erasing import Erasing
from roomtone.runtime.journal import read_journal
from roomtone.runtime.journal_segments import list_segments
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.pseudonyms import KEY, pseudonym
from tests.runtime.conftest import House

GONE, OTHERS = "erased-person-1", ("other-person-1", "other-person-2")
SECRET = "what the erased one said to luna"
MARKS = (GONE, SECRET, "said by the erased", "answered to the erased")


def everything(user: str, number: int) -> list[Event]:
    """What one person may do in a minute."""
    secret = user == GONE
    said = f"{SECRET}, {number}" if secret else f"hello from {user}"
    told = f"answered to the erased, {number}" if secret else "hello you"
    room = f"said by the erased, {number}" if secret else f"{user} in the room"
    return [
        Join(session="room", user=user),
        Message(session="room", id=f"m-{user}-{number}", user=user, text=room),
        Message(session="room", id=f"b-{number}", user="luna", role="bot", text=told),
        Reaction(session="room", user=user, emoji="👍", target=f"b-{number}", bot="luna"),
        PollVote(session="room", poll="tea", option=f"of {user}", user=user),
        Turn(
            session=f"luna/{user}", id=f"t{number}", bot="luna", user=user, message=said, reply=told
        ),
        Reaction(session=f"luna/{user}", user=user, emoji="❤️", target=f"t{number}", bot="luna"),
    ]


async def filled(house: House) -> Pipeline:
    """An installation in which three people did all that can be done, with two snapshots."""
    pipeline = house.pipeline
    for number in range(3):
        for user in (*OTHERS, GONE):
            await pipeline.submit(everything(user, number))
        # somebody else reacts to what the erased one said, and to what they were answered
        target = f"b-{number}"
        other = Reaction(session="room", user=OTHERS[0], emoji="🤔", target=target, bot="luna")
        await pipeline.submit([other])
        await pipeline.reader.done(20)
        await house.tick(2)
        await pipeline.settled()
    for user in (*OTHERS, GONE):
        await pipeline.submit([ConsentGiven(user=user, purposes={"training": True})])
    letter = b'{"type":"turn","user":"%s","text":"%s"}' % (GONE.encode(), SECRET.encode())
    receipt = await pipeline.submit([Turn(session="s", bot="luna", id="x" * 10)])
    pipeline.keeper.bury(pipeline.memory.now, "http", "no JSON", letter)
    assert receipt.accepted
    await house.tick(2)
    await pipeline.memory.kept_all(20)
    await pipeline.keeper.kept()
    for _ in range(2):
        await recovery.checkpoint(pipeline)
        await house.tick()
    (house.settings.data / "roomtone.db.before-v002-from-v001").write_bytes(GONE.encode())
    return pipeline


def an_alert(message: str = "some left") -> Alert:
    what = {
        "session": message,
        "message": message,
        "type": "MASS_EXIT",
        "severity": "INFO",
        "detector": "exits",
    }
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Alert(time=at, score=1.0, current=0.0, expected=1.0, **what)  # type: ignore[arg-type]


def found_in(folder: Path, *marks: str) -> list[str]:
    """The files in which one of these stands."""
    wanted = [mark.encode() for mark in marks]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(
        f"{path.name}: {mark!r}" for path in files for mark in wanted if mark in content(path)
    )


def content(path: Path) -> bytes:
    """What is in a file; nothing where a store has just removed it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


async def of_others(pipeline: Pipeline) -> dict[str, Any]:
    """All that is kept of the others, as far as the stores tell of it."""
    archive, kept = pipeline.archive, {}
    for user in OTHERS:
        kept[user] = [
            await archive.conversations(user=user),
            await archive.relationships(user=user),
            [turn for turn in await archive.turns(f"luna/{user}")],
            (await (await pipeline.memory.ready()).memories(user=user))[1],
            [one.of for one in (await archive.reactions(user=user))[0]],
        ]
    summaries: list[SessionSummary] = list(await archive.sessions())
    engine = pipeline.engine
    kept["room"] = [engine.summary("room"), summaries]
    return kept


async def test_no_byte_of_an_erased_person_is_left(house: House) -> None:
    """In no file of the installation: not id, name, texts or pseudonym; others' are unchanged."""
    pipeline = await filled(house)
    data = house.settings.data
    name = pseudonym(await pipeline.archive.key(KEY), GONE)
    before = await of_others(pipeline)
    positions = [position for position, _ in read_journal(pipeline.journal.folder)]
    assert len(found_in(data, *MARKS, name)) > 8, "in database, journal, snapshots and old files"

    told = await pipeline.erase_person(GONE)

    assert told["person"] == name and told["tombstone"], told
    assert {one["store"]: one["ok"] for one in told["stores"] if not one["ok"]} == {}, told
    assert await of_others(pipeline) == before
    await house.tick(2)
    assert found_in(data, *MARKS, name) == []
    after = [position for position, _ in read_journal(pipeline.journal.folder)]
    assert after[: len(positions)] == positions
    assert GONE not in str(pipeline.inspector.items()) + str(pipeline.ticker("room", 100))

    await house.pipeline.stop()
    assert found_in(data, *MARKS, name) == []
    pipeline = await house.open()
    again = await of_others(pipeline)
    assert again["room"][0].people == before["room"][0].people
    assert {user: again[user] for user in OTHERS} == {user: before[user] for user in OTHERS}
    assert found_in(data, *MARKS, name) == []


async def test_what_was_sent_before_brings_nobody_back(house: House) -> None:
    """Old events and new ones are refused, also after a restart, until the person is readmitted."""
    pipeline = await filled(house)
    await pipeline.erase_person(GONE)

    async def sent(number: int) -> list[str]:
        receipt = await house.pipeline.submit(
            [*everything(GONE, number), *everything("new", number)]
        )
        return [one.kind for one in receipt.errors]

    assert await sent(0) == [ERASED] * 6
    await house.pipeline.stop()
    pipeline = await house.open()
    assert await sent(1) == [ERASED] * 6
    await house.tick(2)
    assert found_in(house.settings.data, GONE) == []
    assert await pipeline.readmit_person(GONE) and not await pipeline.readmit_person(GONE)
    assert await sent(7) == []


async def test_a_journal_that_is_read_from_its_start_brings_nobody_back(house: House) -> None:
    """Without a snapshot all is derived again, of the others."""
    pipeline = await filled(house)
    people = pipeline.engine.summary("room").people
    await pipeline.erase_person(GONE)
    await house.pipeline.stop()
    for path in pipeline.journal.folder.glob("snapshot-*"):
        path.unlink()

    pipeline = await house.open()

    assert pipeline.engine.summary("room").people == people
    assert {pair[1] for pair in pipeline.conversations.pairs} == {*OTHERS, ""}
    await house.tick(2)
    assert found_in(house.settings.data, *MARKS) == []


@pytest.mark.parametrize("step", [0, 2, 4, 7])
async def test_broken_off_at_any_step_it_is_finished(
    house: House, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """By the next start: what is done is done, the rest follows."""
    pipeline = await filled(house)
    own, calls = Erasing._store, 0

    class Killed(BaseException):
        pass

    async def dying(self: Erasing, *given: Any) -> None:
        nonlocal calls
        if calls == step:
            raise Killed
        calls += 1
        await own(self, *given)

    monkeypatch.setattr(Erasing, "_store", dying)
    with pytest.raises(Killed):
        await pipeline.erase_person(GONE)
    assert (await pipeline.submit(everything(GONE, 9)[:1])).accepted == 0, "the door is shut"
    monkeypatch.undo()
    await pipeline.stop()
    pipeline = await house.open()
    await pipeline.erasing.resume()
    await house.tick(2)

    assert pipeline.erasing.tombstones.unfinished == []
    assert found_in(house.settings.data, *MARKS) == []


async def test_a_store_that_is_away_is_erased_from_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not keep the others from it, and the receipt says so."""
    pipeline = await filled(house)

    async def away(*given: Any) -> int:
        raise StoreAway("it does not answer; start it")

    monkeypatch.setattr(pipeline.memory, "erase", away)
    told = await pipeline.erase_person(GONE)
    monkeypatch.undo()

    failed = [one["store"] for one in told["stores"] if not one["ok"]]
    assert failed == ["memory"] and not told["done"]
    assert await pipeline.erasing.resume() == 1
    assert found_in(house.settings.data, *MARKS) == []


async def test_the_journals_index_knows_what_was_written_anew_before_a_crash(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run finds nothing to write, and notes the hashes all the same."""
    pipeline = await filled(house)
    pipeline.journal.rotate()
    await house.tick(2)
    await pipeline.settled()
    await journal_index.note(pipeline.journal, pipeline.archive)
    folder = str(pipeline.journal.folder.resolve())
    before = {one.base: one.sha256 for one in await pipeline.archive.segments(folder) if one.sealed}

    async def away(*given: Any, **more: Any) -> None:
        raise StoreAway("it does not answer; start it")

    monkeypatch.setattr(pipeline.archive, "note_segments", away)
    told = await pipeline.erase_person(GONE)
    assert not told["done"]
    monkeypatch.undo()
    await pipeline.erasing.resume()

    after = {one.base: one.sha256 for one in await pipeline.archive.segments(folder) if one.sealed}
    files = {
        seg.base: sha256(seg.path.read_bytes()).hexdigest()
        for seg in list_segments(pipeline.journal.folder)
    }
    assert before != {base: after[base] for base in before}
    assert {base: files[base] for base in after} == after


async def test_who_was_never_here_can_be_erased(house: House) -> None:
    """Nothing is removed, and nothing will be taken."""
    told = await house.pipeline.erase_person("nobody-knows-them")

    assert told["done"] and told["tombstone"]
    assert all(one["ok"] for one in told["stores"]), told


async def tables_with(url: str, *marks: str) -> list[str]:
    """The tables of a PostgreSQL in whose rows, or in whose files, one of these stands."""
    asyncpg = pytest.importorskip("asyncpg")
    found = []
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CHECKPOINT")
        names = await connection.fetch(
            "SELECT c.oid::regclass::text, pg_relation_filepath(c.oid) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = current_schema() AND relkind IN ('r', 'i')"
        )
        toast = await connection.fetch(
            "SELECT c.oid::regclass::text, pg_relation_filepath(c.oid) FROM pg_class c "
            "WHERE relkind = 't' AND oid IN (SELECT reltoastrelid FROM pg_class)"
        )
        for name, file in (*names, *toast):
            data = await connection.fetchval("SELECT pg_read_binary_file($1)", file)
            found += [f"{name}: {mark}" for mark in marks if mark.encode() in bytes(data)]
    finally:
        await connection.close()
    return found


async def test_no_byte_is_left_in_postgresql_and_in_vectors(
    house: House, postgres_url: str, tmp_path: Path
) -> None:
    """Nor in the files of its tables, indexes and long texts; nor in Qdrant's folder."""
    pytest.importorskip("qdrant_client")
    memory = f"qdrant:///{tmp_path / 'vectors'}"
    await house.pipeline.stop()
    stores = {"series": postgres_url, "archive": postgres_url, "memory": memory}
    house.settings = Settings(data=house.settings.data, stores=stores)
    await house.open()
    pipeline = await filled(house)
    name = pseudonym(await pipeline.archive.key(KEY), GONE)
    before = await of_others(pipeline)
    assert len(await tables_with(postgres_url, *MARKS, name)) > 5

    told = await pipeline.erase_person(GONE)

    assert {one["store"]: one["detail"] for one in told["stores"] if not one["ok"]} == {}
    assert await of_others(pipeline) == before
    await house.tick(2)
    await pipeline.keeper.kept()
    assert await tables_with(postgres_url, *MARKS, name) == []
    assert found_in(house.settings.data, *MARKS, name) == []
    assert found_in(tmp_path, *MARKS, name) == []
