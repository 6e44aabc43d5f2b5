"""Takes a person out of what the engines know; rooms keep somebody in their place."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

import msgspec

from roomtone.blanking import Blank
from roomtone.conversations import Conversations
from roomtone.engine import Engine
from roomtone.known import Known
from roomtone.reacted import Held
from roomtone.reacting import Reacting
from roomtone.room import Room
from roomtone.training_data import Revision

V = TypeVar("V")


def forget_talks(talks: Conversations, blank: Blank) -> None:
    """No pair, conversation, waiting turn or reaction of this person is left."""
    user = blank.user
    gone = {key for key, one in talks.pending.items() if one.turn.user == user}
    gone |= {one.key for one, _ in talks._ready if one.turn.user == user}
    for key in [key for key in talks.pairs if key[1] == user]:
        del talks.pairs[key]
    for who in [who for who in talks.talks if who[2] == user]:
        del talks.talks[who]
    for key in gone & talks.pending.keys():
        talks._pending_bytes -= talks.pending.pop(key).size
    talks._ready = [one for one in talks._ready if one[0].turn.user != user]
    talks._said = {who: said for who, said in talks._said.items() if who[2] != user}
    talks._told = {key: None for key in talks._told if key[1] != user}
    talks._renewed = {key: one for key, one in talks._renewed.items() if key[0][2] != user}
    revising = talks.revising
    revising.made = [one for one in revising.made if not _is_theirs(one, blank)]
    for key, (_, held) in list(revising._early.items()):
        if any(_is_theirs(one, blank) for one in held):
            del revising._early[key]
            revising._early_chars -= sum(len(one.content) for one in held)
    _forget_reactions(talks.reacting, blank)


def _is_theirs(one: Revision, blank: Blank) -> bool:
    event = {"type": "turn_revised", "session": one.session, "turn": one.turn, "user": one.user}
    return blank.is_mine(event)


def _forget_reactions(reacting: Reacting, blank: Blank) -> None:
    user, made = blank.user, reacting._made
    held = [_of_others(one, blank) for one in reacting.known.held.values() if one.of.user != user]
    reacting.known = Known(held)
    reacting.waiting = {id: None for id in reacting.waiting if id in reacting.known.held}
    reacting.lost = {id: one for id, one in reacting.lost.items() if one.user != user}
    reacting.habits._people.pop(user, None)
    made.records = {
        id: reacting.known.held[id].kept()
        for id, one in made.records.items()
        if one.of.user != user and id in reacting.known.held
    }
    made.points = {
        place: one for place, one in made.points.items() if user not in one.tags.values()
    }
    made.gone = [one for one in made.gone if user not in one.tags.values()]
    overheard = reacting.overheard
    rooms = [
        (name, [_of_somebody(one, blank) for one in room])
        for name, room in msgspec.msgpack.decode(overheard.snapshot())
    ]
    overheard.restore(msgspec.msgpack.encode(rooms))


def _of_somebody(heard: list[str], blank: Blank) -> list[str]:
    """A message as a room remembers it: its id, whose it is, and third what was said."""
    id, user, role, text, *rest = heard
    if user == blank.user:
        return [blank.named(id), blank.name, role, "-" * len(text), *rest]
    return heard if role == "user" else [id, user, role, blank.line(text), *rest]


def _of_others(held: Held, blank: Blank) -> Held:
    lines = (one.text for one in (*held.before, *held.after) if one.who != "user")
    if held.said_by != blank.user and not blank.says(held.reply, *lines):
        return held  # nearly all: to take one apart and make it again takes a hundred times as long
    told = msgspec.to_builtins(held)
    return msgspec.convert(blank.record(told), Held)


def forget_rooms(engine: Engine, blank: Blank) -> None:
    """Whoever counts people counts as many as before."""
    engine.rooms.settle()
    for room in engine.rooms.rooms.values():
        _stand_in(room, blank)
    for people in engine.resting.values():
        people[:] = sorted({blank.name if one == blank.user else one for one in people})


def _stand_in(room: Room, blank: Blank) -> None:
    room.recall()
    user, name = blank.user, blank.name
    room.users = _renamed(room.users, user, name)
    room.voters = _renamed(room.voters, user, name)
    if room.present is not None:
        room.present = _renamed(room.present, user, name)
    if room.gone is not None:
        room.gone = _renamed(room.gone, user, name)
    room.reacted = {
        (name if key[0] == user else key[0], *key[1:]): second
        for key, second in room.reacted.items()
    }
    for voters in room.polls.values():
        if user in voters:
            voters.remove(user)
            voters.add(name)


def _renamed(people: dict[str, V], user: str, name: str) -> dict[str, V]:
    """In the same order, which says who is forgotten first."""
    if user not in people:
        return people
    return dict(OrderedDict((name if one == user else one, at) for one, at in people.items()))
