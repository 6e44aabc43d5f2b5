"""What cleans an export: personal data is replaced, what is there already left out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from roomtone.duplicates import Duplicates
from roomtone.ports_training import TrainingArchive
from roomtone.redaction import Redactor
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.export_rows import Cleaner, Known
from roomtone.runtime.exporting import Cleaning
from roomtone.training_data import (
    AgentLog,
    KeptConversation,
    KeptMessage,
    KeptReaction,
    Revision,
)

KEY = "redaction"
"""The name of the key in the archive, of which each seed has one of its own."""

_KEPT = frozenset({"id", "tier", "at", "tags"})
"""Of a memory: what is no text of a person's."""


class Keys(Protocol):
    """The part of an archive that keeps keys."""

    async def key(self, name: str) -> bytes: ...


async def cleaning(archive: TrainingArchive, plan: Plan) -> Cleaning:
    """What makes both anew for each attempt, as a plan asks for them."""
    keys: Any = archive
    key = await keys.key(KEY) if plan.redact else b""

    def fresh(plan: Plan) -> tuple[Cleaner | None, Known | None]:
        cleaner = Redacting(key, plan.seed) if plan.redact else None
        return cleaner, Duplicates() if plan.dedupe else None

    return fresh


class Redacting:
    """Replaces personal data in all that a conversation holds: texts, names, and who it is.

    Who it is goes by the same name as it does in texts, where the person's id is their name. Under
    another seed all names are others, so that two datasets cannot be joined by them.
    """

    def __init__(self, key: bytes, seed: int) -> None:
        own = hmac.digest(key, f"dataset {seed}".encode(), "sha256")
        self._redactor = Redactor(own)
        self._before: dict[str, int] = {}

    def clean(self, one: KeptConversation) -> KeptConversation:
        """The same conversation without it."""
        redactor = self._redactor.knowing([one.user] if one.user else ())
        text = redactor.cleaned
        who = self._who
        return replace(
            one,
            user=who(one.user),
            session=self._place("session", one.session),
            topics_discussed=tuple(map(text, one.topics_discussed)),
            messages=[self._message(message, text) for message in one.messages],
            reactions=[self._reaction(reaction) for reaction in one.reactions],
            revisions=[self._revision(revision, text) for revision in one.revisions],
            agent_logs=[self._log(log, text) for log in one.agent_logs],
            memories=[_inside(memory, text) for memory in one.memories],
        )

    def _who(self, user: str) -> str:
        return self._redactor.pseudonym("person", " ".join(user.split()).lower()) if user else ""

    def _place(self, kind: str, name: str) -> str:
        """What stands for the name of a session or turn: often it is made of a person's."""
        return self._redactor.pseudonym(kind, name) if name else ""

    def _message(self, one: KeptMessage, text: Any) -> KeptMessage:
        content = text(one.content)
        outputs, memories = one.agent_outputs, one.memory_context
        return replace(
            one,
            turn=self._place("turn", one.turn),
            content=content,
            agent_outputs=_json(outputs, text),
            memory_context=_json(memories, text),
            content_hash="" if content != one.content else one.content_hash,
        )

    def _reaction(self, one: KeptReaction) -> KeptReaction:
        return replace(one, id="", turn=self._place("turn", one.turn), person=self._who(one.person))

    def _revision(self, one: Revision, text: Any) -> Revision:
        return replace(
            one,
            before=text(one.before),
            content=text(one.content),
            by=self._who(one.by),
            session=self._place("session", one.session),
            turn=self._place("turn", one.turn),
            user=self._who(one.user),
        )

    def _log(self, one: AgentLog, text: Any) -> AgentLog:
        session, turn = self._place("session", one.session), self._place("turn", one.turn)
        return replace(one, session=session, turn=turn, output=_inside(one.output, text))

    def report(self) -> dict[str, int]:
        """How often each kind was replaced."""
        found = dict(self._before)
        for kind, many in self._redactor.report().items():
            found[kind] = found.get(kind, 0) + many
        return found

    def restore(self, report: Mapping[str, int]) -> None:
        """Count on from there."""
        self._before = dict(report)
        self._redactor.counts.clear()


def _json(told: str, text: Any) -> str:
    """JSON with its texts cleaned; what is none is cleaned as a text."""
    if not told:
        return told
    try:
        return msgspec.json.encode(_inside(msgspec.json.decode(told), text)).decode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        cleaned: str = text(told)
        return cleaned


def _inside(value: Any, text: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {
            name: one if name in _KEPT and isinstance(one, str) else _inside(one, text)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_inside(one, text) for one in value]
    return value
