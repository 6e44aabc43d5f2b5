"""What Discord's gateway says, as events: recorded dispatches, and the URL that asks for them."""

from __future__ import annotations

import json

import pytest

from roomtone.errors import BadConfig, BadEvent
from roomtone.events import Join, Leave, Message, PollClosed, PollOpened, PollVote
from roomtone.sources._discord_address import parse_address
from roomtone.sources._discord_payloads import Said, User
from roomtone.sources._discord_talk import Talk
from roomtone.sources.discord import Discord as Feed
from tests.discord_fake import FRAMES, GATEWAY, TOKEN

GUILD, GENERAL, LOUNGE, STAGE = (
    "700000000000000001", "710000000000000001", "710000000000000002", "710000000000000003",
)  # fmt: skip
THREAD, PRIVATE = "720000000000000001", "730000000000000001"
ANN, BEN, CAS = "800000000000000001", "800000000000000002", "800000000000000003"
ALL = f"guilds={GUILD}&dms=yes&members=yes"
ASKED, ANSWERED = FRAMES["asked"]["d"]["id"], FRAMES["answered"]["d"]["id"]


class Answers:
    """What Discord would say when asked; by default nothing is known."""

    def __init__(self, **known) -> None:
        self.known = known
        self.asked: list[str] = []

    async def message(self, channel: str, id: str) -> Said | None:
        self.asked.append(f"message {id}")
        return self.known.get("message")

    async def user(self, id: str) -> User | None:
        self.asked.append(f"user {id}")
        return self.known.get("user")

    async def since(self, channel: str, id: str) -> list[Said] | None:
        self.asked.append(f"since {channel} {id}")
        page = self.known.get("pages", {}).get(channel, [])
        return [said for said in page if int(said.id) > int(id)][:100][::-1]  # the newest first

    async def parent(self, channel: str) -> str | None:
        self.asked.append(f"parent {channel}")
        return self.known.get("parent")


def talk(options: str = ALL, **known) -> Talk:
    made = Talk(parse_address(f"discord://{TOKEN}@?{options}"), Answers(**known))
    made.meet(User(id=GATEWAY["ready"]["user"]["id"], username="Luna", bot=True))
    return made


async def told(its: Talk, *names: str, **changed):
    """The events of recorded dispatches, with some of what they hold changed."""
    found = []
    for n, name in enumerate(names):
        body = json.dumps(FRAMES[name]["d"] | changed).encode()
        found += await its.take(FRAMES[name]["t"], body, f"s.{n}")
    return found


# -- what the gateway says, as events ------------------------------------------------------------


async def test_an_answer_is_a_turn_and_a_reaction_points_at_it():
    """The bot's reply with what it answers, by Discord's ids; the person's message counts too."""
    asked, answered, liked = await told(talk(), "asked", "answered", "liked")

    assert asked == Message(
        session=f"discord/{GENERAL}",
        id=ASKED,
        at=asked.at,
        user=ANN,
        text=FRAMES["asked"]["d"]["content"],
    )  # fmt: skip
    assert asked.at.isoformat(timespec="milliseconds") == FRAMES["asked"]["d"]["timestamp"]
    assert (answered.id, answered.bot, answered.user) == (ANSWERED, "Luna", ANN)
    assert answered.session == liked.session == asked.session
    assert asked.text == f"<@{GATEWAY['ready']['user']['id']}> {answered.message}"
    assert (answered.message, answered.reply[:8]) == ("what should I read after Dune?", "Try The ")
    assert answered.processing_time_ms == 2400
    assert (liked.target, liked.emoji, liked.user, liked.action) == (ANSWERED, "❤️", ANN, "add")
    assert liked.bot == answered.bot


async def test_reactions_come_and_go():
    """A removal names what it takes back; given again it is another one; a bot's own are none."""
    names = ("liked", "liked less", "liked again", "by the bot")
    first, back, again = await told(talk(), *names)

    assert (back.action, back.target, back.emoji) == ("remove", first.target, first.emoji)
    assert len({first.id, back.id, again.id}) == 3
    assert first.bot == back.bot == again.bot == "Luna"
    assert [e.bot for e in await told(talk(), "liked less", "on an old one")] == [None, None]


