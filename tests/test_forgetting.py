"""An engine that forgets a person counts as many people, and goes on for all others."""

from __future__ import annotations

from roomtone.blanking import Blank
from roomtone.engine import Engine
from roomtone.events import Event, Join, Message, PollVote, Reaction, Turn
from roomtone.forgetting import forget_rooms, forget_talks
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.verdicts import Line

AT = 1_800_000_000_000
BLANK = Blank("erased-person", "5f")


def everything(user: str) -> list[Event]:
    """What one person may do."""
    return [
        Join(session="room", user=user),
        Message(session="room", id=f"m-{user}", user=user, text=f"{user} says so"),
        Reaction(session="room", user=user, emoji="👍", target="m-bob"),
        PollVote(session="room", poll="p", option=1, user=user),
        Turn(session=f"talk-{user}", id="t", bot="luna", user=user, message="hi", reply="ho"),
        Reaction(session=f"talk-{user}", user=user, emoji="❤️", target="t", bot="luna"),
    ]


def test_rooms_keep_somebody_in_their_place() -> None:
    """People, voters and reactions are as many as before, and none of them has the name."""
    engine: Engine = plugins.engine(Settings())
    for user in ("bob", BLANK.user):
        engine.apply(everything(user), AT)
    engine.rooms.settle()
    before = engine.rooms.columns["people"].tolist()

    forget_rooms(engine, BLANK)

    assert BLANK.user.encode() not in str(engine.snapshot()).encode()
    assert engine.rooms.columns["people"].tolist() == before
    assert set(engine.rooms.rooms["room"].users) == {"bob", BLANK.name}
    engine.tick(engine.next_tick)


def test_talks_lose_them_and_keep_the_others() -> None:
    """Nothing of them is measured later, told, or kept; the others' state is what it was."""
    both = plugins.conversations(Settings())
    for user in ("bob", BLANK.user):
        both.apply(everything(user), AT)

    forget_talks(both, BLANK)

    assert BLANK.user.encode() not in both.snapshot()
    for out in both.ticking(AT // 1000 + 1200):
        assert BLANK.user not in str(out)
    assert {who[2] for who in both.talks} == {"bob"} == {pair[1] for pair in both.pairs}


def test_what_stands_around_others_reactions_is_blanked_and_no_other_is_touched() -> None:
    """Of a hundred thousand reactions that are remembered nearly all say nothing of the person."""
    both = plugins.conversations(Settings())
    both.apply(everything("bob"), AT)
    both.apply(everything("eve"), AT)
    held = both.reacting.known.held
    (mine,) = [one for one in held.values() if one.of.user == "bob" and one.of.bot]
    (other,) = [one for one in held.values() if one.of.user == "eve" and one.of.bot]
    mine.reply, mine.before = "told to them", (Line(who="user", text="told to them"),)
    other.reply, other.after = "to nobody", (Line(who="user", text="told to them"),)
    blank = Blank("erased-person", "5f")
    blank.learn(["told to them"])

    forget_talks(both, blank)

    now = both.reacting.known.held
    assert now[mine.of.id].reply == "-" * 12
    assert now[mine.of.id].before == mine.before, "which bob said too"
    assert now[other.of.id] is other
