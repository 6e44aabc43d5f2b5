"""What turns and reactions leave: a memory of each, with what was felt and said of oneself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from roomtone.emotions import LABELS, UNSURE, Reading
from roomtone.events import Event, Reaction
from roomtone.heard import ends
from roomtone.memories import (
    MOST_CHARS,
    facts,
    first_place,
    importance,
    training_relevance,
)
from roomtone.reactions import polarity, reaction_type
from roomtone.records import Link, Memory, TurnRecord, memory_id
from roomtone.runtime.clock import utc
from roomtone.training_data import Revision
from roomtone.verdicts import ReactionJudged

REVISED, DELETED = "revised", "deleted"
"""What became of a text that is remembered."""

_FELT = [(f"felt {label}", label) for label in LABELS]

CONTEXT_CHARS = 500
"""How much of what was said before is kept with a memory."""


def clean(text: str | None) -> str:
    """A text as it is remembered: bounded, without NUL and halves of characters."""
    kept = ends(text or "", MOST_CHARS).replace("\0", "\ufffd")
    return kept.encode("utf-8", "replace").decode()


def of_turn(turn: TurnRecord, before: str) -> Memory:
    """What a measured turn leaves; `before` is what was said just before it."""
    message, reply = clean(turn.message), clean(turn.reply)
    content, response = (message, reply) if message.strip() else (reply, "")
    felt: Mapping[str, Any] = turn.values.get("user_emotion", {})
    known = facts(message)
    mixed = sum(name.startswith("mixed_emotion") for name in felt)
    emotion = str(felt.get("emotion", ""))
    intensity = number(felt, "intensity")
    worth = importance(message, intensity=intensity, mixed=mixed, personal=bool(known))
    place = first_place(worth, ", ".join(known), turn.at)
    memory = Memory(
        id=memory_id(turn.bot, turn.session, turn.id),
        bot=turn.bot,
        user=turn.user,
        at=turn.at,
        content=content,
        response=response,
        context=before,
        session=turn.session,
        source=f"turn {turn.id}",
        tier=place.tier,
        reason=place.reason,
        expires=place.expires,
        importance=worth,
        emotion="" if emotion == UNSURE else emotion,
        intensity=intensity,
        valence=number(felt, "valence"),
        metadata=_mood(felt),
    )
    quality = number(turn.values.get("conversation_quality", {}), "overall")
    relevance = training_relevance(memory, quality)
    return with_facts(structs.replace(memory, training_relevance=relevance), known)


def number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, float | int) and math.isfinite(value) else None


def _mood(felt: Mapping[str, Any]) -> dict[str, str | float]:
    """What was felt by label, as far as a measurement of it tells."""
    scores: dict[str, str | float] = {}
    main, strength = str(felt.get("emotion", "")), number(felt, "intensity")
    if main and main != UNSURE and strength:
        scores[f"felt {main}"] = strength
    for place in (1, 2, 3):
        label, share = felt.get(f"mixed_emotion_{place}"), number(felt, f"mixed_intensity_{place}")
        if label and share:
            scores[f"felt {label}"] = share
    return scores


def of_reaction(event: Event, arrival: datetime) -> Memory | None:
    """What a reaction to a bot leaves, or takes back, or what it was found to mean; None for all
    other events. It waits for what it is about: see `whole_reaction`."""
    if isinstance(event, Reaction):
        if not (event.bot and event.user and event.target):
            return None
        who, emoji, at = (event.bot, event.user, event.target), event.emoji, event.at or arrival
        said: dict[str, str | float] = {"action": event.action}
    elif isinstance(event, ReactionJudged) and event.verdict is not None:
        of, verdict = event.of, event.verdict
        if not (of.bot and of.user and of.target):
            return None
        who, emoji, at = (of.bot, of.user, of.target), of.emoji, utc(of.ms)
        said = {"action": "judged", "meaning": verdict.meaning or "unsure"}
        said["meaning_confidence"] = verdict.confidence
        if verdict.satisfaction is not None:
            said["satisfaction"] = verdict.satisfaction
        if event.reply:
            said["original_bot_message"] = ends(event.reply, CONTEXT_CHARS)
    else:
        return None
    bot, user, target = who
    return Memory(
        id=memory_id(bot, event.session, target, user, emoji),
        bot=bot,
        user=user,
        at=at,
        content=emoji,
        session=event.session,
        related=(Link(id=memory_id(bot, event.session, target), kind="reaction_to"),),
        metadata=said,
    )


def whole_reaction(told: Memory, known: Memory | None, turn: Memory | None) -> Memory:
    """A reaction as it is kept, in the documents' form and as fields beside it.

    `known` is what is kept of it already, `turn` what it is about, where that is remembered.
    """
    added = {name: value for name, value in told.metadata.items() if name != "action"}
    if known is not None:
        return structs.replace(known, metadata={**known.metadata, **added})
    emoji = told.content
    kind, sure = reaction_type(emoji)
    worth = round(min(1.0, 0.35 + 0.3 * sure * abs(polarity(emoji))), 4)
    place = first_place(worth, "", told.at)
    about = "" if turn is None else ends(turn.response or turn.content, CONTEXT_CHARS)
    return structs.replace(
        told,
        content=f"[EMOJI_REACTION] {emoji}",
        response=f"[EMOTIONAL_FEEDBACK] {kind.lower()} (confidence: {sure:.2f})",
        context=about,
        interaction_type="emoji_reaction",
        source=f"reaction to {turn.source}" if turn is not None else "reaction",
        tier=place.tier,
        reason=f"a reaction; {place.reason}",
        expires=place.expires,
        importance=worth,
        valence=polarity(emoji),
        related=told.related if turn is not None else (),
        metadata={
            "emoji": emoji,
            "emotion_type": kind.lower(),
            "confidence_score": sure,
            "original_bot_message": about,
            "character_context": told.bot,
            "reaction_timestamp": told.at.isoformat(),
            "timestamp_unix": told.at.timestamp(),
            **added,
        },
    )


def of_revision(revision: Revision) -> Memory | None:
    """What a text's revision does to the memory that its turn left; None where nobody can say whose
    that is. It waits in its place among the memories: see `revised`."""
    if not revision.bot:
        return None
    gone = revision.why == "deleted"
    return Memory(
        id=memory_id(revision.bot, revision.session, revision.turn),
        bot=revision.bot,
        user=revision.user,
        at=revision.at,
        content="" if gone else clean(revision.content),
        session=revision.session,
        metadata={"action": DELETED if gone else REVISED, "role": revision.role},
    )


def revised(memory: Memory, told: Memory) -> Memory | None:
    """The memory with what a text says now; None where nothing of it is left.

    Without the message nothing is: a reply may repeat what its person wanted gone. Of a turn that
    had no message the reply is what is remembered.
    """
    text, at = told.content, told.at
    alone = not memory.response and memory.metadata.get("reply") != DELETED
    if told.metadata["role"] == "assistant" and not alone:
        state = {"reply": DELETED} if not text else {"reply": REVISED}
        metadata = {**memory.metadata, **state}
        return structs.replace(memory, response=text, corrected_at=at, metadata=metadata)
    if not text.strip():
        return None
    plain = {n: v for n, v in memory.metadata.items() if not n.startswith("fact ")}
    bare = structs.replace(memory, content=text, corrected_at=at, metadata=plain)
    known = {} if told.metadata["role"] == "assistant" else facts(text)
    return with_facts(bare, known)


def said(memory: Memory | None) -> str:
    """What the memories that come after it keep of it as their context."""
    return "" if memory is None else ends(f"{memory.content}\n{memory.response}", CONTEXT_CHARS)


def around(other: Memory, old: Memory, new: Memory | None) -> Memory:
    """Another memory, without what it has of a text that is another one now."""
    if other.context and other.context == said(old):
        return structs.replace(other, context=said(new))
    if not any(link.id == old.id and link.kind == "reaction_to" for link in other.related):
        return other
    about = "" if new is None else ends(new.response or new.content, CONTEXT_CHARS)
    metadata = {**other.metadata, "original_bot_message": about}
    return structs.replace(other, context=about, metadata=metadata)


def with_facts(memory: Memory, known: Mapping[str, str]) -> Memory:
    """The memory with what it says of its person beside it."""
    told = {f"fact {name}": value for name, value in known.items()}
    return structs.replace(memory, metadata={**memory.metadata, **told})


def with_mood(memory: Memory, mood: Reading | None) -> Memory:
    """The memory with what its text feels like, by label."""
    if mood is None or memory.emotion:
        return memory
    scores = {f"felt {label}": round(score, 4) for label, score in mood.scores.items()}
    strongest = dict(sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:8])
    return structs.replace(
        memory,
        emotion="" if mood.primary == "unsure" else mood.primary,
        intensity=mood.intensity,
        valence=mood.valence,
        metadata={**memory.metadata, **strongest},
    )


def feeling(scores: Mapping[str, Any]) -> NDArray[np.float32]:
    """How something felt as a unit vector over all labels; zero where nothing was read."""
    get = scores.get
    row = np.array([float(get(felt, get(label, 0.0)) or 0.0) for felt, label in _FELT], np.float32)
    length = float(np.linalg.norm(row))
    return row / length if length > 0 else row
