"""The engine's end of the line: answers what is asked, and takes in what others were sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent, JournalError, ServerError, StoreError
from roomtone.events import RelationshipSet
from roomtone.runtime import frames
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.lease import Lease
from roomtone.runtime.link import ANSWER_S, ASKS, CALL_S, Asked, Inbound, Link, Refused, Told

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

ASKABLE = frozenset(
    {
        "close_history",
        "enrich_reactions",
        "erase_person",
        "event_names",
        "explain",
        "find",
        "give_consent",
        "inspect",
        "is_erased",
        "judge",
        "last_events",
        "open_sessions",
        "overview",
        "person_in_journal",
        "reactions_standing",
        "readmit_person",
        "readiness",
        "review_reaction",
        "set_relationship",
        "snapshot_frame",
        "stores_written",
    }
)
_SAID = {"set_relationship": RelationshipSet, "give_consent": ConsentGiven}
"""What comes with an event, which has to be made one again."""

IN_HAND = 200
"""How many questions are answered, or batches taken in, at once; what comes beyond waits."""

AT_ONCE = 32  # entries in one reading: of 1 MB each at worst
BLOCK_MS = 1_000
GROUP = CONSUMER = "engine"
GREET_S = 1.5
"""After so long it is known who listens to an engine that has just started."""

# Only the owner of the partition takes an entry off the stream, and only then is it acknowledged.
_SETTLE = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('XACK', KEYS[1], ARGV[2], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
return 1
"""

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_decode_ask = msgspec.msgpack.Decoder(Asked).decode
_decode_inbound = msgspec.msgpack.Decoder(Inbound).decode


def kind_of(error: Exception) -> str:
    """How an error travels: by a name that the other end knows."""
    kinds = (
        (TooManySessions, "crowded"),
        (JournalError, "journal"),
        (StoreError, "store"),
        (BadEvent, "refused"),
    )
    return next((kind for known, kind in kinds if isinstance(error, known)), "other")


