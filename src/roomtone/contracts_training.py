"""What every archive must do for training data; for use by `contracts_archive`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import msgspec

from roomtone.contracts import HOSTILE, START, kept_as
from roomtone.contracts_reactions import judged
from roomtone.heard import Recalled
from roomtone.ports_reactions import ReactionLog
from roomtone.ports_training import TrainingArchive
from roomtone.records import Conversation, TurnRecord
from roomtone.training_data import (
    AgentLog,
    Consent,
    Dataset,
    KeptConversation,
    KeptMessage,
    Revision,
    TrainingSought,
)


class Kept(ReactionLog, TrainingArchive, Protocol):
    """The parts of an archive that training data comes from."""

    async def add_turns(self, turns: Any) -> None: ...

    async def turns(self, session: str) -> Any: ...

    async def add_conversations(self, conversations: Any) -> None: ...


def talk_of(session: str, user: str, *, minute: int = 0, **more: Any) -> Conversation:
    """A conversation of a person with luna that began so many minutes after START."""
    started = START + timedelta(minutes=minute)
    fields: dict[str, Any] = {"ended": started + timedelta(minutes=1), "turns": 2}
    return Conversation(session=session, bot="luna", user=user, started=started, **(fields | more))


def turn_of(talk: Conversation, id: str, *, second: int = 0, **more: Any) -> TurnRecord:
    """A turn of a conversation, so many seconds after its start."""
    fields: dict[str, Any] = {
        "conversation": talk.id,
        "message": f"what {id} asks",
        "reply": f"what {id} answers",
        "quality": 0.6,
        "processing_time_ms": 1500.0,
        "values": {"user_emotion": {"emotion": "joy", "raw_label": "glad", "confidence": 0.5}},
    }
    return TurnRecord(
        id=id,
        session=talk.session,
        bot=talk.bot,
        user=talk.user,
        at=talk.started + timedelta(seconds=second),
        **(fields | more),
    )


def agrees(user: str, granted: bool = True, *, minute: int = 0) -> Consent:
    """A person's word on training, so many minutes after START."""
    at = START + timedelta(minutes=minute)
    return Consent(user=user, purpose="training", granted=granted, at=at, by=user)


async def check_training(archive: Kept) -> None:
    """Raise AssertionError where an archive breaks the contract of `TrainingArchive`."""
    await _what_is_said_is_learnt_from_once_agreed(archive)
    await _either_may_come_first(archive)
    await _texts_are_revised(archive)
    await _what_is_deleted_is_gone(archive)
    await _a_changed_reply_is_scored_anew(archive)
    await _ratings_are_feedback(archive)
    await _pages_go_on(archive)
    await _choices_narrow(archive)
    await _consents_are_the_latest(archive)
    await _datasets_hold_people(archive)


async def every(archive: Kept, **sought: Any) -> list[KeptConversation]:
    """All conversations that are asked for, in pages of one."""
    found: list[KeptConversation] = []
    after: int | None = 0
    for _ in range(1_000):
        if after is None:
            break
        page, after = await archive.training_page(after=after, messages=1, **sought)
        found += page
    assert after is None, "pages come to an end"
    return found


async def one_of(archive: Kept, user: str, **sought: Any) -> KeptConversation:
    """The one conversation of a person, whether or not they agreed."""
    (found,) = await every(archive, **{"user": user, "trainable": False, **sought})
    return found


def recounted(messages: list[KeptMessage]) -> dict[str, Any]:
    """What is to be counted of a conversation's messages."""

    def mean(name: str) -> float | None:
        known = [value for one in messages if (value := getattr(one, name)) is not None]
        return sum(known) / len(known) if known else None

    return {
        "total_messages": len(messages),
        "avg_response_time": mean("processing_time"),
        "avg_emotion_score": mean("emotion_confidence"),
        "conversation_quality": mean("quality_score"),
        "user_satisfaction": mean("user_feedback"),
    }


def check_counts(talk: KeptConversation) -> None:
    """Raise AssertionError where a conversation's numbers are not those of its messages."""
    for name, value in recounted(talk.messages).items():
        told = getattr(talk, name)
        same = told == value if None in (told, value) else abs(told - value) < 1e-9
        assert same, f"{name} is {told}, and {value} by its messages"


