"""The door for bots: `record` takes a turn and returns at once; a thread sends what waits."""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import itertools
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import structlog

from roomtone.errors import RoomtoneError
from roomtone.events import (
    MAX_TURN_TEXT,
    Turn,
    TurnRevised,
)
from roomtone.heard import Feeling, Recalled, session_of
from roomtone.runtime.clock import utc
from roomtone.runtime.remote import Busy, Remote

QUEUE = 10_000
"""Turns that wait while nobody takes them: at one a second, some three hours. Beyond it the oldest
go, as the newest say more about how things are."""

BATCH, BATCH_BYTES = 500, 700_000
"""Of one request; a server takes 1,000 events and 1 MB."""

EVERY_S = 0.25
"""How long a turn may wait for others to share its request."""

IDLE_ROUNDS = 8
"""So often it is looked for more before the thread lies down, 2 s in all: to wake one costs a turn
ten times what it costs to leave a note for one that comes by."""

TIMEOUT_S = 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 30.0
"""Between two tries when the server does not answer."""

WARN_S = 60.0
"""How often, at most, the log says that something is lost."""

FLUSH_S = 2.0
"""How long the end of a program waits for what is queued."""

SHORT_TEXT = 100_000
"""Characters that are kept of each text of a turn too long for a request."""

URL = "http://127.0.0.1:8003"

F = TypeVar("F", bound=Callable[..., Any])

log = structlog.get_logger()

REMEDY = "start one with `roomtone serve`, or name another in ROOMTONE_URL or Recorder(url)"
"""What to do where no server answers, for who runs a bot."""

_Waiting = tuple[int, int, Any, dict[str, Any]]  # when, number, the turn or None, its fields


