"""A Roomtone whose engine runs in another process: it is asked, and sent events, over Redis."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import msgspec
import structlog

from roomtone.errors import (
    BadEvent,
    EngineFailed,
    JournalError,
    RoomtoneError,
    ServerError,
    StoreError,
)
from roomtone.events import Event, Refusal, RelationshipSet
from roomtone.points import Measurement
from roomtone.ports import Archive, Channel, SeriesStore
from roomtone.runtime import plugins, same_stores
from roomtone.runtime.clock import Clock, WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.consenting import standing
from roomtone.runtime.datasets import Datasets
from roomtone.runtime.door import Receipt, TooManySessions
from roomtone.runtime.event_names import AskedNames, PassedOn
from roomtone.runtime.feeds import Feeds
from roomtone.runtime.host import Place
from roomtone.runtime.inspector import KEPT, Inspector
from roomtone.runtime.link import ANSWER_S, ASKS, Asked, Inbound, Link, Refused, Told
from roomtone.runtime.opening import Opening
from roomtone.runtime.people_away import PeopleAway
from roomtone.runtime.recalling import Recalling
from roomtone.runtime.views import news_health, show_row

ASK_S = 5.0
"""How long an answer may take."""

LONG_S = 60.0
"""The same for what waits until history is counted."""

MOST_WAITING = 500
"""How many batches may wait for the engine, over all processes: more than that is more than it
takes in before their senders have given up."""

NAMES_S = 1.0
"""The same for the names of events, without which a page does as well."""

FORGIVE_S = 600.0
FIND_S = 3.0  # how long a start waits to hear whether there is an engine

# KEYS: stream, owner. ARGV: the batch, how many may wait.
_ADD = """
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return -1 end
redis.call('XADD', KEYS[1], '*', 'b', ARGV[1])
return 1
"""

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Told).decode
_KINDS: dict[str, type[RoomtoneError]] = {
    "crowded": TooManySessions,
    "failed": EngineFailed,
    "journal": JournalError,
    "refused": BadEvent,
    "store": StoreError,
}


class Away(PeopleAway):
    """A Host without an engine: live state is asked, what is kept is read from the stores."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock: Clock = WallClock()
        self.news: Channel = plugins.channel(settings.channels.news, settings.cluster.partition)
        self.measurements: Sequence[Measurement] = plugins.measurements(settings)
        self.series: SeriesStore = plugins.series_of(settings)
        self.archive: Archive = plugins.archive(settings.archive_url)
        self.opening = Opening(self.series, self.archive, self.measurements)
        self.inspector = Inspector()  # of this process's own faults
        self.memory = Recalling(settings, self.clock, self.inspector.fault)
        self.datasets = Datasets(self.archive, settings.datasets_folder, self.clock)
        self.memory.asks = self._may_be_remembered
        self.feeds: Feeds | None = None
        self.link = Link(settings)
        self._names = AskedNames(
            lambda sessions: self._ask("event_names", sessions, within_s=NAMES_S)
        )
        self._passed_on = PassedOn()
        self._stores: dict[str, Any] | None = None  # how they compare with the engine's
        self._me = f"told:{uuid4().hex}"
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Told]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._sure = False  # whether it was ever heard who listens

    async def open(self, *, stores: bool = True) -> None:
        """Begin to listen, and open the stores where they are read from."""
        if stores:
            self._tasks.append(asyncio.create_task(self.memory.run(), name="count recalls"))
            await self.opening.begin()
            self._tasks.append(asyncio.create_task(self.opening.run(), name="open stores"))
        self._tasks.append(asyncio.create_task(self._hear(), name="hear answers"))
        self._tasks.append(asyncio.create_task(self._forgive(), name="forgive"))
        try:
            async with asyncio.timeout(FIND_S):
                while not await self._there():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log.warning("no engine answers yet", partition=self.link.partition)
        self._sure = True
        if stores:
            self._tasks.append(asyncio.create_task(self._compare(), name="compare stores"))

    async def close(self) -> None:
        """End cleanly."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.link.close()
        await self.news.close()
        await self.datasets.close()
        await self.memory.close()
        await self.opening.close()

    # -- over the line -------------------------------------------------------------------------

    async def _there(self) -> bool:
        return ASKS in await self.link.line.listened()

    async def _hear(self) -> None:
        while True:
            try:
                async with self.link.line.subscribe(self._me) as answers:
                    async for payload in answers:
                        told = _decode(payload)
                        waiting = self._asked.get(told.id)
                        if waiting is not None and not waiting.done():
                            waiting.set_result(told)
                return
            except Exception as error:  # without it no question is ever answered again
                self.fault("answers", error)
                await asyncio.sleep(0.5)

    async def _compare(self) -> None:
        """Now and every minute: a store of our own would be an empty one, without complaint."""
        while True:
            wait_s = same_stores.LOOK_S
            try:
                engines = await self._ask("stores_written")
                ours = await asyncio.to_thread(same_stores.stores_of, self.settings)
                told = same_stores.compare(engines, ours)
                if not told["ok"] and told != self._stores:
                    log.error("not the engine's stores", detail=told["detail"], do=told["remedy"])
                self._stores = told
            except RoomtoneError:
                wait_s = 1.0  # the part `engine` says so
            except Exception as error:
                self.fault("stores", error)
            await asyncio.sleep(wait_s)

    async def _forgive(self) -> None:
        """What has not failed for ten minutes works again."""
        while True:
            await asyncio.sleep(FORGIVE_S)
            self.inspector.forgive()

    async def _wait(self, id: int, answer: asyncio.Future[Told], within_s: float) -> Any:
        try:
            async with asyncio.timeout(within_s):
                told = await answer
        except TimeoutError:
            raise ServerError(
                f"the engine did not answer within {within_s:.0f} s; nothing was acknowledged, "
                "send or ask again"
            ) from None
        finally:
            self._asked.pop(id, None)
        if told.error:
            raise _KINDS.get(told.error, ServerError)(told.reason)
        return told.value

    def _expect(self) -> tuple[int, asyncio.Future[Told]]:
        id = next(self._numbers)
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._asked[id] = answer
        return id, answer

    async def _ask(self, what: str, *args: Any, within_s: float = ASK_S) -> Any:
        if self._sure and not await self._there():
            raise self._no_engine()
        id, answer = self._expect()
        question = Asked(self._me, id, what, list(args))
        await self.link.line.publish(ASKS, _encode(question))
        return await self._wait(id, answer, within_s)

    def _no_engine(self) -> ServerError:
        return ServerError(
            f"no engine answers for partition {self.link.partition!r}; start one with: roomtone "
            "serve --role engine; nothing was acknowledged, send or ask again"
        )

    # -- what a host does ----------------------------------------------------------------------

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        kept: Sequence[int] | None = None,
        *,
        source: str = "api",
        history: bool = False,
        client: str = "",
    ) -> Receipt:
        """Send events to the engine. Returns when those accepted are on its disk."""
        if not events:
            return Receipt(0, 0, list(refusals))
        if self._sure and not await self._there():
            raise self._no_engine()
        id, answer = self._expect()
        places = list(range(len(events)) if kept is None else kept)
        batch = Inbound(self._me, id, source, history, client, list(events), places)
        try:
            async with self.link.talking() as redis:
                added = await redis.eval(
                    _ADD, 2, self.link.inbound, self.link.owner, _encode(batch), MOST_WAITING
                )
            if added == 0:
                raise self._no_engine()
            if added < 0:
                raise ServerError(
                    f"{MOST_WAITING} batches wait for the engine; nothing was acknowledged, send "
                    "it again in a moment"
                )
        except BaseException:
            self._asked.pop(id, None)
            raise
        receipt = msgspec.convert(await self._wait(id, answer, ANSWER_S), Receipt)
        return Receipt(receipt.accepted, receipt.duplicates, [*refusals, *receipt.errors])

    async def close_history(self, sessions: Sequence[str]) -> int:
        """Finish history sessions; returns how many were open."""
        closed: int = await self._ask("close_history", list(sessions), within_s=LONG_S)
        return closed

    def refuse(self, source: str, refusals: Sequence[Refusal], samples: Sequence[bytes]) -> None:
        """Tell the engine what could not be taken in; never waits, and is lost if it is away."""
        shown = list(samples[:KEPT])  # as many as are looked at; thousands would fill the line
        self._tell("refuse", Refused(source, list(refusals), shown))

    def remark(self, source: str, remarks: Mapping[str, int]) -> None:
        """Tell the engine's inspector what is worth saying of what came in; never waits."""
        self._tell("remark", [source, dict(remarks)])

    def learn(self, names: Mapping[str, str]) -> None:
        """Tell the engine which events sessions belong to: each once a minute; never waits."""
        if fresh := self._passed_on.fresh(names):
            self._tell("learn", fresh)

    async def event_names(self, sessions: Sequence[str]) -> Mapping[str, str]:
        """The events of these sessions as far as the engine knows: asked once a minute."""
        return await self._names.of(sessions)

    def _tell(self, what: str, said: Any) -> None:
        """Say something that wants no answer."""
        payload = _encode(Asked("", 0, what, [said]))
        task = asyncio.ensure_future(self.link.line.publish(ASKS, payload))
        task.add_done_callback(lambda done: done.exception())

    def fault(self, where: str, error: Exception) -> None:
        """A part of this process failed and goes on; /readyz shows it."""
        self.inspector.fault(where, error)

    async def overview(self, limit: int) -> dict[str, Any]:
        """The worst live sessions as `sessions`, and how many there are as `count`."""
        found: dict[str, Any] = await self._ask("overview", limit)
        return found

    async def open_sessions(self, after: Place, limit: int) -> list[tuple[Place, dict[str, Any]]]:
        """Live sessions behind a place, the worst first, then those that history is filled into."""
        found = await self._ask("open_sessions", list(after), limit)
        return [(tuple(place), session) for place, session in found]

    async def find(self, session: str) -> dict[str, Any] | None:
        """One session: live, being filled with history, or ended."""
        found: dict[str, Any] | None = await self._ask("find", session)
        return found

    async def explain(self, session: str, at: datetime | None = None) -> dict[str, Any] | None:
        """The parts of a session's score, now or at the last tick up to `at`; None if unknown."""
        found: dict[str, Any] | None = await self._ask("explain", session, at)
        return found

    async def last_events(self, session: str, limit: int) -> list[dict[str, Any]]:
        """The last events of a session, newest last. The texts are hostile."""
        found: list[dict[str, Any]] = await self._ask("last_events", session, limit)
        return found

    async def snapshot_frame(self, topic: str, since: float | None = None) -> bytes:
        """The first frame of a subscription; the engine makes the next ones from here on."""
        made: bytes = await self._ask("snapshot_frame", topic, since)
        return made

    async def recent_alerts(self, session: str | None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest alerts as the wire shows them."""
        return [show_row(row) for row in await self.archive.alerts(session=session, limit=limit)]

    async def judge(self, id: str, verdict: str, by: str) -> dict[str, Any] | None:
        """Have the engine keep what a person says of an alert and show it to all."""
        shown: dict[str, Any] | None = await self._ask("judge", id, verdict, by)
        return shown

    async def set_relationship(self, said: RelationshipSet) -> dict[str, Any]:
        """Have the engine take in what the owner of the truth says of a pair."""
        shown: dict[str, Any] = await self._ask("set_relationship", said, within_s=ANSWER_S)
        return shown

    async def _may_be_remembered(self, user: str) -> bool:
        found = await standing(self.archive, self.settings, user)
        return bool(found["purposes"]["memory"]["granted"])

    async def review_reaction(
        self, id: str, does: Literal["mean", "accept", "skip"], meaning: str | None, by: str
    ) -> dict[str, Any] | None:
        """Have the engine take a person's word on a reaction."""
        asked = (id, does, meaning, by)
        shown: dict[str, Any] | None = await self._ask("review_reaction", *asked, within_s=ANSWER_S)
        return shown

    async def reactions_standing(self) -> dict[str, Any]:
        """What waits to be judged at the engine."""
        told: dict[str, Any] = await self._ask("reactions_standing")
        return told

    async def enrich_reactions(self, again: bool) -> int:
        """Have the engine judge what waits."""
        queued: int = await self._ask("enrich_reactions", again, within_s=ANSWER_S)
        return queued

    async def inspect(
        self, source: str | None, outcome: str | None, limit: int
    ) -> dict[str, list[dict[str, Any]]]:
        """What came in lately at all processes: totals as `sources`, the last as `data`."""
        found: dict[str, list[dict[str, Any]]] = await self._ask("inspect", source, outcome, limit)
        return found

    async def readiness(self) -> list[dict[str, Any]]:
        """This process's parts, and those of the engine where it answers."""
        try:
            parts: list[dict[str, Any]] = await self._ask("readiness")
        except RoomtoneError as error:
            detail, _, remedy = str(error).partition("; ")
            return [_engine(False, detail, remedy), *self.health()]
        own = self.health()
        names = {part["name"] for part in own}
        return [
            _engine(True, "it answers", ""),
            *own,
            *(part for part in parts if part["name"] not in names),
        ]

    def health(self) -> list[dict[str, Any]]:
        """This process's own parts."""
        faults = self.inspector.faults()
        return [
            *news_health(self.news),
            *self.opening.health(),
            *self.memory.health(),
            {
                "name": "process",
                "ok": not faults,
                "detail": "; ".join(faults) or "all running",
                "remedy": "see the log of this process" if faults else "",
            },
            *([self._stores] if self._stores is not None else ()),
            *(self.feeds.health() if self.feeds is not None else ()),
        ]


def _engine(ok: bool, detail: str, remedy: str) -> dict[str, Any]:
    return {"name": "engine", "ok": ok, "detail": detail, "remedy": remedy, "vital": True}
