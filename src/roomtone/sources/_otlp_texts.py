"""What was said, read out of the many forms in which spans hold messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_MESSAGES = 2_000
"""Of one span: a history longer than this is read from its end."""

_ASKED = ("message", "user_message", "question", "query", "input", "user_input", "prompt", "text")
_ANSWERED = ("output", "answer", "reply", "response", "result", "output_text", "text", "content")
_MORE = ("completion", "message", "generation", "value")
_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant"}
_ROLES |= {"function": "tool", "developer": "system", "AIMessage": "assistant"}
_ROLES |= {"HumanMessage": "user"}


@dataclass(slots=True)
class Said:
    """One message of a history: whose, its text, and whether it asks for a tool."""

    role: str
    text: str
    calls: bool = False


@dataclass(slots=True)
class Talk:
    """What one span holds: the last thing a person said, the answer, and how they stand."""

    message: str | None = None
    reply: str | None = None
    calls: bool = False  # the answer asks for a tool: it is a step on the way
    goes_on: bool = False  # behind the message there are answers already
    seen: bool = False  # there was something, though no text could be read out of it


def read_json(value: Any) -> Any:
    """What a text holds when it is JSON; else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def text_of(content: Any, deep: int = 0) -> str:
    """The text in a message's content: itself, or its text parts; what else it holds is no text."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping) and deep < 4:
        kind = content.get("type", "text")
        if kind not in ("text", "input_text", "output_text", "message", "message_content.text"):
            return ""
        inner = content.get("text", content.get("content"))
        if isinstance(inner, Mapping):
            inner = inner.get("value", inner.get("text"))
        return text_of(inner, deep + 1)
    if isinstance(content, Sequence) and not isinstance(content, bytes) and deep < 4:
        return "\n".join(filter(None, (text_of(part, deep + 1) for part in content)))
    return ""


def said_of(item: Any, role: str = "") -> Said | None:
    """One message as an object: OpenAI's, the parts of `gen_ai`, LangChain's; else None."""
    if not isinstance(item, Mapping):
        return None
    inner = item.get("message")
    if isinstance(inner, Mapping):
        item = inner
    kwargs = item.get("kwargs")
    if isinstance(kwargs, Mapping) and "content" in kwargs:  # LangChain's serialised messages
        last = item.get("id")
        named = last[-1] if isinstance(last, list) and last else kwargs.get("type")
        item = {"role": named, **kwargs}
    data = item.get("data")
    if isinstance(data, Mapping) and "content" in data:
        item = {"role": item.get("type"), **data}
    given = item.get("role") or (item.get("type") if "content" in item else "") or role
    if not isinstance(given, str) or not given:
        return None
    parts = item.get("parts")
    calls = bool(item.get("tool_calls") or item.get("function_call"))
    calls = calls or item.get("finish_reason") in ("tool_calls", "tool_call", "function_call")
    answers = False
    if isinstance(parts, list):
        kinds = [part.get("type") for part in parts if isinstance(part, Mapping)]
        calls = calls or "tool_call" in kinds
        answers = "tool_call_response" in kinds
        text = text_of(parts)
    elif "content" in item or "text" in item:
        content = item.get("content", item.get("text"))
        if isinstance(content, list):
            kinds = [part.get("type") for part in content if isinstance(part, Mapping)]
            calls = calls or "tool_use" in kinds
            answers = "tool_result" in kinds
        text = text_of(content)
    elif calls:
        text = ""
    else:
        return None
    told = _ROLES.get(given, given.lower())
    if answers and not text:
        told = "tool"  # some dialects give a tool's answer in the user's name
    return Said(told, text, calls)


def messages_of(value: Any, role: str = "") -> list[Said]:
    """The messages in a value, which may be JSON in a text; empty where there are none."""
    value = read_json(value)
    if isinstance(value, Mapping):
        for name in ("messages", "input", "choices", "generations", "output"):
            if isinstance(value.get(name), list):
                found = messages_of(value[name], role)
                if found:
                    return found
        one = said_of(value, role)
        return [one] if one is not None else []
    if not isinstance(value, list):
        return []
    if value and all(isinstance(item, list) for item in value):  # LangChain's batches
        value = value[0]
    said = (said_of(item, role) for item in value[-MOST_MESSAGES:])
    return [one for one in said if one is not None]


def hear_history(talk: Talk, history: Iterable[Said]) -> None:
    """Take the last thing a person said, which alone is new: the rest is repeated by every call."""
    for said in history:
        talk.seen = True
        if said.role == "user":  # a picture alone has no text, and is no older message either
            talk.message, talk.goes_on = said.text or None, False
        elif said.role in ("assistant", "tool"):
            talk.goes_on = True


def hear_answers(talk: Talk, answers: Iterable[Said]) -> None:
    """Take the first answer with a text: where a model gave several, the first is the one shown."""
    for said in answers:
        talk.seen = True
        if said.role not in ("assistant", ""):
            continue
        talk.calls = talk.calls or said.calls
        if said.text and talk.reply is None:
            talk.reply = said.text


def hear_input(talk: Talk, value: Any) -> None:
    """An input of any form: chat messages, a function's arguments, an object, a plain text."""
    if value is None or value == "":
        return
    talk.seen = True
    history = messages_of(value)
    if history:
        hear_history(talk, history)
        return
    found = _pick(read_json(value), (*_ASKED, "content", "value"), arguments=True)
    if found:
        talk.message = found


def hear_output(talk: Talk, value: Any) -> None:
    """An output of any form."""
    if value is None or value == "":
        return
    talk.seen = True
    answers = messages_of(value, "assistant")
    if answers:
        # An agent gives back its whole history: the last answer is its own.
        own = [said for said in answers if said.role == "assistant"]
        talk.calls = talk.calls or (bool(own) and own[-1].calls)
        texts = [said.text for said in own if said.text]
        if texts:
            talk.reply = texts[-1] if len(own) < len(answers) else texts[0]
        return
    found = _pick(read_json(value), (*_ANSWERED, *_MORE), arguments=False)
    if found:
        talk.reply = found


def _pick(value: Any, names: Sequence[str], *, arguments: bool, deep: int = 0) -> str | None:
    """The text that a value of unknown form most likely means."""
    if isinstance(value, str):
        return value or None
    if deep > 3:
        return None
    if isinstance(value, Mapping):
        if arguments and ("args" in value or "kwargs" in value):  # a function's, as `observe` does
            named = value.get("kwargs")
            found = _pick(named, names, arguments=True, deep=deep + 1) if named else None
            if found:
                return found
            given = value.get("args")
            texts = (
                [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
            )
            return texts[0] if texts else None
        for name in names:
            if name in value:
                inner = value[name]
                history = messages_of(inner)
                if history:
                    talk = Talk()
                    hear_history(talk, history)
                    hear_answers(talk, history[-1:])
                    return talk.message if arguments else talk.reply
                found = _pick(inner, names, arguments=arguments, deep=deep + 1)
                if found:
                    return found
    return None
