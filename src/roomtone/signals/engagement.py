"""How engaged each live room is: a weighted score over its last minute, for all rooms at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from roomtone import recent
from roomtone.points import Block, Column, Field, Measurement, Slots, level
from roomtone.rooms import Rooms

ENGAGEMENT = Measurement(
    name="engagement",
    meaning="how engaged a live session is, over its last minute, every 5 seconds",
    tags=("session",),
    fields={
        "score": Field("weighted engagement", "1", 0, 1),
        "chat_per_min": Field(
            "messages of people in the last minute; bots and hosts do not count", "1/min", 0
        ),
        "poll_participation": Field(
            "share of the room that voted, by distinct people; absent without a poll", "1", 0, 1
        ),
        "active_share": Field("share of the room that acted in the last minute", "1", 0, 1),
        "reactions_per_min": Field(
            "reactions in the last minute; absent in a session that never had any", "1/min", 0
        ),
        "leave_rate": Field(
            "share of those here a minute ago who left; absent where joins and leaves are not told",
            "1",
            0,
            1,
        ),
        "active_users": Field("distinct people who acted in the last minute", "people", 0),
        "total_users": Field("people present, or else who acted in half an hour", "people", 0),
        "presence_known": Field(
            "1: joins and leaves are told; 0: total_users is an estimate", "1", 0, 1
        ),
        "activity_5s": Field("messages, reactions and votes since the last tick", "1", 0),
        "leavers_15s": Field("people who left in 15 seconds and are not back", "people", 0),
        "leavers_60s": Field("people who left in a minute and are not back", "people", 0),
        "present_before": Field("people present a minute ago", "people", 0),
        "feed": Field(
            "1: heartbeats prove the feed; 0: in doubt; absent: it sends none", "1", 0, 1
        ),
        "quiet_s": Field("time since somebody acted", "s", 0),
        "heartbeat_age_s": Field("time since the last heartbeat", "s", 0),
        "heartbeat_every_s": Field("learned time between heartbeats", "s", 0),
    },
)

# The documents' weights. The positive ones add up to 0.9: a full room that never leaves scores
# 0.9, and only leaving costs the rest. Raising them to 1.0 would move every category boundary.
CHAT, POLLS, ACTIVE, REACTIONS, LEAVING = 0.30, 0.25, 0.25, 0.10, -0.10
POSITIVE = CHAT + POLLS + ACTIVE + REACTIONS

# What counts as "as lively as it gets", per minute.
CHAT_FULL = 20
REACTIONS_FULL = 10

# A feed with heartbeats is in doubt when it has been quiet for longer than this and no heartbeat
# came since: one more is awaited before the silence is believed.
DOUBT_S = 5


def engagement_score(
    chat_per_min: Column,
    poll_participation: Column,
    active_share: Column,
    reactions_per_min: Column,
    leave_rate: Column,
    *,
    seed_weights: bool = False,
) -> Column:
    """Score one minute of every room between 0 and 1; arguments and result have shape (rooms,).

    Counts go through a logarithm, because the second message of a minute says more than the
    twentieth. A channel that a room does not have is NaN: it is left out, and the weights of the
    others grow in proportion to the same total of 0.9. With `seed_weights` it counts as 0 instead,
    which is the documents' literal formula. A room that has everything scores the same either way.

    >>> everything = [np.array([x]) for x in (20.0, 0.5, 0.4, 10.0, 0.1)]
    >>> engagement_score(*everything).round(6)
    array([0.615])
    >>> chat_only = [np.array([x]) for x in (20.0, np.nan, 0.4, np.nan, np.nan)]
    >>> engagement_score(*chat_only).round(6)
    array([0.654545])
    >>> engagement_score(*chat_only, seed_weights=True).round(6)
    array([0.4])
    """
    parts = (
        (CHAT, _log_share(chat_per_min, CHAT_FULL)),
        (POLLS, np.minimum(poll_participation, 1)),
        (ACTIVE, np.minimum(active_share, 1)),
        (REACTIONS, _log_share(reactions_per_min, REACTIONS_FULL)),
    )
    score = np.zeros_like(active_share)
    missing = np.zeros_like(active_share)
    for weight, share in parts:
        absent = np.isnan(share)
        score = score + np.where(absent, 0.0, weight * share)
        missing = missing + np.where(absent, weight, 0.0)
    if not seed_weights:
        # Only where something is missing, so that the full formula stays exact to the last bit.
        there = np.maximum(POSITIVE - missing, 1e-9)
        score = np.where(
            missing > 0, np.where(there > 1e-6, score * (POSITIVE / there), 0.0), score
        )
    left = np.where(np.isnan(leave_rate), 0.0, np.minimum(leave_rate, 1))
    return np.clip(score + LEAVING * left, 0, 1)


class Engagement:
    """The gauge: reads every room's last minute at every tick."""

    measurement = ENGAGEMENT

    def __init__(self, *, seed_weights: bool = False) -> None:
        self.seed_weights = seed_weights

    def read(self, rooms: Rooms, now: int, slots: Slots | None = None) -> Block:
        """The minute before `now` (epoch seconds) of the rooms at `slots`, or of all live ones."""
        minute = recent.read(rooms, now, slots)
        share = minute.active / np.maximum(minute.total, 1)
        score = engagement_score(
            minute.chat,
            minute.participation,
            share,
            minute.reactions,
            minute.leave_rate,
            seed_weights=self.seed_weights,
        )
        doubt = (minute.quiet_s > DOUBT_S) & (minute.heartbeat_age_s >= minute.quiet_s)
        feed = np.where(np.isnan(minute.heartbeat_age_s), np.nan, np.where(doubt, 0.0, 1.0))
        return ENGAGEMENT.block(
            datetime.fromtimestamp(now, UTC),
            minute.slots,
            {"session": minute.ids},
            score=score,
            chat_per_min=minute.chat,
            poll_participation=minute.participation,
            active_share=share,
            reactions_per_min=minute.reactions,
            leave_rate=minute.leave_rate,
            active_users=minute.active,
            total_users=minute.total,
            presence_known=minute.presence_known,
            activity_5s=minute.activity,
            leavers_15s=minute.leavers_15s,
            leavers_60s=minute.leavers_60s,
            present_before=minute.present_before,
            feed=feed,
            quiet_s=minute.quiet_s,
            heartbeat_age_s=minute.heartbeat_age_s,
            heartbeat_every_s=minute.heartbeat_every_s,
        )

    def explain(self, fields: Mapping[str, float]) -> dict[str, Any]:
        """Take a score apart: each part's raw value, share, weight, contribution and what is left
        to gain. `fields` are a point's; what is absent there is absent from the score.
        """
        raws = {
            "chat": fields.get("chat_per_min"),
            "polls": fields.get("poll_participation"),
            "active": fields.get("active_share"),
            "reactions": fields.get("reactions_per_min"),
        }
        weights = {"chat": CHAT, "polls": POLLS, "active": ACTIVE, "reactions": REACTIONS}
        there = sum(w for name, w in weights.items() if raws[name] is not None)
        scale = 1.0 if self.seed_weights or not there else POSITIVE / there
        parts = []
        for name, raw in raws.items():
            weight = weights[name] * scale if raw is not None else 0.0
            share = _share(name, raw)
            parts.append(_part(name, raw, share, weight, weight * share, weight * (1 - share)))
        left = min(fields.get("leave_rate", 0.0), 1.0)
        raw_left = fields.get("leave_rate")
        parts.append(
            _part("leaving", raw_left, left, LEAVING, 0.0 - (-LEAVING) * left, -LEAVING * left)
        )
        score = min(max(sum(p["contribution"] for p in parts), 0), 1)
        best = max(parts, key=lambda p: float(p["gain"]))
        return {
            "score": score,
            "level": level(score),
            "seed_weights": self.seed_weights,
            "parts": parts,
            "raise_most": {"name": best["name"], "gain": best["gain"], "how": _HOW[best["name"]]},
        }