async def test_custom_emoji_are_written_as_discord_does():
    """Also where the removal no longer says what it was called, or that it moved."""
    given, back = await told(talk(), "custom", "custom back")

    assert given.emoji == back.emoji == "<:wobble:740000000000000001>"


async def test_all_reactions_of_a_message_are_taken_back_at_once():
    """Of each person and emoji that was seen; with an emoji named, only that one."""
    its = talk()
    await told(its, "liked", "custom", "on an old one")
    one = await told(its, "all of one gone")
    rest = await told(its, "all gone")

    assert [(e.user, e.emoji, e.action) for e in one] == [(BEN, "😂", "remove")]
    assert [e.bot for e in rest] == ["Luna", "Luna"]
    assert [(e.user, e.emoji) for e in rest] == [(ANN, "❤️"), (BEN, "<:wobble:740000000000000001>")]
    assert await told(its, "all gone") == []


async def test_private_messages_become_turns_alone():
    """All that is said until the bot answers is one message; the rest of an answer has none."""
    names = ("private", "private more", "private answer", "private rest", "liked in private")
    answer, rest, liked = await told(talk(), *names)

    assert answer.message == "are you there?\nI had a bad day"
    assert (answer.user, answer.session) == (ANN, f"discord/{PRIVATE}")
    assert answer.processing_time_ms == 3000  # since the last thing that was said
    assert (rest.message, rest.reply, rest.user) == (None, "Take your time.", ANN)
    assert (liked.target, liked.bot) == (answer.id, "Luna")
    assert await told(talk(), "liked in private", message_author_id=ANN) == []
    assert await told(talk(f"guilds={GUILD}"), *names) == []


async def test_what_is_edited_is_another_text_of_its_turn():
    """What was asked and what was answered, each once; a card that unfolds is no edit."""
    its = talk()
    await told(its, "asked", "answered")
    asked, answer = await told(its, "edited", "answer edited")
    again = await told(its, "edited", "answer edited")
    unfolded = await told(its, "answer edited", content="x", edited_timestamp=None)

    assert (asked.turn, asked.role, asked.why, asked.user) == (ANSWERED, "user", "edited", ANN)
    assert (asked.text, asked.bot) == ("what should I read after Dune, please?", "Luna")
    assert (answer.turn, answer.role, answer.text[-8:]) == (ANSWERED, "assistant", "Solaris.")
    assert answer.at.isoformat() == "2026-11-02T18:32:12.500000+00:00"
    assert again == unfolded == []
    assert len({asked.id, answer.id, ANSWERED, ASKED}) == 4


async def test_what_is_deleted_is_gone_from_each_turn_that_it_is_in():
    """One message may have been answered twice; several may go at once."""
    its = talk()
    await told(its, "asked", "answered", "a card")
    one, two = await told(its, "deleted")
    answer, other = await told(its, "answers deleted")

    assert [e.turn for e in (one, two)] == [ANSWERED, FRAMES["a card"]["d"]["id"]]
    assert {(e.role, e.why, e.text) for e in (one, two)} == {("user", "deleted", "")}
    assert (answer.turn, answer.role, answer.user) == (ANSWERED, "assistant", ANN)
    assert (other.role, other.user) == ("assistant", None)  # whose it was nobody says
    assert await told(its, "edited") == []


async def test_of_what_was_said_before_a_start_only_answers_are_known():
    """Where two bots are heard not even these are, when they are deleted."""
    two = talk(f"guilds={GUILD}&bots=luna:{GATEWAY['ready']['user']['id']},mira:{CAS}")

    assert [e.turn for e in await told(talk(), "edited", "answer edited")] == [ANSWERED]
    assert await told(two, "deleted", "answers deleted") == []
    assert await told(talk("guilds=1"), "edited", "answer edited", "deleted") == []


