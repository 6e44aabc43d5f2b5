"""Asks a server that speaks OpenAI's API: one question, patiently, within bounds."""

from __future__ import annotations

import http.client
import json
import os
import random
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec

from roomtone.errors import BadConfig, ServerError

KEY = "OPENAI_API_KEY"
EXAMPLE = "openai://api.example.org/v1?model=NAME"

ATTEMPTS = 3
WAIT_S = 0.5  # before the second attempt, twice as long before the third; half of it by chance
LONGEST_WAIT_S = 10.0  # that a server may ask for
PARALLEL = 4  # questions at a time, whoever asks them
MOST_BYTES = 1 << 20  # of an answer
AGAIN = {408, 409, 429, 500, 502, 503, 504}  # the server may do it if asked again
NOT_KNOWN = {400, 415, 422}  # perhaps it does not know the format that was asked for

FORMATS = ("json_schema", "json_object", "text")
"""How an answer is asked for, the strictest first; servers differ in which they know."""

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


class _Usage(msgspec.Struct):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0


class _Counted(msgspec.Struct):
    usage: _Usage | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_COUNTED = msgspec.json.Decoder(_Counted)


class Answer(msgspec.Struct, frozen=True):
    """What came back: None where it is no completion; what it cost as the server counts it."""

    content: str | None
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 1


