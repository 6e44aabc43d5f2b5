"""Conversations for tests of exports, and an archive of them in lists that can be broken off."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from roomtone.kept_columns import KeptColumns, columns_of
from roomtone.training_data import (
    Consent,
    Dataset,
    KeptConversation,
    KeptMessage,
    KeptReaction,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = [
    "tea",
    "rain",
    "walk",
    "dog",
    "song",
    "train",
    "cake",
    "moon",
    "code",
    "river",
    "lamp",
    "stone",
]


def conversation(id: int, user: str = "ann", turns: int = 2, seed: int = 0) -> KeptConversation:
    """A talk of so many turns, whose replies were rated now and then."""
    dice = random.Random(f"{seed} {id}")
    messages, reactions = [], []
    for turn in range(turns):
        at = round(NOON.timestamp() * 1000) + id * 60_000 + turn * 1000
        for side, role in enumerate(("user", "assistant")):
            text = " ".join(dice.choices(WORDS, k=8)) + f" {id} {turn}"
            messages.append(
                KeptMessage(
                    id * 100 + turn * 2 + side,
                    id,
                    f"t{turn}",
                    role,  # type: ignore[arg-type]
                    text,
                    at + side,
                    quality_score=dice.random() if side else None,
                    training_flag=True,
                )
            )
        meaning = dice.choice(["RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL"])
        reactions.append(
            KeptReaction(
                turn=f"t{turn}",
                emoji=dice.choice(["👍", "👎"]),
                at=NOON + timedelta(days=1),
                meaning=meaning,  # type: ignore[arg-type]
                state="judged",
                by="model",
                confidence=dice.choice([0.7, 0.95]),
                person=user,
            )
        )
    start = messages[0].at_ms
    return KeptConversation(
        id=id,
        session=f"s{id}",
        bot="luna",
        user=user,
        started_ms=start,
        ended_ms=messages[-1].at_ms,
        language="en",
        total_messages=len(messages),
        conversation_quality=0.7,
        messages=messages,
        reactions=reactions,
    )


class Killed(Exception):
    """The process ends here."""


class KeptArchive:
    """As much of a TrainingArchive as exports ask for; `die_at` ends it at that page."""

    def __init__(self, talks: Sequence[KeptConversation] = (), agreed: bool = True) -> None:
        self.talks = {one.id: one for one in talks}
        self.said: dict[str, Consent] = {}
        self.made: dict[str, Dataset] = {}
        self.held: dict[str, set[str]] = {}
        self.marked: set[int] = set()
        self.pages = 0
        self.die_at: int | None = None
        for user in {one.user for one in talks} if agreed else ():
            self.agree(user)

    def agree(self, user: str, yes: bool = True, basis: str = "consent") -> None:
        self.said[user] = Consent(
            user=user, purpose="training", granted=yes, at=NOON, basis=basis, by="test"
        )

    def _may(self, one: KeptConversation) -> bool:
        return one.user in self.said and self.said[one.user].granted

    def _sought(self, asked: Mapping[str, Any]) -> list[KeptConversation]:
        found = []
        for id in sorted(self.talks):
            one = self.talks[id]
            least = asked.get("least_quality")
            if asked.get("ids") is not None and id not in asked["ids"]:
                continue
            if least is not None and (one.conversation_quality or 0) < least:
                continue
            if asked.get("exported") is not None and (id in self.marked) != asked["exported"]:
                continue
            if all(
                asked.get(name) in (None, getattr(one, name))
                for name in ("bot", "user", "language")
            ):
                found.append(one)
        return found

    async def training_page(
        self, *, after: int = 0, messages: int = 5_000, needs: Any = None, **sought: Any
    ) -> tuple[Sequence[KeptConversation], int | None]:
        self.pages += 1
        if self.die_at is not None and self.pages >= self.die_at:
            raise Killed
        page: list[KeptConversation] = []
        count = 0
        for one in self._sought(sought):
            if one.id <= after or (sought.get("trainable", True) and not self._may(one)):
                continue
            if page and count >= messages:
                return page, page[-1].id
            page.append(one)
            count += len(one.messages)
        return page, None

    async def training_columns(self, *, needs: Any, **asked: Any) -> tuple[KeptColumns, int | None]:
        page, then = await self.training_page(needs=needs, **asked)
        return columns_of(page, needs), then

    async def training_counts(self, *, brief: bool = False, **sought: Any) -> Mapping[str, Any]:
        found = self._sought(sought)
        if sought.get("trainable"):
            found = [one for one in found if self._may(one)]
        return {
            **_amounts(found),
            "trainable": _amounts([one for one in found if self._may(one)]),
            "exported": sum(one.id in self.marked for one in found),
            "training_messages": 0,
            "quality": [0] * 20,
            "bot": dict(Counter(one.bot for one in found)),
            "emotion": {},
            "language": dict(Counter(one.language for one in found)),
            "meaning": {},
        }

    async def mark_exported(
        self, ids: Sequence[int], dataset: str = "", *, flag: bool = True
    ) -> int:
        there = [id for id in ids if id in self.talks]
        if flag:
            self.marked |= set(there)
        if dataset:
            self.held.setdefault(dataset, set()).update(self.talks[id].user for id in there)
        return len(there)

    async def consents(self, users: Sequence[str] | None = None) -> Sequence[Consent]:
        return [one for one in self.said.values() if users is None or one.user in users]

    async def put_dataset(self, dataset: Dataset) -> None:
        self.made[dataset.id] = replace(dataset)

    async def datasets(
        self,
        *,
        user: str | None = None,
        id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Dataset]:
        found = [one for one in self.made.values() if not user or user in self.held.get(one.id, ())]
        found = [one for one in found if id in (None, one.id) and status in (None, one.status)]
        found.sort(key=lambda one: one.made, reverse=True)
        return found[offset:] if limit is None else found[offset : offset + limit]

    async def count_datasets(self, *, user: str | None = None) -> int:
        return len(await self.datasets(user=user))

    async def drop_dataset(self, id: str) -> bool:
        return self.made.pop(id, None) is not None

    async def key(self, name: str) -> bytes:
        return name.encode().ljust(32, b"k")


def _amounts(talks: Sequence[KeptConversation]) -> dict[str, int]:
    messages = [message for one in talks for message in one.messages]
    return {
        "conversations": len(talks),
        "messages": len(messages),
        "people": len({one.user for one in talks}),
        "characters": sum(len(one.content) for one in messages),
    }
