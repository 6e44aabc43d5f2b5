"""Of what is kept as much is read as is needed, in pages that end where they should."""

import random
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from roomtone.contracts_training import agrees, every, talk_of, turn_of
from roomtone.runtime import plugins
from roomtone.stores._steps import EPOCH, from_ms, to_ms
from roomtone.training_data import ONLY_RATED, KeptConversation, KeptMessage
from tests.exported import exported, reaction, revision, talk


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


async def test_pages_are_as_long_as_was_asked_and_tell_of_all(any_store):
    """Whatever conversations come first, long or short: each page but the last is full."""
    talks = [talk_of(f"s{n}", "Lea", minute=n) for n in range(60)]
    await any_store.set_consents([agrees("Lea")])
    await any_store.add_turns(
        [turn_of(talk, f"{n}") for n, talk in enumerate(talks)]
        + [turn_of(talks[0], f"long-{k}", second=k) for k in range(30)]
    )
    await any_store.add_conversations(talks)
    sizes, after, seen = [], 0, []
    while after is not None:
        page, after = await any_store.training_page(after=after, messages=40, user="Lea")
        sizes.append(sum(len(one.messages) for one in page))
        seen += [one.session for one in page]

    assert seen == [talk.session for talk in talks]
    assert all(40 <= size < 40 + 62 for size in sizes[: sum(sizes) // 40 - 1]) and sum(sizes) == 180


def test_an_instant_is_exact_to_the_millisecond():
    """Where seconds as a float are exact enough, and where they are not."""
    dice = random.Random(1)
    known = [0, 1, 999, 2**32 * 1000 - 1, 2**32 * 1000, -1, -62_135_596_800_000]
    for ms in [*known, *(dice.randrange(2**32 * 1000) for _ in range(10_000))]:
        assert from_ms(ms) == EPOCH + timedelta(milliseconds=ms) and to_ms(from_ms(ms)) == ms


def _said(id: int, **more: Any) -> KeptConversation:
    """Two turns of Nia's in a session of their own; of the first reply `told` is known."""
    own = {"id": id, "session": f"s{id}", "user": "Nia", "told": {1: more.pop("told", {})}}
    one = talk("Hi", "Hello!", "Why?", "So.", **own, **more)
    one.reactions = [replace(it, id=f"r{id}", person="Nia") for it in one.reactions]
    one.revisions = [replace(it, session=f"s{id}") for it in one.revisions]
    return one


async def test_messages_without_a_rating_may_be_left_where_they_are(any_store):
    """The rows of what is made of ratings, and what is counted beside them, are the same."""
    await any_store.set_consents([agrees("Nia")])
    stars = {"user_feedback": 5.0, "feedback_source": "api"}
    told = [
        _said(1),
        _said(2, reactions=[reaction("t0", "👍")]),
        _said(3, reactions=[reaction("t1", meaning="EMOTIONAL")]),
        _said(4, told=stars),
        _said(5, revisions=[revision("Hey.", "Hello!")]),
        _said(6, reactions=[reaction("t1", "👎", state="retracted")]),
    ]
    await any_store.keep(told)
    whole, _ = await any_store.training_page(user="Nia")
    for name in ("kto", "dpo", "openai_dpo"):
        export = plugins.export(name)
        assert ONLY_RATED in export.needs
        found, _ = await any_store.training_page(user="Nia", needs=export.needs)

        assert [one.id for one in found] == [one.id for one in whole]
        assert [one.id for one in found if not one.messages] == [whole[0].id, whole[2].id]
        assert exported(export, *found) == exported(export, *whole)
    rows, left_out = exported(plugins.export("kto"), *found)
    assert len(rows) == 2 and left_out == {"emotional": 1, "taken_back": 1}
