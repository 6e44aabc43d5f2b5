"""`roomtone db`: upgrades are told and safe twice; a companion's database comes in whole, once."""

import asyncio
import json

import pytest

from roomtone.contracts_training import agrees, check_counts, every, talk_of, turn_of
from roomtone.runtime import database_commands, plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.predecessor import read
from roomtone.runtime.tombstones import Erasure, Tombstones
from roomtone.stores import _migrate
from tests.runtime.companion import companion


def ask(capsys, job):
    """A command's exit code and what it said."""
    code = asyncio.run(job)
    return code, capsys.readouterr().out


@pytest.fixture
def here(tmp_path):
    return Settings(data=tmp_path / "data")


def test_an_upgrade_says_what_it_did_and_does_it_once(here, capsys):
    """Behind, then brought up to date, then nothing to do; `--check` changes nothing."""
    here.data.mkdir()
    file = here.data / "roomtone.db"
    engine = _migrate._engine(file)
    with engine.begin() as connection:
        _migrate.upgrade(connection, "006")
    engine.dispose()
    said = [
        ask(capsys, database_commands.upgrade(here, check=check, as_json=False))
        for check in (True, False, False, True)
    ]

    assert [code for code, _ in said] == [1, 0, 0, 0]
    assert "stands at schema 006" in said[0][1] and "run: roomtone db upgrade" in said[0][1]
    assert f"from schema 006 to {_migrate.head()}" in said[1][1]
    assert "is up to date" in said[2][1] and said[2] == said[3]
    assert len(list(here.data.glob("*.before-*"))) == 1


@pytest.mark.parametrize("migrated", [False, True])
def test_a_companions_database_comes_in_whole_and_once(here, tmp_path, capsys, migrated):
    """Its ids are kept, its numbers recounted; a second time nothing is added or changed."""
    file = companion(tmp_path / "c.db", migrated=migrated)
    how = {"bot": "sol", "as_json": True}
    dry = ask(capsys, database_commands.take_in(here, file, dry_run=True, **how))
    assert not list(here.data.glob("*.db"))
    first = ask(capsys, database_commands.take_in(here, file, dry_run=False, **how))
    kept = asyncio.run(look(here))
    second = ask(capsys, database_commands.take_in(here, file, dry_run=False, **how))

    assert dry[0] == first[0] == 1, "some rows were refused"
    assert "new" not in json.loads(dry[1])
    new = {"conversations": 2, "messages": 6, "other_ids": {}, "memories": 1}
    assert json.loads(first[1])["new"] == new
    assert json.loads(second[1])["new"] == {**dict.fromkeys(new, 0), "other_ids": {}}
    assert asyncio.run(look(here)) == kept
    talks, turns = kept
    assert [talk.id for talk in talks] == [7, 8]
    assert [m.id for m in talks[0].messages] == [1, 2, 3, 4, 5]
    assert talks[0].user_satisfaction == (4.0 if migrated else None)
    assert [(t.message, t.reply) for t in turns][-1] == ("Hello!", "Hi there!")


def test_who_was_erased_does_not_come_back_by_a_file(here, tmp_path, capsys):
    """Neither what they said nor what was remembered of them; the others' rows come in."""
    stones = Tombstones(here.data / "erasures")
    stones.put(Erasure(person=stones.hash("ann"), begun_ms=1, done_ms=2))
    file = companion(tmp_path / "c.db", migrated=True)
    _, said = ask(
        capsys,
        database_commands.take_in(here, file, bot="sol", dry_run=False, as_json=True),
    )
    told = json.loads(said)
    talks, _ = asyncio.run(look(here))

    assert "ann" not in {talk.user for talk in talks}
    assert sum("was erased here" in one["why"] for one in told["refused"]) >= 1
    assert len(talks) == told["new"]["conversations"] < 2


async def look(here):
    archive = plugins.archive(here.archive_url)
    await archive.open()
    talks = await every(archive, trainable=False)
    turns = await archive.turns("uuid-1")
    for talk in talks:
        check_counts(talk)
    assert await every(archive) == [], "nobody's consent comes with it"
    await archive.close()
    return talks, turns


@pytest.mark.servers
async def test_ids_that_are_taken_are_mapped_and_later_ones_go_on(any_archive, tmp_path):
    """Into an archive with conversations of its own, on each database."""
    found = read(companion(tmp_path / "c.db", migrated=True), "sol")
    talks = [talk_of(f"own {n}", "Ann", minute=n) for n in range(7)]
    await any_archive.add_conversations(talks)
    await any_archive.add_turns([turn_of(talk, "t") for talk in talks])
    ids, new = await any_archive.keep(found.conversations)
    later = talk_of("later", "Ann", minute=99)
    await any_archive.add_conversations([later])
    await any_archive.add_turns([turn_of(later, "t")])
    await any_archive.set_consents([agrees("ann")])
    (talk,) = await every(any_archive, user="ann")

    assert sorted(ids) == [7, 8] and ids[7] != 7 and sorted(ids.values()) == sorted(new)
    assert ids[8] == 8, "what is free is kept"
    assert (talk.id, talk.topics_discussed) == (ids[7], ("work", "hobbies"))
    assert talk.messages[0].voice_pitch == 180.5 and talk.messages[0].training_flag
    check_counts(talk)
    everything = await every(any_archive, trainable=False)
    assert len({m.id for one in everything for m in one.messages}) == 6 + 16


@pytest.fixture(params=["sqlite", "postgres_url"])
def any_archive_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/a.db"
    return request.getfixturevalue(request.param)


@pytest.fixture
async def any_archive(any_archive_url):
    archive = plugins.archive(any_archive_url)
    await archive.open()
    yield archive
    await archive.close()
