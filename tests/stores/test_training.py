"""Training data in the SQL stores: the documents' queries, counts that hold, texts that go."""

import asyncio
import itertools
import sqlite3

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.contracts_memory import a_memory
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, check_counts, every, revision, talk_of, turn_of
from roomtone.listed import ListArchive
from roomtone.reacted import ReactionRecord
from roomtone.stores import _migrate
from roomtone.stores.postgres import PostgreSQL
from roomtone.stores.sqlite import SQLite
from roomtone.training_data import Revision
from roomtone.verdicts import Line, Reacted, Ruling

# The documents' own, to the letter.
BEST = """SELECT * FROM conversations 
WHERE conversation_quality > 0.7 
AND training_data_exported = 0
ORDER BY conversation_quality DESC
LIMIT 100;"""
SPOKEN = """SELECT * FROM messages 
WHERE voice_pitch IS NOT NULL
AND training_flag = 1;"""
RELEVANT = """SELECT * FROM memories 
WHERE training_relevance > 0.8
ORDER BY importance DESC, access_count DESC;"""
QUERIES = {
    BEST: "ix_conversations_training",
    SPOKEN: "ix_messages_voice",
    RELEVANT: "ix_memories_training_relevance",
}
NAMED = {
    ("messages", "conversation_id"),
    ("messages", "emotion"),
    ("messages", "role"),
    ("memories", "tier"),
    ("memories", "importance"),
    ("memories", "access_count"),
    ("conversations", "platform"),
    ("conversations", "is_active"),
}
"""The indexes that the documents list, by what each begins with."""


async def some(store):
    """A few conversations, good and bad, one with a voice."""
    talks = [talk_of(f"s{i}", "Ann", minute=i) for i in range(6)]
    await store.set_consents([agrees("Ann")])
    await store.add_conversations(talks)
    await store.add_turns(
        [turn_of(talk, "t", quality=0.5 + i / 10) for i, talk in enumerate(talks)]
    )
    return talks


MEMORIES = (
    "INSERT INTO memories (id, bot, person, session, at, content, response, context, "
    "interaction_type, source, tier, reason, importance, emotion_at_creation, tags, "
    "related_memories, access_count, answered, used, helped, judged, training_relevance, verified, "
    "hidden, superseded_by, metadata, changed) VALUES ('{0}', '', '', '', {1}, '{0}', '', '', '', "
    "'', '', '', {2}, '', '', '[]', 0, 0, 0, 0, 0, {3}, {4}, {4}, '', '{{}}', 0)"
)


def test_the_documents_queries_run_on_sqlite_and_use_an_index(tmp_path):
    """Verbatim, each by an index of its own and never by reading a whole table."""

    async def fill():
        store = SQLite(f"sqlite:///{tmp_path}/a.db")
        await store.open()
        await some(store)
        await store.close()

    asyncio.run(fill())
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("UPDATE messages SET voice_pitch = 180.5 WHERE id = 3")
    for id, importance, relevance in (("a", 0.5, 0.9), ("b", 0.7, 0.85), ("c", 0.9, 0.8)):
        connection.execute(MEMORIES.format(id, 0, importance, relevance, 0))
    found = {}
    for sql, index in QUERIES.items():
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        found[index] = [dict(zip(names, row, strict=True)) for row in cursor]
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert any(f"USING INDEX {index}" in line for line in plan), plan
        assert not any(line.startswith("SCAN") for line in plan)
    began = {
        (table, connection.execute(f"PRAGMA index_info('{name}')").fetchone()[2])
        for table in ("messages", "memories", "conversations")
        for _, name, *_ in connection.execute(f"PRAGMA index_list('{table}')")
    }
    connection.close()

    best, spoken, relevant = found.values()
    assert [row["session"] for row in best] == ["s5", "s4", "s3"]
    assert [(row["voice_pitch"], row["training_flag"]) for row in spoken] == [(180.5, 1)]
    assert [row["id"] for row in relevant] == ["b", "a"]
    assert began >= NAMED


