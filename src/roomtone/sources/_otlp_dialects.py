"""What a span says of a turn, in whichever dialect: OpenInference, gen_ai old and new, Langfuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roomtone.heard import MAX_NAME, Recalled
from roomtone.sources._otlp_texts import (
    Said,
    Talk,
    hear_answers,
    hear_history,
    hear_input,
    hear_output,
    read_json,
    said_of,
    text_of,
)
from roomtone.sources._otlp_wire import Span

MOST_RECALLED = 200
MOST_SPAN_NAME = 100
MOST_INDEXED = 2_000
"""Of flattened lists; an index beyond is passed over."""

MODEL, AGENT, WRAP, RETRIEVER = "model", "agent", "wrap", "retriever"
TOOL, OTHER = "tool", "other"

# What each dialect calls its spans, and what they are to us. The others are counted by their name.
_KINDS: Mapping[str, str] = {
    "LLM": MODEL,  # openinference.span.kind
    "AGENT": AGENT,
    "CHAIN": WRAP,
    "RETRIEVER": RETRIEVER,
    "generation": MODEL,  # langfuse.observation.type
    "agent": AGENT,
    "chain": WRAP,
    "span": WRAP,
    "retriever": RETRIEVER,
    "chat": MODEL,  # gen_ai.operation.name
    "text_completion": MODEL,
    "generate_content": MODEL,
    "invoke_agent": AGENT,
    "invoke_workflow": WRAP,
    "retrieval": RETRIEVER,
    "completion": MODEL,  # llm.request.type and traceloop.span.kind, which came before
    "workflow": WRAP,
    "task": WRAP,
    "TOOL": TOOL,  # what helps with a reply, and says nothing
    "tool": TOOL,
    "execute_tool": TOOL,
    "RERANKER": TOOL,
    "GUARDRAIL": TOOL,
    "guardrail": TOOL,
    "EVALUATOR": TOOL,
    "evaluator": TOOL,
}
_KIND: tuple[str, ...] = (
    "openinference.span.kind",
    "langfuse.observation.type",
    "gen_ai.operation.name",
)
_KIND += ("traceloop.span.kind", "llm.request.type")

_USER = ("user.id", "langfuse.user.id", "enduser.id", "enduser.pseudo.id", "langfuse.trace.userId")
_SESSION = ("session.id", "langfuse.session.id", "gen_ai.conversation.id")
_BOT = ("roomtone.bot", "gen_ai.agent.name", "agent.name")
_MODEL: tuple[str, ...] = (
    "gen_ai.request.model",
    "llm.model_name",
    "langfuse.observation.model.name",
)
_MODEL += ("gen_ai.response.model",)
_META = ("metadata", "langfuse.trace.metadata", "langfuse.observation.metadata")
_META_USER = ("user_id", "userId", "langfuse_user_id")
_META_SESSION = ("session_id", "sessionId", "conversation_id", "thread_id", "langfuse_session_id")

REDACTED = "__REDACTED__"
"""What OpenInference writes where content is hidden."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SCORES = ("score", "similarity", "relevance_score", "similarity_score")


@dataclass(slots=True)
class Part:
    """What is kept of a span until its trace is told: small for one that is no part of a talk."""

    trace: str
    id: str
    parent: str
    role: str  # MODEL, AGENT, WRAP, RETRIEVER, TOOL or OTHER
    kind: str  # as the dialect says, to be counted by
    start_ns: int
    end_ns: int
    error: bool = False
    talk: Talk = field(default_factory=Talk)
    bot: str | None = None
    user: str | None = None
    session: str | None = None
    model: str | None = None
    service: str | None = None
    memories: list[Recalled] | None = None
    notes: list[str] = field(default_factory=list)
    name: str = ""  # the span's, of what is no wrapping
    size: int = 200

    @property
    def talks(self) -> bool:
        """Whether it holds anything that was said."""
        return self.talk.message is not None or self.talk.reply is not None


def part_of(span: Span) -> Part:
    """Read a span. Nothing in it makes this raise: what cannot be read is absent, and noted."""
    given = span.attributes
    named = next((str(given[name]) for name in _KIND if given.get(name)), "")
    role = _KINDS.get(named, OTHER)
    if not named:
        named, role = _guess(span)
    part = Part(
        trace=span.trace,
        id=span.id,
        parent="" if set(span.parent) == {"0"} else span.parent,
        role=role,
        kind=clean(named)[:40] or "unknown",
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        error=span.error,
    )
    if role not in (OTHER, WRAP):
        part.name = clean(span.name)[:MOST_SPAN_NAME] or part.kind
        part.size += 2 * len(part.name)
    if role in (OTHER, TOOL):
        return part
    _hear_names(part, span)
    if role == RETRIEVER:
        part.memories = _recalled(given, part.notes)
        part.size += sum(100 + 2 * len(one.id or "") for one in part.memories)
    else:
        _hear(part.talk, span)
        texts = (part.talk.message, part.talk.reply)
        part.size += sum(len(text) * 2 for text in texts if text)
    return part