async def _what_is_said_is_learnt_from_once_agreed(archive: Kept) -> None:
    talk = talk_of("lessons", "Ida")
    log = AgentLog(session="lessons", turn="a", agent="mood", at=START, output={"sure": True})
    full = turn_of(
        talk,
        "a",
        quality_v2=0.25,
        model="m-1",
        platform="discord",
        language="en",
        recalled=[Recalled(similarity=0.5, id="x")],
        agents=[log],
    )
    texts = [turn_of(talk, f"h{i}", second=i, message=one) for i, one in enumerate(HOSTILE)]
    await archive.add_turns([full, *texts])
    await archive.add_conversations([talk])
    assert await every(archive, user="Ida") == [], "who was not asked is not learnt from"
    found = await one_of(archive, "Ida")
    assert not any(message.training_flag for message in found.messages)
    await archive.set_consents([agrees("Ida")])
    (found,) = await every(archive, user="Ida")
    check_counts(found)
    assert (found.model_used, found.platform, found.language) == ("m-1", "discord", "en")
    assert found.is_active and found.total_messages == 2 + 2 * len(HOSTILE)
    first, second = [one for one in found.messages if one.turn == "a"]
    assert (first.role, first.content) == ("user", "what a asks")
    assert (first.emotion, first.emotion_raw, first.emotion_confidence) == ("joy", "glad", 0.5)
    assert first.quality_score is None and first.processing_time is None, "these are of replies"
    assert (second.quality_score, second.quality_v2, second.processing_time) == (0.6, 0.25, 1.5)
    assert msgspec.json.decode(second.agent_outputs) == {"mood": {"sure": True}}
    assert msgspec.json.decode(second.memory_context) == [{"similarity": 0.5, "id": "x"}]
    assert first.training_flag is True and len(first.content_hash) == 64
    for sent in texts:
        (said,) = [one for one in found.messages if one.turn == sent.id and one.role == "user"]
        assert said.content in kept_as(sent.message or "")
    (told,) = found.agent_logs
    assert msgspec.structs.replace(told, id=0) == log and told.id, "agents' outputs have an id"
    (short,), _ = await archive.training_page(needs=("emotion",), user="Ida")
    asked, all_of = (
        [(one.turn, one.role, one.content, one.emotion) for one in one_of_two.messages]
        for one_of_two in (short, found)
    )
    assert (short.agent_logs, asked) == ([], all_of), "what is needed is what is known"
    await archive.set_consents([agrees("Ida", False, minute=1)])
    assert await every(archive, user="Ida") == [], "a withdrawal holds at once"


async def _either_may_come_first(archive: Kept) -> None:
    talk = talk_of("order", "Ola")
    await archive.add_conversations([talk])
    await archive.add_turns([turn_of(talk, "first")])
    later = talk_of("order", "Ola", minute=90)
    await archive.add_turns([turn_of(later, "second"), turn_of(later, "third", second=1)])
    await archive.add_conversations([later])
    lone = talk_of("alone", "Lo")
    await archive.add_turns([turn_of(lone, "old", conversation="", second=5)])
    await archive.add_conversations([lone])

    one, two = await every(archive, user="Ola", trainable=False)
    assert [m.turn for m in one.messages] == ["first"] * 2
    assert [m.turn for m in two.messages] == ["second"] * 2 + ["third"] * 2
    assert (one.is_active, two.is_active) == (False, True), "the one before is over"
    found = await one_of(archive, "Lo")
    assert len(found.messages) == 2, "a turn that names none belongs where it was said"
    await archive.add_turns([turn_of(later, "third", second=1, reply=None)])
    await archive.add_turns(
        [turn_of(later, "fourth", second=2, before="second", before_quality=0.75)]
    )
    _, two = await every(archive, user="Ola", trainable=False)
    check_counts(two)
    assert two.total_messages == 5, "a turn told again counts whole"
    assert [m.quality_v2 for m in two.messages if m.role == "assistant"] == [0.75, None]


def revision(number: int, content: str = "", **more: Any) -> Revision:
    """A revision of the reply of turn `e` in session `edits`."""
    at = START + timedelta(minutes=number)
    fields: dict[str, Any] = {"session": "edits", "turn": "e", "role": "assistant", "by": "Ed"}
    fields |= {"why": "edited" if content else "deleted", "content": content}
    return Revision(number=number, at=at, **(fields | more))


async def _texts_are_revised(archive: Kept) -> None:
    talk = talk_of("edits", "Ed")
    turn = turn_of(talk, "e")
    await archive.add_conversations([talk])
    await archive.add_turns([turn, turn_of(talk, "f", second=1)])
    await archive.revise([])
    two = revision(2, "third\U0001f4a5", why="regenerated")
    await archive.revise([two, revision(1, "second")])
    await archive.revise([revision(1, "again"), two])
    await archive.add_turns([turn])

    found = await one_of(archive, "Ed")
    reply = found.messages[1]
    assert (reply.content, reply.edited_ms) == ("third\U0001f4a5", found.started_ms + 120_000)
    texts = [(one.before, one.content, one.why) for one in found.revisions]
    assert texts == [
        ("what e answers", "second", "edited"),
        ("second", "third\U0001f4a5", "regenerated"),
    ], "what stood there is kept, once"
    as_shown = (await archive.turns("edits"))[1]
    assert as_shown.reply == "third\U0001f4a5"
    assert as_shown.revised == {"assistant": "regenerated"}, "and that it was changed"


