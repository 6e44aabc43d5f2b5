"""The earlier documents' payloads, as their channels carry them, turned into our events."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from roomtone import events as wire
from roomtone.errors import BadEvent
from roomtone.events import (
    MAX_EMOJI,
    MAX_TEXT,
    Event,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    Refusal,
)
from roomtone.heard import MAX_NAME
from roomtone.sources import _payloads as read
from roomtone.sources._payloads import Raw
from roomtone.unread import sample

WIRE = "roomtone.events"
CHANNELS: Mapping[str, str] = {
    "platform.events.chat.message.v1": "chat",
    "platform.events.poll.vote.v1": "vote",
    "platform.events.poll.closed.v1": "closed",
    "sync-events": "sync",
    "platform.events.live.sync.v1": "sync",
    "platform.events.live.reaction.v1": "reaction",
    WIRE: "wire",
}
"""The channels and streams that are listened to, and what each carries."""

KINDS = ("chat", "vote", "closed", "sync", "reaction", "wire")

MAX_POLLS = 10_000
"""Of how many polls the session is remembered, for a closing that does not name it."""

UNREADABLE = "could not be read"
"""How the reason begins that should never be given."""

UNNAMED = "❔"
"""The emoji of a reaction that does not say which."""

_CONFERENCE = ("eventId", "event_id", "eventID")
_TEXT = ("text", "content", "body", "message")
_POLL = ("pollId", "poll_id", "pollID", "poll", "id")
_OPTION = ("optionId", "option_id", "optionID", "option", "optionIndex", "choice", "answer")
_REPLY = ("replyToId", "reply_to_id", "replyTo", "reply_to", "parentMessageId", "parentId")
_TARGET = ("targetId", "target_id", "target", "messageId", "message_id")
_EMOJI = ("emoji", "reaction", "emojiName", "reactionType", "reaction_type")

_SYNC: Mapping[str, str] = {
    **dict.fromkeys(("user_join", "user_joined", "join", "user.joined"), "join"),
    **dict.fromkeys(("user_leave", "user_left", "leave", "user.left"), "leave"),
    **dict.fromkeys(("reaction", "emoji", "reaction_added", "reaction_created"), "reaction"),
    **dict.fromkeys(("reaction_removed", "reaction_deleted"), "unreaction"),
    **dict.fromkeys(("message_created", "message", "chat_message"), "chat"),
    **dict.fromkeys(("poll_created", "poll_opened", "poll_started"), "opened"),
    **dict.fromkeys(("poll_vote", "poll_voted", "vote"), "vote"),
    **dict.fromkeys(("poll_closed", "poll_ended"), "closed"),
}
UNCOUNTED = frozenset(
    {"presence_update", "typing", "message_updated", "message_deleted", "heartbeat", "ping"}
)
"""What a sync channel carries beside, and what says nothing of engagement."""


@dataclass(slots=True)
class Taken:
    """What a payload said: events, what was refused and why, and whose conference it was."""

    events: list[Event] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)  # each event's place in the payload
    refusals: list[Refusal] = field(default_factory=list)
    samples: list[bytes] = field(default_factory=list)  # what was refused, its beginning
    uncounted: int = 0
    names: dict[str, str] = field(default_factory=dict)  # session: its event in the documents

    def refuse(self, place: int, reason: str, raw: bytes) -> None:
        """Note what could not be taken."""
        self.refusals.append(Refusal(place, reason))
        self.samples.append(sample(raw))


class Documents:
    """Turns payloads into events; remembers of polls alone in which session they are."""

    def __init__(self, remembered: int = MAX_POLLS) -> None:
        self._remembered = remembered
        self._polls: OrderedDict[str, str] = OrderedDict()
        self.fresh_polls: dict[str, str] = {}  # since somebody last took them to be kept

    def know_polls(self, polls: Mapping[str, str]) -> None:
        """Polls and their sessions, as they were kept from before."""
        fresh = {poll: s for poll, s in self.fresh_polls.items() if polls.get(poll) != s}
        for poll, session in polls.items():
            self._remember(poll, session)
        self.fresh_polls = fresh  # which nobody could be told of yet

    def take(self, kind: str, payload: bytes, key: Callable[[], str] | None = None) -> Taken:
        """What a payload of this kind says: one object, an array, or one object per line.

        Where `key` names this payload for good, events without an id of their own get one made of
        it, so that the same payload a second time is harmless.
        """
        taken = Taken()
        try:
            if kind == "wire":
                _take_wire(payload, taken)
            else:
                self._take_all(_PARSERS[kind], payload, taken)
        except Exception as error:  # one payload must not keep those behind it from coming in
            taken = Taken()
            taken.refuse(0, f"{UNREADABLE}: {type(error).__name__}; report it, with it", payload)
        if key is not None:
            name = ""
            for row, event in enumerate(taken.events):
                if event.id is None:
                    name = name or key()
                    id = f"{name}-{taken.kept[row]}"
                    taken.events[row] = msgspec.structs.replace(event, id=id)
        return taken

    def _take_all(self, parse: _Parser, payload: bytes, taken: Taken) -> None:
        for place, (item, trouble, its) in enumerate(read.items(payload)):
            try:
                if trouble:
                    raise BadEvent(trouble)
                self._take_one(parse, item, place, taken)
            except BadEvent as error:
                taken.refuse(place, str(error), its or msgspec.json.encode(item))

    def _take_one(self, parse: _Parser, item: Any, place: int, taken: Taken) -> None:
        if not isinstance(item, dict):
            raise BadEvent(
                f"{type(item).__name__} where an object was expected; send a JSON object"
            )
        raw = read.unwrap(item)
        event = parse(self, raw)
        if event is None:
            taken.uncounted += 1
            return
        taken.events.append(event)
        taken.kept.append(place)
        conference = read.first(raw, _CONFERENCE)
        if isinstance(conference, str | int) and 0 < len(str(conference)) <= MAX_NAME:
            taken.names[event.session] = str(conference)

    # -- one parser for each kind ------------------------------------------------------------

    def _chat(self, raw: Raw) -> Event:
        said = raw.get("message")
        inner = said if isinstance(said, dict) else read.inside(raw)
        text = read.first(raw, _TEXT)
        while isinstance(text, dict):
            text = read.first(text, _TEXT)
        if text is None:
            text = read.first(inner, _TEXT)
        if text is not None and not isinstance(text, str):
            raise BadEvent(f"the text is a {type(text).__name__}; send a string")
        text = text or ""
        if len(text) > MAX_TEXT:
            raise BadEvent(f"a text of {len(text):,} characters; send at most {MAX_TEXT:,}")
        role = read.either(raw, inner, ("role",))
        if read.either(raw, inner, ("isBot", "is_bot")) is True:
            role = "bot"
        return Message(
            session=read.session(raw, inner),
            id=read.own_id(raw, inner, ("messageId", "message_id", "id")),
            at=read.at(raw, inner),
            user=read.user(raw, inner),
            text=text,
            role=role if role in ("bot", "host") else "user",
            reply_to=read.name(read.either(raw, inner, _REPLY), "replyTo"),
        )

    def _vote(self, raw: Raw) -> Event:
        inner = read.inside(raw)
        session, poll = read.session(raw, inner), _poll(raw, inner)
        option = read.either(raw, inner, _OPTION)
        if isinstance(option, dict):
            option = option.get("id", option.get("text"))
        if option is None or isinstance(option, bool):
            option = ""
        if not isinstance(option, str | int) or len(str(option)) > MAX_NAME:
            raise BadEvent("the option is no short string or number; send its id")
        if isinstance(option, int) and not -(2**63) <= option < 2**63:
            option = str(option)
        self._remember(poll, session)
        own = read.own_id(raw, inner, ("voteId", "vote_id"))
        return PollVote(
            session=session,
            id=_mark("vote", own),
            at=read.at(raw, inner),
            user=read.user(raw, inner),
            poll=poll,
            option=option,
        )

    def _closed(self, raw: Raw) -> Event:
        inner = read.inside(raw)
        poll = _poll(raw, inner)
        session = read.name(read.either(raw, inner, read.SESSION), "sessionId") or self._polls.get(
            poll
        )
        if session is None:
            raise BadEvent(
                f"poll {poll!r} was closed without sessionId, and no vote of it was seen here; "
                "send sessionId"
            )
        return PollClosed(session=session, at=read.at(raw, inner), poll=poll)

    def _opened(self, raw: Raw) -> Event:
        inner = read.inside(raw)
        session, poll = read.session(raw, inner), _poll(raw, inner)
        question = read.either(raw, inner, ("question", "title", "text"))
        self._remember(poll, session)
        return PollOpened(
            session=session,
            at=read.at(raw, inner),
            poll=poll,
            question=question[:MAX_TEXT] if isinstance(question, str) else "",
        )

    def _reaction(self, raw: Raw) -> Event:
        return _react(raw, "add")

    def _sync(self, raw: Raw) -> Event | None:
        kind = read.first(raw, ("type", "eventType", "event_type", "action"))
        if not isinstance(kind, str):
            raise BadEvent("no `type`; send user_join, user_leave, reaction or message_created")
        word = kind.lower()
        if word in UNCOUNTED:
            return None
        meaning = _SYNC.get(word)
        if meaning is None:
            known = "user_join, user_leave, reaction, message_created"
            raise BadEvent(f"unknown type {kind[:40]!r}; known: {known}")
        if meaning in ("join", "leave"):
            inner = read.inside(raw)
            user = read.user(raw, inner)
            if user is None:
                raise BadEvent(f"{word} without userId tells nothing; say who")
            made = Join if meaning == "join" else Leave
            own = _mark(meaning, read.own_id(raw, inner, ("id",)))
            return made(session=read.session(raw, inner), id=own, at=read.at(raw, inner), user=user)
        if meaning == "unreaction":
            return _react(raw, "remove")
        return _PARSERS[meaning](self, raw)

    def _remember(self, poll: str, session: str) -> None:
        if self._polls.get(poll) != session and len(self.fresh_polls) < self._remembered:
            self.fresh_polls[poll] = session
        self._polls[poll] = session
        self._polls.move_to_end(poll)
        if len(self._polls) > self._remembered:
            self._polls.popitem(last=False)


# Where a payload holds one of these, an event needs the wire's closer look; see events.py.
_SUSPECT = re.compile(rb"\\|\x7f|0001-01-01|9999-12-31")
_one = msgspec.json.Decoder(Event)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)

_Parser = Callable[[Documents, Raw], Event | None]
_PARSERS: Mapping[str, _Parser] = {
    "chat": Documents._chat,
    "vote": Documents._vote,
    "closed": Documents._closed,
    "opened": Documents._opened,
    "sync": Documents._sync,
    "reaction": Documents._reaction,
}


def _react(raw: Raw, action: Any) -> Reaction:
    inner = read.inside(raw)
    emoji = read.either(raw, inner, _EMOJI)
    if isinstance(emoji, dict):
        emoji = read.first(emoji, ("emoji", "native", "name", "id"))
    emoji = read.name(emoji, "emoji") or UNNAMED
    if len(emoji) > MAX_EMOJI:
        raise BadEvent(f"an emoji of {len(emoji)} characters; send at most {MAX_EMOJI}")
    session, user, at = read.session(raw, inner), read.user(raw, inner), read.at(raw, inner)
    own = read.own_id(raw, inner, ("reactionId", "reaction_id", "id"))
    if own is None and user is not None and at is not None and at.microsecond:
        # The same reaction goes out on the sync and on the reaction channel, without an id on
        # either: who, what and the millisecond are the same on both.
        told = f"{user}\0{emoji}\0{at.timestamp()}".encode("utf-8", "surrogatepass")
        own = blake2b(told, digest_size=12).hexdigest()
    return Reaction(
        session=session,
        id=_mark("reaction" if action == "add" else "unreaction", own),
        at=at,
        user=user,
        emoji=emoji,
        target=read.name(read.either(raw, inner, _TARGET), "target"),
        action=action,
    )


def _poll(raw: Raw, inner: Raw) -> str:
    found = read.either(raw, inner, _POLL)
    if isinstance(found, dict):
        found = read.first(found, ("id", "pollId", "poll_id"))
    named = read.name(found, "pollId")
    if named is None:
        raise BadEvent("no `pollId`; say which poll")
    return named


def _mark(kind: str, own: str | None) -> str | None:
    """An id that no other kind of event has: the documents number each kind by itself."""
    return None if own is None else f"{kind}:{own}"[:MAX_NAME]


def _take_wire(payload: bytes, taken: Taken) -> None:
    if payload[:1] == b"{" and not _SUSPECT.search(payload):
        try:  # one event on its own, the usual case: at half the price
            taken.events.append(_one.decode(payload))
            taken.kept.append(0)
            return
        except _UNREADABLE:
            pass  # several lines, or what will be refused with its reason
    try:
        events, refusals, kept = wire.decode(payload)
    except ValueError as error:
        taken.refuse(0, str(error), payload)
        return
    taken.events, taken.kept = list(events), kept
    if refusals:
        raws = [its or msgspec.json.encode(item) for item, _, its in read.items(payload)]
        for refusal in refusals:
            place = refusal.index
            taken.refuse(place, refusal.reason, raws[place] if place < len(raws) else payload)
