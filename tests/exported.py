"""Kept conversations for tests of exports, and any of them, with texts as chats have them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from roomtone.ports_exports import Export
from roomtone.training_data import (
    AgentLog,
    KeptConversation,
    KeptMessage,
    KeptReaction,
    Revision,
    Role,
)
from roomtone.training_rows import Excluded, ExportOptions, Row

START_MS = 1_780_000_000_000
START = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=START_MS)


def after(seconds: float) -> datetime:
    """So long after the conversation began."""
    return START + timedelta(seconds=seconds)


def talk(*said: str, id: int = 7, **more: Any) -> KeptConversation:
    """A conversation of these texts in turns, the person first; ten seconds lie between them.

    The turn of the first pair is "t0". Of what is kept of the messages beside their texts `told`
    has a mapping for each, by its place.
    """
    told = more.pop("told", {})
    messages = [
        KeptMessage(
            100 + place,
            id,
            f"t{place // 2}",
            "assistant" if place % 2 else "user",
            text,
            START_MS + 10_000 * place,
            **told.get(place, {}),
        )
        for place, text in enumerate(said)
    ]
    end = START_MS + 10_000 * len(said)
    known = {"session": "s", "bot": "luna", "user": "ann", "started_ms": START_MS, "ended_ms": end}
    return KeptConversation(
        **{"id": id, "messages": messages, "total_messages": len(said), **known, **more}
    )


def reaction(turn: str = "t0", emoji: str = "❤️", seconds: float = 60, **more: Any) -> KeptReaction:
    """A rating of which a judge was sure, unless something else is said."""
    told = {"meaning": "RATING", "state": "judged", "by": "model", "confidence": 0.95, **more}
    return KeptReaction(turn=turn, emoji=emoji, at=after(seconds), **told)


def revision(
    before: str, content: str, why: Any = "regenerated", seconds: float = 100, **more: Any
) -> Revision:
    """A reply whose text was replaced."""
    role: Role = more.pop("role", "assistant")
    known = {"session": "s", "turn": "t0", "number": 1, **more}
    return Revision(role=role, why=why, at=after(seconds), before=before, content=content, **known)


def exported(
    export: Export, *conversations: KeptConversation, **options: Any
) -> tuple[list[Any], dict[str, int]]:
    """All rows, and how much was left out by reason."""
    excluded = Excluded()
    rows: list[Row] = [
        row for one in conversations for row in export.rows(one, ExportOptions(**options), excluded)
    ]
    return rows, excluded.messages


def pairs(messages: Any) -> Iterator[tuple[str, str]]:
    """Messages as (role, content)."""
    for one in messages:
        yield one.role, one.content


# Everything that a text can hold: half characters, NUL, ends of lines that JSON lets stand.
texts = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from("\u2028\u2029\u0085\0\r\n\t\"'=+-@＝＋－＠,;\\\ud800\udfff😀\u202e\ufeff"),
    ),
    max_size=12,
)
KNOWN: dict[str, Any] = {
    "quality_v2": 0.25,
    "processing_time": 1.5,
    "emotion_confidence": 0.75,
    "emotion_intensity": 0.5,
    "voice_emotion": "calm",
    "audio_quality": 0.9,
    "emotion_raw": "glad",
    "context_embedding": "[0.1]",
    "content_hash": "ab",
    "training_flag": True,
}
"""What else may be known of a message."""

_shares = st.none() | st.floats(0, 1)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("ab\u2028é", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("xy"), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def conversations(draw: Any) -> KeptConversation:
    """Any conversation that an archive could hand out."""
    import msgspec

    said = draw(st.lists(texts, max_size=5))
    outputs = st.sampled_from(["", "no JSON", "[1", '"a"', "null", "{}", '{"mood": ["calm"]}'])
    told = {
        place: {
            "emotion": draw(st.sampled_from(["", "joy", "sadness"])),
            "quality_score": draw(_shares),
            "voice_pitch": draw(st.none() | st.floats(80, 400)),
            "user_feedback": draw(st.none() | st.floats(1, 5)),
            "feedback_source": draw(st.sampled_from(["", "reaction", "api"])),
            "agent_outputs": draw(outputs),
            "memory_context": msgspec.json.encode(draw(_json)).decode(),
            "edited_ms": draw(st.none() | st.integers(START_MS, START_MS + 10**6)),
            **(KNOWN if place % 2 else {}),
        }
        for place in range(len(said))
    }
    reactions = st.builds(
        reaction,
        turn=st.sampled_from(["t0", "t1"]),
        emoji=st.sampled_from(["❤️", "👎", "🤔"]),
        seconds=st.integers(0, 900),
        meaning=st.sampled_from(["RATING", "RATING", "AGREEMENT", "EMOTIONAL", ""]),
        confidence=st.floats(0, 1),
    )
    revisions = st.builds(
        revision,
        texts,
        texts,
        why=st.sampled_from(["edited", "regenerated", "corrected", "deleted"]),
        number=st.integers(1, 3),
        seconds=st.integers(0, 900),
    )
    log = AgentLog(session="s", turn="t0", agent="emotion", at=START, output={"label": "joy"})
    return talk(
        *said,
        id=draw(st.integers(1, 5)),
        told=told,
        reactions=draw(st.lists(reactions, max_size=3)),
        revisions=draw(st.lists(revisions, max_size=2)),
        agent_logs=draw(st.sampled_from([[], [log]])),
        memories=draw(st.sampled_from([[], [{"id": "m", "text": "Rex", "tags": ["dog"]}]])),
        topics_discussed=("work", "hobbies"),
    )