class Recorder:
    """Sends turns to a server, behind the bot's back.

    `record` never waits, never raises and costs some microseconds, whatever the server does: it
    puts the turn into a bounded queue, from which the oldest is dropped when it is full. A thread
    sends what waits, in batches, and again until the server says that it is on its disk; an id of
    each turn keeps a repeat from counting twice. What is lost is counted in the attributes, and a
    warning says so at most once a minute; no text is ever logged.

    `url` is the server's (default: ROOMTONE_URL, or this machine's port 8003). `enabled=False`
    makes `record` do nothing and return False.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        source: str = "recorder",
        queue: int = QUEUE,
        enabled: bool = True,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.url = url or os.environ.get("ROOMTONE_URL") or URL
        self.source, self.enabled, self._key = source, enabled, key
        self.taken = 0  # turns that record() was given
        self.sent = 0  # accepted by the server, or known to it already
        self.dropped = 0  # gone because the queue was full, or at the end of the program
        self.refused = 0  # that could not be a turn, or that the server did not take
        self.failures = 0  # requests that came to nothing; what was in them is tried again
        self.trouble = ""  # why the last one failed; empty when all is well
        self._most, self._timeout_s = max(1, queue), timeout_s
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.close)

    def _begin(self) -> None:
        """With empty hands: also in a forked child, where no thread runs any more."""
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Event()
        self._quiet = threading.Event()  # nothing waits and nothing is on its way
        self._quiet.set()
        self._idle = False  # whether the thread lies down and must be woken
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._warned = -WARN_S
        self._unsaid: list[str] = []
        self._name = f"{random.SystemRandom().getrandbits(64):016x}"
        self._count = itertools.count()

    # -- the bot's side ------------------------------------------------------------------------

    def record(self, turn: Turn | None = None, /, **fields: Any) -> bool:
        """Take a turn: a `Turn`, or its fields as keywords; False if nothing was taken.

        `bot` and `user` say who spoke, `message` and `reply` what; `session` is made of both
        unless given, `at` is now. The other fields are those of the event `turn` (docs/wire.md).
        """
        try:
            if not self.enabled or self._closing.is_set():
                return False
            self.taken += 1
            waiting = self._waiting
            waiting.append((time.time_ns(), next(self._count), turn, fields))
            while len(waiting) > self._most:
                with contextlib.suppress(IndexError):  # the thread took it
                    waiting.popleft()
                    self.dropped += 1
            if self._quiet.is_set():  # asked first: to clear takes a lock, to wake a system call
                self._quiet.clear()
            if self._idle:
                self._idle = False
                self._wake.set()
            if self._thread is None:
                self._start()
            return True
        except Exception:  # a recorder must never be what breaks a bot
            self.refused += 1
            return False

    def revise(self, **fields: Any) -> bool:
        """Tell what became of a text of a turn; False if nothing was taken.

        `bot`, `user` and `turn` (the `id` that it was recorded with) say which, `role` ("user" or
        "assistant") whose text, `why` "edited", "regenerated", "corrected" or "deleted", and `text`
        what it says now. The other fields are those of `turn_revised` (docs/wire.md).
        """
        return self.record(None, **{**fields, "type": "turn_revised"})

    def recorded(self, bot: str, **fixed: Any) -> Callable[[F], F]:
        """Decorate a bot's reply function, sync or async: `def reply(message, user, ...) -> str`.

        Message, user and session are found by their names among its arguments (the message else
        as the first one); what it returns, if it is text, is the reply. The time it took is
        measured. What it raises is raised, and the turn is recorded without a reply.
        """

        def decorate(function: F) -> F:
            names = list(inspect.signature(function).parameters)

            def begin(args: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
                given = {**dict(zip(names, args, strict=False)), **named}
                said = given.get("message", args[0] if args else None)
                fields: dict[str, Any] = {"bot": bot, **fixed}
                if isinstance(said, str):
                    fields["message"] = said
                for name in ("user", "session"):
                    if isinstance(given.get(name), str):
                        fields[name] = given[name]
                return fields

            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def waiting(*args: Any, **named: Any) -> Any:
                    with self.turn(**begin(args, named)) as turn:
                        turn.reply = await function(*args, **named)
                    return turn.reply

                return waiting  # type: ignore[return-value]

            @functools.wraps(function)
            def direct(*args: Any, **named: Any) -> Any:
                with self.turn(**begin(args, named)) as turn:
                    turn.reply = function(*args, **named)
                return turn.reply

            return direct  # type: ignore[return-value]

        return decorate

    @contextlib.contextmanager
    def turn(self, **fields: Any) -> Iterator[Recording]:
        """Measure a turn: `with recorder.turn(bot=..., user=..., message=...) as turn:` and then
        `turn.reply = ...`; `turn.remember(similarity, id)` and `turn.add(...)` tell more of it."""
        recording = Recording(fields)
        began = time.perf_counter()
        try:
            yield recording
        finally:
            took = (time.perf_counter() - began) * 1000
            reply = recording.reply if isinstance(recording.reply, str) else None
            said = {"processing_time_ms": took, "reply": reply, **recording.fields}
            self.record(**{name: value for name, value in said.items() if value is not None})

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until all that was taken is sent, dropped or refused; False when time is up."""
        self._wake.set()
        return self._quiet.wait(timeout_s)

    def close(self, timeout_s: float = FLUSH_S) -> None:
        """Take nothing more, wait shortly for what is queued, and count the rest as dropped."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None and self._thread.is_alive():
            self._quiet.wait(timeout_s)
        self.dropped += len(self._waiting)
        self._waiting.clear()
        atexit.unregister(self.close)

    # -- the thread's side -----------------------------------------------------------------------

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                name = "roomtone-recorder"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        remote, rounds = Remote(self.url, self._timeout_s, REMEDY, self._key), 0
        while True:
            self._closing.wait(EVERY_S)
            rounds = 0 if self._waiting else rounds + 1
            while self._waiting:
                batch = self._take()
                if batch:
                    self._send(remote, batch)
                self._warn()
            self._quiet.set()
            if self._waiting:  # it came while that was said
                self._quiet.clear()
            elif self._closing.is_set():
                remote.close()
                return
            elif rounds >= IDLE_ROUNDS:
                self._lie_down()
                rounds = 0

    def _lie_down(self) -> None:
        """Until something comes. Who puts something in looks at `_idle` only after that."""
        self._wake.clear()
        self._idle = True
        if not self._waiting and not self._closing.is_set():
            self._wake.wait()
        self._idle = False

    def _take(self) -> list[bytes]:
        """As many turns as fit into one request, each made, checked and written down."""
        batch: list[bytes] = []
        size = 0
        while self._waiting and len(batch) < BATCH and size < BATCH_BYTES:
            try:
                when, number, turn, fields = self._waiting.popleft()
            except IndexError:  # it was the oldest, and dropped
                break
            try:
                made = finished(turn, fields, f"{self._name}-{number}", when)
                line = msgspec.json.encode(made)
            except (msgspec.MsgspecError, TypeError, ValueError, UnicodeEncodeError) as error:
                self.refused += 1
                self._unsaid.append(f"a turn could not be made: {type(error).__name__}: {error}")
                continue
            if batch and size + len(line) > BATCH_BYTES:
                self._waiting.appendleft((when, number, made, {}))
                break
            size += len(line)
            batch.append(line)
        return batch

    def _send(self, remote: Remote, batch: Sequence[bytes]) -> None:
        """Until the server has them on its disk, or says that it will never take them."""
        body, wait_s = b"\n".join(batch), FIRST_WAIT_S
        while True:
            try:
                answer = remote.post("/v1/events", body, source=self.source)
                refused = [str(error["reason"]) for error in answer["errors"]]
                self.sent += len(batch) - len(refused)
                self.refused += len(refused)
                self._unsaid += refused[:3]
                self.trouble = ""
                return
            except Busy as busy:
                self.trouble, least_s = str(busy), busy.retry_s
            except (RoomtoneError, OSError, KeyError, TypeError) as error:
                self.trouble, least_s = str(error), 0.0
            self.failures += 1
            self._unsaid.append(self.trouble)
            self._warn()
            pause = max(least_s, wait_s * random.uniform(0.5, 1.0))
            if self._closing.wait(pause):
                self.dropped += len(batch)
                return
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _warn(self) -> None:
        """Once a minute at most, say what is lost and why."""
        if not self._unsaid or time.monotonic() - self._warned < WARN_S:
            return
        reason, self._unsaid = self._unsaid[-1], []
        self._warned = time.monotonic()
        log.warning(
            "not every turn is recorded",
            reason=reason,
            dropped=self.dropped,
            refused=self.refused,
            waiting=len(self._waiting),
        )


class Recording:
    """A turn that goes on: set `reply`, add what else is known."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.reply: Any = None

    def add(self, **fields: Any) -> None:
        """Tell more of the turn: any field of the event."""
        self.fields.update(fields)

    def remember(self, similarity: float, id: str | None = None) -> None:
        """A memory was looked up for this turn, and was so near."""
        self.fields.setdefault("memories", []).append(Recalled(similarity=similarity, id=id))

    def feels(self, who: str, primary: str, **more: Any) -> None:
        """What a component of yours read in the text of `user` or of the `bot`."""
        self.fields[f"{who}_emotion"] = Feeling(primary=primary, **more)


