"""What can be swapped: one small Protocol per plug-in folder.

Read this page and you know every seam of the system. Signals and detectors are plain functions of
their arguments and their state; stores, channels and sources may wait, so their methods are async.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Unpack

from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.blanking import Blank
from roomtone.events import Event, Refusal
from roomtone.points import Block, Measurement, Point, Slots
from roomtone.ports_memory import MemoryStore as MemoryStore
from roomtone.ports_models import CoherenceModel as CoherenceModel
from roomtone.ports_models import EmbeddingModel as EmbeddingModel
from roomtone.ports_models import EmotionModel as EmotionModel
from roomtone.ports_models import Judge as Judge
from roomtone.ports_reactions import ReactionLog
from roomtone.ports_reactions import ReactionSignal as ReactionSignal
from roomtone.ports_training import TrainingArchive
from roomtone.records import (
    Conversation,
    ConversationsSought,
    DeadLetter,
    JournalSegment,
    Relationship,
    RelationshipsSought,
    SessionSummary,
    TurnRecord,
)
from roomtone.rooms import Rooms
from roomtone.turns import Heard

State = Mapping[str, NDArray[Any]]
"""What a stateful part hands out to be kept, and takes back: arrays by name."""


class Source(Protocol):  # sources/
    """Yields events until it is done or cancelled; ids make a repeated one harmless."""

    def events(self) -> AsyncIterator[Event]: ...


@dataclass(slots=True, eq=False)
class Delivery:
    """Events of a feed that are acknowledged together.

    `kept` gives each event's place, beside the places of `refusals`; `samples` are the bytes of
    what was refused. `names` tells what else a session is called. `token` is the feed's own.
    """

    events: Sequence[Event]
    kept: Sequence[int] | None = None
    refusals: Sequence[Refusal] = ()
    samples: Sequence[bytes] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    size: int = 0  # bytes as they came
    token: Any = None


class Feed(Protocol):  # sources/
    """A live source that is told what has been taken: what it was not told of, it gives again.

    One that cannot give again says so in `durable`.
    """

    name: str
    durable: bool
    connected: bool

    def deliveries(self, consumer: str) -> AsyncIterator[Delivery]:
        """What comes, until the connection breaks (SourceError); then this is called again.

        It begins with what was delivered and not acknowledged. `consumer` names the process for
        good: after a restart it is the same, and no other has it.
        """

    async def acknowledge(self, delivery: Delivery) -> None:
        """It is taken and durable, or is refused for good. Raises SourceError; it comes again."""

    async def look(self) -> Mapping[str, int]:
        """How it stands: `pending`, `lag` and `lost`, as far as the feed knows. May raise."""

    async def close(self) -> None:
        """Let go; may be called twice."""


class Outlet(Protocol):  # channels/
    """Where payloads are published for others, who know nothing of us: many in one round trip."""

    async def send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish these (channel, payload) in their order. Raises SourceError when it cannot."""

    async def events_of(self, sessions: Sequence[str]) -> Mapping[str, str]:
        """Which event each session belongs to, as far as another process has told."""

    async def close(self) -> None:
        """Let go; may be called twice."""


class Gauge(Protocol):  # signals/
    """Measures all live rooms at once, on the clock: columns in, columns out, nothing learned."""

    measurement: Measurement

    def read(self, rooms: Rooms, now: int, slots: Slots | None = None) -> Block: ...

    def explain(self, fields: Mapping[str, float]) -> Mapping[str, Any]: ...


class TurnSignal(Protocol):  # signals/
    """Measures turns one at a time: pure, and quick, as it runs between two events.

    `update` may learn from a turn: it may change what is its own in `heard.pair`. What is not
    known is left out; a turn that says nothing of this gives no point.
    """

    measurements: Sequence[Measurement]

    def update(self, heard: Heard) -> Sequence[Point]: ...


class Detector(Protocol):  # detectors/
    """Watches the blocks of a measurement, all rooms at once, and speaks up.

    State is kept in columns by `block.slots`. A slot of an ended session is given to another
    later, so `forget` must leave nothing behind. `snapshot` and `restore` are exact: a detector
    restored from a snapshot goes on as if it had never stopped.
    """

    measurement: str

    def observe(self, block: Block) -> Sequence[Alert]: ...

    def forget(self, slots: Slots) -> None: ...

    def snapshot(self) -> dict[str, NDArray[Any]]: ...

    def restore(self, state: State) -> None: ...


