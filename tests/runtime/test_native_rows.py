"""What was exported whole goes into another installation, once, and comes out equal."""

import asyncio
import json

import pytest

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, check_counts, every, revision, talk_of, turn_of
from roomtone.runtime import database_commands, export_commands, plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.native_rows import is_native, read
from roomtone.runtime.tombstones import Erasure, Tombstones
from roomtone.training_data import AgentLog
from roomtone.verdicts import Ruling

FOLDED = "café\u2028<b>'; DROP TABLE messages"


async def fill(settings):
    """Two conversations with all that is kept of one, and two conversations without much."""
    archive, memories = plugins.archive(settings.archive_url), plugins.memory(settings.memory_url)
    await archive.open()
    await memories.open()
    for place, user in enumerate(("Ann", "Bob", "Cy")):
        talk = talk_of("edits" if user == "Ann" else f"s{place}", user, minute=place)
        log = AgentLog(
            session=talk.session,
            turn="e",
            role="user",
            agent="context",
            at=START,
            output={"topic": "tea", "mode": "play"},
            confidence=0.25,
        )
        turns = [
            turn_of(talk, "e", agents=[log], platform="discord", model="m", language="en"),
            turn_of(talk, "f", second=1, message=FOLDED, before="e", before_quality=0.5),
        ]
        await archive.add_conversations([talk])
        await archive.add_turns(turns)
        for number, (emoji, more) in enumerate(GIVEN):
            of = {"id": f"r{place}{number}", "session": talk.session, "target": "e"}
            of |= {"user": user, "emoji": emoji}
            one = judged(7, "RATING", 0.9, of=of, **more)
            await archive.add_reactions([one])
        await memories.add(
            [a_memory(place, bot="luna", user=user, session=talk.session, tags=("tea",))], [{}], ""
        )
    await archive.revise([revision(1, "other", role="user"), revision(2, "third", role="user")])
    await archive.revise([revision(1, turn="f", role="user")])
    await memories.close()
    await archive.close()


GIVEN = [
    ("👎", {}),
    ("❤️", {"ruling": Ruling(meaning="RATING", satisfaction=0.7, score=0.625, confidence=0.9)}),
    ("❤️", {"ruling": None, "state": "reviewed", "by": "person", "said": "RATING"}),
    ("😀", {"meaning": None, "state": "review"}),
    ("😀", {"meaning": None, "state": "retracted", "ruling": None}),
]


async def agree(settings):
    archive = plugins.archive(settings.archive_url)
    await archive.open()
    await archive.set_consents([agrees(user) for user in ("Ann", "Bob", "Cy")])
    await archive.close()


async def look(settings):
    archive = plugins.archive(settings.archive_url)
    await archive.open()
    talks = await every(archive, trainable=False)
    await archive.close()
    for talk in talks:
        check_counts(talk)
    return talks


async def export(settings, out):
    asked = {"filters": {}, "redact": False, "dedupe": False}
    job = export_commands.Export(asked, format="native", out=str(out))
    await job.run(settings, as_json=True)
    return next(out.glob("data/*.jsonl")).read_bytes() if out.is_dir() else out.read_bytes()


def take(settings, file, capsys, *, dry_run=False):
    capsys.readouterr()
    job = database_commands.take_in(settings, file, bot="x", dry_run=dry_run, as_json=True)
    code = asyncio.run(job)
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def full(tmp_path):
    settings = Settings(data=tmp_path / "full")
    settings.data.mkdir()
    asyncio.run(fill(settings))
    asyncio.run(agree(settings))
    return settings


@pytest.mark.parametrize("kind", ["folder", "rows.jsonl", "rows.json"])
def test_export_import_export_is_equal_to_the_byte(full, tmp_path, capsys, kind):
    """A folder, lines or a list; with consent on both sides, as nobody's comes with a file."""
    there = Settings(data=tmp_path / "there")
    first = asyncio.run(export(full, tmp_path / kind))
    code, told = take(there, tmp_path / kind, capsys)
    assert not any(m.training_flag for talk in asyncio.run(look(there)) for m in talk.messages)
    asyncio.run(agree(there))
    kept = asyncio.run(look(there))
    second = asyncio.run(export(there, tmp_path / f"again {kind}"))
    again = take(there, tmp_path / kind, capsys)[1]

    assert (code, told["refused"], told["new"]["other_ids"]) == (0, [], {})
    assert told["new"]["conversations"] == told["new"]["memories"] == 3
    assert told["found"]["reactions"] == 15 and told["found"]["revisions"] == 3
    assert first == second
    assert kept == asyncio.run(look(full)) == asyncio.run(look(there))
    assert kept[0].topics_discussed == ("tea",) and len(kept[0].reactions) == len(GIVEN)
    assert again["new"] == {"conversations": 0, "messages": 0, "memories": 0, "other_ids": {}}


def test_what_is_there_already_stays(full, tmp_path, capsys):
    """Taken into where it came from it changes nothing, though more was said since."""
    asyncio.run(export(full, tmp_path / "rows.jsonl"))

    async def more():
        archive = plugins.archive(full.archive_url)
        await archive.open()
        talk = talk_of("edits", "Ann")
        await archive.revise([revision(3, "fourth", role="user")])
        await archive.add_turns([turn_of(talk, "later", second=40)])
        await archive.close()

    asyncio.run(more())
    before = asyncio.run(look(full))
    dry = take(full, tmp_path / "rows.jsonl", capsys, dry_run=True)
    code, _ = take(full, tmp_path / "rows.jsonl", capsys)

    assert "new" not in dry[1] and code == 0
    assert asyncio.run(look(full)) == before


def test_what_cannot_be_taken_is_told_and_the_rest_is(full, tmp_path, capsys):
    """Rows that are none, tell of others, or are of a person who was erased here."""
    there = Settings(data=tmp_path / "there")
    barred = Tombstones(there.data / "erasures")
    barred.put(Erasure(person=barred.hash("Cy"), begun_ms=1))
    lines = asyncio.run(export(full, tmp_path / "rows.jsonl")).splitlines()
    alien, high, early = (json.loads(lines[0]) for _ in range(3))
    alien["revisions"][0]["session"] = "elsewhere"
    high["messages"][0]["emotion_confidence"] = 7
    early["metadata"]["started_at"] = "2026-01-01T00:00:00"
    bad = [b"{", b"\xff", *(json.dumps(one).encode() for one in (alien, high, early))]
    (tmp_path / "bad.jsonl").write_bytes(b"\n".join([*bad, *lines]))
    code, told = take(there, tmp_path / "bad.jsonl", capsys)

    assert code == 1 and [one["id"] for one in told["refused"]] == [
        f"bad.jsonl {n}" for n in (1, 2, 3, 4, 5, 8)
    ]
    assert "erased" in told["refused"][-1]["why"] and "other" in told["refused"][2]["why"]
    assert [talk.user for talk in asyncio.run(look(there))] == ["Ann", "Bob"]


def test_what_is_no_native_export_is_somebody_elses(tmp_path):
    """A database is not read as rows, and a dataset of another format says what to do."""
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0")
    (tmp_path / "manifest.json").write_text('{"format": "kto", "files": []}')

    assert not is_native(tmp_path / "a.db") and not is_native(tmp_path / "none")
    with pytest.raises(Exception, match="--format native"):
        list(read(tmp_path))