@pytest.mark.servers
async def test_the_documents_queries_run_on_postgresql_and_use_an_index(server_url):
    """Verbatim, with enough rows that its planner prefers the indexes by itself."""
    store = PostgreSQL(server_url)
    await store.open()
    await some(store)
    await store.close()
    connection = await asyncpg.connect(server_url)
    await connection.execute(
        "INSERT INTO conversations (key, session, bot, person, started, ended, turns, emotion, "
        "switches, sought, conversation_quality, training_data_exported) SELECT 'k' || n, '', '', "
        "'', now(), now(), 1, '', 0, '', 0.6, 1 FROM generate_series(1, 5000) AS n"
    )
    await connection.execute(
        "INSERT INTO messages (session, turn, role, bot, person, timestamp, content, training_flag,"
        " voice_pitch) SELECT 'x', 'k' || n, 'user', '', '', now(), 'text', 1, "
        "CASE WHEN n < 9 THEN 180.5 END FROM generate_series(1, 5000) AS n"
    )
    rows = [
        MEMORIES.format(f"m{n}", "now()", n / 3000, 0.9 if n < 5 else 0.1, "false")
        for n in range(3000)
    ]
    values = ", ".join(row.partition("VALUES ")[2] for row in rows)
    await connection.execute(f"{rows[0].partition('VALUES ')[0]}VALUES {values}")
    await connection.execute("ANALYZE")
    told = {}
    for sql, index in QUERIES.items():
        told[index] = await connection.fetch(sql)
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}"))
        assert index in plan and "Seq Scan" not in plan, plan
    found = await connection.fetch(
        "SELECT tablename::text, substring(indexdef from '\\((\\w+)') FROM pg_indexes"
    )
    await connection.close()

    assert [len(one) for one in told.values()] == [3, 8, 5]
    assert told["ix_conversations_training"][0]["session"] == "s5"
    assert {tuple(row) for row in found} >= NAMED


# -- counts --------------------------------------------------------------------------------------

PLACES = st.tuples(st.integers(0, 1), st.integers(0, 2))  # talk, turn
SCORES = st.one_of(st.none(), st.floats(0, 1))
STEPS = st.one_of(
    st.tuples(st.just("turn"), PLACES, SCORES, st.sampled_from([None, "hi", "a longer reply"])),
    st.tuples(st.just("talk"), st.integers(0, 1)),
    st.tuples(st.just("edited"), PLACES, st.sampled_from(["user", "assistant"])),
    st.tuples(st.just("deleted"), PLACES, st.sampled_from(["user", "assistant"])),
    st.tuples(st.just("rated"), PLACES, st.sampled_from(["❤️", "👎", "🔥"]), st.booleans()),
)


async def do(archives, name, step, number, revisions):
    """One step on each of these archives."""
    kind, of, *more = step
    talks = [talk_of(name, f"{name} {i}", minute=90 * i) for i in range(2)]
    for archive in archives:
        if kind == "talk":
            await archive.add_conversations([talks[of]])
            continue
        talk, turn = talks[of[0]], f"t{of[0]}{of[1]}"
        if kind == "turn":
            felt = {} if more[0] is None else {"user_emotion": {"confidence": more[0]}}
            told = turn_of(
                talk, turn, second=of[1], quality=more[0], reply=more[1], values=felt,
                processing_time_ms=None if more[0] is None else 1000 * more[0],
            )  # fmt: skip
            await archive.add_turns([told])
        elif kind == "rated":
            by = {"id": f"{name} {turn} {more[0]}", "session": name, "target": turn}
            one = judged(1, "RATING" if more[1] else "AGREEMENT", 0.9, of={**by, "emoji": more[0]})
            await archive.add_reactions([one])
        else:
            content = f"version {number}" if kind == "edited" else ""
            one = revision(revisions[turn, more[0]], content, session=name, turn=turn, role=more[0])
            await archive.revise([one])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("counts")


NUMBERS = itertools.count()


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_what_is_counted_is_what_the_messages_say_after_every_step(folder, steps):
    """Turns, edits, deletions, ratings in any order: the numbers equal their recomputation."""

    async def run():
        name, lists = f"n{next(NUMBERS)}", ListArchive()
        store = SQLite(f"sqlite:///{folder}/counts.db")
        await store.open()
        revisions = {}
        for number, step in enumerate(steps):
            if step[0] in ("edited", "deleted"):
                place = (f"t{step[1][0]}{step[1][1]}", step[2])
                revisions[place] = revisions.get(place, 0) + 1
            await do([store, lists], name, step, number, revisions)
            for user in (f"{name} 0", f"{name} 1"):
                both = []
                for archive in (store, lists):
                    found = await every(archive, user=user, trainable=False)
                    for talk in found:
                        check_counts(talk)
                    said = [[(m.turn, m.role, m.content) for m in t.messages] for t in found]
                    felt = [t.user_satisfaction for t in found]
                    both.append((said, felt))
                assert both[0] == both[1], "as the simple archive has it"
        await store.close()

    asyncio.run(run())


