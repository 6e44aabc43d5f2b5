"""All reactions that mean something, without I/O: events in; points, records, retractions out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec

from roomtone.emoji_types import character
from roomtone.engine import Output
from roomtone.events import Event, Message, Reaction
from roomtone.known import Known, Live
from roomtone.opinions import NOBODY, Habits, Opinion
from roomtone.overheard import Around, Overheard, line_of
from roomtone.points import Block, Measurement, Point
from roomtone.ports import ReactionSignal
from roomtone.reacted import Held, ReactionRecord, State
from roomtone.reactions import rated
from roomtone.turns import utc
from roomtone.verdicts import Reacted, ReactionJudged, ReactionReview

MOST_WAITING = 12_000
"""How many wait to be judged. Beyond it the oldest are kept as unanswered; they can be judged on
purpose."""

UNKNOWN, TOO_MANY, FAILED = "target_unknown", "too_many_waited", "judge_failed"
"""Why a reaction is not answered."""

ALWAYS = {"feedback_type": "emoji_reaction"}
"""Tags that are the same on every point."""


_LOST = "g_"  # how the ids of those begin that are looked for


@dataclass(slots=True)
class Made:
    """What reactions gave since it was last asked."""

    records: dict[str, ReactionRecord] = field(default_factory=dict)
    points: dict[_Place, Point] = field(default_factory=dict)
    gone: list[Point] = field(default_factory=list)  # what was told before, and is no more


class _State(msgspec.Struct):
    held: list[bytes]
    overheard: bytes
    habits: bytes
    records: list[ReactionRecord]
    points: list[Point]
    gone: list[Point]
    lost: list[Reacted]


class Reacting:
    """Every reaction is judged once, and counts until it is taken back.

    `apply` what came, and what was found out of it; `take` gives what that makes. The same calls
    give the same results to the bit.
    """

    def __init__(self, signals: Sequence[ReactionSignal] = ()) -> None:
        self.signals = list(signals)
        self.measurements: dict[str, Measurement] = {
            own.name: own for signal in self.signals for own in signal.measurements
        }
        self.known = Known()
        self.waiting: dict[str, None] = {}
        self.overheard = Overheard()
        self.habits = Habits()
        self.lost: dict[str, Reacted] = {}  # taken back, and not known here: ask the archive
        self.failures = 0
        self.is_said = False  # a person's word came, which is kept at once
        self._made = Made()

    # -- what comes ---------------------------------------------------------------------------

    def apply(self, event: Event, arrival: int) -> bool:
        """Take one event; whether it was ours. What was said is heard, and is not ours."""
        of = type(event)
        if of is Message:
            self.overheard.hear(event, arrival)  # type: ignore[arg-type]
            return False
        if of is Reaction:
            return self._reaction(event, arrival)  # type: ignore[arg-type]
        if of is ReactionJudged:
            self._judged(event, arrival)  # type: ignore[arg-type]
        elif of is ReactionReview:
            self._reviewed(event, arrival)  # type: ignore[arg-type]
        else:
            return False
        return True

    def _reaction(self, event: Reaction, arrival: int) -> bool:
        if event.target is None and event.bot is None:
            return False  # of the room, and of nothing that was said in it
        ms = arrival if event.at is None else round(event.at.timestamp() * 1000)
        target, user = event.target or "", event.user or ""
        live = (event.session, user, event.emoji, target)
        if event.action == "remove":
            return self._taken_back(event, live, ms)
        if user and target and self.known.live(live) is not None:
            return False  # told twice
        of = self._named(event, ms)
        around = self.overheard.around(event.session, target) if target else None
        held = Held(
            of=of,
            arrival=arrival,
            share=self.habits.share(user, character(of.emoji)) if user else None,
            others=tuple(self.known.others(event.session, target, of.emoji)),
        )
        if around is not None:
            self._place(held, around)
        if user:
            self.habits.gave(user, character(of.emoji))
        self.known.hold(held)
        self.waiting[of.id] = None
        self._tell(held)
        while len(self.waiting) > MOST_WAITING:
            self._end(self.known.held[next(iter(self.waiting))], "unanswered", TOO_MANY)
        return True

    def _named(self, event: Reaction, ms: int) -> Reacted:
        """The reaction with an id that is the same wherever the same events are read."""
        told = (event.session, event.user or "", event.emoji, event.target or "", event.bot or "")
        by = event.id or str(ms)
        for again in range(1_000):
            text = "\0".join((*told, by, str(again)))
            name = f"r_{_digest(text)}"
            if name not in self.known.held:
                break
        # Two of one person and emoji in one millisecond would be one point: the next one stands
        # beside it.
        near = islice(self.known.of(event.session, event.user or "", latest=True), 20)
        taken = {one.of.ms for one in near if one.of.emoji == event.emoji}
        while ms in taken:
            ms += 1
        return Reacted(
            id=name,
            session=event.session,
            emoji=event.emoji,
            ms=ms,
            bot=event.bot or "",
            user=event.user or "",
            target=event.target or "",
        )

    def _place(self, held: Held, around: Around) -> None:
        """What was said around it, as far as it was heard in a room."""
        of, user, message = held.of, held.of.user, around.message
        whose = line_of(message, user).who
        bot = of.bot or ((message.user or NOBODY) if whose == "bot" else "")
        held.of = msgspec.structs.replace(of, bot=bot, target_is=whose)
        held.reply = message.text
        held.before = tuple(line_of(one, user) for one in around.before)
        held.latency_s = max(0, of.ms - message.ms) / 1000
        held.to_me = whose == "bot" and around.answers in ("", user)

    def _taken_back(self, event: Reaction, live: Live, ms: int) -> bool:
        held = self.known.live(live)
        if held is not None:
            self._end(held, "retracted")
            return True
        if not event.user:
            return False
        id = _LOST + _digest("\0".join(live))
        self.lost[id] = Reacted(
            id=id,
            session=event.session,
            emoji=event.emoji,
            ms=ms,
            user=event.user,
            bot=event.bot or "",
            target=event.target or "",
        )
        while len(self.lost) > MOST_WAITING:
            del self.lost[next(iter(self.lost))]
        return True

    # -- what was found out -------------------------------------------------------------------

    def _judged(self, event: ReactionJudged, arrival: int) -> None:
        held = self.known.held.get(event.of.id)
        if held is None:
            if event.verdict is None:
                return  # what is forgotten was settled, and stays as it is kept
            held = Held(of=event.of, arrival=arrival, has_points=True, revision=event.revision)
            self.known.hold(held)
        elif held.state == "retracted":
            return  # it was taken back meanwhile
        elif held.state != "waiting" and not self._is_new(held, event):
            return
        self.waiting.pop(held.of.id, None)
        if event.verdict is None:
            if held.state == "waiting":
                self._end(held, "unanswered", event.why or FAILED)
            return
        old = held.of
        told = event.of  # who and when is known here; whose message it was is found out
        held.of = msgspec.structs.replace(old, bot=told.bot, target_is=told.target_is)
        held.ruling, held.ruled_ms, held.why = event.verdict, arrival, ""
        held.reply = event.reply
        held.before, held.after = tuple(event.before), tuple(event.after)
        held.latency_s, held.to_me = event.latency_s, event.to_me
        if held.state not in ("reviewed", "skipped"):
            self._retract(held, old)
            held.state = "review" if event.verdict.meaning is None else "judged"
            self._point(held)
        self._tell(held)

    def _is_new(self, held: Held, event: ReactionJudged) -> bool:
        """Of two judgements the first counts, but for one that was made again on purpose."""
        if not event.again or event.verdict is None:
            return False
        old, new = held.ruling, event.verdict
        return old is None or (old.model, old.version) != (new.model, new.version)

    def _reviewed(self, event: ReactionReview, arrival: int) -> None:
        held = self.known.held.get(event.of.id)
        if event.gone:
            self.lost = {id: one for id, one in self.lost.items() if not _same(one, event.of)}
            if event.of.id.startswith(_LOST):
                return  # nobody knows it: there is nothing to take back
        if held is None:
            held = Held(
                of=event.of,
                arrival=arrival,
                ruling=event.verdict,
                has_points=True,
                revision=event.revision,
            )
            self.known.hold(held)
        elif held.state == "retracted":
            return
        if event.gone:
            self._end(held, "retracted")
            return
        self.waiting.pop(held.of.id, None)
        before = held.said
        held.said, held.said_by, held.said_ms = event.meaning, event.by, arrival
        self.is_said = True
        self._retract(held, held.of)
        held.state = "skipped" if event.meaning is None else "reviewed"
        if held.of.user:
            emoji = character(held.of.emoji)
            self.habits.corrected(held.of.user, emoji, event.meaning, before)
        self._point(held)
        self._tell(held)

    def _end(self, held: Held, state: State, why: str = "") -> None:
        """It counts no more, or never did."""
        self.waiting.pop(held.of.id, None)
        self._retract(held, held.of)
        held.state, held.why = state, why
        if state == "retracted":
            self.known.leave(held)
        self._tell(held)

    # -- what it gives ------------------------------------------------------------------------

    def _point(self, held: Held) -> None:
        of = held.of
        held.weight = self.habits.weight(of.user, character(of.emoji)) if of.user else None
        for point in self._points(held, _opinion(held)):
            self._made.points[_place_of(point)] = point
            held.has_points = True

    def _points(self, held: Held, opinion: Opinion) -> Iterator[Point]:
        for signal in self.signals:
            try:
                for point in signal.update(opinion):
                    self.measurements[point.measurement].check(point)
                    yield point
            except Exception:  # of one signal: the others are not its hostages
                self.failures += 1

    def _retract(self, held: Held, of: Reacted) -> None:
        """Whatever points it may have are no more."""
        if not held.has_points:
            return
        held.has_points = False
        names = {"bot": of.bot or NOBODY, "user_id": of.user, "reaction_emoji": of.emoji}
        for own in self.measurements.values():
            tags = {tag: names.get(tag, ALWAYS.get(tag, "")) for tag in own.tags}
            gone = Point(own.name, utc(of.ms), tags, {})
            self._made.points.pop(_place_of(gone), None)
            self._made.gone.append(gone)

    def _tell(self, held: Held) -> None:
        held.revision += 1
        self._made.records[held.of.id] = held.kept()

    @property
    def made(self) -> int:
        """How much there is to be taken."""
        made = self._made
        return len(made.records) + len(made.points) + len(made.gone)

    def take(self, now: int) -> Output:
        """What there is since the last time. What is gone goes before its points are written."""
        made, self._made = self._made, Made()
        self.is_said = False
        records, points = list(made.records.values()), self._blocks(made.points.values())
        return Output(now, points, reactions=records, gone=self._blocks(made.gone))

    def _blocks(self, points: Iterable[Point]) -> list[Block]:
        sorted_out: dict[str, list[Point]] = {}
        for point in points:
            sorted_out.setdefault(point.measurement, []).append(point)
        return [self.measurements[name].gather(rows) for name, rows in sorted_out.items()]

    def to_judge(self, limit: int, skip: int = 0) -> list[Held]:
        """Those that have waited longest."""
        return [self.known.held[id] for id in islice(self.waiting, skip, skip + limit)]

    def count(self, session: str, user: str, since_ms: int) -> int:
        """How many reactions a person has given in a session since then, and not taken back."""
        return sum(one.of.ms >= since_ms for one in self.known.of(session, user))

    def gap(self, ms: int) -> None:
        """Nobody listened for so long: nothing has waited longer for it."""
        for id in self.waiting:
            self.known.held[id].arrival += ms

    # -- state --------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Everything that the future depends on."""
        held = list(self.known.held.values())
        made = self._made
        state = _State(
            [msgspec.msgpack.encode(held[n : n + 500]) for n in range(0, len(held), 500)],
            self.overheard.snapshot(),
            self.habits.snapshot(),
            list(made.records.values()),
            list(made.points.values()),
            made.gone,
            list(self.lost.values()),
        )
        return msgspec.msgpack.encode(state)

    def restore(self, saved: bytes) -> None:
        """Go on exactly as the one would have that the snapshot was taken of."""
        state = msgspec.msgpack.decode(saved, type=_State)
        held = [one for part in state.held for one in _HELD.decode(part)]
        self.known = Known(held)
        self.waiting = {one.of.id: None for one in held if one.state == "waiting"}
        self.overheard.restore(state.overheard)
        self.habits.restore(state.habits)
        self.lost = {one.id: one for one in state.lost}
        records = {one.of.id: one for one in state.records}
        self._made = Made(records, {_place_of(one): one for one in state.points}, state.gone)


def _opinion(held: Held) -> Opinion:
    ruling, told = held.ruling, held.state == "reviewed"
    as_judged = ruling is not None and ruling.meaning == held.meaning
    satisfaction = ruling.satisfaction if ruling and as_judged else None
    score = ruling.score if ruling and as_judged else None
    if held.meaning == "RATING" and (satisfaction is None or score is None):
        satisfaction, score = rated(held.of.emoji)
    return Opinion(
        of=held.of,
        meaning=held.meaning,
        confidence=1.0 if told else held.ruling.confidence if held.ruling else 0.0,
        satisfaction=satisfaction,
        score=score,
        weight=held.weight,
        source="measured" if told else "model",
    )


_HELD = msgspec.msgpack.Decoder(list[Held])
_Place = tuple[str, datetime, tuple[tuple[str, str], ...]]


def _place_of(point: Point) -> _Place:
    """What a point is known by."""
    return point.measurement, point.time, tuple(sorted(point.tags.items()))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def _same(one: Reacted, other: Reacted) -> bool:
    """Whether two are the same person's emoji on the same message."""
    return (one.session, one.user, one.emoji, one.target) == (
        other.session,
        other.user,
        other.emoji,
        other.target,
    )
