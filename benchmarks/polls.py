"""Participation in polls, exact against a naive recount, on real votes with their re-votes.

Each conversation of timestamped votes (Pólis open data) becomes one room, all rooms live at once.
Time is compressed to `PER_S` votes a second and room, in the real order. Each comment voted on is
a poll: it opens with its first vote and closes some seconds after its last. Whoever will vote
comes in shortly before their first vote, a third of them leave after their last, and with every
voter comes somebody who never votes. Every five seconds the participation that
`roomtone.rooms` keeps by increments is compared with a recount of everything from the beginning:
distinct people with a vote in a poll that is open, over those present (or over the voters, where
more voted than are left). Equal means equal to the bit.

Then idempotence: every vote is cast again, by the same person in the same poll for another
option, twice, and nothing may move.

    python benchmarks/polls.py --data DIR [--quick]

DIR holds `polis_votes/` or is itself such a folder: CSV files with the columns ts, comment_id,
voter_id and vote.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from roomtone import recent
from roomtone.engine import Engine
from roomtone.events import Event, Join, Leave, PollClosed, PollOpened, PollVote

COLUMNS = {"ts", "comment_id", "voter_id", "vote"}
PER_S = 10
TICK_S = 5
START = 1_763_719_200
CLOSE_AFTER = 50  # votes of the room after a poll's last
STAY_AFTER = 100  # votes of the room after a person's last


@dataclass(frozen=True)
class Vote:
    poll: str
    user: str
    option: int


@dataclass
class Script:
    """What happens in one room, in order: what comes before and after each vote."""

    session: str
    votes: Sequence[Vote]
    before: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    after: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        name, last = self.session, len(self.votes) - 1
        first_of: dict[str, int] = {}
        last_of: dict[str, int] = {}
        opened: dict[str, int] = {}
        closing: dict[str, int] = {}
        for place, vote in enumerate(self.votes):
            first_of.setdefault(vote.user, place)
            opened.setdefault(vote.poll, place)
            last_of[vote.user] = closing[vote.poll] = place
        for number, (user, place) in enumerate(first_of.items()):
            self.before[max(place - 7, 0)].append(Join(session=name, user=user))
            self.before[place].append(Join(session=name, user=f"silent {number}"))
            if number % 3 == 0 and last_of[user] + STAY_AFTER <= last:
                self.after[last_of[user] + STAY_AFTER].append(Leave(session=name, user=user))
        for poll, place in opened.items():
            self.before[place].append(PollOpened(session=name, poll=poll))
        longest = max(closing, key=closing.__getitem__)
        for poll, place in closing.items():
            if poll != longest and place + CLOSE_AFTER <= last:
                self.after[place + CLOSE_AFTER].append(PollClosed(session=name, poll=poll))

    def events(self, first: int, end: int) -> list[Event]:
        """What happens with the votes from `first` up to `end`."""
        happened: list[Event] = []
        for place in range(first, min(end, len(self.votes))):
            vote = self.votes[place]
            happened += self.before.get(place, [])
            happened.append(cast(self.session, vote, vote.option))
            happened += self.after.get(place, [])
        return happened


def cast(session: str, vote: Vote, option: int) -> PollVote:
    return PollVote(session=session, user=vote.user, poll=vote.poll, option=option)


def read(folder: Path) -> list[Script]:
    """One script a file, the votes in order of time."""
    scripts = []
    for path in sorted(folder.rglob("*.csv")):
        with path.open(newline="") as lines:
            table = csv.DictReader(lines)
            if not set(table.fieldnames or ()) >= COLUMNS:
                continue
            rows = sorted(table, key=lambda row: float(row["ts"]))
        votes = [Vote(row["comment_id"], row["voter_id"], int(row["vote"])) for row in rows]
        if votes:
            scripts.append(Script(path.name.removesuffix(".csv").removesuffix(".votes"), votes))
    return scripts


def recount(happened: Sequence[Event]) -> float:
    """Participation from nothing but the list of all that happened."""
    present: set[str] = set()
    polls: dict[str, set[str]] = {}
    for event in happened:
        match event:
            case Join(user=str(user)):
                present.add(user)
            case Leave(user=str(user)):
                present.discard(user)
            case PollOpened(poll=poll):
                polls[poll] = set()
            case PollVote(poll=poll, user=str(user)):
                polls[poll].add(user)
            case PollClosed(poll=poll):
                del polls[poll]
            case _:
                raise AssertionError(event)
    voters = set().union(*polls.values())
    return len(voters) / max(len(present), len(voters), 1)


def participation(engine: Engine, now: int) -> dict[str, float]:
    minute = recent.read(engine.rooms, now)
    return dict(zip(minute.ids.tolist(), minute.participation.tolist(), strict=True))


def compare(scripts: Sequence[Script], every: int) -> dict[str, float]:
    """Play all rooms side by side, recounting at every `every`-th tick; the figures."""
    engine = Engine([], [])
    happened: dict[str, list[Event]] = defaultdict(list)
    compared = unequal = moved = 0
    spent, events, seen = 0.0, 0, []
    longest = max(len(script.votes) for script in scripts)
    for second in range(-(-longest // PER_S)):
        now = START + second
        for script in scripts:
            batch = script.events(second * PER_S, (second + 1) * PER_S)
            happened[script.session] += batch
            begun = time.process_time()
            engine.apply(batch, now * 1000)
            spent += time.process_time() - begun
            events += len(batch)
        if (second + 1) % (TICK_S * every):
            continue
        counted = participation(engine, now + 1)
        live = [script for script in scripts if (second + 1) * PER_S <= len(script.votes)]
        for script in live:
            compared += 1
            unequal += counted[script.session] != recount(happened[script.session])
            seen.append(counted[script.session])
        moved += again(engine, live, second, counted)
    return {
        "compared": compared,
        "unequal": unequal,
        "moved_by_revotes": moved,
        "lowest": min(seen, default=float("nan")),
        "highest": max(seen, default=float("nan")),
        "us_per_event": 1e6 * spent / max(events, 1),
    }


def again(engine: Engine, live: Sequence[Script], second: int, counted: dict[str, float]) -> int:
    """Cast this second's votes twice more, for other options; how many rooms it moved."""
    now = START + second
    for script in live:
        end = (second + 1) * PER_S
        votes = [
            vote
            for vote in script.votes[end - PER_S : end]
            if vote.poll in engine.rooms.rooms[script.session].polls
        ]
        for option in (7, 8):
            repeated = [cast(script.session, vote, option) for vote in votes]
            engine.apply(repeated, now * 1000)
    after = participation(engine, now + 1)
    return sum(after[script.session] != counted[script.session] for script in live)