class Answering:
    """Serves those who have no engine of their own, for as long as the partition is ours."""

    def __init__(self, pipeline: Pipeline, link: Link, lease: Lease) -> None:
        self._pipeline, self._link, self._lease = pipeline, link, lease
        self._free = asyncio.Semaphore(IN_HAND)
        self._flying: set[asyncio.Task[None]] = set()
        self.answered = 0
        self.taken = 0
        self.expired = 0  # entries whose sender had given up
        self.listening = asyncio.Event()

    async def answer(self) -> None:
        """Answer questions for good."""
        async with self._link.line.subscribe(ASKS) as asks:
            self.listening.set()
            async for payload in asks:
                try:
                    asked = _decode_ask(payload)
                except (msgspec.MsgspecError, RecursionError) as error:
                    self._pipeline.fault("answering", error)  # those behind it are answered
                    continue
                await self._free.acquire()
                self._start(self._reply(asked))

    async def greet(self) -> None:
        """Tell those who watched an earlier engine that they may have missed something."""
        await self._pipeline.news.listened()
        await asyncio.sleep(GREET_S)
        for topic in await self._pipeline.news.listened():
            await self._pipeline.news.publish(topic, frames.frame(topic, "gap", missed=1))

    async def take_in(self) -> None:
        """Take events in for good: first what an earlier engine left half done."""
        await self._make_group()
        await self._read("0")
        while True:
            await self._read(">")

    async def stop(self) -> None:
        """Give what is under way a moment."""
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=CALL_S)
            for task in late:
                task.cancel()

    def _start(self, job: Any) -> None:
        task = asyncio.create_task(job)
        self._flying.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            assert isinstance(error, Exception)
            self._pipeline.fault("answering", error)

    # -- questions -----------------------------------------------------------------------------

    async def _reply(self, asked: Asked) -> None:
        self.answered += 1
        if asked.what == "refuse":
            its = msgspec.convert(asked.args[0], Refused)
            self._pipeline.refuse(its.source, its.refusals, its.samples)
            return
        if asked.what == "remark":
            source, remarks = msgspec.convert(asked.args[0], tuple[str, dict[str, int]])
            self._pipeline.remark(source, remarks)
            return
        if asked.what == "learn":
            self._pipeline.learn(msgspec.convert(asked.args[0], dict[str, str]))
            return
        try:
            told = Told(asked.id, await self._answer(asked))
        except Exception as error:
            told = self._failed(asked.id, error)
        if asked.id:
            await self._link.line.publish(asked.to, _encode(told))

    async def _answer(self, asked: Asked) -> Any:
        if asked.what not in ASKABLE:
            raise ServerError(f"this engine cannot tell {asked.what[:50]!r}; run one release only")
        if trouble := self._lease.trouble():
            raise trouble
        if asked.what == "snapshot_frame":
            self._pipeline.watched.mark(asked.args[0])
        if (kind := _SAID.get(asked.what)) is not None:
            asked.args[0] = msgspec.convert(asked.args[0], kind)
        if asked.what == "open_sessions":
            asked.args[0] = tuple(asked.args[0])
        return await getattr(self._pipeline, asked.what)(*asked.args)

    def _failed(self, id: int, error: Exception) -> Told:
        kind = kind_of(error)
        if kind != "other":
            return Told(id, error=kind, reason=str(error))
        if isinstance(error, ServerError):
            return Told(id, error=kind, reason=str(error))
        self._pipeline.fault("answering", error)
        log.error("a question could not be answered", exc_info=True)
        return Told(
            id,
            error="failed",
            reason=f"the engine failed on it ({type(error).__name__}); nothing was acknowledged, "
            "try again, and report it if it happens twice",
        )

    # -- events --------------------------------------------------------------------------------

    async def _make_group(self) -> None:
        try:
            async with self._link.talking() as client:
                await client.xgroup_create(self._link.inbound, GROUP, id="0", mkstream=True)
        except ServerError as error:
            async with self._link.talking() as client:  # it is there already, if Redis answers
                groups = await client.xinfo_groups(self._link.inbound)
            if not any(group["name"] == GROUP.encode() for group in groups):
                raise error

    async def _read(self, after: str) -> None:
        async with self._link.talking(CALL_S + BLOCK_MS / 1000) as client:
            found = await client.xreadgroup(
                GROUP, CONSUMER, {self._link.inbound: after}, count=AT_ONCE, block=BLOCK_MS
            )
            entries = found[0][1] if found else []
            if not entries:
                return
            seconds, micros = await client.time()
        now_ms = seconds * 1000 + micros // 1000
        for name, fields in entries:
            await self._free.acquire()
            age_ms = now_ms - int(name.partition(b"-")[0])
            self._start(self._take(name, fields or {}, age_ms, again=after != ">"))
        if after != ">" and len(entries) == AT_ONCE:
            await self._read(entries[-1][0].decode())

    async def _take(
        self, name: bytes, fields: dict[bytes, bytes], age_ms: int, again: bool
    ) -> None:
        try:
            its = _decode_inbound(fields.get(b"b", b""))
        except (msgspec.MsgspecError, RecursionError) as error:
            self._pipeline.fault("inbound", error)
            await self._settle(name)
            return
        if age_ms > ANSWER_S * 1000:
            self.expired += 1
            await self._settle(name)
            return
        told = await self._submit(its, again)
        if await self._settle(name):
            self.taken += 1
            await self._link.line.publish(its.to, _encode(told))

    async def _submit(self, its: Inbound, again: bool) -> Told:
        if again and any(event.id is None for event in its.events):
            return Told(
                its.id,
                error="other",
                reason="the engine was started anew in the middle of it; nothing was acknowledged, "
                "send it again",
            )
        try:
            receipt = await self._pipeline.submit(
                its.events,
                (),
                its.kept,
                source=its.source,
                history=its.history,
                client=its.client,
            )
        except Exception as error:
            return self._failed(its.id, error)
        return Told(its.id, receipt)

    async def _settle(self, name: bytes) -> bool:
        """Take an entry off the stream, however long Redis is away; False if it is not ours."""
        while not self._lease.gone.is_set():
            try:
                async with self._link.talking() as client:
                    settled = await client.eval(
                        _SETTLE,
                        2,
                        self._link.inbound,
                        self._link.owner,
                        self._lease.value,
                        GROUP,
                        name,
                    )
                if settled:
                    return True
            except ServerError as error:
                self._pipeline.fault("inbound", error)
            await asyncio.sleep(0.5)
        return False
