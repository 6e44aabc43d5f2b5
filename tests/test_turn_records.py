"""A turn is kept with its conversation, its quality, what components made of it, and whence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomtone.conversations import Conversations
from roomtone.events import Event, Turn, TurnRead, decode, encode
from roomtone.heard import Agent, Context, Feeling, Looked, Recalled
from roomtone.records import TurnRecord
from roomtone.runtime import plugins

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MS = round(T0.timestamp() * 1000)
LONG = " ".join(["word"] * 20)


def said(id: str = "1", minutes: float = 0, **more: Any) -> Turn:
    """Ann says something to luna."""
    told: dict[str, Any] = {"bot": "luna", "user": "ann", "message": "What do you think?"} | more
    return Turn(session="s", id=id, at=T0 + timedelta(minutes=minutes), **told)


def read(id: str = "1", **more: Any) -> TurnRead:
    """What a model makes of it."""
    return TurnRead(session="s", turn=id, bot="luna", user="ann", **more)


def kept(*events: Event, source: str = "http", formula: str = "people") -> list[TurnRecord]:
    """What is kept of these turns."""
    own = Conversations(plugins.turn_signals(formula))
    own.apply(events, MS, source)
    return [one for out in own.ticking(MS // 1000) for one in out.turns]


def test_a_turn_knows_its_conversation_and_its_platform() -> None:
    """After a pause it is another conversation; who names a platform is believed."""
    first, second, later = kept(
        said("1"), said("2", 1, platform="web"), said("3", 99), read("1"), read("2"), read("3")
    )

    assert first.conversation == second.conversation != later.conversation
    assert first.conversation == "s\nluna\nann\n20260101T000000.000000"
    assert [one.platform for one in (first, second, later)] == ["http", "web", "http"]


def test_the_language_is_guessed_where_nobody_says_it() -> None:
    """Of the message alone."""
    one, two, three = kept(
        said("1", message="Was denkst du darüber?", reply="I do not know what to say."),
        said("2", message="Was denkst du darüber?", language="gsw"),
        said("3", message=None, reply="I do not know what to say."),
        *(read(id) for id in "123"),
    )

    assert [turn.language for turn in (one, two, three)] == ["de", "gsw", ""]


def test_a_reply_has_the_documents_quality_and_a_message_none() -> None:
    """By its words, its time, the emotion it answers, and what could be recalled for it."""
    memories = [Recalled(similarity=0.8, id="m1")]
    joy = Feeling(primary="joy", confidence=0.9)
    best, silent, looked = kept(
        said("1", reply=LONG, processing_time_ms=900, memories=memories, user_emotion=joy),
        said("2", 1),
        said("3", 2, reply="Hm."),
        read("1"),
        read("2"),
        read("3", recalled=Looked(memories=memories)),
    )

    assert (best.quality, best.processing_time_ms, best.recalled) == (0.88, 900, memories)
    assert (silent.quality, silent.recalled) == (None, None)
    assert (looked.quality, looked.recalled) == (0.6, memories)


@pytest.mark.parametrize("formula", ["people", "seed"])
def test_what_is_said_next_tells_how_good_a_reply_was(formula: str) -> None:
    """One turn later, whichever formula is written; in another conversation it tells nothing."""
    glad = {"user_emotion": Feeling(primary="joy", confidence=0.9, valence=0.8)}
    first, second, third, later = kept(
        said("1", reply="Try it once more."),
        said("2", 1, message="Perfect, thank you!"),
        said("3", 2, message="Great, thanks."),
        said("4", 99, message="Perfect, thank you!"),
        read("1"),
        read("2", **glad),
        read("3", **glad),
        read("4", **glad),
        formula=formula,
    )

    assert (first.before, first.before_quality) == ("", None)
    assert second.before == "1"
    assert second.before_quality is not None
    assert second.before_quality > 0.9
    assert (third.before, third.before_quality) == ("", None)  # turn 2 had no reply
    assert (later.before, later.before_quality) == ("", None)


def test_components_leave_what_they_made() -> None:
    """Those of the sender first, then what was read here; what says nothing leaves nothing."""
    agent = Agent(agent="router", output={"route": "small talk", "n": 3}, span="00f067aa0ba902b7")
    (one,) = kept(
        said(agents=[agent], reply="Oh.", context=Context(topic="pets", confidence=0.7)),
        read(
            user_emotion=Feeling(primary="joy", intensity=0.8, confidence=0.9),
            bot_emotion=Feeling(primary="unsure"),
        ),
    )

    assert [(log.role, log.agent, log.confidence) for log in one.agents] == [
        ("assistant", "router", None),
        ("user", "emotion", 0.9),
        ("user", "context", 0.7),
    ]
    router, emotion, context = one.agents
    assert (router.output, router.span) == ({"route": "small talk", "n": 3}, "00f067aa0ba902b7")
    assert emotion.output == {"emotion": "joy", "intensity": 0.8, "source": "model"}
    assert (context.output, context.turn, context.at) == ({"topic": "pets"}, "1", T0)


def test_a_component_that_was_at_work_several_times_is_counted() -> None:
    """Each of its outputs is one, whatever it is called."""
    agents = [Agent(agent="tool", output={"n": n}) for n in range(3)]
    (one,) = kept(said(agents=[*agents, Agent(agent="tool", role="user")]), read())

    assert [log.agent for log in one.agents] == ["tool", "tool 2", "tool 3", "tool"]


def test_who_has_read_an_emotion_himself_is_not_doubled() -> None:
    """His own component of that name stands."""
    own = Agent(agent="emotion", role="user", output={"emotion": "calm"})
    (one,) = kept(said(agents=[own]), read(user_emotion=Feeling(primary="joy", confidence=0.9)))

    assert [(log.agent, log.output) for log in one.agents] == [("emotion", {"emotion": "calm"})]


@pytest.mark.parametrize(
    "agent",
    [
        {"agent": ""},
        {"agent": "a\u0000"},
        {"agent": "a", "output": {"x": ["a list"]}},
        {"agent": "a", "output": {"x": "y" * 2_001}},
        {"agent": "a", "output": {str(n): n for n in range(51)}},
        {"agent": "a", "span": "not hexadecimal"},
        {"agent": "a", "confidence": 1.5},
    ],
)
def test_what_a_component_may_tell_is_bounded(agent: dict[str, Any]) -> None:
    """Scalars, so many and so long; anything else makes the turn refused, with a reason."""
    body = json.dumps({"type": "turn", "session": "s", "bot": "luna", "agents": [agent]})
    taken, refused, _ = decode(body.encode())

    assert taken == []
    assert refused[0].reason


def test_it_comes_over_the_wire_as_it_was() -> None:
    """All that a turn may tell."""
    agents = [Agent(agent="router", output={"why": "line\nfeed", "sure": True, "none": None})]
    turn = said(model="llama-3", platform="web", language="pt-BR", agents=agents)

    assert decode(encode([turn])) == ([turn], [], [0])