class SeriesStore(Protocol):  # stores/
    """Points by time. Every failure is a StoreError; none harms what was written before.

    A point is known by its measurement, tags and time (to the millisecond).
    """

    async def open(self, measurements: Sequence[Measurement]) -> None:
        """Make ready to keep these, adding what is new and dropping nothing; may be repeated."""

    async def write(self, blocks: Sequence[Block]) -> None:
        """Write all rows of all blocks, or none where the store can do that.

        NaN is kept as absent, and so is a text that is None. A row's time is its own where the
        block has `times`. Writing the same point twice leaves one; where two writes differ,
        the later one counts for the fields it has. A block must have exactly the declared tags and
        no undeclared field (UndeclaredField). When this returns, `read` gives what was written.
        """

    async def retract(self, blocks: Sequence[Block]) -> None:
        """Take points back, by their measurement, tags and times; fields do not matter.

        What is not there is passed over. When this returns, `read` no longer gives them, and steps
        are made without them, as far as finer rows are kept; they may be written again. Raises
        StoreRefused where a server cannot do it at all.
        """

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        fields: Sequence[str] = (),
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]:
        """The first `limit` points with these tags (all others free) in [start, end), oldest first.

        Points of one time come in any order. `fields` names those wanted; empty: all. Absent
        numbers are left out of a point's fields.

        `step_s` 0 gives the points as they were written. Else there is one point per series and
        step that holds any: its time is the start of the step (steps begin at multiples of
        `step_s` since the epoch, and the range is widened to whole ones), and each field comes as
        its mean over the step under its own name, with `<field>_min` and `<field>_max`; texts
        are left out. Multiples
        of 60 and 3600 are answered from rollups, which are kept longer than the points.
        """

    async def drop_series(self, tags: Mapping[str, str]) -> int:
        """Delete all points of the series with these tags, of every measurement, at every step,
        and their names; returns about how many rows went. Raises StoreRefused where it cannot."""

    async def retain(self, now: datetime) -> int:
        """Delete what is past its keeping; returns the rows that went (0 where a server does it).

        Time to keep counts from a point's time or from when it was written, whichever is later,
        so that history taken in today stays as long as today's points.
        """

    async def close(self) -> None:
        """Finish what was begun and let go; may be called twice."""


CONVERSATION_ORDERS = ("ended", "started", "turns", "quality", "satisfaction")
"""By what a page of conversations may be ordered."""

VERDICTS = ("acknowledged", "false_alarm", "")
"""What a person may say of an alert; the empty one takes it back."""