def finished(turn: Any, fields: dict[str, Any], id: str, when_ns: int) -> Turn | TurnRevised:
    """A checked event with all that `record` may leave out. Raises MsgspecError where it is none,
    and ValueError where it cannot be."""
    if isinstance(turn, Turn):
        given = msgspec.to_builtins(turn, builtin_types=(Turn,)) | fields
    elif turn is None:
        given = msgspec.to_builtins(fields)
    else:
        raise TypeError(f"give a Turn or its fields, not a {type(turn).__name__}")
    given.setdefault("type", "turn")
    given.setdefault("id", id)
    given.setdefault("at", utc(when_ns // 1_000_000).isoformat())
    given.setdefault("session", session_of(str(given.get("bot", "")), given.get("user")))
    texts = [name for name in ("message", "reply", "text") if isinstance(given.get(name), str)]
    most = MAX_TURN_TEXT
    if sum(len(given[name].encode("utf-8", "replace")) for name in texts) > BATCH_BYTES:
        most = SHORT_TEXT
    for name in texts:
        given[name] = given[name][:most].encode("utf-8", "replace").decode()
    if given["type"] != "turn_revised":
        return msgspec.convert(given, Turn, strict=False)
    revised = msgspec.convert(given, TurnRevised, strict=False)
    if revised.wrong:
        raise ValueError(revised.wrong)
    return revised
