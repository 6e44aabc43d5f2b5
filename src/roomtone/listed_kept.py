"""What was kept elsewhere, taken into dictionaries whole; for tests, by `listed_training`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from roomtone.listed_reactions import ListReactions
from roomtone.reacted import records_of
from roomtone.records import Conversation, TurnRecord, conversation_id
from roomtone.training_data import AgentLog, KeptConversation, KeptMessage, Revision, Role

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Place = tuple[str, str, Role]
ROLES: tuple[Role, ...] = ("user", "assistant")


class ListKept(ListReactions):
    """Texts by their places, each with a number of its own: as told, or taken in whole."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[tuple[str, str], TurnRecord] = {}
        self.talks: dict[str, Conversation] = {}
        self.revised: dict[Place, dict[int, Revision]] = {}
        self.logs: dict[tuple[str, str, str, str], AgentLog] = {}
        self.exported: set[int] = set()
        self.taken: dict[Place, KeptMessage] = {}  # as they were kept elsewhere
        self.whole: dict[str, KeptConversation] = {}
        self._numbers: dict[Any, int] = {}
        self._given: set[int] = set()
        self._last = 0

    async def keep(
        self, conversations: Sequence[KeptConversation]
    ) -> tuple[Mapping[int, int], Sequence[int]]:
        ids: dict[int, int] = {}
        new = []
        for talk in conversations:
            started = EPOCH + timedelta(milliseconds=talk.started_ms)
            key = conversation_id(talk.session, talk.bot, talk.user, started)
            if key not in self.talks:
                self.talks[key] = Conversation(
                    session=talk.session,
                    bot=talk.bot,
                    user=talk.user,
                    started=started,
                    ended=EPOCH + timedelta(milliseconds=talk.ended_ms),
                    turns=len({one.turn for one in talk.messages}),
                )
                new.append(self._number(key, talk.id))
                self.whole[key] = msgspec.structs.replace(talk, messages=[])
                self.exported |= {new[-1]} if talk.training_data_exported else set()
            ids[talk.id] = id = self._number(key)
            places = {(talk.session, one.turn, one.role): one.id for one in talk.messages}
            free = all(self._numbers.get(p, n) == n for p, n in places.items()) and all(
                n > 0 and (n not in self._given or p in self._numbers) for p, n in places.items()
            )
            for one in talk.messages:
                place: Place = (talk.session, one.turn, one.role)
                known = place in self.taken or self._text(place) is not None
                if not known and not self._is_deleted(place):
                    number = self._number(place, one.id if free else 0)
                    self.taken[place] = msgspec.structs.replace(one, id=number, conversation=id)
            for revision in talk.revisions:
                own = self.revised.setdefault((talk.session, revision.turn, revision.role), {})
                own.setdefault(revision.number, revision)
            for log in talk.agent_logs:
                name = (log.session, log.turn, log.role, log.agent)
                if name not in self.logs and not self._is_deleted(name[:3]):
                    number = self._number(("log", name), log.id)
                    self.logs[name] = msgspec.structs.replace(log, id=number)
            for record in records_of(talk):
                self.reacted.setdefault(record.of.id, record)
        return ids, new

    async def add_agent_logs(self, logs: Sequence[AgentLog]) -> None:
        for one in logs:
            place: Place = (one.session, one.turn, one.role)
            if not self._is_deleted(place):
                key = (*place, one.agent)
                id = self._number(("log", key))
                self.logs[key] = msgspec.structs.replace(one, id=id)

    def _is_deleted(self, place: Place) -> bool:
        return any(one.why == "deleted" for one in self.revised.get(place, {}).values())

    def _text(self, place: Place) -> str | None:
        turn = self.told.get(place[:2])
        said = None if turn is None else turn.message if place[2] == "user" else turn.reply
        if said is None or self._is_deleted(place):
            return None
        own = self.revised.get(place)
        return own[max(own)].content if own else said

    def _number(self, of: Any, wish: int = 0) -> int:
        if of not in self._numbers:
            number = wish if wish > 0 and wish not in self._given else self._last + 1
            self._last = max(self._last, number)
            self._given.add(number)
            self._numbers[of] = number
        return self._numbers[of]

    def _stays(self, place: Place) -> bool:
        """Whether what was taken in is not deleted, and not told of as a turn since."""
        return not self._is_deleted(place) and self._text(place) is None

    def _taken(self, place: Place, one: KeptMessage, agreed: bool) -> KeptMessage:
        own = self.revised.get(place)
        content = own[max(own)].content if own else one.content
        return msgspec.structs.replace(one, content=content, training_flag=agreed)


def both(turn: TurnRecord) -> list[Place]:
    return [(turn.session, turn.id, role) for role in ROLES]
