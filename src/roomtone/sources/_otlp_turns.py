"""One turn out of the spans of a trace, however many calls it took: the rules, without a memory."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from roomtone.events import MAX_TURN_TEXT, Turn
from roomtone.heard import MAX_AGENTS, Agent, session_of
from roomtone.sources._otlp_dialects import AGENT, MODEL, MOST_RECALLED, RETRIEVER, WRAP, Part

UNKNOWN = "unknown"
MAX_DEEP = 200
AT_ONCE_NS = 10**9
"""A person needs longer than this to say the same again; a program's next step does not."""

_LATEST_NS = 253_402_300_799 * 10**9  # the year 9999
_DAY_NS = 86_400 * 10**9
_SPAN = re.compile("[0-9a-fA-F]{1,32}")


@dataclass(slots=True)
class Group:
    """Spans side by side that are one turn: one, or the calls of a loop with tools."""

    tops: list[Part]
    inner: list[Part] = field(default_factory=list)  # what lies in them
    outer: list[Part] = field(default_factory=list)  # what they lie in, the outermost first
    retrievers: list[Part] = field(default_factory=list)
    last: Part = field(init=False)  # of those side by side, the one that ended last

    def __post_init__(self) -> None:
        self.last = max(self.tops, key=lambda part: part.end_ns)

    @property
    def message(self) -> str | None:
        said = [part.talk.message for part in (*self.tops, *self.inner) if part.talk.message]
        return said[0] if said else None

    @property
    def start_ns(self) -> int:
        return min(part.start_ns for part in self.tops)

    @property
    def end_ns(self) -> int:
        return self.last.end_ns

    def add(self, top: Part, inner: list[Part]) -> None:
        """One more side by side."""
        self.tops.append(top)
        self.inner += inner
        if top.end_ns > self.last.end_ns:
            self.last = top

    @property
    def is_step(self) -> bool:
        """Whether the last thing said is the wish for a tool: then an answer is still to come."""
        return self.last.talk.calls

    @property
    def reply(self) -> str | None:
        """The last answer; a text that came with the wish for a tool only where there is no other.

        What lies within is asked where the outermost span does not say."""
        for parts in (self.tops, [part for part in self.inner if part.role in (MODEL, AGENT)]):
            said = sorted((p for p in parts if p.talk.reply), key=lambda part: part.end_ns)
            last = [p for p in said if not p.talk.calls] or said
            if last:
                return last[-1].talk.reply
        return None

    def spans(self) -> list[Part]:
        """All that belongs to it."""
        return [*self.tops, *self.inner, *self.retrievers]


def groups_of(parts: Mapping[str, Part]) -> list[Group]:
    """The turns in the spans of one trace: of nested spans with texts the outermost one counts.

    A model's or an agent's span counts; a wrapping one (a chain, a decorated function) does where
    it is the trace's root or a model is called in it. Spans side by side with the same message
    are one turn where one repeats the other's answers or follows it at once.
    """
    parts = _untangled(parts)
    below: dict[str, list[Part]] = {}
    for part in parts.values():
        below.setdefault(part.parent, []).append(part)
    inhabited = _around_models(parts)
    counted = {
        part.id
        for part in parts.values()
        if part.talks
        and (
            part.role in (MODEL, AGENT)
            or (part.role == WRAP and (not part.parent or part.id in inhabited))
        )
    }
    found: list[Group] = []
    by_message: dict[str, list[Group]] = {}  # the first of each, and those still open
    tops = [
        parts[id] for id in counted if not any(up.id in counted for up in _up(parts[id], parts))
    ]
    for top in sorted(tops, key=lambda part: (part.start_ns, part.end_ns, part.id)):
        inner = sorted(_down(top, below), key=lambda part: (part.start_ns, part.id))
        said = by_message.setdefault(top.talk.message, []) if top.talk.message else []
        said[1:] = [one for one in said[1:] if _is_open(one, top)]  # starts rise: none opens again
        group = next((one for one in said if top.talk.goes_on or _is_open(one, top)), None)
        if group is None:
            group = Group([top], inner, [*_up(top, parts)][::-1])
            found.append(group)
            said.append(group)
        else:
            group.add(top, inner)
    _share_out([part for part in parts.values() if part.role == RETRIEVER], found)
    return found


def _around_models(parts: Mapping[str, Part]) -> set[str]:
    """Spans in which a model or an agent is at work."""
    found: set[str] = set()
    for part in parts.values():
        if part.role in (MODEL, AGENT):
            for up in _up(part, parts):
                if up.id in found:
                    break
                found.add(up.id)
    return found


def _untangled(parts: Mapping[str, Part]) -> dict[str, Part]:
    """The same without circles, which only the hostile send: each is opened at its first span."""
    found = dict(parts)
    for id, part in parts.items():
        if part.parent in parts:
            way = [part.id, *(up.id for up in _up(part, found))]
            if found[way[-1]].parent == id and id == min(way):
                found[id] = replace(part, parent="")
    return found


def _up(part: Part, parts: Mapping[str, Part]) -> Iterator[Part]:
    """What a span lies in, the nearest first, up to 200 levels."""
    seen = {part.id}
    while part.parent in parts and part.parent not in seen and len(seen) <= MAX_DEEP:
        part = parts[part.parent]
        seen.add(part.id)
        yield part


def _down(part: Part, below: Mapping[str, list[Part]]) -> Iterator[Part]:
    seen, waiting = {part.id}, [part.id]
    while waiting:
        for one in below.get(waiting.pop(), ()):
            if one.id not in seen:
                seen.add(one.id)
                waiting.append(one.id)
                yield one


