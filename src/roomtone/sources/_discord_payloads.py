"""What Discord's gateway says, as far as it is read: typed, and everything else passed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from roomtone.errors import BadEvent
from roomtone.events import explain_refusal

EPOCH_MS = 1_420_070_400_000
"""From where Discord counts the milliseconds in an id: the first moment of 2015."""

DISPATCH, READY, RESUMED = 0, "READY", "RESUMED"

SAID = (0, 19, 20, 23)
"""Types of messages that somebody wrote: plain, a reply, an answer to a command (two kinds)."""

LOADING = 1 << 7
"""The flag of an answer that is still to come: Discord shows that the bot thinks."""

POLL_RESULT = 46
THREADS = (10, 11, 12)

Id = Annotated[str, Meta(pattern=r"^\d{1,20}$")]


class Frame(msgspec.Struct):
    """The envelope of all that comes: what it is, its number in the session, and what it holds."""

    op: int
    t: str | None = None
    s: int | None = None
    d: msgspec.Raw = msgspec.Raw(b"null")


class User(msgspec.Struct):
    id: Id
    username: str = ""
    discriminator: str = "0"
    bot: bool = False

    @property
    def name(self) -> str:
        """What Discord knows the account by: unique, for bots with their four digits."""
        old = self.discriminator not in ("", "0", "0000")
        return f"{self.username}#{self.discriminator}" if old else self.username


class Member(msgspec.Struct):
    user: User | None = None


class Reference(msgspec.Struct):
    message_id: Id | None = None
    channel_id: Id | None = None
    type: int = 0  # 1: forwarded, which answers nothing


class Embed(msgspec.Struct):
    title: str | None = None
    description: str | None = None


class Words(msgspec.Struct):
    text: str | None = None


class Answer(msgspec.Struct):
    answer_id: int
    poll_media: Words = msgspec.field(default_factory=Words)


class Poll(msgspec.Struct):
    question: Words = msgspec.field(default_factory=Words)
    answers: list[Answer] = []


class Asked(msgspec.Struct):
    """The command that a message answers: when it was given, and by whom."""

    id: Id
    user: User


class Said(msgspec.Struct):
    """A message. Without the right to its content Discord leaves the content empty."""

    id: Id
    channel_id: Id
    author: User
    guild_id: Id | None = None
    content: str = ""
    type: int = 0
    flags: int = 0
    edited_timestamp: datetime | None = None
    embeds: list[Embed] = []
    message_reference: Reference | None = None
    referenced_message: Said | None = None
    interaction_metadata: Asked | None = None
    poll: Poll | None = None

    @property
    def is_loading(self) -> bool:
        """Whether the bot still thinks of it."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """What it says; of one that is all cards, what is written on these."""
        return text_of(self.content, self.embeds)

    @property
    def answers(self) -> str | None:
        """The id of the message that it answers."""
        reference = self.message_reference
        return None if reference is None or reference.type else reference.message_id


class Emoji(msgspec.Struct):
    id: Id | None = None
    name: str | None = None


class Reacted(msgspec.Struct):
    """A reaction that came or went; without an emoji or a person, all of them went."""

    channel_id: Id
    message_id: Id
    user_id: Id | None = None
    guild_id: Id | None = None
    emoji: Emoji | None = None
    member: Member | None = None
    message_author_id: Id | None = None  # told of those that came alone


class Voted(msgspec.Struct):
    user_id: Id
    channel_id: Id
    message_id: Id
    answer_id: int
    guild_id: Id | None = None


class Came(msgspec.Struct):
    """Somebody who came to a guild, or left it."""

    guild_id: Id
    user: User


class Voice(msgspec.Struct):
    """In which voice or stage channel somebody is; in none: he has left."""

    user_id: Id
    channel_id: Id | None = None
    guild_id: Id | None = None
    member: Member | None = None


class Thread(msgspec.Struct):
    id: Id
    parent_id: Id | None = None
    last_message_id: Id | None = None
    type: int = 0


class Threads(msgspec.Struct):
    threads: list[Thread] = []


class ThreadMember(msgspec.Struct):
    user_id: Id | None = None
    member: Member | None = None


class ThreadMembers(msgspec.Struct):
    id: Id
    guild_id: Id | None = None
    added_members: list[ThreadMember] = []
    removed_member_ids: list[Id] = []


class Guild(msgspec.Struct):
    id: Id
    channels: list[Thread] = []
    threads: list[Thread] = []
    voice_states: list[Voice] = []


class Changed(msgspec.Struct):
    """A message that was changed; what it says now need not be there."""

    id: Id
    flags: int = 0
    channel_id: Id | None = None
    guild_id: Id | None = None
    author: User | None = None
    content: str = ""
    embeds: list[Embed] = []
    edited_timestamp: datetime | None = None

    @property
    def is_loading(self) -> bool:
        """Whether the bot still thinks of it."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """What it says."""
        return text_of(self.content, self.embeds)


class Removed(msgspec.Struct):
    """Messages that are gone: one, or many at once."""

    channel_id: Id
    id: Id | None = None
    ids: list[Id] = []
    guild_id: Id | None = None


class Ready(msgspec.Struct):
    session_id: str
    user: User


KINDS: dict[str, Any] = {
    "MESSAGE_CREATE": Said,
    "MESSAGE_UPDATE": Changed,
    "MESSAGE_DELETE": Removed,
    "MESSAGE_DELETE_BULK": Removed,
    "MESSAGE_REACTION_ADD": Reacted,
    "MESSAGE_REACTION_REMOVE": Reacted,
    "MESSAGE_REACTION_REMOVE_ALL": Reacted,
    "MESSAGE_REACTION_REMOVE_EMOJI": Reacted,
    "MESSAGE_POLL_VOTE_ADD": Voted,
    "GUILD_MEMBER_ADD": Came,
    "GUILD_MEMBER_REMOVE": Came,
    "VOICE_STATE_UPDATE": Voice,
    "THREAD_MEMBERS_UPDATE": ThreadMembers,
    "THREAD_CREATE": Thread,
    "THREAD_UPDATE": Thread,
    "THREAD_LIST_SYNC": Threads,
    "GUILD_CREATE": Guild,
    READY: Ready,
}
"""What is read, by the name that the gateway gives it."""

_frame = msgspec.json.Decoder(Frame)
_by_kind = {kind: msgspec.json.Decoder(type) for kind, type in KINDS.items()}


def text_of(content: str, cards: Sequence[Embed]) -> str:
    """What a message says; of one that is all cards, what is written on these."""
    if content:
        return content
    return "\n".join(part for e in cards for part in (e.title, e.description) if part)


def id_at(moment: datetime) -> int:
    """The id of what would be made at this moment: behind all that was made before it."""
    return (round(moment.timestamp() * 1000) - EPOCH_MS) << 22


def open_frame(raw: str | bytes) -> Frame:
    """The envelope. Raises BadEvent for what is none."""
    try:
        return _frame.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvent(f"no frame of Discord's gateway: {explain_refusal(error)}") from None


def read(kind: str, payload: bytes) -> Any:
    """What an envelope of a kind of KINDS holds. Raises BadEvent for what has another shape."""
    try:
        return _by_kind[kind].decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadEvent(f"{kind} has another shape than known: {explain_refusal(error)}") from None


def moment(id: str) -> datetime:
    """When the thing was made that has this id, to the millisecond. Raises BadEvent.

    >>> moment("175928847299117063").isoformat()
    '2016-04-30T11:18:25.796000+00:00'
    """
    try:
        return datetime.fromtimestamp(((int(id) >> 22) + EPOCH_MS) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadEvent(f"{id} is no id that Discord gives") from None


def trimmed(payload: bytes) -> bytes:
    """A guild's description without all that is not read: it has megabytes where many are in."""
    return msgspec.json.encode(read("GUILD_CREATE", payload))
