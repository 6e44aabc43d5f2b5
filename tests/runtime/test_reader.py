"""Turns are read behind the engine's back, durably, and a turn is never lost or held up by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from roomtone.emotions import Reading, reading
from roomtone.errors import ServerError, StoreAway
from roomtone.events import Event, Message, RelationshipSet, Turn, TurnRead, TurnRevised
from roomtone.points import Point
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Engine, Settings
from roomtone.runtime.pseudonyms import KEY, pseudonym
from roomtone.verdicts import Reacted, ReactionJudged, ReactionReview
from tests.runtime.conftest import House, until

OF = Reacted(id="r_1", session="s", emoji="❤️", ms=1)


def turn(**more: object) -> Turn:
    """A turn of ann's with luna."""
    told = {
        "session": "s",
        "bot": "luna",
        "user": "ann",
        "message": "Thank you so much, this made my day!",
        "reply": "I am so happy to hear that!",
        "processing_time_ms": 800,
    }
    return Turn(**{**told, **more})  # type: ignore[arg-type]


async def read(house: House) -> None:
    """Let the reader finish, and a tick measure what it read."""
    assert await house.pipeline.reader.done(20)
    await house.pipeline.settled()
    await house.tick()
    await house.pipeline.keeper.kept(20)


async def points(house: House, measurement: str, user: str = "ann") -> Sequence[Point]:
    """All points of a person in a measurement."""
    key = await house.pipeline.archive.key(KEY)
    now = utc(house.clock.now_ms())
    return await house.pipeline.series.read(
        measurement,
        tags={"user_id": pseudonym(key, user)},
        start=now - timedelta(days=1),
        end=now + timedelta(days=1),
    )


async def test_a_turn_is_read_and_measured_and_kept(house: House) -> None:
    """From the door to series and archive: each measurement has its row."""
    await house.pipeline.submit([turn(memories=[])])
    await read(house)

    for name in house.pipeline.conversations.measurements:
        if name not in ("context_switches", *house.pipeline.conversations.reacting.measurements):
            assert len(await points(house, name)) == 1, name
    (felt,) = await points(house, "user_emotion")
    assert felt.tags["emotion"] == "gratitude"
    assert felt.texts["source"] == "model"
    (kept,) = await house.pipeline.archive.turns("s")
    assert kept.message == turn().message
    assert kept.user == "ann"
    assert kept.values["user_emotion"]["emotion"] == "gratitude"
    (talk,), total = await house.pipeline.archive.conversations(session="s")
    assert (talk.turns, talk.emotion, total) == (1, "gratitude", 1)
    (stands,), _ = await house.pipeline.archive.relationships(pairs=[("luna", "ann")])
    assert stands.turns == 1


async def test_what_was_not_read_is_read_after_a_crash(house: House) -> None:
    """The turn was acknowledged, so it is measured; once, however often the server starts."""
    pipeline = house.pipeline
    for task in pipeline._tasks:
        if task.get_name() == "run":
            task.cancel()
    await pipeline.submit([turn()])
    await pipeline.settled()
    await pipeline.stop()
    await house.open()
    await read(house)
    await house.pipeline.stop()
    await house.open()
    await house.tick(2)

    assert len(await points(house, "user_emotion")) == 1
    assert len(await house.pipeline.archive.turns("s")) == 1


class Failing:
    """A model that fails at one text, or does not answer at all."""

    def __init__(self, poison: str | None) -> None:
        self.poison = poison

    def read(self, texts: Sequence[str]) -> Sequence[Reading]:
        """Fails as it was told to."""
        if self.poison is None:
            raise ServerError("the model does not answer; see that it runs")
        if self.poison in texts:
            raise ValueError("a text that brings it to fail")
        return [reading("joy", intensity=0.5, confidence=0.5) for _ in texts]


async def test_a_turn_that_brings_the_model_to_fail_fails_alone(house: House) -> None:
    """It is measured by what its sender said; the one beside it is read."""
    house.pipeline.reader._model = Failing("poison")
    both = [turn(id="1", message="poison"), turn(id="2", message="good")]
    await house.pipeline.submit(both)
    await read(house)

    assert {one.id for one in await house.pipeline.archive.turns("s")} == {"1", "2"}
    assert len(await points(house, "user_emotion")) == 1
    assert len(await points(house, "response_metrics")) == 2


