"""Conversations, turns and relationships as an engine might have given them, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from roomtone.ports import Archive
from roomtone.records import Conversation, Relationship, TurnRecord

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def turns(
    session: str = "s",
    *,
    bot: str = "luna",
    user: str = "ann",
    count: int = 5,
    at: datetime = NOON,
    every: timedelta = timedelta(minutes=1),
    message: str = "how are you?",
) -> list[TurnRecord]:
    """Turns of one pair, `every` so long, each read as joy."""
    return [
        TurnRecord(
            id=f"t{number}",
            session=session,
            bot=bot,
            user=user,
            at=at + number * every,
            message=message,
            reply=f"reply {number}",
            values={
                "user_emotion": {"emotion": "joy", "intensity": 0.5, "source": "model"},
                "relationship_progression": {
                    "trust_level": 0.4 + 0.01 * number,
                    "source": "store" if number else "default",
                },
            },
        )
        for number in range(count)
    ]


def conversation(said: Sequence[TurnRecord], **more: object) -> Conversation:
    """The conversation that these turns are."""
    given: dict[str, object] = {"quality": 0.7, "emotion": "joy", "valence": 0.4} | more
    return Conversation(
        session=said[0].session,
        bot=said[0].bot,
        user=said[0].user,
        started=said[0].at,
        ended=said[-1].at,
        turns=len(said),
        **given,  # type: ignore[arg-type]
    )


def relationship(said: Sequence[TurnRecord], **more: object) -> Relationship:
    """How the pair of these turns stands."""
    given = {"trust": 0.5, "affection": 0.4, "attunement": 0.6, "source": "store"} | more
    return Relationship(
        bot=said[0].bot,
        user=said[0].user,
        turns=len(said),
        first=said[0].at,
        updated=said[-1].at,
        **given,  # type: ignore[arg-type]
    )


async def keep(archive: Archive, said: Sequence[TurnRecord], **more: object) -> None:
    """Keep turns with their conversation and their relationship."""
    await archive.add_turns(said)
    await archive.add_conversations([conversation(said, **more)])
    await archive.add_relationships([relationship(said)])