class Endpoint:
    """`openai://host/v1?model=NAME`, or `openai+http://` where the server speaks plain HTTP.

    `timeout_s` (20) bounds each attempt. The key is taken from the environment, `OPENAI_API_KEY`,
    and is sent over HTTPS or to this machine only. What else the address may say is in `more`, with
    its default; what it said is in `options`. Raises BadConfig for an address that cannot be asked.
    """

    def __init__(
        self, url: str, *, wait_s: float = WAIT_S, more: Mapping[str, str] | None = None
    ) -> None:
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query))
        self.model = told.pop("model", "")
        self.host, self.port = _place(parts)
        self._secure = parts.scheme != "openai+http"
        self._path = parts.path.rstrip("/") or "/v1"
        self._timeout_s = _seconds(told.pop("timeout_s", "20"))
        self.options = {name: told.pop(name, usual) for name, usual in (more or {}).items()}
        self._wait_s = wait_s
        self._formats: tuple[str, ...] = FORMATS  # those that the server has not refused
        self._free = threading.BoundedSemaphore(PARALLEL)
        if not self.model or told or parts.scheme not in ("openai", "openai+http"):
            known = ", ".join(("timeout_s", *(more or {})))
            raise BadConfig(
                "the address of a language model names its model and at most "
                f"{known}; write {EXAMPLE}"
            )
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = os.environ.get(KEY, "")
        if key and (self._secure or _own(self.host)):
            if not (key.isascii() and key.isprintable()):
                raise BadConfig(f"{KEY} holds what no key does; set it to the key alone")
            self.headers["Authorization"] = f"Bearer {key}"
        self._context = ssl.create_default_context() if self._secure else None

    def ask(
        self,
        messages: Sequence[Mapping[str, str]],
        name: str,
        schema: Mapping[str, Any],
        *,
        max_tokens: int = 1_000,
        attempts: int = ATTEMPTS,
    ) -> Answer:
        """The server's answer. Raises ServerError once it was asked often enough.

        It is asked by the strictest format that it knows: with `schema`, for a JSON object, or for
        text; one that it refuses is not asked for again.
        """
        trouble, wait, calls = "", self._wait_s, 0
        left, formats = attempts, self._formats
        while left:
            if calls and wait:
                time.sleep(wait * (0.5 + random.random()))
            body = self._body(messages, name, schema, max_tokens, formats[0])
            left, calls, wait = left - 1, calls + 1, 2 * wait if calls else wait
            try:
                with self._free:
                    status, asks_s, came = self._posted(body)
            except (OSError, http.client.HTTPException) as error:
                trouble = f"does not answer ({type(error).__name__})"
                continue
            if status == 200:
                self._formats = formats
                return _answer(came, calls)
            trouble = f"answers {status}"
            if status in NOT_KNOWN and len(formats) > 1:
                formats = formats[1:]
                left, wait = max(left, 1), 0.0  # asked at once by the next one
            elif status in AGAIN:
                wait = max(wait, min(asks_s, LONGEST_WAIT_S) if self._wait_s else 0.0)
            else:
                break
        raise self.refusal(trouble)

    def send(self, name: str, asked: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> bytes:
        """What the server answers on another path than that of completions, as it came.

        Raises ServerError once it was asked often enough. An answer of more bytes is none: b"".
        """
        trouble, wait, body = "", self._wait_s, json.dumps(asked).encode()
        for attempt in range(ATTEMPTS):
            if attempt and wait:
                time.sleep(wait * (0.5 + random.random()))
                wait *= 2
            try:
                with self._free:
                    status, asks_s, came = self._posted(body, name, most_bytes)
            except (OSError, http.client.HTTPException) as error:
                trouble = f"does not answer ({type(error).__name__})"
                continue
            if status == 200:
                return came
            trouble = f"answers {status}"
            if status not in AGAIN:
                break
            wait = max(wait, min(asks_s, LONGEST_WAIT_S) if self._wait_s else 0.0)
        raise self.refusal(trouble)

    def refusal(self, trouble: str) -> ServerError:
        """The error that says what is the trouble with this server, and what to do."""
        return ServerError(
            f"the language model at {self.host}:{self.port} {trouble}; see that it runs, that it "
            f"knows the model and that {KEY} holds its key, or use local://"
        )

    def _posted(
        self, body: bytes, name: str = "chat/completions", most_bytes: int = MOST_BYTES
    ) -> tuple[int, float, bytes]:
        """One question: status, seconds the server asks to be left alone for, body."""
        if self._context is not None:
            line: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self._timeout_s, context=self._context
            )
        else:
            line = http.client.HTTPConnection(self.host, self.port, timeout=self._timeout_s)
        end = time.monotonic() + self._timeout_s
        try:
            line.request("POST", f"{self._path}/{name}", body, self.headers)
            answer = line.getresponse()
            came = bytearray()
            while len(came) <= most_bytes and (part := answer.read1(1 << 16)):
                came += part
                if time.monotonic() > end:
                    raise TimeoutError  # it drips
            if len(came) > most_bytes:
                came.clear()
            elif answer.length:
                raise http.client.IncompleteRead(b"")
            later = answer.getheader("Retry-After", "")
            return answer.status, float(later) if later.isdecimal() else 0.0, bytes(came)
        finally:
            line.close()

    def _body(
        self,
        messages: Sequence[Mapping[str, str]],
        name: str,
        schema: Mapping[str, Any],
        max_tokens: int,
        form: str,
    ) -> bytes:
        asked: dict[str, object] = {
            "model": self.model,
            "temperature": 0,
            "max_tokens": max_tokens,
            "messages": list(messages),
        }
        if form == "json_schema":
            asked["response_format"] = {
                "type": form,
                "json_schema": {"name": name, "strict": True, "schema": schema},
            }
        elif form == "json_object":
            asked["response_format"] = {"type": form}
        return json.dumps(asked).encode()


def _answer(body: bytes, calls: int) -> Answer:
    """What is in a completion; what is none has no content, and may still have cost something."""
    try:
        content: str | None = _COMPLETION.decode(body).choices[0].message.content
    except (msgspec.DecodeError, UnicodeEncodeError):
        content = None
    try:
        usage = _COUNTED.decode(body).usage or _Usage()
    except (msgspec.DecodeError, UnicodeEncodeError):
        usage = _Usage()
    return Answer(content, usage.prompt_tokens, usage.completion_tokens, calls)


def object_of(**fields: object) -> dict[str, object]:
    """The JSON schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _place(parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username or parts.password or parts.fragment:
        raise BadConfig(
            f"the address of a language model is a host without a name or key; write {EXAMPLE}, "
            f"and put the key into {KEY}"
        )
    return host, port or (80 if parts.scheme == "openai+http" else 443)


def _seconds(written: str) -> float:
    try:
        seconds = float(written)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 600.0:
        raise BadConfig("timeout_s is more than 0 and at most 600 seconds; leave it out for 20")
    return seconds


def _own(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
