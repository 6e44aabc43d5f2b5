"""Of what is kept as much is read as is needed, and a page has what is its own."""

import sqlite3

from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, every, revision, talk_of, turn_of
from roomtone.stores._training_revisions import REACTED
from roomtone.training_data import BESIDE, KeptMessage


async def test_what_is_needed_is_read_and_little_else(any_store):
    """Each field of a message by itself, as it is when all is read."""
    talk = talk_of("needs", "Nia")
    await any_store.set_consents([agrees("Nia")])
    felt = {"emotion": "joy", "raw_label": "glad", "confidence": 0.5, "intensity": 0.25}
    full = turn_of(talk, "a", quality_v2=0.25, values={"user_emotion": felt})
    await any_store.add_turns([full, turn_of(talk, "b", second=1)])
    await any_store.add_conversations([talk])
    (whole,) = await every(any_store, user="Nia")
    for name in KeptMessage.__struct_fields__:
        (part,) = await every(any_store, user="Nia", needs={name})

        assert [getattr(one, name) for one in part.messages] == [
            getattr(one, name) for one in whole.messages
        ]
    (part,) = await every(any_store, user="Nia", needs=())
    assert {one.content_hash for one in part.messages} == {""}, "long ones stay where they are"


async def test_a_page_has_its_own_reactions_however_many_its_session_has(any_store):
    """One of five on the one side, all others on the other, in a session of both."""
    first, second = talk_of("room", "Rob"), talk_of("room", "Rob", minute=90)
    await any_store.set_consents([agrees("Rob")])
    await any_store.add_turns([turn_of(first, "a"), turn_of(second, "b")])
    await any_store.add_conversations([first, second])
    of = {"session": "room", "user": "Rob"}
    given_to = ["a", *"bbbb"]
    await any_store.add_reactions(
        [judged(n, "RATING", 0.9, of={**of, "target": turn}) for n, turn in enumerate(given_to)]
    )
    await any_store.revise([revision(1, "other", session="room", turn="b", why="regenerated")])
    alone = await every(any_store, user="Rob", needs=BESIDE)
    together, _ = await any_store.training_page(user="Rob", needs=BESIDE)

    for page in (alone, together):
        assert [[r.turn for r in one.reactions] for one in page] == [["a"], [*"bbbb"]]
        assert [[r.turn for r in one.revisions] for one in page] == [[], ["b"]]


async def test_whom_a_dataset_holds_is_found_from_its_messages(store):
    """Though there are fewer reactions than messages, all of which would be looked at each time."""
    with sqlite3.connect(store.path) as connection:
        connection.execute("ANALYZE")
        connection.execute("DELETE FROM sqlite_stat1")
        connection.executemany(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
            [
                ("messages", "ix_messages_conversation_id", "60000 8 1 1"),
                ("messages", "sqlite_autoindex_messages_1", "60000 8 2 1"),
                ("reactions", "ix_reactions_target", "9000 2 1"),
                ("reactions", "ix_reactions_person", "9000 5 1 1"),
                ("consents", "sqlite_autoindex_consents_1", "2000 1 1"),
            ],
        )
    with sqlite3.connect(store.path) as connection:
        sql = f"EXPLAIN QUERY PLAN {REACTED}"
        told = connection.execute(sql.format(", ".join(["?"] * 400)), [*range(400)]).fetchall()

    assert "m USING INDEX ix_messages_conversation_id" in told[0][-1]
    assert "r USING INDEX ix_reactions_target" in told[1][-1]