def _is_open(group: Group, part: Part) -> bool:
    """Whether a span with the same message, which begins no earlier, is one more try or step."""
    failed = group.last.error and group.last.talk.reply is None  # tried again
    return failed or part.start_ns < group.end_ns + AT_ONCE_NS


def _share_out(retrievers: list[Part], groups: list[Group]) -> None:
    """Each retriever to the turn it lies in, else to the first that had not ended when it began."""
    by_span = {part.id: group for group in groups for part in (*group.tops, *group.inner)}
    ordered = sorted(groups, key=lambda group: group.end_ns)
    ends = [group.end_ns for group in ordered]
    for part in sorted(retrievers, key=lambda part: part.start_ns):
        group = by_span.get(part.id)
        if group is None:
            at = bisect_left(ends, part.start_ns)
            group = ordered[at] if at < len(ordered) else None
        if group is not None:
            group.retrievers.append(part)


def naming(parts: Iterable[Part]) -> list[Part]:
    """Of these, the first that names each: user, session, bot, service and model."""
    parts = list(parts)
    first = {
        next((part.id for part in parts if getattr(part, name)), None)
        for name in ("user", "session", "bot", "service", "model")
    }
    return [part for part in parts if part.id in first]


def mark_of(group: Group) -> str:
    """What a turn is told by within its trace: its message, or its reply where there is none."""
    said = f"u{group.message}" if group.message is not None else f"b{group.reply}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


def turn_of(group: Group, repeat: int, all_parts: Iterable[Part], notes: list[str]) -> Turn:
    """The event. What is missing is absent, and said in `notes` with what to do about it."""
    near = [*group.outer, *group.tops, *group.inner]
    order = [*near, *all_parts]
    user = next((part.user for part in order if part.user), None)
    session = next((part.session for part in order if part.session), None)
    bot = next((part.bot for part in order if part.bot), None)
    bot = bot or next((part.service for part in order if part.service), None)
    bot = bot or next((part.model for part in order if part.model), None)
    if bot is None:
        notes.append("a turn names no bot; set `gen_ai.agent.name`, or OTEL_SERVICE_NAME")
    if user is None:
        notes.append("a turn names no user; set the attribute `user.id`")
    if session is None:
        notes.append(
            "a turn names no session, so that all of this bot and user is one; set `session.id`"
        )
    for part in near:
        notes += part.notes
    message, reply = _cut(group.message, notes), _cut(group.reply, notes)
    if message is None:
        notes.append("a turn has no message of a user; give the span an input")
    if reply is None:
        notes.append("a turn has no reply" + (": it failed" if group.tops[-1].error else ""))
    memories = None
    if group.retrievers:
        found = [one for part in group.retrievers for one in part.memories or ()]
        memories = found[:MOST_RECALLED]
        for part in group.retrievers:
            notes += [note for note in part.notes if note not in notes]
    trace = group.tops[0].trace
    again = f"-{repeat}" if repeat else ""
    took = group.end_ns - group.start_ns
    at = at_of(group.end_ns)
    if at is None:
        notes.append("a span says no time that could be; it counts as now")
    return Turn(
        session=session or session_of(bot or UNKNOWN, user),
        id=f"otlp-{trace}-{mark_of(group)}{again}",
        at=at,
        user=user,
        bot=bot or UNKNOWN,
        message=message,
        reply=reply,
        processing_time_ms=took / 1e6 if group.start_ns > 0 and 0 <= took <= _DAY_NS else None,
        memories=memories,
        retrieval_time_ms=_time_of(group.retrievers),
        model=_model_of(group),
        agents=_agents_of(group),
    )


def _model_of(group: Group) -> str | None:
    """What wrote the reply: of the models that say their name, the one that ended last."""
    named = [part for part in (*group.tops, *group.inner) if part.model and part.role == MODEL]
    return max(named, key=lambda part: part.end_ns).model if named else None


def _agents_of(group: Group) -> list[Agent]:
    """What was at work for a turn: models, agents, retrievers and tools, in their order."""
    parts = {part.id: part for part in group.spans() if part.name}
    order = sorted(parts.values(), key=lambda part: (part.start_ns, part.id))
    found = []
    for part in order[:MAX_AGENTS]:
        took = part.end_ns - part.start_ns
        output: dict[str, Any] = {"kind": part.kind}
        if part.model:
            output["model"] = part.model
        if part.memories is not None:
            output["documents"] = len(part.memories)
        if part.error:
            output["error"] = True
        found.append(
            Agent(
                agent=part.name,
                output=output,
                duration_ms=took / 1e6 if part.start_ns > 0 and 0 <= took <= _DAY_NS else None,
                span=part.id.lower() if _SPAN.fullmatch(part.id) else "",
            )
        )
    return found


def at_of(ns: int) -> datetime | None:
    """Nanoseconds since the epoch as a time; None for what is none."""
    return datetime.fromtimestamp(ns // 1_000_000 / 1000, UTC) if 0 < ns < _LATEST_NS else None


def _cut(text: str | None, notes: list[str]) -> str | None:
    if text is None:
        return None
    if len(text) > MAX_TURN_TEXT:
        notes.append(f"a text of {len(text):,} characters was cut to {MAX_TURN_TEXT:,}")
        text = text[:MAX_TURN_TEXT]
    return text.encode("utf-8", "replace").decode()


def _time_of(retrievers: list[Part]) -> float | None:
    """Milliseconds in which at least one of them was at work."""
    total, until = 0, 0
    for part in sorted(retrievers, key=lambda part: part.start_ns):
        if 0 < part.start_ns <= part.end_ns:
            total += max(0, part.end_ns - max(part.start_ns, until))
            until = max(until, part.end_ns)
    return total / 1e6 if retrievers and until and total <= _DAY_NS else None