# -- what is gone --------------------------------------------------------------------------------


async def test_a_deleted_text_is_nowhere_in_the_file(store, tmp_path):
    """Told again, edited twice, reacted to, and deleted: no byte of it is left, nor in the log."""
    talk = talk_of("gone", "Ann")
    secrets = [f"{word} grows behind the shed " * 30 for word in ("mandrake", "henbane", "hemlock")]
    others = [turn_of(talk, f"o{i}", second=9, message="others " * 90) for i in range(40)]
    await store.add_turns([*others, turn_of(talk, "t", message=secrets[0])])
    await store.add_conversations([talk])
    await store.add_turns([turn_of(talk, "t", message=secrets[0], model="m" * 190)])
    for number, text in enumerate(secrets[1:], 1):
        of = {"session": "gone", "turn": "t", "role": "user", "number": number, "content": text}
        await store.revise([Revision(why="edited", at=talk.started, **of)])
    around = [Line(who="user", text=secrets[2][:2000]), Line(who="user", text="others")]
    reacted = Reacted(id="r", session="gone", emoji="x", ms=1, user="Ann", target="o1")
    told = ReactionRecord(of=reacted, state="waiting", revision=1, before=around, reply="kept")
    await store.add_reactions([told])
    gone = Revision(
        session="gone", turn="t", role="user", number=3, why="deleted", at=talk.ended, by="Ann"
    )
    await store.revise([gone])

    for path in tmp_path.glob("roomtone.db*"):
        data = path.read_bytes()
        assert not [w for w in (b"mandrake", b"henbane", b"hemlock") if w in data], path.name
    kept = await store.reaction("r")
    assert (kept.reply, [line.text for line in kept.before]) == ("kept", ["others"])


# -- from before ---------------------------------------------------------------------------------

OLD = """
INSERT INTO turns (session, id, bot, person, at, message, reply, measured) VALUES
('s', 'a', 'luna', 'ann', 1000, 'hello', 'hi you', '{"user_emotion": {"emotion": "joy",
 "raw_label": "glad", "confidence": 0.5, "intensity": 0.8},
"response_metrics": {"processing_time_ms": 1500.0}}'),
('s', 'b', 'luna', 'ann', 2000, NULL, '', '{}'),
('s', 'c', 'luna', 'bob', 9000, 'lone', NULL, '{}');
INSERT INTO conversations (key, session, bot, person, started, ended, turns, quality, emotion,
 switches, sought) VALUES ('k', 's', 'luna', 'ann', 1000, 2000, 2, 0.5, 'joy', 0, 's');
INSERT INTO reactions (id, session, bot, person, target, at, state, meaning, judged, judge, said,
 why, confidence, revision, sought, told) VALUES ('r', 's', 'luna', 'ann', 'a', 1500, 'judged',
 'RATING', 'RATING', 'local/1', '', '', 0.9, 1, '', '');
"""


def stood(path, to="006"):
    """A database as the release before left it, with rows."""
    engine = _migrate._engine(path)
    with engine.begin() as connection:
        _migrate.upgrade(connection, to)
    engine.dispose()
    connection = sqlite3.connect(path)
    connection.executescript(OLD)
    of = {"id": "r", "session": "s", "target": "a", "user": "ann", "emoji": "x"}
    ruling = Ruling(meaning="RATING", satisfaction=0.6, score=0.5)
    told = msgspec.json.encode(judged(1, "RATING", 0.9, of=of, ruling=ruling)).decode()
    connection.execute("UPDATE reactions SET told = ?", (told,))
    connection.commit()
    connection.close()


