"""How the engine's state becomes bytes and comes back equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from roomtone.room import Room
from roomtone.rooms import PEOPLE_MIN, Rooms

SLICE = 50
"""How many rooms are packed at once: a long pack would keep the interpreter from everybody else."""


def rooms_out(rooms: Rooms) -> dict[str, Any]:
    """All that `Rooms` knows, as plain values and arrays."""
    rooms.settle()
    everybody = list(rooms.rooms.values())
    people = [
        pack([_room_out(room) for room in everybody[start : start + SLICE]])
        for start in range(0, len(everybody), SLICE)
    ]
    return {
        "head": rooms.head,
        "free": list(rooms.free),
        "top": len(rooms.by_slot),
        "buckets": rooms.buckets,
        "minutes": rooms.minutes,
        "columns": dict(rooms.columns),
        "people": people,
    }


def _room_out(room: Room) -> list[Any]:
    room.recall()
    return [
        room.id,
        room.slot,
        room.users,
        room.present,
        room.gone,
        [[*key, second] for key, second in room.reacted.items()],
        {poll: sorted(voters) for poll, voters in room.polls.items()},
        room.voters,
    ]


def rooms_in(rooms: Rooms, saved: Mapping[str, Any]) -> None:
    """Make `rooms` what they were. Raises ValueError for those of another release."""
    if not rooms.columns.keys() <= saved["columns"].keys():
        raise ValueError("columns are missing: these rooms were saved by another release")
    rooms.head = saved["head"]
    rooms.free = list(saved["free"])
    rooms.buckets = saved["buckets"].copy()
    rooms.minutes = saved["minutes"].copy()
    rooms.columns = {name: column.copy() for name, column in saved["columns"].items()}
    rooms.capacity = rooms.buckets.shape[1]
    rooms.by_slot = [None] * saved["top"]
    rooms.ids = np.full(rooms.capacity, None, object)
    rooms.changed = np.zeros(rooms.capacity, np.bool_)
    rooms.rooms = {}
    lately = rooms.head - PEOPLE_MIN * 60
    everybody = [room for part in saved["people"] for room in unpack(part)]
    for id, slot, users, present, gone, reacted, polls, voters in everybody:
        room = Room(id, slot)
        room.users, room.present, room.gone = users, present, gone
        room.reacted = {(user, emoji, target): s for user, emoji, target, s in reacted}
        room.polls = {poll: set(people) for poll, people in polls.items()}
        room.voters = voters
        room.full = present is not None and any(
            last > lately and user not in present for user, last in users.items()
        )
        rooms.rooms[id] = room
        rooms.by_slot[slot] = room
        rooms.ids[slot] = id


def pack(value: Any) -> bytes:
    """Plain values and arrays as bytes; arrays keep their type and shape to the bit."""
    return msgspec.msgpack.encode(value, enc_hook=_array_out)


def unpack(data: bytes) -> Any:
    """What `pack` was given. Raises msgspec.MsgspecError when the bytes are not its."""
    return _arrays_in(msgspec.msgpack.decode(data))


def _array_out(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"#array": value.dtype.str, "shape": list(value.shape), "data": value.tobytes()}
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot keep a {type(value).__name__}; hand out arrays and plain values")


def _arrays_in(value: Any) -> Any:
    if isinstance(value, dict):
        if "#array" in value:
            array = np.frombuffer(value["data"], np.dtype(value["#array"]))
            return array.reshape(value["shape"]).copy()
        return {key: _arrays_in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_arrays_in(item) for item in value]
    return value
