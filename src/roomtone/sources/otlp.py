"""OpenTelemetry traces as a source: spans are gathered by trace and told as turns, once each."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from roomtone.errors import BadEvent, SourceError
from roomtone.events import Event, Refusal, Turn
from roomtone.sources._lines import Lines
from roomtone.sources._otlp_dialects import MODEL, OTHER, RETRIEVER, WRAP, Part, clean, part_of
from roomtone.sources._otlp_turns import AT_ONCE_NS, Group, groups_of, mark_of, naming, turn_of
from roomtone.sources._otlp_wire import Span, spans_of

HOLD_MS = 6_000
"""How long a span whose trace's root has not come waits for what it lies in, counted from the
trace's last span: exporters send what has ended every 5 s."""

MOST_TRACES = 20_000
MOST_PARTS = 5_000
MOST_BYTES = 32_000_000
"""Bounds on what is remembered; beyond them the oldest trace is told as it stands."""

NO_TEXT = (
    "a model's span has no text, as its content is not captured; set "
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, OPENINFERENCE_HIDE_INPUTS=false or "
    "TRACELOOP_TRACE_CONTENT=true, as your instrumentation has it"
)


@dataclass(slots=True)
class Told:
    """A turn that was told: which, and when it was."""

    turn: Turn
    top: str
    mark: str
    start_ns: int
    end_ns: int


@dataclass(slots=True)
class _Trace:
    parts: dict[str, Part] = field(default_factory=dict)
    size: int = 0
    touched_ms: int = 0
    looked_ms: int = -1  # when it was touched as it was last looked through
    rooted: bool = False  # its outermost span is here
    closed: bool = False  # which itself was a turn: all else of the trace lies in it
    told: list[Told] = field(default_factory=list)
    members: set[str] = field(default_factory=set)  # spans that turns were told of
    around: set[str] = field(default_factory=set)  # spans not seen yet, in which those lie


@dataclass(slots=True)
class _Decision:
    trace: str
    consumed: list[str]
    told: list[tuple[Told, Group]]
    over: bool  # nothing more is waited for


@dataclass(slots=True)
class Taken:
    """What an export, or the time, brought: turns, what was refused, and what is worth saying."""

    turns: list[Event] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    samples: list[bytes] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    decisions: list[_Decision] = field(default_factory=list)


MOST_ID = 64
"""How long an id may be: hexadecimal ones have 32 and 16 digits."""

MOST_LINE = 8_000_000
"""How much of a file's line is read: as much as one request may hold."""


def parse(body: bytes, *, is_json: bool) -> tuple[list[Part], list[Refusal], list[bytes]]:
    """An export's spans, read, and those refused with a sample of each. Raises BadEvent."""
    parts: list[Part] = []
    refusals: list[Refusal] = []
    samples: list[bytes] = []
    for place, span in enumerate(spans_of(body, is_json=is_json)):
        ids = (span.trace, span.id, span.parent)
        if span.trace.strip("0") and span.id.strip("0") and max(map(len, ids)) <= MOST_ID:
            parts.append(part_of(span))
        else:
            reason = "a span without a trace id and a span id, or with odd ones; send both"
            refusals.append(Refusal(place, reason))
            samples.append(_sample(span))
    return parts, refusals, samples


def _sample(span: Span) -> bytes:
    return msgspec.json.encode({"type": "span", "name": clean(span.name), "kind": span.kind})


