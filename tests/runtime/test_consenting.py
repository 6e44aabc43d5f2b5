"""Who does not agree is not measured, is told of, and loses nothing else."""

from __future__ import annotations

from roomtone.consents import ConsentGiven
from roomtone.events import CONSENT, Message, Refusal, Turn
from roomtone.runtime.config import Settings
from tests.runtime.conftest import House, until


async def refuse(house: House, user: str = "ann") -> None:
    said = ConsentGiven(user=user, purposes={"analytics": False})
    await house.pipeline.submit([said])
    await house.pipeline.settled()


async def test_who_does_not_agree_is_kept_out(house: House) -> None:
    """Of a batch the others' events are taken; the refusals keep their places and say why."""
    await refuse(house)

    receipt = await house.pipeline.submit(
        [Message(session="s", user=user, text="hi") for user in ("bob", "ann", "cy")]
    )

    assert receipt.accepted == 2
    assert [(one.index, one.kind) for one in receipt.errors] == [(1, CONSENT)]
    assert "did not agree" in receipt.errors[0].reason


async def test_nothing_of_them_is_shown_or_buried(house: House) -> None:
    """The inspector counts what was refused, without its text; no dead letter is made of it."""
    pipeline = house.pipeline
    await refuse(house)
    receipt = await pipeline.submit([Message(session="s", user="ann", text="secret")])

    pipeline.refuse("http", receipt.errors, [b'{"text":"secret"}'])

    (item,) = pipeline.inspector.items(outcome="refused")
    assert "secret" not in str(item) and "did not agree" in item["reason"]
    assert pipeline.inspector.refusals[CONSENT] == 1 and pipeline.keeper.letters.taken == 0


async def test_what_cannot_be_read_is_not_buried_where_it_names_them(house: House) -> None:
    """Neither of who does not agree nor of who was erased, also in a part; others' letters are."""
    pipeline = house.pipeline
    await refuse(house)
    await pipeline.erase_person("goné")
    raws = [b'{"type":"turn","user": "ann","text":"sec', '{"of":{"user":"goné"},"x'.encode()]
    raws += [b'{"type":"turn","user":"bob","text":"hi']

    pipeline.refuse("http", [Refusal(n, "no JSON") for n in range(3)], raws)

    await until(lambda: not len(pipeline.keeper.letters))
    letters = await pipeline.archive.dead_letters()
    assert [one.raw for one in letters] == raws[2:]
    assert not any(mark in str(pipeline.inspector.items()) for mark in ("sec", "goné"))


async def test_a_bot_with_their_name_is_no_person(house: House) -> None:
    """What bots say is asked of nobody."""
    await refuse(house)

    said = Message(session="s", user="ann", text="hi", role="bot")

    assert (await house.pipeline.submit([said])).accepted == 1


async def test_a_refusal_holds_after_a_restart(house: House) -> None:
    """From the snapshot and the journal, whatever else is there."""
    await refuse(house)
    await house.pipeline.stop()
    pipeline = await house.open()

    assert (await pipeline.submit([Message(session="s", user="ann", text="hi")])).accepted == 0


async def test_all_can_be_asked_first(house: House) -> None:
    """With consent.ask nobody is measured who did not say yes."""
    await house.pipeline.stop()
    house.settings = Settings(data=house.settings.data, consent={"ask": ["analytics"]})
    pipeline = await house.open()

    before = await pipeline.submit([Message(session="s", user="ann", text="hi")])
    await pipeline.submit([ConsentGiven(user="ann", purposes={"analytics": True})])
    await pipeline.settled()
    after = await pipeline.submit([Message(session="s", user="ann", text="hi")])

    assert (before.accepted, after.accepted) == (0, 1)


async def test_who_is_not_to_be_remembered_is_not(house: House) -> None:
    """No memory is made of their turns, none is recalled, and none can be put there."""
    pipeline = house.pipeline
    await pipeline.submit([ConsentGiven(user="ann", purposes={"memory": False})])
    said = [
        Turn(session=user, bot="luna", user=user, message="My dog is called Rex", reply="Nice!")
        for user in ("ann", "bob")
    ]
    await pipeline.submit(said)
    await pipeline.reader.done(20)
    await house.tick(2)
    await pipeline.memory.kept_all(5)

    store = await pipeline.memory.ready()
    assert (await store.memories(user="bob"))[1] == 1
    assert (await store.memories(user="ann"))[1] == 0
    assert (await pipeline.memory.recall("luna", "ann", "what is my dog called?")).memories == []