async def test_a_model_that_does_not_answer_costs_no_turn(house: House) -> None:
    """It is tried again; /readyz says what to do; after ten minutes turns are measured unread."""
    house.pipeline.reader._model = Failing(None)
    await house.pipeline.submit([turn()])
    await until(lambda: house.pipeline.reader.trouble)

    assert not house.pipeline.reader.health()["ok"]
    assert "model" in house.pipeline.reader.health()["remedy"]
    await house.tick(121)
    await house.pipeline.keeper.kept(20)
    assert len(await points(house, "response_metrics")) == 1
    assert await points(house, "user_emotion") == []


async def test_a_relationship_that_its_owner_set_is_what_is_measured(house: House) -> None:
    """80, 60 and 70 of a hundred are .8, .6 and .7, and stand in the archive at once."""
    said = RelationshipSet(bot="luna", user="ann", trust=0.8, affection=0.6, attunement=0.7)
    await house.pipeline.submit([said])
    await house.pipeline.settled()
    await house.pipeline.keeper.kept(20)
    (kept,), _ = await house.pipeline.archive.relationships(pairs=[("luna", "ann")])
    await house.pipeline.submit([turn()])
    await read(house)
    (row,) = await points(house, "relationship_progression")

    assert (kept.trust, kept.source) == (0.8, "store")
    assert row.fields["trust_level"] == pytest.approx(0.8)
    assert row.texts["source"] == "store"


async def test_an_archive_that_is_away_makes_an_estimate_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back again, the next turn of the pair asks anew."""
    asks = house.pipeline.archive.relationships

    async def away(**_: object) -> object:
        raise StoreAway("the server is away")

    monkeypatch.setattr(house.pipeline.archive, "relationships", away)
    await house.pipeline.submit([turn(id="1")])
    await read(house)
    monkeypatch.setattr(house.pipeline.archive, "relationships", asks)
    await house.pipeline.submit([turn(id="2")])
    await read(house)
    sources = [row.texts["source"] for row in await points(house, "relationship_progression")]

    assert sources == ["estimate", "default"]


async def test_ten_minutes_without_the_series_store_lose_no_point(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every turn of the outage has its points once the store is back, at its own time."""
    write, series = house.pipeline.series.write, house.pipeline.series

    async def away(blocks: object) -> None:
        raise StoreAway("the server is away")

    monkeypatch.setattr(series, "write", away)
    for number in range(120):
        await house.pipeline.submit([turn(id=str(number))])
        assert await house.pipeline.reader.done(20)  # ten minutes pass sooner than a model loads
        await house.tick()
    assert house.pipeline.keeper.trouble
    monkeypatch.setattr(series, "write", write)
    await until(lambda: house.pipeline.keeper.whole)

    assert len(await points(house, "user_emotion")) == 120
    assert len(await points(house, "response_metrics")) == 120


HOSTILE = (
    *("a b", "a,b=c", 'say "hi"', "back\\slash", "🤖🔥", "' OR 1=1; --"),
    *("<script>", "a/b?c#d", "\u202ex"),
)


async def test_names_and_texts_of_any_kind_are_kept_as_they_are(house: House) -> None:
    """Spaces, commas, quotes, slashes, markup, emoji: in names of bots, persons and sessions."""
    text = "<b>DROP TABLE turns;</b> \x00 😀 " + "word " * 50_000
    for name in HOSTILE:
        await house.pipeline.submit([turn(session=name, bot=name, user=name, message=text)])
    await read(house)

    for name in HOSTILE:
        (kept,) = await house.pipeline.archive.turns(name)
        assert (kept.bot, kept.user, kept.message) == (name, name, text)
        (row,) = await points(house, "user_emotion", name)
        assert row.tags["bot"] == name
        assert row.tags["user_id"].startswith("u_")


@pytest.mark.parametrize("side", ["message", "reply"])
async def test_half_a_turn_is_measured_by_what_there_is(house: House, side: str) -> None:
    """A question without an answer, an answer without a question."""
    await house.pipeline.submit([turn(**{side: None, "processing_time_ms": None})])
    await read(house)
    users, bots = await points(house, "user_emotion"), await points(house, "bot_emotion")

    assert (len(users), len(bots)) == ((0, 1) if side == "message" else (1, 0))


