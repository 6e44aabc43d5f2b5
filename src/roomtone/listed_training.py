"""Training data in dictionaries, counted anew each time it is asked for; for tests, by `listed`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any, Unpack

import msgspec

from roomtone.listed_kept import ListKept, Place, both
from roomtone.reacted import ReactionRecord, rating_of
from roomtone.records import Conversation, TurnRecord
from roomtone.reply_quality import anew
from roomtone.training_data import (
    BESIDE,
    CONTEXT,
    Consent,
    Dataset,
    KeptConversation,
    KeptMessage,
    KeptReaction,
    Revision,
    Role,
    TrainingSought,
    topics_of,
)

ROLES: tuple[Role, ...] = ("user", "assistant")


class ListTraining(ListKept):
    """A TrainingArchive in dictionaries; what is counted is counted when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.worded: dict[tuple[str, str], Consent] = {}
        self.made: dict[str, Dataset] = {}
        self.holds: dict[str, set[str]] = {}
        self.later: dict[tuple[str, str], tuple[float, datetime]] = {}  # what was said next, when

    async def add_turns(self, turns: Sequence[TurnRecord]) -> None:
        self.told |= {(turn.session, turn.id): turn for turn in turns}
        for turn in turns:
            if turn.before and turn.before_quality is not None:
                self.later[turn.session, turn.before] = (turn.before_quality, turn.at)
            await self.add_agent_logs(turn.agents)

    async def revise(self, revisions: Sequence[Revision]) -> None:
        for one in sorted(revisions, key=lambda one: one.number):
            place = (one.session, one.turn, one.role)
            stood = self._text(place)
            own = self.revised.setdefault(place, {})
            if one.number in own or any(old.why == "deleted" for old in own.values()):
                continue
            earlier = [number for number in own if number < one.number]
            if earlier:
                stood = own[max(earlier)].content
            before = one.before or ("" if own and not earlier else stood or "")
            own[one.number] = msgspec.structs.replace(one, before=before)
            if one.why == "deleted":
                for number, old in own.items():
                    own[number] = msgspec.structs.replace(old, before="", content="")
                self.logs = {key: log for key, log in self.logs.items() if key[:3] != place}

    async def set_consents(self, consents: Sequence[Consent]) -> None:
        for one in consents:
            known = self.worded.get((one.user, one.purpose))
            if known is None or known.at <= one.at:
                self.worded[one.user, one.purpose] = one

    async def put_dataset(self, dataset: Dataset) -> None:
        self.made[dataset.id] = dataset

    async def drop_dataset(self, id: str) -> bool:
        self.holds.pop(id, None)
        return self.made.pop(id, None) is not None

    async def mark_exported(
        self, ids: Sequence[int], dataset: str = "", *, flag: bool = True
    ) -> int:
        there = [one for one in self._every() if one.id in ids]
        if flag:
            self.exported |= {one.id for one in there}
        if dataset and there:
            reacted = {r.person for one in there for r in one.reactions if self._agreed(r.person)}
            self.holds.setdefault(dataset, set()).update({one.user for one in there} | reacted)
        return len(there)

    def forget_learnt(self, user: str, turns: Sequence[tuple[str, str]]) -> None:
        """Nothing of a person's turns is left, nor of what they agreed to."""
        self.revised = {key: own for key, own in self.revised.items() if key[:2] not in turns}
        self.logs = {key: log for key, log in self.logs.items() if key[:2] not in turns}
        self.worded = {key: one for key, one in self.worded.items() if key[0] != user}
        for people in self.holds.values():
            people.discard(user)

    async def consents(self, users: Sequence[str] | None = None) -> Sequence[Consent]:
        return [self.worded[key] for key in sorted(self.worded) if users is None or key[0] in users]

    async def datasets(
        self,
        *,
        user: str | None = None,
        id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Dataset]:
        found = [
            one
            for one in self.made.values()
            if (user is None or user in self.holds.get(one.id, ()))
            and id in (None, one.id)
            and status in (None, one.status)
        ]
        found.sort(key=lambda one: (one.made, one.id), reverse=True)
        return found[offset:] if limit is None else found[offset : offset + limit]

    async def count_datasets(self, *, user: str | None = None) -> int:
        return len(await self.datasets(user=user))

    async def training_page(
        self,
        *,
        after: int = 0,
        messages: int = 5_000,
        needs: Collection[str] | None = None,
        **sought: Unpack[TrainingSought],
    ) -> tuple[Sequence[KeptConversation], int | None]:
        only = sought.get("trainable", True)
        page: list[KeptConversation] = []
        total, last = 0, after
        for one in self._every():
            if one.id <= after or not self._is_sought(one, sought, only):
                continue
            if total >= max(1, messages):
                return page, last
            total, last = total + one.total_messages, one.id
            if only:
                one.messages = [message for message in one.messages if message.training_flag]
                one.reactions = [r for r in one.reactions if self._agreed(r.person)]
            for name in BESIDE:
                if needs is not None and name not in needs:
                    setattr(one, name, [])
            if one.messages:
                page.append(one)
        return page, None

    async def training_counts(
        self, *, brief: bool = False, **sought: Unpack[TrainingSought]
    ) -> Mapping[str, Any]:
        every, only = self._every(), sought.get("trainable")
        found = [one for one in every if self._is_sought(one, sought, only)]
        may = [one for one in every if self._is_sought(one, sought, True)]
        if brief:
            return {**_amounts(found), "trainable": _amounts(may)}
        bins = [0] * 20
        for one in found:
            if one.conversation_quality is not None:
                bins[min(19, int(one.conversation_quality * 20))] += 1
        facets = {
            name: Counter(said for one in found if (said := getattr(one, name)))
            for name in ("bot", "language")
        }
        facets["emotion"] = Counter(felt for x in found if (felt := self._talk(x).emotion))
        facets["meaning"] = Counter(
            meaning for one in found for meaning in {r.meaning for r in one.reactions if r.meaning}
        )
        given = [r for one in found for r in one.reactions if not only or self._agreed(r.person)]
        scores = [r.score for r in given if r.meaning == "RATING" and r.score is not None]
        return {
            **_amounts(found),
            "ratings": {
                "desirable": sum(score > 0.5 for score in scores),
                "undesirable": sum(score < 0.5 for score in scores),
            },
            "trainable": _amounts(may),
            "exported": sum(one.training_data_exported for one in found),
            "training_messages": sum(m.training_flag for one in found for m in one.messages),
            "quality": bins,
            **{
                name: dict(sorted(c.items(), key=lambda x: (-x[1], x[0]))[:50])
                for name, c in facets.items()
            },
        }

    def standing(self, turn: TurnRecord) -> TurnRecord:
        """A turn with its texts as they are now."""
        message, reply = (self._text(place) for place in both(turn))
        return TurnRecord(
            id=turn.id,
            session=turn.session,
            bot=turn.bot,
            user=turn.user,
            at=turn.at,
            values=turn.values,
            message=message,
            reply=reply,
            revised={
                place[2]: own[max(own)].why
                for place in both(turn)
                if (own := self.revised.get(place))
            },
        )

    def _agreed(self, user: str) -> bool:
        word = self.worded.get((user, "training"))
        return word is not None and word.granted

    def _talk(self, of: KeptConversation) -> Conversation:
        return next(talk for id, talk in self.talks.items() if self._number(id) == of.id)

    def _every(self) -> list[KeptConversation]:
        made = [self._kept(id, talk) for id, talk in self.talks.items()]
        return sorted((one for one in made if one.messages), key=lambda one: one.id)

    def _turns(self, id: str, talk: Conversation) -> list[TurnRecord]:
        def is_its(turn: TurnRecord) -> bool:
            if turn.conversation:
                return turn.conversation == id
            same = (turn.session, turn.bot, turn.user) == (talk.session, talk.bot, talk.user)
            return same and talk.started <= turn.at <= talk.ended

        return [turn for turn in self.told.values() if is_its(turn)]

    def _kept(self, id: str, talk: Conversation) -> KeptConversation:
        number, turns = self._number(id), self._turns(id, talk)
        messages = [one for turn in turns for one in self._messages(number, turn)]
        mine = [(at, one) for at, one in self.taken.items() if one.conversation == number]
        messages += [
            self._taken(at, one, self._agreed(talk.user)) for at, one in mine if self._stays(at)
        ]
        messages.sort(key=lambda one: (one.at_ms, one.id))
        keys = {(turn.session, turn.id) for turn in turns if any(map(self._text, both(turn)))}
        keys |= {at[:2] for at, _ in mine}
        logs = [log for key, log in self.logs.items() if key[:2] in keys]
        logs.sort(key=lambda one: (one.at, one.id))
        about = self.whole.get(id)
        said = topics_of(one.output for one in logs if one.agent == CONTEXT)
        latest = sorted(turns, key=lambda turn: (turn.at, turn.id))
        languages = Counter(one.language for one in turns if one.language for _ in both(one))
        last = max(
            (
                one.started
                for one in self.talks.values()
                if (one.session, one.bot, one.user) == (talk.session, talk.bot, talk.user)
            ),
            default=talk.started,
        )
        return KeptConversation(
            id=number,
            session=talk.session,
            bot=talk.bot,
            user=talk.user,
            started_ms=_ms(talk.started),
            ended_ms=_ms(talk.ended),
            platform=next(
                (t.platform for t in latest[::-1] if t.platform), about.platform if about else ""
            ),
            model_used=next(
                (t.model for t in latest[::-1] if t.model), about.model_used if about else ""
            ),
            language=min(
                languages,
                key=lambda one: (-languages[one], one),
                default=about.language if about else "",
            ),
            topics_discussed=(about.topics_discussed if about else ()) or tuple(said),
            is_active=talk.started == last,
            total_messages=len(messages),
            avg_response_time=_mean(one.processing_time for one in messages),
            avg_emotion_score=_mean(one.emotion_confidence for one in messages),
            conversation_quality=_mean(one.quality_score for one in messages),
            user_satisfaction=_mean(one.user_feedback for one in messages),
            training_data_exported=number in self.exported,
            messages=messages,
            reactions=[
                _reaction(one)
                for one in self.reacted.values()
                if (one.of.session, one.of.target) in keys
            ],
            revisions=[
                one
                for place, own in self.revised.items()
                if place[:2] in keys
                for _, one in sorted(own.items())
            ],
            agent_logs=logs,
        )

    def _messages(self, id: int, turn: TurnRecord) -> Iterable[KeptMessage]:
        for role, name in zip(ROLES, ("user_emotion", "bot_emotion"), strict=True):
            place: Place = (turn.session, turn.id, role)
            text = self._text(place)
            if text is None:
                continue
            felt: Mapping[str, Any] = turn.values.get(name, {})
            reply, took = role == "assistant", turn.processing_time_ms
            outputs = {log.agent: log.output for log in turn.agents if log.role == role}
            own = self.revised.get(place)
            changed = own[max(own)].at if own else turn.at
            scores = self._scores(turn, _ms(changed) if own else 0) if reply else []
            v2, at = self.later.get((turn.session, turn.id), (turn.quality_v2, changed))
            v2 = v2 if changed <= at else None  # it was said of another text
            score = anew(turn.quality, turn.reply or "", text)
            yield KeptMessage(
                id=self._number(place),
                conversation=id,
                turn=turn.id,
                role=role,
                content=text,
                at_ms=_ms(turn.at),
                emotion=felt.get("emotion", ""),
                emotion_raw=felt.get("raw_label", ""),
                emotion_confidence=felt.get("confidence"),
                emotion_intensity=felt.get("intensity"),
                processing_time=took / 1000 if reply and took is not None else None,
                quality_score=score if reply else None,
                quality_v2=v2 if reply else None,
                user_feedback=1 + 4 * fmean(scores) if scores else None,
                feedback_source="reaction" if scores else "",
                training_flag=self._agreed(turn.user),
                agent_outputs=msgspec.json.encode(outputs).decode() if outputs else "",
                memory_context=msgspec.json.encode(turn.recalled).decode()
                if reply and turn.recalled is not None
                else "",
                content_hash=hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest(),
                edited_ms=_ms(own[max(own)].at) if own else None,
            )

    def _scores(self, turn: TurnRecord, since: int) -> list[float]:
        return [
            score
            for one in self.reacted.values()
            if (one.of.session, one.of.target) == (turn.session, turn.id)
            and one.of.target_is != "user"
            and one.of.ms >= since
            and (score := rating_of(one)[1]) is not None
        ]

    def _is_sought(self, one: KeptConversation, sought: TrainingSought, only: Any) -> bool:
        asked: Mapping[str, Any] = {name: of for name, of in sought.items() if of is not None}
        quality = -1.0 if one.conversation_quality is None else one.conversation_quality
        spoken = any(m.voice_pitch is not None or m.voice_emotion for m in one.messages)
        return (
            one.id in asked.get("ids", [one.id])
            and all(
                asked.get(name, getattr(one, name)) == getattr(one, name)
                for name in ("bot", "user", "language")
            )
            and asked.get("emotion", self._talk(one).emotion) == self._talk(one).emotion
            and ("meaning" not in asked or asked["meaning"] in {r.meaning for r in one.reactions})
            and quality >= asked.get("least_quality", -1.0)
            and asked.get("voice", spoken) == spoken
            and asked.get("exported", one.training_data_exported) == one.training_data_exported
            and ("start" not in asked or one.ended_ms >= _ms(asked["start"]))
            and ("end" not in asked or one.ended_ms < _ms(asked["end"]))
            and (not only or self._agreed(one.user))
        )


def _reaction(one: ReactionRecord) -> KeptReaction:
    satisfaction, score = rating_of(one)
    return KeptReaction(
        turn=one.of.target,
        emoji=one.of.emoji,
        at=one.at,
        id=one.of.id,
        target_is=one.of.target_is,
        meaning=one.meaning or "",
        state=one.state,
        by=one.by,
        confidence=one.confidence,
        satisfaction=satisfaction,
        score=score,
        person=one.of.user,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _amounts(talks: Sequence[KeptConversation]) -> dict[str, int]:
    messages = [message for one in talks for message in one.messages]
    return {
        "conversations": len(talks),
        "messages": len(messages),
        "people": len({one.user for one in talks}),
        "characters": sum(len(one.content) for one in messages),
    }
