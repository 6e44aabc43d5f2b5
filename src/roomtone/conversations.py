"""All pairs and their conversations without I/O: turns and readings in, points and records out."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from roomtone.engine import Output
from roomtone.events import Event, Message, RelationshipSet, Turn, TurnRead
from roomtone.points import Block, Measurement, Point
from roomtone.ports import ReactionSignal, TurnSignal
from roomtone.reacting import Reacting
from roomtone.records import TurnRecord
from roomtone.revisions import Revising, TurnRevised
from roomtone.turn_records import record_of
from roomtone.turns import (
    NEW_PAIR,
    Heard,
    Pair,
    Pending,
    Talk,
    felt,
    shortened,
    utc,
)

SLICE = 40
"""How many turns are measured at once, so that a loop gets a breath in between: some 10 ms."""

SLICE_CHARS = 50_000
"""How much text in them: a book takes as long as a hundred messages."""

READ_WITHIN_MS = 600_000
"""How long a turn waits to be read. After that it is measured by what its sender said alone."""

MOST_PENDING, MOST_PENDING_BYTES = 50_000, 64_000_000
"""How many turns wait to be read, and how much text: beyond it the oldest are measured unread."""

MOST_READY = 2_000
"""How many turns that were read, or given up, wait for a tick: a second's work."""

MOST_PAIRS, MOST_TALKS = 200_000, 50_000
"""How many pairs and conversations are remembered; of one that was forgotten the archive tells
how it stands, and its next turn begins a new conversation."""

Key = tuple[str, str]
Who = tuple[str, str, str]  # session, bot, user
_Said = tuple[str, str, int]  # the last message and reply, and how many turns are not measured


class _State(msgspec.Struct):
    pairs: list[bytes]  # some hundred in each
    talks: list[bytes]
    pending: list[Pending]
    ready: list[tuple[Pending, TurnRead | None]]
    said: list[tuple[Who, _Said]]
    told: list[Key]
    renewed: list[Talk]
    reacting: bytes = b""  # there was none before
    revising: bytes = b""


@dataclass(slots=True)
class _Gathered:
    """What one slice of a tick gives, before it is in columns."""

    points: dict[str, list[Point]]
    turns: list[TurnRecord]