_LABEL = {
    "chat": ("Chat messages per minute", f"{CHAT_FULL} a minute count as full"),
    "polls": ("Poll participation", "distinct voters among those present"),
    "active": ("People active", "share of the room that acted in the last minute"),
    "reactions": ("Reactions per minute", f"{REACTIONS_FULL} a minute count as full"),
    "leaving": ("People leaving", "share of those here a minute ago; the only part that costs"),
}

_HOW = {
    "chat": "Ask something that can be answered in a few words.",
    "polls": "Remind people of the poll, or make its question easier to answer.",
    "active": "Call on those who have been silent: a question to everybody, a show of hands.",
    "reactions": "Invite a reaction: it is the least that somebody can give.",
    "leaving": "Say what comes next and why it is worth staying.",
}


def _part(
    name: str, raw: float | None, share: float, weight: float, contribution: float, gain: float
) -> dict[str, Any]:
    label, note = _LABEL[name]
    return {
        "name": name,
        "label": label,
        "raw": raw,
        "normalised": share if raw is not None else None,
        "weight": weight,
        "contribution": contribution,
        "gain": gain,
        "known": raw is not None,
        "note": note if raw is not None else "this session does not have it",
    }


def _share(name: str, raw: float | None) -> float:
    if raw is None:
        return 0.0
    full = {"chat": CHAT_FULL, "reactions": REACTIONS_FULL}.get(name)
    return min(math.log1p(raw) / math.log1p(full), 1) if full else min(raw, 1)


def _log_share(count: Column, full: float) -> Column:
    share: Column = np.minimum(np.log1p(count) / math.log1p(full), 1)
    return share