def run(data: Path, quick: bool = False) -> dict[str, float]:
    """Compare on every conversation below `data`; quick recounts at every tenth tick only."""
    folder = data / "polis_votes" if (data / "polis_votes").is_dir() else data
    scripts = read(folder)
    if not scripts:
        print(f"skipped: no votes below {folder}; name the data with --data DIR", file=sys.stderr)
        if os.environ.get("CI"):
            raise FileNotFoundError(folder)
        return {}
    votes = sum(len(script.votes) for script in scripts)
    distinct = sum(len({(v.poll, v.user) for v in script.votes}) for script in scripts)
    figures = {"conversations": float(len(scripts)), "votes": float(votes)}
    figures |= {"revotes_in_data": float(votes - distinct)}
    figures |= compare(scripts, every=10 if quick else 1)
    for name, value in figures.items():
        print(f"{name:20}{value:12,.3f}".rstrip("0").rstrip("."))
    exact = not figures["unequal"] and not figures["moved_by_revotes"] and figures["compared"]
    print("exact" if exact else "NOT EXACT")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description="Participation against a naive recount")
    beside = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("BENCHMARK_DATA", beside)), metavar="DIR"
    )
    parser.add_argument("--quick", action="store_true", help="recount at every tenth tick only")
    options = parser.parse_args()
    figures = run(options.data, options.quick)
    return int(figures.get("unequal", 0) + figures.get("moved_by_revotes", 0) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