async def test_what_an_older_release_kept_is_carried_over(tmp_path):
    """Every text becomes a message of its conversation, once, with its feeling and its rating."""
    stood(tmp_path / "a.db")
    store = SQLite(f"sqlite:///{tmp_path}/a.db")
    await store.open()
    turns = await store.turns("s")
    (talk,) = await every(store, trainable=False)
    found, total = await store.conversations()
    await store.close()

    assert [(t.id, t.message, t.reply) for t in turns] == [
        ("c", "lone", None),
        ("b", None, ""),
        ("a", "hello", "hi you"),
    ]
    assert turns[2].values["user_emotion"]["raw_label"] == "glad"
    check_counts(talk)
    assert [(m.turn, m.role, m.content) for m in talk.messages] == [
        ("a", "user", "hello"),
        ("a", "assistant", "hi you"),
        ("b", "assistant", ""),
    ]
    first, reply = talk.messages[:2]
    assert (first.emotion, first.emotion_raw, first.emotion_intensity) == ("joy", "glad", 0.8)
    assert (reply.user_feedback, reply.feedback_source) == (3.0, "reaction")
    assert (reply.processing_time, first.processing_time, talk.avg_response_time) == (
        1.5,
        None,
        1.5,
    )
    assert (total, found[0].turns, found[0].quality, talk.is_active) == (1, 2, 0.5, False)
    assert (
        b"hello"
        not in b"".join(  # but in its one place
            (tmp_path / "a.db").read_bytes().split(b"hello", 1)[1:]
        )
    )


def test_the_way_back_loses_no_text(tmp_path):
    """Down to the release before: turns have their texts, conversations what they had."""
    path = tmp_path / "a.db"
    stood(path)
    connection = sqlite3.connect(path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    before = [connection.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in ROWS]
    connection.close()
    _migrate.prepare_sqlite(path)
    _migrate.downgrade_sqlite(path, "006")
    connection = sqlite3.connect(path)
    assert {name for (name,) in connection.execute("SELECT name FROM sqlite_master")} - tables <= {
        "sqlite_sequence",
        "sqlite_autoindex_conversations_old_1",
    }
    assert before == [
        connection.execute(f"SELECT {c} FROM {t} ORDER BY 1, 2").fetchall() for t, c in ROWS.items()
    ]
    connection.close()
    _migrate.prepare_sqlite(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM messages").fetchone() == (4,)
    connection.close()


ROWS = {
    "turns": "session, id, bot, person, at, message, reply, measured",
    "conversations": "key, session, bot, person, started, ended, turns, quality, satisfaction, "
    "valence, emotion, switches, processing_time_ms, sought",
}


async def test_memories_come_with_the_conversation_they_are_of(store):
    """Of the same person, bot and session, as the documents' columns have them."""
    talk = talk_of("with", "Ann")
    await store.add_conversations([talk])
    await store.add_turns([turn_of(talk, "t")])
    of = {"bot": "luna", "user": "Ann", "session": "with"}
    mine = a_memory(1, **of, tags=("tea",), training_relevance=0.9)
    others = [a_memory(2, **{**of, "user": "Bob"}), a_memory(3, **{**of, "session": "x"})]
    await store.add([mine, *others], [{}, {}, {}], "m/3")
    (found,) = await every(store, trainable=False)
    short, _ = await store.training_page(trainable=False, needs=())

    (told,) = found.memories
    assert (told["id"], told["tags"], told["training_relevance"]) == (mine.id, ["tea"], 0.9)
    assert short[0].memories == []


async def test_ratings_are_of_the_text_that_stands_and_of_those_who_agreed(any_store):
    """Who disliked what was replaced says nothing of what replaced it; Roy has not agreed."""
    talk = talk_of("anew", "Rae")
    await any_store.add_turns([turn_of(talk, "n")])
    await any_store.add_conversations([talk])
    await any_store.set_consents([agrees("Rae")])
    of = {"session": "anew", "target": "n", "user": "Rae", "emoji": "👎"}
    await any_store.add_reactions([judged(1, "RATING", 0.9, of=of)])
    (before,) = await every(any_store, user="Rae")
    await any_store.revise([revision(1, "better", session="anew", turn="n", why="regenerated")])
    (after,) = await every(any_store, user="Rae")
    liked = {**of, "user": "Roy", "emoji": "❤️"}
    await any_store.add_reactions([judged(100, "RATING", 0.9, of=liked)])
    (mine,) = await every(any_store, user="Rae")
    (whole,) = await every(any_store, user="Rae", trainable=False)

    found = [
        (one.messages[1].user_feedback, one.messages[1].feedback_source, one.user_satisfaction)
        for one in (before, after, mine, whole)
    ]
    assert found == [(1.8, "reaction", 1.8), (None, "", None), (None, "", None), (5, "reaction", 5)]