class Traces:
    """Gathers spans and says which turns they are, each once.

    A trace is decided when its root comes, else when nothing was heard of it for 6 s; memory is
    bounded. What is told is remembered once `settle` says that it is safe: the same export a
    second time gives the same turns with the same ids.
    """

    def __init__(self, *, hold_ms: int = HOLD_MS, most_traces: int = MOST_TRACES) -> None:
        self._hold_ms, self._most = hold_ms, most_traces
        self._traces: OrderedDict[str, _Trace] = OrderedDict()  # the one heard last is at the end
        self._bytes = 0
        self.spans: Counter[str] = Counter()  # by what became of them

    def parse(self, body: bytes, *, is_json: bool) -> tuple[list[Part], Taken]:
        """Read an export, without touching what is remembered: in any thread. Raises BadEvent."""
        parts, refusals, samples = parse(body, is_json=is_json)
        return parts, Taken(refusals=refusals, samples=samples)

    def take(self, parts: Sequence[Part], now_ms: int, taken: Taken | None = None) -> Taken:
        """Spans have come: the turns that can be told now. Nothing is final before `settle`."""
        taken = taken if taken is not None else Taken()
        touched: dict[str, _Trace] = {}
        for part in parts:
            self._count(part, taken)
            trace = self._trace(part.trace)
            trace.touched_ms = now_ms
            touched[part.trace] = trace
            known = trace.parts.get(part.id)
            self._resize(trace, part.size - (known.size if known is not None else 0))
            trace.parts[part.id] = part
            trace.rooted = trace.rooted or not part.parent
        for name, trace in touched.items():
            if trace.rooted or trace.closed or len(trace.parts) > MOST_PARTS:
                self._decide(name, trace, taken, final=True)
        self._make_room(taken)
        taken.turns.sort(key=lambda turn: turn.at.timestamp() if turn.at else math.inf)
        return taken

    def due(self, now_ms: int) -> Taken:
        """The turns of traces of which nothing was heard for a while."""
        taken = Taken()
        for name, trace in self._traces.items():
            if trace.touched_ms + self._hold_ms > now_ms:
                break
            talks = any(part.talks for part in trace.parts.values())
            if talks and trace.looked_ms != trace.touched_ms:
                self._decide(name, trace, taken, final=False)
        return taken

    def all(self) -> Taken:
        """The turns of all that is held, as it stands: at the end."""
        taken = Taken()
        for name, trace in self._traces.items():
            self._decide(name, trace, taken, final=True)
        return taken

    def next_due_ms(self, now_ms: int) -> int | None:
        """When `due` should be asked next; None while nothing waits."""
        waits = [
            trace.touched_ms + self._hold_ms
            for trace in self._traces.values()
            if trace.parts and trace.touched_ms + self._hold_ms > now_ms
        ]
        return min(waits, default=None)

    def settle(self, taken: Taken) -> None:
        """What was told is safe, or refused for good: it is not told again."""
        for decision in taken.decisions:
            trace = self._traces.get(decision.trace)
            if trace is None:
                continue
            trace.looked_ms = trace.touched_ms
            for told, group in decision.told:
                self._remember(trace, told, group)
            for id in decision.consumed:
                part = trace.parts.pop(id, None)
                if part is not None:
                    self._resize(trace, -part.size)
            if decision.over and not trace.told:
                self._forget(decision.trace)

    # -- what is remembered --------------------------------------------------------------------

    def _trace(self, name: str) -> _Trace:
        trace = self._traces.setdefault(name, _Trace())
        self._traces.move_to_end(name)
        return trace

    def _resize(self, trace: _Trace, by: int) -> None:
        trace.size += by
        self._bytes += by

    def _forget(self, name: str) -> None:
        trace = self._traces.pop(name)
        self._bytes -= trace.size

    def _make_room(self, taken: Taken) -> None:
        """Beyond the bounds the oldest traces are told as they stand."""
        over, size = len(self._traces) - self._most, self._bytes - MOST_BYTES
        for name in list(self._traces):
            if over <= 0 and size <= 0:
                break
            trace = self._traces[name]
            over, size = over - 1, size - trace.size
            if trace.parts:
                before = len(taken.turns)
                self._decide(name, trace, taken, final=True)
                taken.notes["a trace was told early, as too many are unfinished"] += (
                    len(taken.turns) > before
                )
            self._forget(name)

    def _remember(self, trace: _Trace, told: Told, group: Group) -> None:
        if all(one.turn.id != told.turn.id for one in trace.told):
            trace.told = [*trace.told[-99:], told]
            texts = (told.turn.message, told.turn.reply)
            self._resize(trace, sum(2 * len(text) for text in texts if text))
        ids = {part.id for part in group.spans()}
        news = ids - trace.members
        if len(trace.members) < MOST_PARTS:
            trace.members |= news
            self._resize(trace, 100 * len(news) + 500)
        for top in group.tops:
            if top.parent:
                trace.around.add(top.parent)
            else:
                trace.closed = True
        for part in group.outer:
            if part.parent:
                trace.around.add(part.parent)

    # -- deciding ------------------------------------------------------------------------------

    def _count(self, part: Part, taken: Taken) -> None:
        if part.role == OTHER:
            self.spans["ignored"] += 1
            taken.notes[f"a span of kind {part.kind} is no part of a talk: ignored"] += 1
        elif part.role == MODEL and not part.talks and not part.error:
            self.spans["textless"] += 1
            if not part.talk.seen:
                taken.notes[NO_TEXT] += 1
            elif not part.talk.calls and not part.talk.goes_on:
                taken.notes["a model's span holds messages, but no text; a picture has none"] += 1
        else:
            self.spans["read"] += 1

    def _decide(self, name: str, trace: _Trace, taken: Taken, *, final: bool) -> None:
        known = self._told_before(trace, taken) if trace.told else set[str]()
        fresh = {id: part for id, part in trace.parts.items() if id not in known}
        decision = _Decision(name, list(known), [], final)
        marks = Counter(told.mark for told in trace.told)
        names = naming(fresh.values())
        for group in groups_of(fresh):
            if not final and (group.is_step or group.reply is None):
                continue  # its answer is still to come
            decision.consumed += [part.id for part in group.spans()]
            if group.is_step and all(not top.parent for top in group.tops):
                taken.notes["a call that ends in a tool is a step on the way, not a turn"] += 1
                continue
            mark = mark_of(group)
            notes: list[str] = []
            turn = turn_of(group, marks[mark], names, notes)
            marks[mark] += 1
            taken.notes.update(dict.fromkeys(notes, 1))
            taken.turns.append(turn)
            told = Told(turn, group.tops[0].id, mark, group.start_ns, group.end_ns)
            decision.told.append((told, group))
        if final:
            decision.consumed = list(trace.parts)
            self._note_lonely(fresh, decision, taken)
        taken.decisions.append(decision)

    def _note_lonely(self, fresh: dict[str, Part], decision: _Decision, taken: Taken) -> None:
        """Spans with texts, and retrievers, that no turn has taken."""
        used = {part.id for _, group in decision.told for part in group.spans()}
        around = {part.id for _, group in decision.told for part in group.outer}
        for id, part in fresh.items():
            if id in used or id in around:
                continue
            if part.role == RETRIEVER:
                taken.notes["a retriever's span belongs to no turn: ignored"] += 1
            elif part.role == WRAP and part.talks:
                taken.notes["a span with texts in which no model is called: ignored"] += 1

    def _told_before(self, trace: _Trace, taken: Taken) -> set[str]:
        """Spans of turns that were told; each found makes those it lies in and its own known."""
        below: dict[str, list[Part]] = {}
        for part in trace.parts.values():
            below.setdefault(part.parent, []).append(part)
        known, waiting = set[str](), deque(trace.parts.values())
        while waiting:
            part = waiting.popleft()
            was = trace.closed
            if part.id in known or not self._is_told(trace, part, taken):
                continue
            known.add(part.id)
            waiting += below.get(part.id, ())
            waiting += [trace.parts[part.parent]] if part.parent in trace.parts else []
            waiting += trace.parts.values() if trace.closed and not was else ()
        return known

    def _is_told(self, trace: _Trace, part: Part, taken: Taken) -> bool:
        """Whether a span belongs to a turn that was told; one sent again is told as a duplicate."""
        if part.id in trace.members:
            again = next((told for told in trace.told if told.top == part.id), None)
            if again is not None and again.turn not in taken.turns:
                taken.turns.append(again.turn)
            return True
        if part.id in trace.around:
            if part.parent:
                trace.around.add(part.parent)
            if part.talks:  # had it come in time, it would be the turn, and all in it its part
                trace.members.add(part.id)
                trace.closed = trace.closed or not part.parent
            return True
        if trace.closed:
            return True  # its tops are members already
        if part.parent in trace.members:
            if len(trace.members) < MOST_PARTS:
                trace.members.add(part.id)
                self._resize(trace, 100)
            return True
        if part.talk.message is None:
            return False
        mark = mark_of(Group([part]))
        return any(
            told.mark == mark
            and told.start_ns < part.end_ns
            and (part.talk.goes_on or part.start_ns < told.end_ns + AT_ONCE_NS)
            for told in trace.told
        )


class Otlp:
    """`otlp:///var/traces.jsonl`: exports as JSON, one a line, as a collector writes its files."""

    def __init__(self, url: str) -> None:
        self._path = Path(unquote(urlsplit(url).path))
        self.refused = 0

    @staticmethod
    def traces() -> Traces:
        """What gathers spans that come over the network."""
        return Traces()

    async def events(self) -> AsyncIterator[Event]:
        """Its turns, each when its trace is over. Raises SourceError where there is no file."""
        traces = Traces(hold_ms=0)
        try:
            lines = await asyncio.to_thread(self._path.open, "rb")
        except OSError as error:
            raise SourceError(
                f"cannot read {self._path}: {error.strerror}; give the path of a file"
            ) from None
        with lines:
            for line, cut in iter(Lines(lines, most=MOST_LINE)):
                await asyncio.sleep(0)
                if cut or not line.strip():
                    self.refused += cut
                    continue
                try:
                    parts, taken = traces.parse(line, is_json=True)
                except BadEvent:
                    self.refused += 1
                    continue
                self.refused += len(taken.refusals)
                traces.take(parts, 0, taken)
                for turn in taken.turns:
                    yield turn
                traces.settle(taken)
        for turn in traces.all().turns:
            yield turn