async def _a_changed_reply_is_scored_anew(archive: Kept) -> None:
    talk = talk_of("scored", "Uma")
    turns = [
        turn_of(talk, "e"),
        turn_of(talk, "f", second=90, before="e", before_quality=0.9, quality=None),
    ]
    long = revision(1, "word " * 30, session="scored")  # after a minute: "f" is said after that
    await archive.add_conversations([talk])
    await archive.add_turns(turns)
    await archive.revise([long])
    first = await one_of(archive, "Uma")
    await archive.revise([revision(2, "Short.", session="scored")])
    await archive.add_turns(turns)
    second = await one_of(archive, "Uma")

    replies = [one.messages[1] for one in (first, second)]
    assert [one.quality_score for one in replies] == [0.7, 0.6], "its length counts anew"
    assert [one.quality_v2 for one in replies] == [0.9, None], "what was said next was said of it"
    for talked in (first, second):
        check_counts(talked)


async def _what_is_deleted_is_gone(archive: Kept) -> None:
    log = AgentLog(session="edits", turn="e", agent="mood", at=START, output={"of": "third"})
    await archive.add_agent_logs([log])
    await archive.revise([revision(3), revision(4, "back")])
    talk = talk_of("edits", "Ed")
    await archive.add_turns([turn_of(talk, "e", agents=[log])])
    await archive.add_agent_logs([log])
    early = revision(1, turn="g", role="user")
    await archive.revise([early])
    await archive.add_turns([turn_of(talk, "g", second=3)])

    found = await one_of(archive, "Ed")
    check_counts(found)
    sides = [(one.turn, one.role) for one in found.messages]
    assert sides == [("e", "user"), ("f", "user"), ("f", "assistant"), ("g", "assistant")]
    assert found.agent_logs == [], "nor what was made of it"
    assert all((one.before, one.content) == ("", "") for one in found.revisions)
    assert [one.number for one in found.revisions if one.turn == "e"] == [1, 2, 3]
    turns = {turn.id: turn for turn in await archive.turns("edits")}
    became = {id: turn.revised for id, turn in turns.items()}
    assert became == {"e": {"assistant": "deleted"}, "f": {}, "g": {"user": "deleted"}}
    kept = {id: (turn.message, turn.reply) for id, turn in turns.items()}
    assert kept["e"] == ("what e asks", None) and kept["g"] == (None, "what g answers")


async def _ratings_are_feedback(archive: Kept) -> None:
    talk = talk_of("rated", "Ray")
    of = {"session": "rated", "target": "r", "user": "Ray", "emoji": "👎"}
    first = judged(901, "RATING", 0.9, of=of)
    await archive.add_reactions([first])
    await archive.add_turns([turn_of(talk, "r"), turn_of(talk, "s", second=1)])
    await archive.add_conversations([talk])

    async def feedback() -> tuple[float | None, str, float | None]:
        found = await one_of(archive, "Ray")
        check_counts(found)
        reply = found.messages[1]
        assert [m.user_feedback for m in found.messages if m is not reply] == [None] * 3
        return reply.user_feedback, reply.feedback_source, found.user_satisfaction

    assert await feedback() == (1 + 4 * 0.2, "reaction", 1 + 4 * 0.2), "of before the turn"
    more = {**of, "id": "r_902", "user": "Roy", "emoji": "❤️"}
    second = judged(902, "RATING", 0.9, of=more)
    await archive.add_reactions([second])
    ratings = (await archive.training_counts(user="Ray"))["ratings"]
    assert ratings == {"desirable": 1, "undesirable": 1}
    assert await feedback() == (1 + 4 * 0.6, "reaction", 1 + 4 * 0.6), "a mean of all"
    gone = msgspec.structs.replace(first, revision=2, state="retracted", meaning=None)
    other = msgspec.structs.replace(second, revision=2, meaning="EMOTIONAL", state="reviewed")
    await archive.add_reactions([gone])
    assert (await feedback())[0] == 5.0, "what is taken back counts no more"
    ratings = (await archive.training_counts(user="Ray"))["ratings"]
    assert ratings == {"desirable": 1, "undesirable": 0}, "nor here"
    await archive.add_reactions([other])
    assert await feedback() == (None, "", None), "nor what turns out to mean something else"
    found = await one_of(archive, "Ray")
    assert {(one.person, one.meaning) for one in found.reactions} == {
        ("Ray", ""),
        ("Roy", "EMOTIONAL"),
    }
    await archive.set_consents([agrees("Ray")])
    (found,) = await every(archive, user="Ray")
    assert [one.person for one in found.reactions] == ["Ray"], "of those who agreed"


