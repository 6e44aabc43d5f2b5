"""Turns what Discord's gateway says into events; what it has to remember for that is bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from roomtone import events as wire
from roomtone.errors import BadEvent
from roomtone.events import (
    Event,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    Turn,
)
from roomtone.sources import _discord_payloads as payloads
from roomtone.sources._discord_address import Address
from roomtone.sources._discord_edits import Edits, joined
from roomtone.sources._discord_known import Emojis, Known, Reactions
from roomtone.sources._discord_missed import Ask, missed
from roomtone.sources._discord_payloads import Guild, Reacted, Said, User, Voice, moment

MOST_WAITING = 1_000
"""In how many private chats something is remembered that the bot has not answered yet."""

MOST_UNANSWERED = 100
"""How many messages of one such chat; with more the bot answers nobody any more."""


class Talk:
    """Reads dispatches in their order. `mark` names each for good: Discord's session and number.

    What has an id of Discord's own has that id here, a turn that of the bot's answer. What has
    none (a reaction, a join) is named by its mark, so that a dispatch that comes twice counts once.
    """

    def __init__(self, address: Address, ask: Ask) -> None:
        self._address, self._ask = address, ask
        self._bots: dict[str, str] = dict(address.bots)  # those whose answers are turns
        self._machines: Known[str, None] = Known()  # all bots that were seen
        self._names: Known[str, str] = Known()
        self._parents: Known[str, str] = Known()  # of threads; "" of what is none
        self._emoji = Emojis()
        self._edits = Edits()
        self._loading: Known[str, None] = Known()
        self._waiting: Known[str, list[Said]] = Known(MOST_WAITING)  # in private chats
        self._partners: Known[str, str] = Known()  # who talks in a private chat
        self._reactions = Reactions()
        self.newest = 0  # id of a message
        self.since = 0  # what was said after this id may have been missed; 0: nothing was
        self._voices: dict[tuple[str, str], str] = {}  # guild, user: channel
        self._takes: dict[str, Callable[[Any, str], Awaitable[list[Event]]]] = {
            "MESSAGE_CREATE": self._message,
            "MESSAGE_UPDATE": self._changed,
            "MESSAGE_DELETE": self._removed,
            "MESSAGE_DELETE_BULK": self._removed,
            "MESSAGE_REACTION_ADD": self._reaction,
            "MESSAGE_REACTION_REMOVE": self._unreaction,
            "MESSAGE_REACTION_REMOVE_ALL": self._clear,
            "MESSAGE_REACTION_REMOVE_EMOJI": self._clear,
            "MESSAGE_POLL_VOTE_ADD": self._vote,
            "GUILD_MEMBER_ADD": self._came,
            "GUILD_MEMBER_REMOVE": self._went,
            "VOICE_STATE_UPDATE": self._voice,
            "THREAD_MEMBERS_UPDATE": self._thread_members,
            "GUILD_CREATE": self._guild,
        }

    def meet(self, user: User) -> None:
        """Whose token it is: a bot whose answers are turns, unless the URL names others."""
        self._machines.keep(user.id, None)
        if not self._address.bots:
            self._bots = {user.id: user.username or user.id}

    async def take(self, kind: str, payload: bytes, mark: str) -> list[Event]:
        """The events of a dispatch of one of KINDS. Raises BadEvent for what cannot be read."""
        said = payloads.read(kind, payload)
        if kind == "MESSAGE_UPDATE" and said.id in self._loading and not said.is_loading:
            kind, said = "MESSAGE_CREATE", payloads.read("MESSAGE_CREATE", payload)
        if kind in ("THREAD_CREATE", "THREAD_UPDATE"):
            self._learn([said])
        elif kind == "THREAD_LIST_SYNC":
            self._learn(said.threads)
        take = self._takes.get(kind)
        if take is None:
            return []
        events = await take(said, mark)
        if events:
            _, refusals, _ = wire.decode(wire.encode(events))
            if refusals:
                raise BadEvent(f"{kind}: {refusals[0].reason}")
        return events

    # -- who and where -----------------------------------------------------------------------

    async def _hears(self, guild: str | None, channel: str) -> bool:
        """Whether the URL asks for this channel."""
        address = self._address
        if channel in address.channels:
            return True
        if guild is None:
            return address.dms
        if guild in address.guilds:
            return True
        if not address.channels:
            return False
        parent = self._parents.get(channel)
        if parent is None:
            parent = await self._ask.parent(channel) or ""
            self._parents.keep(channel, parent)
        return parent in address.channels

    def _learn(self, threads: list[payloads.Thread]) -> None:
        for one in threads:
            own = one.type in payloads.THREADS
            self._parents.keep(one.id, (one.parent_id or "") if own else "")

    async def _called(self, id: str, user: User | None = None) -> str:
        """What a person is called here."""
        if not self._address.usernames:
            return id
        if user is None and id not in self._names:
            user = await self._ask.user(id)
        if user is not None:
            self._names.keep(id, user.name or id)
        return self._names.get(id, id)

    async def _bot(self, id: str | None, user: User | None = None) -> str | None:
        """What a bot is called whose answers are turns; None for everybody else."""
        if id is None or id not in self._bots:
            return None
        if not self._bots[id] and (user := user or await self._ask.user(id)) is not None:
            self._bots[id] = user.username
        return self._bots[id] or None

    def _is_bot(self, id: str, user: User | None = None) -> bool:
        if user is not None and user.bot:
            self._machines.keep(id, None)
        return id in self._bots or id in self._machines

    # -- messages ----------------------------------------------------------------------------

    async def _message(self, said: Said, mark: str) -> list[Event]:
        self.newest = max(self.newest, int(said.id))
        if not await self._hears(said.guild_id, said.channel_id):
            return []
        session, at = self._address.session(said.channel_id), moment(said.id)
        if said.type == payloads.POLL_RESULT and said.answers:
            closed = PollClosed(session=session, id=f"{said.id}/closed", at=at, poll=said.answers)
            return [closed]
        if said.type not in payloads.SAID:
            return []
        if said.author.id in self._bots:
            if said.is_loading:
                self._loading.keep(said.id, None)
                return []
            self._loading.pop(said.id, None)
            if (turn := await self._turn(said)) is not None:
                return [turn]
        self._edits.pass_by(said.id)
        bot = self._is_bot(said.author.id, said.author)
        if not bot and said.guild_id is None:
            self._wait(said)
            return []
        user = await self._called(said.author.id, said.author)
        message = Message(
            session=session,
            id=said.id,
            at=at,
            user=user,
            text=said.text,
            role="bot" if bot else "user",
            reply_to=said.answers,
        )
        if said.poll is None:
            return [message]
        opened = PollOpened(
            session=session,
            id=f"{said.id}/poll",
            at=at,
            user=user,
            poll=said.id,
            question=said.poll.question.text or "",
            options=[one.poll_media.text or "" for one in said.poll.answers],
        )
        return [message, opened]

    def _wait(self, said: Said) -> None:
        """What a person says in private waits for the bot's answer: together they are a turn."""
        waiting = self._waiting.get(said.channel_id, [])
        self._waiting.keep(said.channel_id, [*waiting, said][-MOST_UNANSWERED:])
        self._partners.keep(said.channel_id, said.author.id)

    async def _turn(self, reply: Said) -> Turn | None:
        """A bot's message as the answer that it is; None where it answers no person."""
        asked: Said | None = None
        person: User | None = None
        began, answered = "", list[Said]()
        if reply.answers is not None:
            asked = reply.referenced_message
            if asked is None:
                where = reply.message_reference
                channel = (where and where.channel_id) or reply.channel_id
                asked = await self._ask.message(channel, reply.answers)
        if asked is not None:
            if self._is_bot(asked.author.id, asked.author):
                return None
            person, began, answered = asked.author, asked.id, [asked]
        elif reply.interaction_metadata is not None:
            person, began = reply.interaction_metadata.user, reply.interaction_metadata.id
        if reply.guild_id is None:
            waiting = self._waiting.get(reply.channel_id, [])
            if waiting and (asked is None or asked.id in [one.id for one in waiting]):
                del self._waiting[reply.channel_id]
                person, began, answered = waiting[-1].author, waiting[-1].id, waiting
        user = None if person is None else await self._called(person.id, person)
        if user is None and reply.guild_id is None and reply.channel_id in self._partners:
            user = await self._called(self._partners[reply.channel_id])
        if user is None:
            return None
        at = reply.edited_timestamp or moment(reply.id)  # of one that took its time: when it stood
        took = (at - moment(began)).total_seconds() * 1000 if began else -1.0
        mention = f"<@{reply.author.id}>"
        turn = Turn(
            session=self._address.session(reply.channel_id),
            id=reply.id,
            at=at,
            user=user,
            bot=await self._bot(reply.author.id, reply.author) or reply.author.id,
            message=joined([one.text for one in answered], mention) or None,
            reply=reply.text or None,
            processing_time_ms=took if 0 <= took <= 86_400_000 else None,
        )
        self._edits.hold(turn, mention, answered)
        return turn

    async def _changed(self, said: payloads.Changed, mark: str) -> list[Event]:
        channel = said.channel_id
        if channel is None or not await self._hears(said.guild_id, channel):
            return []
        for one in self._waiting.get(channel, ()):
            if one.id == said.id and said.text:
                one.content = said.text  # it is not answered yet
        bot = None if said.author is None else await self._bot(said.author.id, said.author)
        return [*self._edits.changed(said, self._address.session(channel), bot)]

    async def _removed(self, gone: payloads.Removed, mark: str) -> list[Event]:
        if not await self._hears(gone.guild_id, gone.channel_id):
            return []
        ids = [gone.id] if gone.id is not None else gone.ids
        if (waiting := self._waiting.get(gone.channel_id)) is not None:
            waiting[:] = [one for one in waiting if one.id not in ids]
        bot = await self._bot(next(iter(self._bots))) if len(self._bots) == 1 else None
        session = self._address.session(gone.channel_id)
        return [told for id in ids for told in self._edits.removed(id, session, bot)]

    # -- reactions and votes -----------------------------------------------------------------

    async def _reaction(self, one: Reacted, mark: str) -> list[Event]:
        return await self._react(one, mark, "add")

    async def _unreaction(self, one: Reacted, mark: str) -> list[Event]:
        return await self._react(one, mark, "remove")

    async def _react(self, one: Reacted, mark: str, action: Any) -> list[Event]:
        if one.user_id is None or one.emoji is None:
            raise BadEvent("a reaction without a person or an emoji tells nothing")
        account = one.member.user if one.member is not None else None
        if not await self._hears(one.guild_id, one.channel_id):
            return []
        if self._is_bot(one.user_id, account):
            return []  # a bot that offers buttons feels nothing
        user, emoji = await self._called(one.user_id, account), self._emoji.written(one.emoji)
        bot = await self._bot(one.message_author_id)
        if action == "remove":
            bot = self._reactions.remove(one.message_id, user, emoji)
        elif one.guild_id is None and one.message_author_id is not None and bot is None:
            return []  # to what he said himself: it stands in a turn, and is none
        else:
            self._reactions.add(one.message_id, user, emoji, bot)
        return [self._reacted(one, user, emoji, bot, mark, action)]

    async def _clear(self, one: Reacted, mark: str) -> list[Event]:
        emoji = None if one.emoji is None else self._emoji.written(one.emoji)
        gone = self._reactions.clear(one.message_id, emoji)
        return [
            self._reacted(one, user, given, bot, f"{mark}/{n}", "remove")
            for n, (user, given, bot) in enumerate(gone)
        ]

    def _reacted(
        self, one: Reacted, user: str, emoji: str, bot: str | None, mark: str, action: Any
    ) -> Reaction:
        return Reaction(
            session=self._address.session(one.channel_id),
            id=f"{one.message_id}/{mark}",
            user=user,
            emoji=emoji,
            target=one.message_id,
            action=action,
            bot=bot,
        )

    async def _vote(self, one: payloads.Voted, mark: str) -> list[Event]:
        if not await self._hears(one.guild_id, one.channel_id):
            return []
        vote = PollVote(
            session=self._address.session(one.channel_id),
            id=f"{one.message_id}/{mark}",
            user=await self._called(one.user_id),
            poll=one.message_id,
            option=one.answer_id,
        )
        return [vote]

    # -- coming and going --------------------------------------------------------------------

    async def _came(self, one: payloads.Came, mark: str) -> list[Event]:
        return await self._passes(Join, one, mark)

    async def _went(self, one: payloads.Came, mark: str) -> list[Event]:
        return await self._passes(Leave, one, mark)

    async def _passes(
        self, kind: type[Join] | type[Leave], one: payloads.Came, mark: str
    ) -> list[Event]:
        session = self._address.guilds.get(one.guild_id)
        if session is None or self._is_bot(one.user.id, one.user):
            return []
        return [kind(session=session, id=mark, user=await self._called(one.user.id, one.user))]

    async def _thread_members(self, one: payloads.ThreadMembers, mark: str) -> list[Event]:
        if not await self._hears(one.guild_id, one.id):
            return []
        session, events = self._address.session(one.id), list[Event]()
        for came in one.added_members:
            account = came.member.user if came.member is not None else None
            id = came.user_id or (account.id if account is not None else None)
            if id is not None and not self._is_bot(id, account):
                user = await self._called(id, account)
                events.append(Join(session=session, id=f"{mark}/{id}", user=user))
        for id in one.removed_member_ids:
            if not self._is_bot(id):
                user = await self._called(id)
                events.append(Leave(session=session, id=f"{mark}/{id}", user=user))
        return events

    async def _voice(self, voice: Voice, mark: str) -> list[Event]:
        if voice.guild_id is None:
            return []
        account = voice.member.user if voice.member is not None else None
        if self._is_bot(voice.user_id, account):
            return []
        channel = voice.channel_id
        if channel is not None and not await self._hears(voice.guild_id, channel):
            channel = None
        return await self._move(voice.guild_id, voice.user_id, account, channel, mark)

    async def _move(
        self, guild: str, user: str, account: User | None, channel: str | None, mark: str
    ) -> list[Event]:
        """Somebody is in another voice or stage channel than before, or in none any more."""
        before = self._voices.get((guild, user))
        if before == channel:
            return []  # he muted himself, say
        called, events = await self._called(user, account), list[Event]()
        if before is not None:
            del self._voices[guild, user]
            left = self._address.session(before)
            events.append(Leave(session=left, id=f"{mark}/{user}/out", user=called))
        if channel is not None:
            self._voices[guild, user] = channel
            entered = self._address.session(channel)
            events.append(Join(session=entered, id=f"{mark}/{user}", user=called))
        return events

    async def _guild(self, guild: Guild, mark: str) -> list[Event]:
        """A guild as it is now: who is in its voice channels came, who is no longer has left."""
        self._learn(guild.channels)
        self._learn(guild.threads)
        there = {voice.user_id: voice for voice in guild.voice_states}
        events: list[Event] = []
        for at, user in [key for key in self._voices if key[0] == guild.id]:
            if user not in there:
                events += await self._move(at, user, None, None, mark)
        for voice in there.values():
            voice.guild_id = guild.id
            events += await self._voice(voice, mark)
        if self.since:
            for said in await missed(guild, self.since, self._hears, self._ask):
                events += await self._message(said, mark)
        return events
