"""What the release before kept counts as what is written since: ratings, and the same texts."""

import sqlite3

import msgspec

from roomtone.contracts import START
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, every, talk_of, turn_of
from roomtone.runtime.clock import WallClock
from roomtone.runtime.export_making import Making
from roomtone.runtime.export_plan import plan_of
from roomtone.stores.sqlite import SQLite
from tests.stores.test_training import stood


async def test_ratings_of_a_person_before_count_too(tmp_path):
    """By its emoji, where no judge scored it, as one written since; not of their own words."""
    stood(tmp_path / "a.db")
    connection = sqlite3.connect(tmp_path / "a.db")
    of = {"session": "s", "target": "a", "emoji": "👎"}
    said = {"ruling": None, "state": "reviewed", "by": "person", "said": "RATING"}
    for number, whose in enumerate(("bot", "user")):
        mine = {**of, "id": f"p{number}", "user": f"u{number}", "target_is": whose}
        one = judged(2, "RATING", 0.9, of=mine, type="NEGATIVE_MILD", **said)
        connection.execute(
            "INSERT INTO reactions SELECT ?, session, bot, ?, target, at, state, meaning, judged, "
            "judge, said, why, confidence, revision, sought, ? FROM reactions WHERE id = 'r'",
            (f"p{number}", f"u{number}", msgspec.json.encode(one).decode()),
        )
    connection.commit()
    connection.close()
    store = SQLite(f"sqlite:///{tmp_path}/a.db")
    await store.open()
    (before,) = await every(store, trainable=False)
    await store.add_reactions((await store.reactions())[0])
    (after,) = await every(store, trainable=False)
    await store.close()

    assert before.messages[1].user_feedback == 1 + 4 * (0.5 + 0.2) / 2 == before.user_satisfaction
    assert before.messages == after.messages, "and so it stays when they are written again"


async def test_texts_without_a_hash_are_duplicates_all_the_same(tmp_path):
    """An export hashes what it writes: what was carried over without one is known again."""
    stood(tmp_path / "a.db")
    store = SQLite(f"sqlite:///{tmp_path}/a.db")
    await store.open()
    talk = talk_of("since", "Ann")
    await store.add_conversations([talk])
    await store.add_turns([turn_of(talk, "t", message="hello", reply="hi you")])
    await store.set_consents([agrees("ann"), agrees("Ann")])
    told = {"format": "openai", "redact": False}
    plan = plan_of(told, START)
    target = tmp_path / "set"
    making = Making(store, WallClock(), plan, target, id="x", single=False, keep_failed=False)
    await making.run()
    hashes = [m.content_hash for one in await every(store, trainable=False) for m in one.messages]
    await store.close()

    assert hashes[:3] == ["", "", ""] and all(hashes[3:])
    rows = next(target.glob("data/*.jsonl")).read_bytes().splitlines()
    assert len(rows) == 1 and b"hi you" in rows[0]
