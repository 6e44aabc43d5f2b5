"""The last minute of every room, read off the columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roomtone.points import Column, Ids, Slots
from roomtone.rooms import (
    CHAT,
    LEAVES,
    MINUTES,
    PEOPLE_MIN,
    REACTIONS,
    VOTES,
    WINDOW_S,
    Rooms,
)


@dataclass(frozen=True, slots=True)
class Recent:
    """The last minute of every live room; all columns have shape (rooms,), NaN is not known."""

    ids: Ids
    slots: Slots
    chat: Column  # NaN: the room has never seen a message
    reactions: Column  # NaN: the room has never seen one
    active: Column
    total: Column
    presence_known: Column
    participation: Column  # NaN: no poll
    leave_rate: Column  # NaN: presence unknown
    leavers_15s: Column
    leavers_60s: Column
    present_before: Column
    activity: Column  # counted since the last tick
    quiet_s: Column
    heartbeat_age_s: Column
    heartbeat_every_s: Column


def read(rooms: Rooms, now: int, slots: Slots | None = None) -> Recent:
    """The minute before `now` (epoch seconds) of the rooms at `slots`, or of all live ones."""
    rooms.advance(now - 1)
    rooms.settle()
    if slots is None:
        slots = rooms.slots()
    c = rooms.columns
    low, high = (int(slots.min()), int(slots.max()) + 1) if len(slots) else (0, 0)
    here = slots - low  # only the part of the ring in which these rooms stand is read
    window = rooms.buckets[:, low:high]
    counts = window.sum(axis=0, dtype=np.int32)[here].T.astype(np.float64)
    chat, reactions, _, active, joins, leaves = counts
    last_15 = [(now - 1 - s) % WINDOW_S for s in range(15)]
    leaves_15 = window[:, :, LEAVES][last_15].sum(axis=0)[here].astype(np.float64)
    minutes = [((now - 1) // 60 - m) % MINUTES for m in range(PEOPLE_MIN)]
    lately = rooms.minutes[:, low:high][minutes].sum(axis=0)[here].astype(np.float64)
    known = c["knows_presence"][slots]
    present = c["present"][slots].astype(np.float64)
    total = np.where(known, present, lately)
    before = np.maximum(present + leaves - joins, 0)
    unknown = np.where(known, 0.0, np.nan)
    polled = c["poll_until"][slots] > now
    voters = c["voters"][slots]
    tallies = c["tallies"][slots]
    acts = tallies[:, CHAT] + tallies[:, REACTIONS] + tallies[:, VOTES]
    beat = c["beat"][slots]
    return Recent(
        ids=rooms.ids[slots],
        slots=slots,
        chat=np.where(tallies[:, CHAT] > 0, chat, np.nan),
        reactions=np.where(tallies[:, REACTIONS] > 0, reactions, np.nan),
        active=active,
        total=np.maximum(total, active),
        presence_known=known.astype(np.float64),
        participation=np.where(
            polled, np.minimum(voters / np.maximum(np.maximum(total, voters), 1), 1), np.nan
        ),
        leave_rate=np.minimum(leaves / np.maximum(before, 1), 1) + unknown,
        leavers_15s=leaves_15 + unknown,
        leavers_60s=leaves + unknown,
        present_before=before + unknown,
        activity=np.maximum(acts - c["counted"][slots], 0).astype(np.float64),
        quiet_s=np.maximum(now - c["quiet_since"][slots], 0).astype(np.float64),
        heartbeat_age_s=np.where(beat > 0, now - beat, np.nan),
        heartbeat_every_s=np.where(c["beat_every"][slots] > 0, c["beat_every"][slots], np.nan),
    )
