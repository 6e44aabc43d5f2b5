"""A measured turn as it is kept for good: what was said, what was made of it, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from roomtone.emotions import UNSURE, Reading
from roomtone.languages import language
from roomtone.records import TurnRecord
from roomtone.reply_quality import v1, v2
from roomtone.training_data import AgentLog, Role
from roomtone.turns import Heard


def record_of(heard: Heard, *, source: str = "", penalties: bool = False) -> TurnRecord:
    """What is kept of a turn. `source` is whence it came: its platform where its sender names none.

    `penalties` is of the documents' quality (`reply_quality.v1`).
    """
    turn, memories = heard.turn, heard.memories
    took, quality = turn.processing_time_ms, None
    if turn.reply:
        quality = v1(
            turn.reply,
            seconds=None if took is None else took / 1000,
            confidence=heard.told("user", "confidence"),
            memories=None if memories is None else len(memories),
            penalties=penalties,
        )
    return TurnRecord(
        id=turn.id or "",
        session=turn.session,
        bot=turn.bot,
        user=turn.user or "",
        at=heard.at,
        message=turn.message,
        reply=turn.reply,
        values=heard.values,
        conversation=heard.talk.id,
        processing_time_ms=took,
        recalled=None if memories is None else list(memories),
        quality=quality,
        before=heard.talk.last if heard.talk.reply else "",
        before_quality=v2(heard.content) if heard.talk.reply else None,
        agents=list(agents_of(heard)),
        model=turn.model or "",
        platform=turn.platform or source,
        language=turn.language or (language(turn.message) if turn.message else ""),
    )


def agents_of(heard: Heard) -> Iterator[AgentLog]:
    """What components made of a turn: those that its sender tells of, and what was read here.

    One that was at work several times is counted: "tool", "tool 2".
    """
    turn = heard.turn
    often: dict[tuple[str, str], int] = {}
    for one in turn.agents:
        count = often[one.role, one.agent] = often.get((one.role, one.agent), 0) + 1
        yield _log(
            heard,
            one.role,
            one.agent if count == 1 else f"{one.agent[:190]} {count}",
            one.output,
            confidence=one.confidence,
            duration_ms=one.duration_ms,
            span=one.span,
        )
    sides: tuple[tuple[Role, Literal["user", "bot"], Reading | None], ...] = (
        ("user", "user", heard.user_emotion),
        ("assistant", "bot", heard.bot_emotion),
    )
    for role, whose, mood in sides:
        if mood is not None and mood.primary != UNSURE and (role, "emotion") not in often:
            output = {
                "emotion": mood.primary,
                "intensity": heard.told(whose, "intensity"),
                "source": mood.source,
            }
            sure = heard.told(whose, "confidence")
            yield _log(heard, role, "emotion", output, confidence=sure)
    if turn.context is not None and ("user", "context") not in often:
        said = turn.context
        names = {n: getattr(said, n) for n in ("topic", "mode", "urgency", "intent")}
        if any(names.values()):
            yield _log(heard, "user", "context", names, confidence=said.confidence)


def _log(heard: Heard, role: Role, agent: str, output: dict[str, Any], **more: Any) -> AgentLog:
    known = {name: value for name, value in output.items() if value is not None}
    turn = heard.turn
    return AgentLog(
        session=turn.session,
        turn=turn.id or "",
        role=role,
        agent=agent,
        at=heard.at,
        output=known,
        **more,
    )