async def test_turns_of_history_are_measured_when_it_is_closed(house: House) -> None:
    """At their own times; nobody has to wait for a tick."""
    then = datetime(2025, 6, 1).astimezone()
    past = [turn(id=str(n), session="old", at=then + timedelta(seconds=10 * n)) for n in range(300)]
    await house.pipeline.submit(past, history=True)
    await house.pipeline.close_history(["old"])
    kept = await house.pipeline.archive.turns("old", limit=1000)
    (talk,), _ = await house.pipeline.archive.conversations(session="old")

    assert len(kept) == 300
    assert kept[-1].at == then
    assert talk.turns == 300


async def test_two_who_talk_are_no_room_that_can_be_lost(house: House) -> None:
    """No live session, no score, no alarm when they pause; however many there are of one client."""
    many = [turn(session=f"s{n}", id=str(n)) for n in range(3_000)]
    receipt = await house.pipeline.submit(many, client="bot")
    late = turn(id="late", at=utc(house.clock.now_ms() - 3_600_000))
    await house.pipeline.submit([late])
    await read(house)

    assert receipt.accepted == 3_000
    assert len(house.pipeline.engine.rooms) == 0
    assert (await house.pipeline.archive.conversations())[1] == 3_001


async def test_history_of_turns_needs_their_times(house: House) -> None:
    """And opens no history of a room."""
    receipt = await house.pipeline.submit([turn()], history=True)

    assert "say when it happened" in receipt.errors[0].reason
    assert len(house.pipeline.histories) == 0


async def test_no_other_event_stands_in_the_way_of_a_reading(house: House) -> None:
    """Whatever ids others chose: a turn is read."""
    await house.pipeline.submit([Message(session="s", id="1/read", user="eve", text="hi")])
    await house.pipeline.submit([turn(id="1"), turn(id="x" * 200), turn(id="y" + "x" * 199)])
    await read(house)

    assert len(await points(house, "user_emotion")) == 3


REVISED = TurnRevised(session="s", bot="luna", turn="1", role="user", why="edited", text=" ")


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (Turn(session="s", bot="", message="hi"), "bot"),
        (Turn(session="s", bot="b" * 201, message="hi"), "bot"),
        (Turn(session="s", bot="b\n", message="hi"), "control character"),
        (TurnRead(session="s", turn="1", bot="luna"), "send what you know"),
        (ReactionJudged(session="s", of=OF), "send the `reaction`"),
        (ReactionReview(session="s", of=OF, by="eve"), "POST /v1/reactions"),
        (REVISED, "give `text`"),
        (RelationshipSet(bot="luna", trust=0.5), "user"),
        (RelationshipSet(bot="luna", user="ann", trust=80.0), "trust"),
    ],
)
async def test_what_could_not_be_read_back_is_never_kept(
    house: House, event: Event, word: str
) -> None:
    """Also from this very process, which is not checked otherwise: the server starts again."""
    receipt = await house.pipeline.submit([event, turn(id="good")])
    await house.pipeline.stop()
    await house.open()

    assert receipt.accepted == 1
    assert [refusal.index for refusal in receipt.errors] == [0]
    assert word in receipt.errors[0].reason


async def test_how_people_stand_outlives_a_change_of_rules(house: House) -> None:
    """Rooms are derived anew from the journal; what it tells no more is kept."""
    said = RelationshipSet(bot="luna", user="ann", trust=0.8, affection=0.6, attunement=0.7)
    await house.pipeline.submit([said, turn(id="1")])
    await read(house)
    before = house.pipeline.conversations.standing("luna", "ann")
    await house.pipeline.stop()
    house.settings = Settings(data=house.settings.data, engine=Engine(session_idle_s=600))
    await house.open()
    after = house.pipeline.conversations.standing("luna", "ann")

    assert before is not None
    assert after == before


async def test_a_model_that_gives_what_cannot_be_costs_no_turn(house: House) -> None:
    """An intensity of 7 is not kept; the turn is measured without it."""

    class Odd:
        def read(self, texts: Sequence[str]) -> Sequence[Reading]:
            return [Reading(primary="joy", intensity=7.0) for _ in texts]

    house.pipeline.reader._model = Odd()
    await house.pipeline.submit([turn(id="1")])
    await read(house)

    assert len(await points(house, "response_metrics")) == 1
    assert await points(house, "user_emotion") == []