async def test_a_private_message_may_change_before_it_is_answered():
    """The answer is to what it says then; of what it was to, each part may change later."""
    its = talk()
    first, more = FRAMES["private"]["d"], FRAMES["private more"]["d"]
    change = {"guild_id": None, "edited_timestamp": "2026-11-02T18:40:00+00:00"}
    where = {**change, "channel_id": first["channel_id"]}
    await told(its, "private", "private more")
    await told(its, "edited", **where, id=first["id"], content="hello?")
    (answer,) = await told(its, "private answer")
    (later,) = await told(its, "edited", **where, id=more["id"], content="a good day")
    (gone,) = await told(its, "deleted", guild_id=None, channel_id=PRIVATE, id=first["id"])

    assert answer.message == "hello?\nI had a bad day"
    assert (later.turn, later.text) == (answer.id, "hello?\na good day")
    assert (gone.turn, gone.why) == (answer.id, "deleted")
    await told(its, "private")
    assert await told(its, "deleted", guild_id=None, channel_id=PRIVATE, id=first["id"]) == []


async def test_cards_commands_and_answers_that_take_their_time():
    """Text on a card is text; an answer to a command is told when it is there, and to whom."""
    card, thought = await told(talk(), "a card", "thinking", "thought")

    assert card.reply == "Le Guin\nBorn in Berkeley."
    assert (thought.user, thought.message) == (BEN, None)
    assert (thought.reply, thought.processing_time_ms) == ("Three films for a rainy evening.", 3500)


async def test_what_answers_nobody_is_said_by_a_bot():
    """On its own, to another bot, to a message that is gone; without content there is no text."""
    alone, empty = await told(talk(), "the bot on its own", "without content")
    gone = talk()
    (lost,) = await told(gone, "answered", referenced_message=None)
    bot = FRAMES["answered"]["d"]["referenced_message"] | {"author": GATEWAY["ready"]["user"]}
    (chat,) = await told(talk(), "answered", referenced_message=bot)

    assert (alone.role, empty.role, empty.text) == ("bot", "user", "")
    assert (lost.role, lost.reply_to) == ("bot", ASKED)
    assert gone._ask.asked == [f"message {ASKED}"]
    assert type(chat) is Message


async def test_what_discord_did_not_send_along_is_asked_for():
    """The message that was answered, a person's name, a thread's channel; each once."""
    asked = Said(id=ASKED, channel_id=GENERAL, author=User(id=ANN, username="ann.w"), content="hm?")
    (turn,) = await told(talk(message=asked), "answered", referenced_message=None)
    named = talk(ALL + "&names=usernames", user=User(id=BEN, username="ben_k"))
    first, second = await told(named, "custom back", "custom back")
    archived = talk(f"channels={GENERAL}", parent=GENERAL)
    heard = await told(archived, "said in a thread", "said in a thread")

    assert (turn.message, turn.user) == ("hm?", ANN)
    assert first.user == second.user == "ben_k"
    assert named._ask.asked == [f"user {BEN}"]
    assert len(heard) == 2
    assert archived._ask.asked == [f"parent {THREAD}"]


async def test_polls_are_polls():
    """Opened with the question, voted in, and closed when Discord tells the result."""
    said, opened, vote, closed = await told(talk(), "asked around", "voted", "counted")

    assert type(said) is Message
    assert type(opened) is PollOpened
    assert opened.options == ["Tides", "Volcanoes"]
    assert (type(vote), vote.poll, vote.option) == (PollVote, opened.poll, 2)
    assert (type(closed), closed.poll) == (PollClosed, opened.poll)


async def test_people_come_to_guilds_stages_and_threads():
    """Guild, voice channel and thread are rooms of their own; to be muted is not to leave."""
    its = talk()
    guild = json.dumps(GATEWAY["guild"]).encode()
    (there,) = await its.take("GUILD_CREATE", guild, "s.g")
    again = await its.take("GUILD_CREATE", guild, "t.g")
    emptied = await its.take(
        "GUILD_CREATE", json.dumps(GATEWAY["guild"] | {"voice_states": []}).encode(), "t.h"
    )
    events = await told(its, "came", "went", "on stage", "unmuted", "off stage", "thread joined",
        "thread left")  # fmt: skip

    assert (there.session, there.user, type(there)) == (f"discord/{STAGE}", BEN, Join)
    assert again == []
    assert [(type(e), e.user) for e in emptied] == [(Leave, BEN)]
    assert [(type(e), e.session.removeprefix("discord/"), e.user) for e in events] == [
        (Join, GUILD, CAS), (Leave, GUILD, CAS), (Join, STAGE, ANN), (Leave, STAGE, ANN),
        (Join, THREAD, BEN), (Leave, THREAD, BEN),
    ]  # fmt: skip


