"""The whole computation without I/O: events and ticks in, points and alerts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np

from roomtone import counting, state
from roomtone.alerts import Alert
from roomtone.counting import SURELY_IN_TIME
from roomtone.effects import ACTS, EFFECTS, is_said, passes_by
from roomtone.effects import Note as Note
from roomtone.events import Event
from roomtone.points import Block, Slots
from roomtone.ports import Detector, Gauge
from roomtone.reacted import ReactionRecord
from roomtone.records import Conversation, Relationship, SessionSummary, TurnRecord
from roomtone.room import Room
from roomtone.rooms import CHAT, LATE_S, PEOPLE_MIN, REACTIONS, VOTES, WINDOW_S, Rooms
from roomtone.training_data import Consent, Revision

TICK_S = 5
"""How often scores stand: ticks are at the multiples of this, in epoch seconds."""

SETTLE_S = WINDOW_S + 30
"""After a gap in listening, detectors wait until the window has filled and steadied again."""

MOST_RESTING, MOST_SEATS, MOST_SEATED = 1_000, 10_000, 200_000
"""How many ended sessions are remembered with those who never said that they left, how many people
of each, and how many in all: a channel that falls silent for a night has its people at dawn."""

_SECOND = timedelta(seconds=1)
_SURELY_THIS_SECOND = timedelta(milliseconds=999)

SLICE = 1000
"""How many rooms a tick reads at once, so that a loop gets a breath in between."""


@dataclass(slots=True)
class Output:
    """What one tick gave: blocks of points, alerts, the sessions that ended, and what was said."""

    now: int
    blocks: list[Block] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    ended: list[SessionSummary] = field(default_factory=list)
    turns: list[TurnRecord] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    relationships: list[Relationship] = field(default_factory=list)
    reactions: list[ReactionRecord] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)  # of turns told of before, or here
    gone: list[Block] = field(default_factory=list)  # points that are no more
    consents: list[Consent] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)  # who, by their hashes


class Engine:
    """All sessions that share one clock.

    The caller's journal order is the truth: `apply` what came, `tick` when the clock stood at a
    multiple of five. The same calls give the same results to the bit, whatever else is going on.
    """

    def __init__(
        self,
        gauges: Sequence[Gauge],
        detectors: Sequence[Detector],
        *,
        session_idle_s: int = 1800,
        max_users: int = 200_000,
    ) -> None:
        self.gauges = list(gauges)
        self.detectors = list(detectors)
        self.session_idle_s = session_idle_s
        self.rooms = Rooms(max_users=max_users)
        self.next_tick = 0  # 0: the clock has not begun
        self.clock_ms = 0  # the latest arrival; never goes back
        self.hold_until = 0
        self.resting: dict[str, list[str]] = {}  # ended session: who was still present
        self._seated = 0  # people in all of these
        for name, dtype, _ in _SCORES:
            self.rooms.columns[name] = np.zeros(self.rooms.capacity, dtype)

    # -- events ------------------------------------------------------------------------------

    def apply(self, events: Sequence[Event], arrival_ms: int) -> list[Note]:
        """Count events that arrived at this instant (epoch milliseconds) in the live rooms."""
        rooms = self.rooms
        self.clock_ms = arrival_ms = max(arrival_ms, self.clock_ms)
        now = max(arrival_ms // 1000, rooms.head)
        rooms.advance(now)
        self._begin(now)
        notes: list[Note] = []
        on_time = arrival_ms // 1000 == now

        def odd(index: int, event: Event) -> None:
            second = self._second(index, event, arrival_ms, now, on_time, notes)
            if second is not None:
                self._happen(index, event, second, notes)

        # Who acted lately is present, where that is known.
        counting.gather(rooms, events, now, now - PEOPLE_MIN * 60, on_time, odd)
        return notes

    def _second(
        self,
        index: int,
        event: Event,
        arrival_ms: int,
        now: int,
        on_time: bool,
        notes: list[Note],
    ) -> int | None:
        """The second in which an event counts; of what is too late it is noted that it is."""
        at = event.at
        this_second = datetime.fromtimestamp(now, UTC)
        if at is None or at >= this_second:
            return now
        if on_time and this_second - at <= SURELY_IN_TIME:
            return now - -(-(this_second - at) // _SECOND)
        age = arrival_ms - at.timestamp() * 1000
        if age <= LATE_S * 1000:
            return int(at.timestamp()) if age > 0 else now
        if type(event) in EFFECTS and not passes_by(self.rooms, event):
            notes.append(self._late(index, event, now, age))
        return None

    def _happen(self, index: int, event: Event, second: int, notes: list[Note]) -> None:
        """What its type does to its room; two who talk are no room: their turns do nothing."""
        rooms = self.rooms
        if (effect := EFFECTS.get(type(event))) is None or passes_by(rooms, event):
            return
        room = rooms.rooms.get(event.session) or self._room(event.session, second)
        rooms.touched.add(room.slot)
        note = effect(rooms, room, event, second)
        if type(event) in ACTS:
            rooms.acted.add(room.slot)
        if note:
            notes.append(Note(index, "note", note))

    def _room(self, session: str, second: int) -> Room:
        """The room of a session; one that comes back after a rest knows who was still there."""
        room = self.rooms.rooms.get(session)
        if room is None:
            room = self.rooms.room(session, second)
            if session in self.resting:
                self.rooms.seat(room, self._recall(session))
        return room

    def _recall(self, session: str) -> list[str]:
        people = self.resting.pop(session)
        self._seated -= len(people)
        return people

    def _late(self, index: int, event: Event, now: int, age_ms: float) -> Note:
        room = self._room(event.session, now)
        self.rooms.columns["late"][room.slot] += 1
        if is_said(event):
            self.rooms.columns["late_chat"][room.slot] += 1
            if event.user is not None:
                self.rooms.meet(room, event.user)
        self.rooms.touched.add(room.slot)
        return Note(
            index,
            "late",
            f"{age_ms / 1000:.0f} s late: kept, but it moves no window; "
            f"events count up to {LATE_S} s late, older ones belong into history",
        )

    # -- the clock ---------------------------------------------------------------------------

    def _begin(self, now: int) -> None:
        if not self.next_tick:
            self.next_tick = now - now % TICK_S + TICK_S

    def tick(self, now: int) -> Output:
        """The clock stands at `now` (epoch seconds, a multiple of 5): read every room once."""
        whole = Output(now)
        for part in self.ticking(now):
            whole.blocks += part.blocks
            whole.alerts += part.alerts
            whole.ended += part.ended
        return whole

    def ticking(self, now: int, rows: int = SLICE) -> Iterator[Output]:
        """The same tick in slices of rooms, for a loop that has other things to do in between.

        Nothing may be applied until it is through.
        """
        rooms = self.rooms
        self.next_tick = now + TICK_S
        rooms.advance(now - 1)
        rooms.settle()
        slots = rooms.slots()
        listening = now >= self.hold_until
        for start in range(0, len(slots), rows):
            yield self._read(now, slots[start : start + rows], listening)
        rooms.ticked()
        idle = rooms.idle(now, self.session_idle_s)
        if idle:
            yield Output(now, ended=[self.end(session, now, "idle") for session in idle])

    def _read(self, now: int, slots: Slots, listening: bool) -> Output:
        out = Output(now, [gauge.read(self.rooms, now, slots) for gauge in self.gauges])
        blocks = {block.measurement: block for block in out.blocks}
        self._score(blocks.get("engagement"))
        if listening:
            for detector in self.detectors:
                block = blocks.get(detector.measurement)
                if block is not None:
                    out.alerts += detector.observe(block)
        alarms = self.rooms.columns["alarms"]
        for alert in out.alerts:
            if alert.is_alarm:
                alarms[self.rooms.rooms[alert.session].slot] += 1
        return out

    def _score(self, block: Block | None) -> None:
        if block is None:
            return
        c, at, score = self.rooms.columns, block.slots, block.fields["score"]
        first = c["ticks"][at] == 0
        c["score_min"][at] = np.where(first, score, np.minimum(c["score_min"][at], score))
        c["score_max"][at] = np.maximum(c["score_max"][at], score)
        c["score_sum"][at] += score
        c["ticks"][at] += 1
        active = block.fields["active_users"]
        c["peak_active"][at] = np.maximum(c["peak_active"][at], active)

    def gap(self, start: int, end: int) -> None:
        """Nobody listened between two instants: windows move on, detectors wait for them."""
        self.rooms.advance(end - 1)
        self.next_tick = end - end % TICK_S + TICK_S
        self.hold_until = end + SETTLE_S
        self.clock_ms = max(self.clock_ms, end * 1000)  # from here on somebody listens again
        self.rooms.settle()
        slots = self.rooms.slots()
        for name in ("last", "quiet_since"):
            self.rooms.columns[name][slots] = end  # not having listened is no silence of theirs
        self.rooms.changed[slots] = self.rooms.stirred = True
        beats = self.rooms.columns["beat"]
        beats[beats > 0] = end

    # -- history -----------------------------------------------------------------------------

    def play(
        self, events: Sequence[Event], late: Callable[[Note], None] | None = None
    ) -> Iterator[Output]:
        """Run events on their own time, ticks and all: the clock is the latest `at` seen.

        Gives what a live run would have given in which each event arrived at its `at`.
        """
        index = 0
        while index < len(events):
            first, at, index = index, events[index].at, index + 1
            if at is None:
                continue  # it has no time of its own
            latest, clock = at, max(int(at.timestamp() * 1000), self.clock_ms)
            yield from self.run_to(clock // 1000)
            second = datetime.fromtimestamp(clock // 1000, UTC)
            if at >= second and self.rooms.head <= clock // 1000:
                low, high = second - SURELY_IN_TIME, second + _SURELY_THIS_SECOND
                index, latest = counting.stretch(events, index, low, latest, high)
            self._play_run(events, first, index, latest, late)

    def _play_run(
        self,
        events: Sequence[Event],
        first: int,
        end: int,
        latest: datetime,
        late: Callable[[Note], None] | None,
    ) -> None:
        """Apply events that share a second of the clock at once: what one by one would give."""
        for note in self.apply(events[first:end], int(latest.timestamp() * 1000)):
            if late is not None:
                late(note._replace(place=first + note.place))

    def run_to(self, second: int) -> Iterator[Output]:
        """All ticks that stand before or at `second`."""
        while self.next_tick and self.next_tick <= second:
            if not self.rooms.rooms:
                self.next_tick = second - second % TICK_S + TICK_S  # nothing to read until then
                return
            yield self.tick(self.next_tick)

    def finish(self) -> Output:
        """The input is over: one last tick, and every session ends."""
        now = self.next_tick
        out = self.tick(now) if self.rooms.rooms else Output(now)
        for session in sorted(self.rooms.rooms):
            out.ended.append(self.end(session, now, "end of input"))
        return out

    # -- sessions ----------------------------------------------------------------------------

    def end(
        self, session: str, now: int, reason: Literal["idle", "end of input"]
    ) -> SessionSummary:
        """Close a session and say what it was."""
        slot = self.rooms.rooms[session].slot
        summary = self.summary(session, reason)
        present = self.rooms.rooms[session].present
        if present and len(present) <= MOST_SEATS:
            self.resting[session] = sorted(present)
            self._seated += len(present)
            while len(self.resting) > MOST_RESTING or self._seated > MOST_SEATED:
                self._recall(next(iter(self.resting)))
        self.rooms.close(session)
        for detector in self.detectors:
            detector.forget(np.array([slot], np.intp))
        return summary

    def summary(
        self, session: str, reason: Literal["open", "idle", "end of input"] = "open"
    ) -> SessionSummary:
        """What can be said of a session up to now."""
        self.rooms.settle()
        c, slot = self.rooms.columns, self.rooms.rooms[session].slot
        ticks = int(c["ticks"][slot])
        tallies = c["tallies"][slot]
        return SessionSummary(
            session=session,
            started=datetime.fromtimestamp(int(c["started"][slot]), UTC),
            ended=datetime.fromtimestamp(int(c["last"][slot]), UTC),
            messages=int(tallies[CHAT] + c["late_chat"][slot]),
            reactions=max(int(tallies[REACTIONS]), 0),
            votes=int(tallies[VOTES]),
            people=int(c["people"][slot]),
            peak_active=int(c["peak_active"][slot]),
            mean_score=float(c["score_sum"][slot] / ticks) if ticks else None,
            min_score=float(c["score_min"][slot]) if ticks else None,
            max_score=float(c["score_max"][slot]) if ticks else None,
            alarms=int(c["alarms"][slot]),
            late=int(c["late"][slot]),
            reason=reason,
        )

    # -- state -------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Everything that the future depends on, as plain values and arrays."""
        return {
            "rooms": state.rooms_out(self.rooms),
            "clock": [self.next_tick, self.hold_until, self.clock_ms],
            "resting": self.resting,
            "detectors": [detector.snapshot() for detector in self.detectors],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on exactly as the engine would have that the snapshot was taken of."""
        state.rooms_in(self.rooms, saved["rooms"])
        self.next_tick, self.hold_until, self.clock_ms = saved["clock"]
        self.resting = dict(saved["resting"])
        self._seated = sum(map(len, self.resting.values()))
        for detector, its in zip(self.detectors, saved["detectors"], strict=True):
            detector.restore(its)


_SCORES: tuple[tuple[str, Any, str], ...] = (
    ("ticks", np.int64, "how many ticks the session has had"),
    ("score_sum", np.float64, "for the mean score"),
    ("score_min", np.float64, "the lowest score"),
    ("score_max", np.float64, "the highest score"),
    ("peak_active", np.float64, "the most people active in one minute"),
    ("alarms", np.int64, "how many alarms were raised"),
    ("late_chat", np.int64, "messages in no window, as they came too late; they were said"),
)