async def _pages_go_on(archive: Kept) -> None:
    talks = [talk_of(f"page {i}", "Pat", minute=i) for i in range(7)]
    await archive.add_conversations(talks)
    await archive.add_turns([turn_of(talk, "t") for talk in talks])
    await archive.set_consents([agrees("Pat")])
    page, after = await archive.training_page(user="Pat", messages=5)
    assert [one.session for one in page] == ["page 0", "page 1", "page 2"]
    assert after == page[-1].id, "so many messages, and the conversation they are in"
    page, after = await archive.training_page(user="Pat", messages=50, after=after)
    assert [one.session for one in page] == [f"page {i}" for i in (3, 4, 5, 6)] and after is None
    assert [one.session for one in await every(archive, user="Pat")] == [t.session for t in talks]


async def _choices_narrow(archive: Kept) -> None:
    own = await every(archive, user="Pat")

    async def ids(**sought: Any) -> list[int]:
        return [one.id for one in await every(archive, **sought)]

    some = [own[1].id, own[4].id]
    assert await ids(ids=tuple(some)) == some
    assert await ids(ids=()) == []
    assert await archive.mark_exported([*some, 10**9]) == 2
    assert await ids(user="Pat", exported=True) == some
    assert len(await ids(user="Pat", exported=False)) == 5
    assert await ids(user="Pat", bot="nobody") == await ids(user="Pat", language="xx") == []
    assert await ids(user="Pat", voice=True) == await ids(user="Pat", least_quality=0.61) == []
    assert len(await ids(user="Pat", least_quality=0.6, voice=False)) == 7
    start, end = START + timedelta(minutes=3), START + timedelta(minutes=5)
    assert await ids(user="Pat", start=start, end=end) == [own[2].id, own[3].id], "by their ends"
    assert await ids(meaning="EMOTIONAL", trainable=False) == [(await one_of(archive, "Ray")).id]
    sought: TrainingSought = {"user": "Pat"}
    counts = await archive.training_counts(**sought)
    assert (counts["conversations"], counts["messages"], counts["people"]) == (7, 14, 1)
    assert counts["trainable"]["messages"] == counts["training_messages"] == 14
    assert (counts["exported"], counts["bot"], sum(counts["quality"])) == (2, {"luna": 7}, 7)
    assert counts["characters"] == 7 * len("what t asks" + "what t answers")
    counts = await archive.training_counts()
    assert counts["trainable"]["people"] == 2 < counts["people"]
    assert counts["meaning"] == {"EMOTIONAL": 1}
    names = ("conversations", "messages", "people")
    for only in (False, True):
        brief = await archive.training_counts(brief=True, trainable=only)
        whole = await archive.training_counts(trainable=only)
        assert {name: whole[name] for name in names} == {name: brief[name] for name in names}
        assert set(names) <= set(brief["trainable"])


async def _consents_are_the_latest(archive: Kept) -> None:
    word = Consent(user="Cy", purpose="memory", granted=False, at=START, basis="contract", by="C")
    await archive.set_consents([agrees("Cy", minute=5), word])
    await archive.set_consents([agrees("Cy", False)])
    assert await archive.consents(["Cy", "nobody"]) == [word, agrees("Cy", minute=5)]
    assert await archive.consents([]) == []
    assert len(await archive.consents()) == 5, "all of them"


async def _datasets_hold_people(archive: Kept) -> None:
    def made(id: str, hour: int, **more: Any) -> Dataset:
        at = START + timedelta(hours=hour)
        return Dataset(
            **{"id": id, "name": id, "format": "kto", "made": at, "status": "done", **more}
        )

    one, two = made("one", 1, manifest='{"a": 1}', rows=2**40), made("two", 2, progress=0.5)
    await archive.put_dataset(made("one", 1, status="running"))
    await archive.put_dataset(two)
    await archive.put_dataset(one)
    (first, *_) = await every(archive, user="Pat")
    assert await archive.mark_exported([first.id], "one", flag=False) == 1
    assert await archive.datasets() == [two, one], "newest first, renewed"
    assert await archive.datasets(id="one") == [one] and not await archive.datasets(id="none")
    assert await archive.datasets(limit=1) == [two] and await archive.datasets(status="x") == []
    assert await archive.datasets(limit=5, offset=1, status="done", user="Pat") == []
    assert await archive.datasets(limit=5, offset=1) == [one], "page by page"
    counts = [await archive.count_datasets(user=user) for user in (None, "Pat", "Cy")]
    assert counts == [2, 1, 0]
    assert await archive.datasets(user="Pat") == [one] and not await archive.datasets(user="Cy")
    assert not (await every(archive, user="Pat"))[0].training_data_exported
    assert await archive.drop_dataset("one") and not await archive.drop_dataset("one")
    assert await archive.datasets(user="Pat") == []