async def test_only_the_channels_of_the_url_are_heard():
    """With names of its own; threads belong to their channel; a system message says nothing."""
    its = talk(f"channels=books:{GENERAL}&bots=mira:{GATEWAY['ready']['user']['id']}")
    await its.take("GUILD_CREATE", json.dumps(GATEWAY["guild"]).encode(), "s.g")
    names = ("said in another channel", "said in a thread", "answered", "came", "on stage",
        "somebody joined, as a system message")  # fmt: skip
    thread, answered = await told(its, *names)

    assert (thread.session, answered.session) == (f"discord/{THREAD}", "books")
    assert answered.bot == "mira"
    nameless = talk(f"guilds={GUILD}&bots={GATEWAY['ready']['user']['id']}")
    liked, turn = await told(nameless, "liked", "answered")
    assert (liked.bot, turn.bot) == (None, "Luna")
    assert its._ask.asked == []


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("asked", {"author": None}),
        ("asked", {"id": "nine"}),
        ("asked", {"content": "x" * 20_000}),
        ("liked", {"emoji": {"id": None, "name": None}}),
        ("liked", {"emoji": {"id": None, "name": "a\nb"}}),
        ("liked", {"message_id": "9" * 30}),
    ],
)
async def test_what_has_another_shape_is_refused_with_a_reason(name, changed):
    """A sentence for the dead letters, and nothing but that."""
    with pytest.raises(BadEvent):
        await told(talk(), name, **changed)


async def test_what_was_said_in_a_gap_is_asked_for_and_known_by_its_id():
    """Only in channels where something newer is, page by page, oldest first; nothing else is."""
    said = [
        Said(id=str(10**17 + n), channel_id=GENERAL, author=User(id=ANN), content=f"{n}")
        for n in range(130)
    ]
    its = talk(f"channels={GENERAL},{LOUNGE}", pages={GENERAL: said})
    guild = json.loads(json.dumps(GATEWAY["guild"]))
    for channel in guild["channels"]:
        channel["last_message_id"] = said[-1].id if channel["id"] != LOUNGE else "5"
    body = json.dumps(guild).encode()
    its.since = 10**17 + 9
    told_of = await its.take("GUILD_CREATE", body, "s.1")
    its.since = 0
    nothing = await its.take("GUILD_CREATE", body, "s.2")

    assert [event.text for event in told_of] == [str(n) for n in range(10, 130)]
    assert [event.id for event in told_of] == [one.id for one in said[10:]]
    assert {asked.split()[1] for asked in its._ask.asked} == {GENERAL}
    assert nothing == []


# -- the URL -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"discord://{TOKEN}@", "name guilds=ID"),
        (f"discord://{TOKEN}@?guilds=abc", "write ID or NAME:ID"),
        (f"discord://{TOKEN}@?guilds=1&colour=red", "no option colour"),
        (f"discord://{TOKEN}@?guilds=1&names=nick", "choose ids or usernames"),
        (f"discord://{TOKEN}@?guilds=1&content=maybe", "write yes or no"),
        (f"discord://{TOKEN}@?guilds=1&shard=4/4", "write it as 0/4"),
        (f"discord://{TOKEN}@?channels=a:1,a:2", "named twice"),
        (f"discord://{TOKEN}@?guilds=1&catchup=soon", "minutes from 0 to 1440"),
        ("discord://?guilds=1&env=LUNA_TOKEN", "environment variable LUNA_TOKEN"),
        ("discord://two%20words@?guilds=1", "the token alone"),
    ],
)
def test_a_url_that_cannot_be_is_said(url, says):
    """What is wrong and what to write instead; the token is in no message."""
    with pytest.raises(BadConfig, match=says) as caught:
        Feed(url)

    assert TOKEN not in str(caught.value)


def test_the_token_comes_from_the_environment_and_is_shown_nowhere(monkeypatch):
    """By default from DISCORD_TOKEN, with or without the word that Discord puts before it."""
    monkeypatch.setenv("DISCORD_TOKEN", f"Bot {TOKEN}")
    address = parse_address("discord://?guilds=talk:1&shard=1/4")

    assert (address.token, address.shard) == (TOKEN, (1, 4))
    assert address.guilds == {"1": "talk"}
    assert TOKEN not in repr(address)