def _guess(span: Span) -> tuple[str, str]:
    """Spans that do not say their kind: by what they hold."""
    given = span.attributes
    if any(name.startswith(("llm.input_messages.", "gen_ai.prompt.")) for name in given):
        return "LLM", MODEL
    if any(name in given for name in ("gen_ai.input.messages", "gen_ai.output.messages")):
        return "chat", MODEL
    if any(name.startswith("gen_ai.") for name, _ in span.events):
        return "chat", MODEL
    if any(name in given for name in ("langfuse.trace.input", "langfuse.observation.input")):
        return "span", WRAP
    if "input.value" in given or "output.value" in given:
        return "span", WRAP
    return span.kind, OTHER


def clean(text: str) -> str:
    """A name without control characters, of at most 200 characters.

    >>> clean("an\\x00n\\n")
    'an n'
    """
    return _CONTROL.sub(" ", text[: 4 * MAX_NAME]).strip()[:MAX_NAME]


def _name(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).encode("utf-8", "replace").decode()
    return clean(text) or None


def _first(given: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((found for name in names if (found := _name(given.get(name)))), None)


def _hear_names(part: Part, span: Span) -> None:
    """Who spoke, with whom, and where: from the span, its metadata and its resource."""
    given, resource = span.attributes, span.resource
    part.user, part.session = _first(given, _USER), _first(given, _SESSION)
    for name in _META:
        if part.user and part.session:
            break
        told = read_json(given.get(name))
        if isinstance(told, Mapping):
            part.user = part.user or _first(told, _META_USER)
            part.session = part.session or _first(told, _META_SESSION)
        flat = {key: given.get(f"{name}.{key}") for key in (*_META_USER, *_META_SESSION)}
        part.user = part.user or _first(flat, _META_USER)
        part.session = part.session or _first(flat, _META_SESSION)
    part.user = part.user or _first(resource, _USER)
    part.session = part.session or _first(resource, ("session.id",))
    part.bot, part.model = _first(given, _BOT), _first(given, _MODEL)
    service = _name(resource.get("service.name"))
    if service and service.startswith("unknown_service"):
        service = None
    part.service = _name(resource.get("roomtone.bot")) or service
    part.service = part.service or _name(resource.get("openinference.project.name"))
    for said, kept in ((given.get(_USER[0]), part.user), (given.get(_SESSION[0]), part.session)):
        if isinstance(said, str) and kept is not None and said != kept:
            part.notes.append("a name held control characters or was too long: it was cleaned")


# -- texts ---------------------------------------------------------------------------------------


def _hear(talk: Talk, span: Span) -> None:
    """The dialects, those first that say exactly who spoke; the first that speaks counts."""
    given = {name: value for name, value in span.attributes.items() if value != REDACTED}
    for history, answers in (
        (_indexed(given, "llm.input_messages."), _indexed(given, "llm.output_messages.")),
        (_parts(given, "gen_ai.input.messages"), _parts(given, "gen_ai.output.messages")),
        _of_events(span, talk),
        (_indexed(given, "gen_ai.prompt."), _indexed(given, "gen_ai.completion.")),
    ):
        if talk.message is None:
            hear_history(talk, history)
        if talk.reply is None:
            hear_answers(talk, answers)
    for name in ("langfuse.observation.input", "langfuse.trace.input", "input.value"):
        if talk.message is None and not talk.goes_on:
            hear_input(talk, given.get(name))
    for name in ("langfuse.observation.output", "langfuse.trace.output", "output.value"):
        if talk.reply is None and not talk.calls:
            hear_output(talk, given.get(name))
    for name in ("gen_ai.prompt", "llm.prompts", "traceloop.entity.input"):
        if talk.message is None and not talk.goes_on:
            hear_input(talk, given.get(name))
    for name in ("gen_ai.completion", "traceloop.entity.output"):
        if talk.reply is None and not talk.calls:
            hear_output(talk, given.get(name))


def _indexed(given: Mapping[str, Any], prefix: str) -> list[Said]:
    """Flattened messages: `llm.input_messages.0.message.role`, `gen_ai.prompt.0.content`."""
    rows: dict[int, dict[str, Any]] = {}
    for name, value in given.items():
        if not name.startswith(prefix):
            continue
        index, _, rest = name[len(prefix) :].partition(".")
        if index.isdecimal() and len(index) < 7:
            rows.setdefault(int(index), {})[rest.removeprefix("message.")] = value
    found = []
    for row in (rows[place] for place in sorted(rows)[-MOST_INDEXED:]):
        calls = any(name.startswith(("tool_calls.", "function_call")) for name in row)
        calls = calls or row.get("finish_reason") in ("tool_calls", "function_call")
        content = row.get("content")
        if not content:  # message.contents.N.message_content.text
            texts = [
                str(row[name])
                for name in sorted(row, key=_natural)
                if name.startswith("contents.") and name.endswith("message_content.text")
            ]
            content = "\n".join(texts)
        else:
            content = text_of(read_json(content)) or (content if isinstance(content, str) else "")
        default = "assistant" if "completion" in prefix or "output" in prefix else ""
        said = said_of({"role": row.get("role") or default, "content": content})
        if said is not None:
            said.calls = said.calls or calls
            found.append(said)
    return found


def _natural(name: str) -> list[Any]:
    return [part.zfill(8) if part.isdecimal() else part for part in name.split(".")]


def _parts(given: Mapping[str, Any], name: str) -> list[Said]:
    """`gen_ai.input.messages`: structured, or the same as JSON in a text."""
    value = read_json(given.get(name))
    items = value[-MOST_INDEXED:] if isinstance(value, list) else []
    default = "assistant" if "output" in name else ""
    return [said for item in items if (said := said_of(item, default)) is not None]


def _of_events(span: Span, talk: Talk) -> tuple[list[Said], list[Said]]:
    """Span events: `gen_ai.user.message` and its kin, `gen_ai.choice`, `gen_ai.content.prompt`."""
    history: list[Said] = []
    answers: list[Said] = []
    for name, given in span.events[-MOST_INDEXED:]:
        if name == "gen_ai.content.prompt":
            _hear_prompt(talk, given, history)
        elif name == "gen_ai.content.completion":
            hear_output(talk, given.get("gen_ai.completion"))
        elif name == "gen_ai.client.inference.operation.details":
            history += _parts(given, "gen_ai.input.messages")
            answers += _parts(given, "gen_ai.output.messages")
        elif name.startswith("gen_ai.") and name.endswith((".message", ".choice")):
            body = read_json(given.get("gen_ai.event.content")) or given
            if isinstance(body, str):
                body = {"content": body}
            if not isinstance(body, Mapping):
                continue
            told = {**body}
            for key in ("message", "content", "tool_calls"):
                if key in told:
                    told[key] = read_json(told[key])
            if isinstance(told.get("message"), str):
                told["content"] = told.pop("message")
            choice = name == "gen_ai.choice"
            role = "assistant" if choice else name.removeprefix("gen_ai.").removesuffix(".message")
            said = said_of(told, role)
            if said is None:
                talk.seen = talk.seen or "content" in told
                continue
            said.role = role
            said.calls = said.calls or told.get("finish_reason") in ("tool_calls", "tool_call")
            (answers if choice else history).append(said)
    return history, answers


def _hear_prompt(talk: Talk, given: Mapping[str, Any], history: list[Said]) -> None:
    before = Talk()
    hear_input(before, given.get("gen_ai.prompt"))
    talk.seen = talk.seen or before.seen
    if before.message is not None:
        history.append(Said("user", before.message))
        if before.goes_on:
            history.append(Said("assistant", ""))


# -- memories ------------------------------------------------------------------------------------


def _recalled(given: Mapping[str, Any], notes: list[str]) -> list[Recalled]:
    """The documents that a retriever found, with their similarities from 0 to 1."""
    found: list[Recalled] = []
    strange = 0
    for id, score in list(_documents(given))[:MOST_RECALLED]:
        if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
            found.append(Recalled(similarity=float(score), id=_name(id)))
        else:
            strange += 1
    if strange:
        notes.append(
            f"{strange} documents without a score from 0 to 1 were left out of `memories`; give "
            "similarities, not distances"
        )
    return found


def _documents(given: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    prefix = "retrieval.documents."
    for name, value in given.items():
        if name.startswith(prefix):
            index, _, rest = name[len(prefix) :].partition(".document.")
            if index.isdecimal() and len(index) < 7:
                rows.setdefault(int(index), {})[rest] = value
    for row in (rows[place] for place in sorted(rows)):
        yield row.get("id"), row.get("score")
    if rows:
        return
    for source in ("gen_ai.retrieval.documents", "langfuse.observation.output", "output.value"):
        items = read_json(given.get(source))
        if isinstance(items, Mapping):
            items = items.get("documents", items.get("results"))
        if isinstance(items, list) and items:
            for item in items:
                if isinstance(item, Mapping):
                    score = next((item[name] for name in _SCORES if name in item), None)
                    yield item.get("id"), score
            return