class Conversations:
    """Every turn is measured once, when it was read, in the order of the journal.

    `apply` what came, and what was read; `ticking` gives what that makes. The same calls give the
    same results to the bit.
    """

    def __init__(
        self,
        signals: Sequence[TurnSignal],
        *,
        idle_s: int = 1800,
        tag_session: bool = False,
        reactions: Sequence[ReactionSignal] = (),
        penalties: bool = False,
    ) -> None:
        self.signals, self.penalties = list(signals), penalties
        self.reacting = Reacting(reactions)
        self.revising = Revising()
        self.idle_ms = idle_s * 1000
        self.measurements: dict[str, Measurement] = {
            own.name: own.tagged("session_id") if tag_session else own
            for signal in self.signals
            for own in signal.measurements
        } | self.reacting.measurements
        self.pairs: OrderedDict[Key, Pair] = OrderedDict()
        self.talks: OrderedDict[Who, Talk] = OrderedDict()
        self.pending: OrderedDict[Key, Pending] = OrderedDict()
        self._pending_bytes = 0
        self._said: dict[Who, _Said] = {}  # of talks with turns that are not measured yet
        self._ready: list[tuple[Pending, TurnRead | None]] = []
        self._told: dict[Key, None] = {}  # pairs whose relationship is to be kept
        self._renewed: dict[tuple[Who, int], Talk] = {}  # talks likewise, by their start
        self._is_set = False  # an owner's word came, which is kept at once
        self.unread = 0  # turns measured without having been read
        self.failures: Counter[str] = Counter()  # signals that failed, by measurement

    # -- what comes ---------------------------------------------------------------------------

    def apply(self, events: Sequence[Event], arrival_ms: int, source: str = "") -> bool:
        """Take turns, reactions and what was found out of them. Whether any was ours."""
        ours, hear = False, self.reacting.overheard.hear
        for event in events:
            if type(event) is Message:
                hear(event, arrival_ms)  # nearly all are; a call less for each
                continue
            if type(event) is Turn:
                self._turn(event, arrival_ms, source)
            elif type(event) is TurnRead:
                self._read(event)
            elif type(event) is RelationshipSet:
                self._set(event, arrival_ms)
            elif type(event) is TurnRevised:
                self._revised(event, arrival_ms)
            elif not self.reacting.apply(event, arrival_ms):
                continue
            ours = True
        return ours

    def _turn(self, turn: Turn, arrival: int, source: str) -> None:
        ms = arrival if turn.at is None else round(turn.at.timestamp() * 1000)
        key = (turn.session, turn.bot, turn.user or "")
        message, reply, waiting = self._said.get(key, ("", "", 0))
        talk = self.talks.get(key)
        if not waiting and talk and self._goes_on(talk, ms):
            message, reply = talk.message, talk.reply
        pair = self.pairs.get(key[1:])
        asks = bool(turn.user) and (pair is None or not pair.is_known)
        if (turn.session, turn.id or "") in self.pending:
            return  # it was told again, and waits already
        said = (message, reply)
        waits = Pending(turn=turn, ms=ms, arrival=arrival, before=said, asks=asks, source=source)
        self._said[key] = (shortened(turn.message), shortened(turn.reply), waiting + 1)
        self.pending[waits.key] = waits
        self._pending_bytes += waits.size
        if not turn.id:  # of an older journal: what is read of a turn could not name it
            self._unread(waits.key)
        while len(self.pending) > MOST_PENDING or self._pending_bytes > MOST_PENDING_BYTES:
            self._unread(next(iter(self.pending)))

    def _goes_on(self, talk: Talk, ms: int) -> bool:
        return talk.started_ms - self.idle_ms <= ms <= talk.ended_ms + self.idle_ms

    def _read(self, read: TurnRead) -> None:
        key = (read.session, read.turn)
        waits = self.pending.get(key)
        if waits is None or (waits.turn.bot, waits.turn.user) != (read.bot, read.user):
            return  # it was read before, or given up; or it is of another pair
        del self.pending[key]
        self._pending_bytes -= waits.size
        self._ready.append((waits, read))

    def _unread(self, key: Key) -> None:
        waits = self.pending.pop(key)
        self._pending_bytes -= waits.size
        self._ready.append((waits, None))
        self.unread += 1

    def _set(self, said: RelationshipSet, arrival: int) -> None:
        if not said.user:
            return
        ms = arrival if said.at is None else round(said.at.timestamp() * 1000)
        pair = self._pair(said.bot, said.user)
        if said.standing is not None:
            pair.learn(said.standing)
        old = (pair.trust, pair.affection, pair.attunement)
        new = (said.trust, said.affection, said.attunement)
        pair.trust, pair.affection, pair.attunement = (
            next(value for value in values if value is not None)
            for values in zip(new, old, NEW_PAIR, strict=True)
        )
        pair.source = "store"
        pair.seen(ms)
        self._told[(said.bot, said.user)] = None
        self._is_set = True

    def _revised(self, event: TurnRevised, arrival: int) -> None:
        key = (event.session, event.turn)
        self.revising.revise(event, arrival, waits=key in self.pending)
        talk = self.talks.get((event.session, event.bot, event.user or ""))
        if talk is not None and talk.last == event.turn:  # the next one is measured by what it says
            whose = "message" if event.role == "user" else "reply"
            setattr(talk, whose, "" if event.why == "deleted" else shortened(event.text))

    def standing(self, bot: str, user: str) -> Pair | None:
        """How a pair stands, if anybody here knows."""
        pair = self.pairs.get((bot, user))
        return pair if pair is not None and pair.trust is not None else None

    @property
    def is_due(self) -> bool:
        """Whether not to wait for the tick: an owner's word came, or there is much to measure."""
        made = self.reacting.made
        return self._is_set or len(self._ready) + made >= MOST_READY or self.reacting.is_said

    @property
    def sessions_read(self) -> set[str]:
        """The sessions of turns that were read and are not measured yet."""
        return {waits.turn.session for waits, _ in self._ready}

    def to_read(self, limit: int) -> list[Pending]:
        """The turns that have waited longest to be read."""
        return list(islice(self.pending.values(), limit))

    def gap(self, ms: int) -> None:
        """Nobody listened for so long: what waits to be read has not waited longer for it."""
        for one in self.pending.values():
            one.arrival += ms
        self.reacting.gap(ms)

    # -- what it gives ------------------------------------------------------------------------

    def ticking(self, now: int) -> Iterator[Output]:
        """What was read since the last tick, measured; and what has waited too long, as it is."""
        while self.pending:
            key, oldest = next(iter(self.pending.items()))
            if now * 1000 - oldest.arrival < READ_WITHIN_MS:
                break
            self._unread(key)
        self.revising.settle(now * 1000, self.pending)
        yield from self.measuring(now)

    def measuring(self, now: int) -> Iterator[Output]:
        """What was read up to now, in slices. Nothing may be applied until it is through."""
        ready, self._ready = self._ready, []
        self._is_set = False
        done = 0
        while done < len(ready):
            made = _Gathered({}, [])
            chars = 0
            for waits, read in ready[done : done + SLICE]:
                self._measure(waits, read, made)
                done += 1
                chars += waits.chars
                if chars > SLICE_CHARS:
                    break
            yield Output(now, self._blocks(made), turns=made.turns, **self._renewals())
        if self._told or self._renewed:
            yield Output(now, **self._renewals())
        if self.reacting.made:
            yield self.reacting.take(now)
        if self.revising.made:
            yield Output(now, revisions=self.revising.take())

    def _blocks(self, made: _Gathered) -> list[Block]:
        return [self.measurements[name].gather(rows) for name, rows in made.points.items()]

    def _renewals(self) -> dict[str, Any]:
        told, renewed = self._told, self._renewed
        self._told, self._renewed = {}, {}
        pairs = [self.pairs[key] for key in told if key in self.pairs]
        return {
            "relationships": [pair.kept() for pair in pairs],
            "conversations": [talk.kept() for talk in renewed.values()],
        }

    def _measure(self, waits: Pending, read: TurnRead | None, made: _Gathered) -> None:
        turn = waits.turn
        pair = self._pair(turn.bot, turn.user or "")
        ms = pair.place(waits.ms)
        talk = self._talk(turn, ms)
        if read is not None and read.standing is not None:
            pair.learn(read.standing)
        heard = Heard(turn, utc(ms), pair, talk)
        heard.reactions = self.reacting.count(talk.session, turn.user or "", talk.started_ms)
        heard.user_emotion = felt(turn.user_emotion, "measured")
        heard.bot_emotion = felt(turn.bot_emotion, "measured")
        if read is not None:
            heard.user_emotion = heard.user_emotion or felt(read.user_emotion, "model", read.model)
            heard.bot_emotion = heard.bot_emotion or felt(read.bot_emotion, "model", read.model)
            heard.relevance, heard.shift, heard.sentiment = (
                read.relevance,
                read.shift,
                read.sentiment,
            )
            heard.looked = read.recalled
        for signal in self.signals:
            try:
                points = signal.update(heard)
                for point in points:
                    self.measurements[point.measurement].check(point)
            except Exception:  # of one measurement: the others are not its hostages
                self.failures[signal.measurements[0].name] += 1
                continue
            for point in points:
                made.points.setdefault(point.measurement, []).append(point)
        kept = record_of(heard, source=waits.source, penalties=self.penalties)
        made.turns.append(kept)
        self._remember(heard, ms)
        self.revising.measured(waits.key)

    def _pair(self, bot: str, user: str) -> Pair:
        key = (bot, user)
        pair = self.pairs.get(key)
        if pair is None:
            pair = self.pairs[key] = Pair(bot=bot, user=user)
            if len(self.pairs) > MOST_PAIRS:
                self.pairs.popitem(last=False)
        else:
            self.pairs.move_to_end(key)
        return pair

    def _talk(self, turn: Turn, ms: int) -> Talk:
        key = (turn.session, turn.bot, turn.user or "")
        talk = self.talks.get(key)
        if talk is None or not self._goes_on(talk, ms):
            talk = Talk(
                session=turn.session,
                bot=turn.bot,
                user=turn.user or "",
                started_ms=ms,
                ended_ms=ms,
            )
            self.talks[key] = talk
            if len(self.talks) > MOST_TALKS:
                self.talks.popitem(last=False)
        self.talks.move_to_end(key)
        return talk

    def _remember(self, heard: Heard, ms: int) -> None:
        """What the next turn of this pair and this conversation needs to know of this one."""
        pair, talk = heard.pair, heard.talk
        pair.seen(ms)
        pair.turns += 1
        talk.remember(heard, ms)
        key = (talk.session, talk.bot, talk.user)
        message, reply, waiting = self._said.pop(key, ("", "", 1))
        if waiting > 1:
            self._said[key] = (message, reply, waiting - 1)
        self._renewed[key, talk.started_ms] = talk
        if pair.user and pair.trust is not None:
            self._told[(pair.bot, pair.user)] = None

    # -- state --------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Everything that the future depends on."""
        state = _State(
            _packed(list(self.pairs.values())),
            _packed(list(self.talks.values())),
            list(self.pending.values()),
            self._ready,
            list(self._said.items()),
            list(self._told),
            list(self._renewed.values()),
            self.reacting.snapshot(),
            self.revising.snapshot(),
        )
        return msgspec.msgpack.encode(state)

    def restore(self, saved: bytes) -> None:
        """Go on exactly as the one would have that the snapshot was taken of."""
        state = msgspec.msgpack.decode(saved, type=_State)
        pairs = [one for part in state.pairs for one in _PAIRS.decode(part)]
        talks = [one for part in state.talks for one in _TALKS.decode(part)]
        self.pairs = OrderedDict(((one.bot, one.user), one) for one in pairs)
        self.talks = OrderedDict(((one.session, one.bot, one.user), one) for one in talks)
        self.pending = OrderedDict((one.key, one) for one in state.pending)
        self._pending_bytes = sum(one.size for one in state.pending)
        self._ready = state.ready
        self._told = dict.fromkeys(state.told)
        self._renewed = {}
        for kept in state.renewed:
            key = (kept.session, kept.bot, kept.user)
            own = self.talks.get(key)
            goes_on = own is not None and own.started_ms == kept.started_ms
            self._renewed[key, kept.started_ms] = own if own and goes_on else kept
        self._said = dict(state.said)
        if state.reacting:
            self.reacting.restore(state.reacting)
        if state.revising:
            self.revising.restore(state.revising)


_PAIRS, _TALKS = msgspec.msgpack.Decoder(list[Pair]), msgspec.msgpack.Decoder(list[Talk])


def _packed(things: Sequence[Pair | Talk]) -> list[bytes]:
    """In pieces, as one long call would keep the interpreter from everybody else."""
    return [msgspec.msgpack.encode(things[n : n + 500]) for n in range(0, len(things), 500)]