class Archive(ReactionLog, TrainingArchive, Protocol):  # stores/
    """Alerts and what people said of them, session summaries, what could not be taken in, what
    the journal holds, reactions (`ports_reactions.py`), and training data (`ports_training.py`).

    Pages come newest first. `before` is the id of the last row of the page before (an alert's,
    a summary's or a dead letter's `id`); pages neither repeat nor skip a row that was there.
    Every failure is a StoreError.
    """

    async def open(self) -> None:
        """Make ready, bringing what an older release wrote up to this one."""

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Add, or renew those whose id is there already; a verdict that was given stays."""

    async def alerts(
        self,
        *,
        session: str | None = None,
        type: str | None = None,
        severity: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[Mapping[str, Any]]:
        """Alerts of [start, end): all fields of Alert, `id`, `deviation`, and the verdict.

        `verdict` and `verdict_by` are "" and `verdict_at` is None until somebody judged. Times are
        aware datetimes; numbers that are not known are None; `evidence` is a mapping.
        """

    async def alert(self, id: str) -> Mapping[str, Any] | None:
        """One alert in the same form; None if there is none."""

    async def judge_alert(self, id: str, verdict: str, by: str, at: datetime) -> bool:
        """Keep one of VERDICTS (else StoreError) for good; False if there is no such alert."""

    async def add_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """Add, or renew those whose id (session and start) is there already: the latest wins."""

    async def sessions(
        self, *, session: str | None = None, before: str | None = None, limit: int = 100
    ) -> Sequence[SessionSummary]:
        """Summaries, the one that started last first."""

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep the newest few thousand, each with the first 2,048 bytes of what came."""

    async def dead_letters(
        self, *, source: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """Dead letters with their ids; ids only grow."""

    async def add_turns(self, turns: Sequence[TurnRecord]) -> None:
        """Add, or renew those whose session and id are there already: the latest wins whole.

        A NUL or half a surrogate pair in a text may be kept as U+FFFD.
        """

    async def turns(
        self, session: str, *, before: tuple[datetime, str] | None = None, limit: int = 200
    ) -> Sequence[TurnRecord]:
        """Turns of a session, newest first; `before` is time and id of the last one of a page."""

    async def add_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Add, or renew those whose id is there already; not by one with fewer turns."""

    async def conversations(
        self, **sought: Unpack[ConversationsSought]
    ) -> tuple[Sequence[Conversation], int]:
        """A page of those that ended in [start, end), and how many there are in all.

        The largest or latest come first; by quality and satisfaction the lowest, as that is what
        one looks for. Those without one come last.
        """

    async def facets(self) -> Mapping[str, Mapping[str, int]]:
        """How many conversations there are by `bot` and by `emotion`, the 50 most frequent each.

        The most frequent comes first; where nothing was felt, no emotion is counted.
        """

    async def add_relationships(self, relationships: Sequence[Relationship]) -> None:
        """Add, or renew those of the same bot and person; not by one with fewer turns, or with
        as many and an earlier `updated`: what is derived again may come late."""

    async def relationships(
        self,
        *,
        pairs: Sequence[tuple[str, str]] | None = None,
        **sought: Unpack[RelationshipsSought],
    ) -> tuple[Sequence[Relationship], int]:
        """Relationships, the one that changed last first, and how many there are in all.

        `pairs` are (bot, user); with them all that are there come, in any order.
        """

    async def key(self, name: str) -> bytes:
        """32 random bytes under this name, made when first asked for, the same ever after.

        All processes that share the archive get the same, also when they ask at once.
        """

    async def erase(self, blank: Blank) -> Mapping[str, int]:
        """Take a person out of every table, so that no byte of them is left: their own rows go,
        other people's that tell of them are blanked. Returns how many, by table; a second time
        finds nothing. `blank` learns on the way what the person said."""

    async def expire(self, kind: str, before: datetime) -> int:
        """Delete what is older: whole `conversations` with all that was said in them, by when they
        ended; `reactions`, `dead_letters`, `agent_logs`. How many rows went; else a StoreError."""

    async def note_segments(
        self, journal: str, segments: Sequence[JournalSegment], *, first: int
    ) -> None:
        """Add or renew what is known of a journal's segments; those before `first` are gone."""

    async def segments(self, journal: str | None = None) -> Sequence[JournalSegment]:
        """What was noted of one journal, or of all, oldest first: what it holds, without it."""

    async def close(self) -> None:
        """Finish what was begun and let go; may be called twice."""


class Subscription(Protocol):
    """News of one topic, from the moment it is entered on; for one task at a time.

    Use it as `async with channel.subscribe(topic) as news: async for payload in news: ...`.
    Iteration ends when the channel or the subscription is closed.
    """

    missed: int
    """How many payloads were dropped so far because the listener was slow. Where it has grown
    between two payloads, the hole is between them; the listener should ask for a snapshot."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes: ...

    def close(self) -> None:
        """Listen no more; what is queued can still be read."""

    async def __aenter__(self) -> Subscription: ...

    async def __aexit__(self, *exc_info: object) -> None: ...


class Channel(Protocol):  # channels/
    """News for whoever listens; a slow listener loses the oldest, never delays the rest."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Hand the payload to all who listen now, in order, as the same object; never waits."""

    def subscribe(self, topic: str) -> Subscription:
        """Listen: what is published once this is entered arrives, or is counted as missed."""

    async def listened(self) -> Set[str]:
        """The topics that somebody listens to, wherever they are; never waits for a server.

        A listener elsewhere may be missing for some seconds after it came, and be counted for
        some after it left.
        """

    async def close(self) -> None:
        """End all subscriptions."""
