"""Each conversation has its own reactions, and a dataset holds those of whom it tells."""

import sqlite3

import msgspec
from msgspec.structs import replace

from roomtone.contracts import START
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, every, revision, talk_of, turn_of
from roomtone.reacted import rating_of
from roomtone.stores._training_reactions import REACTED, _reaction_of
from roomtone.training_data import BESIDE, Dataset
from roomtone.verdicts import Ruling


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


async def test_reactions_are_the_same_whether_all_messages_were_read_or_not(any_store):
    """A message without its flag is not read, and its turn's reactions are its conversation's."""
    talk = talk_of("half", "Hal")
    other = talk_of("half", "Hal", minute=90)
    await any_store.set_consents([agrees("Hal"), agrees("Amy"), agrees("Bob", False)])
    await any_store.add_turns([turn_of(talk, "a"), turn_of(other, "b")])
    await any_store.add_conversations([talk, other])
    given = [("a", "Hal"), ("a", "Amy"), ("a", "Bob"), ("b", "Amy"), ("gone", "Hal")]
    await any_store.add_reactions(
        [
            judged(n, "RATING", 0.9, of={"session": "half", "user": user, "target": turn})
            for n, (turn, user) in enumerate(given)
        ]
    )

    async def found(**sought):
        page, _ = await any_store.training_page(user="Hal", needs=BESIDE, **sought)
        return [[(r.turn, r.person) for r in one.reactions] for one in page]

    async def all_ways():
        return await found(), await found(trainable=False)

    whole, everybody = await all_ways()
    assert whole == [[("a", "Hal"), ("a", "Amy")], [("b", "Amy")]]
    assert everybody == [[("a", "Hal"), ("a", "Amy"), ("a", "Bob")], [("b", "Amy")]]
    await any_store.add_turns([turn_of(talk, "c", second=5)])
    await _unflag(any_store, "c")
    await any_store.add_reactions(
        [judged(9, "RATING", 0.9, of={"session": "half", "user": "Amy", "target": "c"})]
    )
    whole, everybody = await all_ways()
    assert whole == [[("a", "Hal"), ("a", "Amy"), ("c", "Amy")], [("b", "Amy")]]
    assert everybody[0][-1] == ("c", "Amy") and len(everybody[0]) == 4


async def _unflag(archive, turn):
    sql = f"UPDATE messages SET training_flag = 0 WHERE turn = '{turn}' RETURNING id"
    assert len(await archive._keep(lambda c: archive._talks.fetch(c, sql, []))) == 2


async def test_a_dataset_holds_who_talked_and_who_agreed_and_reacted(any_store):
    """Of the very conversations that it holds, not of those between them."""
    talks = [talk_of(f"s{n}", f"P{n}", minute=n) for n in range(5)]
    await any_store.set_consents([agrees(f"P{n}") for n in range(5)])
    await any_store.set_consents([agrees("Amy"), agrees("Eve"), agrees("Bob", False)])
    await any_store.add_turns([turn_of(talk, f"t{n}") for n, talk in enumerate(talks)])
    await any_store.add_conversations(talks)
    given = [(0, "P0"), (0, "Bob"), (1, "Eve"), (2, "Amy"), (4, "P4")]
    await any_store.add_reactions(
        [
            judged(k, "RATING", 0.9, of={"session": f"s{n}", "user": user, "target": f"t{n}"})
            for k, (n, user) in enumerate(given)
        ]
    )
    ids = [one.id for one in await every(any_store)]
    made = {"format": "kto", "made": START, "status": "done"}
    for name, some in (("one", [ids[0], ids[2], ids[4]]), ("two", ids[3:4]), ("none", [10**9])):
        await any_store.put_dataset(Dataset(id=name, name=name, **made))
        there = await any_store.mark_exported(some, name, flag=False)
        assert there == (0 if name == "none" else len(some))

    async def held(who):
        return sorted(one.id for one in await any_store.datasets(user=who))

    people = ("P0", "P1", "P2", "P3", "P4", "Amy", "Eve", "Bob")
    found = {who: await held(who) for who in people}
    one = [who for who, of in found.items() if of == ["one"]]
    assert one == ["P0", "P2", "P4", "Amy"] and found["P3"] == ["two"]
    assert found["P1"] == found["Eve"] == found["Bob"] == []


def test_a_reaction_is_told_as_its_record_tells_it():
    """The fields that rows need, read alone, say what the whole record says."""
    records = [
        judged(1, "RATING", 0.9, of={"emoji": "👎"}),
        judged(2, "EMOTIONAL", 0.8),
        judged(3, None, 0.3),
        judged(4, "RATING", 0.9, meaning="RATING", by="person", said="RATING"),
        replace(judged(5, "RATING", 0.9), ruling=Ruling(meaning="RATING", score=0.4)),
        replace(
            judged(6, "RATING", 0.9),
            ruling=Ruling(meaning="RATING", score=0.4, satisfaction=0.3, confidence=0.7),
        ),
        replace(judged(7, "RATING", 0.9), ruling=None, state="retracted"),
    ]
    for record in records:
        kept = _reaction_of(record.of.ms, msgspec.json.encode(record).decode())
        of = record.of

        assert (kept.satisfaction, kept.score) == rating_of(record)
        assert (kept.turn, kept.emoji, kept.id) == (of.target, of.emoji, of.id)
        assert (kept.target_is, kept.person, kept.at) == (of.target_is, of.user, record.at)
        told = (record.meaning or "", record.state, record.by, record.confidence)
        assert (kept.meaning, kept.state, kept.by, kept.confidence) == told


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
