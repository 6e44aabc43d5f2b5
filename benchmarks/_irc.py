"""Joins and leaves of a chat network as presence per tick, and the truth about its splits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from roomtone.detectors.anomaly import Anomaly
from roomtone.points import Block

NET_SPLIT = 5  # people
COOL_S = 75  # an alarm this long after an exit's last leave still belongs to it


@dataclass(frozen=True)
class Exits:
    """What a channel's record says: mass exits of any cause, and net splits of five and more."""

    days: float
    splits: int
    splits_found: int
    mass: int
    mass_found: int
    false: int
    delay_s: float  # median, from an exit's first leave to its alarm

    @property
    def false_per_day(self) -> float:
        return self.false / self.days


def channels(data: Path) -> list[Path]:
    """Every folder with such a record."""
    return sorted(p for p in data.glob("irc_*") if (p / "truth.json").is_file())


def judge(folder: Path, days: float = np.inf) -> Exits:
    """Run the detector over the record and count what it finds; only MASS_EXIT is looked at."""
    events = [json.loads(line) for line in (folder / "events.jsonl").open(encoding="utf-8")]
    events.sort(key=lambda event: event["ts"])
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    until = min(events[-1]["ts"], events[0]["ts"] + 86_400 * days)
    events = [event for event in events if event["ts"] <= until]
    alarms = _alarms(events)
    splits = [s for s in truth["netsplits"] if s["start"] <= until]
    large = [s for s in splits if s["users_lost"] >= NET_SPLIT]
    mass = [e for e in truth.get("any_cause_mass_exits", []) if e["start"] <= until]
    mass += [s for s in large if s["mass_exit"] and not any(_meet(s, e) for e in mass)]
    delays = [_delay(alarms, exit_) for exit_ in [*large, *mass]]
    known = [d for d in delays if d is not None]
    false = [a for a in alarms if not any(_holds(exit_, a) for exit_ in [*splits, *mass])]
    return Exits(
        days=(until - events[0]["ts"]) / 86_400,
        splits=len(large),
        splits_found=sum(d is not None for d in delays[: len(large)]),
        mass=len(mass),
        mass_found=sum(d is not None for d in delays[len(large) :]),
        false=len(false),
        delay_s=float(np.median(known)) if known else float("nan"),
    )


def _meet(one: dict[str, float], other: dict[str, float]) -> bool:
    return one["start"] <= other["end"] and other["start"] <= one["end"]


def _holds(exit_: dict[str, float], alarm: float) -> bool:
    return exit_["start"] - 5 <= alarm <= exit_["end"] + COOL_S


def _delay(alarms: list[float], exit_: dict[str, float]) -> float | None:
    return next((a - exit_["start"] for a in alarms if _holds(exit_, a)), None)


def _alarms(events: list[dict[str, object]]) -> list[float]:
    detector, found = Anomaly(), []
    for now, last_15, last_60, before in _presence(events):
        fields = {
            "leavers_15s": np.array([last_15]),
            "leavers_60s": np.array([last_60]),
            "present_before": np.array([before]),
        }
        tags = {"session": np.array(["channel"], object)}
        time = datetime.fromtimestamp(now, UTC)
        for alert in detector.observe(Block("engagement", time, tags, fields, np.array([0]))):
            found += [float(now)] * (alert.type == "MASS_EXIT")
    return found


def _presence(events: list[dict[str, object]]) -> Iterator[tuple[int, float, float, float]]:
    """Tick, net leavers of 15 s and of 60 s, people present a minute ago.

    Where nobody has left for a minute, only one tick in twelve is taken until somebody does.
    """
    present: set[object] = set()
    left: dict[object, float] = {}
    place, now = 0, int(float(str(events[0]["ts"]))) // 5 * 5 + 5
    end = float(str(events[-1]["ts"])) + 65
    while now <= end:
        while place < len(events) and float(str(events[place]["ts"])) < now:
            event = events[place]
            place += 1
            if event["type"] == "leave":
                present.discard(event["user"])
                left[event["user"]] = float(str(event["ts"]))
                continue
            if event["type"] == "nick":  # the same person by another name
                present.discard(event["user"])
            who = event["new_user"] if event["type"] == "nick" else event["user"]
            present.add(who)
            left.pop(who, None)
        left = {user: at for user, at in left.items() if at >= now - 60}
        recent = sum(at >= now - 15 for at in left.values())
        yield now, float(recent), float(len(left)), float(len(present) + len(left))
        coming = float(str(events[place]["ts"])) if place < len(events) else end
        now = now + 5 if left else max(now + 5, min(now + 60, int(coming) // 5 * 5 + 5))
