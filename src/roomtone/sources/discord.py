"""Events out of Discord: messages, turns of a bot, reactions, polls, who comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from roomtone.errors import BadEvent, SourceError
from roomtone.events import Event, Refusal
from roomtone.ports import Delivery
from roomtone.sources import _discord_client as line
from roomtone.sources import _discord_payloads as payloads
from roomtone.sources._discord_address import parse_address
from roomtone.sources._discord_talk import Talk

MOST_WAITING = 20_000
MOST_BYTES = 64_000_000
"""So many dispatches, or bytes, wait here. Then the connection is closed, and resumed once there is
room: Discord sends what came meanwhile, from the first that we have not had."""

MOST_EVENTS, MOST_SIZE = 1_000, 1_000_000
"""Of how many events, or bytes, one delivery is made: one entry of the journal."""


class Discord:
    """`discord://?guilds=ID&channels=NAME:ID`; docs/discord.md tells of all options."""

    name, durable = "discord", False

    def __init__(self, url: str) -> None:
        line.driver()
        self._address = parse_address(url)
        self._questions = line.Questions()
        self._talk = Talk(self._address, self._questions)
        self._waiting: deque[tuple[str, bytes, str]] = deque()  # kind, payload, mark
        self._size = 0
        self._spoilt: list[tuple[str, bytes]] = []  # frames that are none, and why
        self._session = ""
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing: asyncio.Task[Any] | None = None
        self._client: Any = None
        self._calm_until, self._wait_s = 0.0, 0.0
        self.connected = False
        self.resumed = 0  # times that Discord went on where the connection broke
        self.restarted = 0  # times that it did not, and what was between is lost

    @property
    def note(self) -> str:
        """What is to be said of it beside its counts; "" where all was well."""
        said = []
        if self.restarted:
            said.append(
                f"it could not go on where it was {self.restarted}x, and missed reactions then"
            )
        if self._questions.unanswered:
            said.append(f"{self._questions.unanswered} questions to Discord were not answered")
        return "; ".join(said)

    async def deliveries(self, consumer: str) -> AsyncIterator[Delivery]:
        """See `Feed`. What Discord cannot send again (no session to resume) is not had again."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._calm_until - loop.time()))
        client = line.make(self._address, self._hear, self._lose, self._room.wait)
        try:
            line.check_limit(await line.enter(client, self._address))
            self._client = self._questions.client = client
            job = asyncio.create_task(client.connect(reconnect=True))
            job.add_done_callback(lambda _: self._news.set())
            try:
                while True:
                    await self._news.wait()
                    self._news.clear()
                    while self._waiting or self._spoilt:
                        yield await self._collect()
                    if job.done():
                        raise self._ended(job)
            finally:
                job.cancel()
                await asyncio.gather(job, return_exceptions=True)
        except line.Refused as error:
            self._wait_s = min(
                max(2 * self._wait_s, error.wait_s), max(line.LATEST_S, error.wait_s)
            )
            self._calm_until = loop.time() + self._wait_s
            raise
        finally:
            self._lose()
            self._client = self._questions.client = None
            with contextlib.suppress(Exception):  # it may break while it hangs up
                await client.close()

    def _ended(self, job: asyncio.Task[Any]) -> SourceError:
        error = None if job.cancelled() else job.exception()
        if error is None:
            return SourceError("Discord closed the connection; it is made anew")
        return line.explain(error, self._address)

    async def acknowledge(self, delivery: Delivery) -> None:
        """Discord wants to hear nothing."""

    async def look(self) -> Mapping[str, int]:
        """How many dispatches wait here; of those that were lost nobody knows."""
        return {"pending": len(self._waiting), "lag": 0, "lost": 0}

    async def close(self) -> None:
        """See `Feed`."""
        if self._client is not None:
            await self._client.close()

    async def events(self) -> AsyncIterator[Event]:
        """As a plain source."""
        async for delivery in self.deliveries("reader"):
            for event in delivery.events:
                yield event

    async def examine(self) -> list[tuple[str, bool, str, str]]:
        """Token, intents and sign-ins, without the gateway: what, whether, how it is, what to do.

        Raises SourceError where Discord is not reached or does not know the token.
        """
        client = line.make(self._address, self._hear, self._lose, self._room.wait)
        try:
            try:
                limit = await line.enter(client, self._address)
            except line.Lacking as error:
                return [("intents", False, *_split(str(error)))]
            bot, left = client.user, int(limit.get("remaining", 0))
            asked = ", ".join(name for name, on in line.intents(self._address) if on)
            return [
                ("token", True, f"of the bot {bot.name} ({bot.id})", ""),
                ("intents", True, asked, ""),
                (
                    "sign-ins",
                    left >= line.SPARE,
                    f"{left:,} of {int(limit.get('total', 0)):,} are left today",
                    "wait until tomorrow, and see what signs in so often",
                ),
            ]
        finally:
            await client.close()

    # -- what comes --------------------------------------------------------------------------

    def _hear(self, raw: str) -> None:
        """Keep one frame for whoever reads next; nothing is waited for here."""
        try:
            frame = payloads.open_frame(raw)
            if frame.op != payloads.DISPATCH or frame.t is None:
                return
            payload = bytes(frame.d)
            if frame.t == payloads.READY:
                self._ready(payloads.read(payloads.READY, payload))
            elif frame.t == payloads.RESUMED:
                self.resumed += 1
                self.connected = True
                self._news.set()
            if frame.t not in payloads.KINDS or frame.t == payloads.READY:
                return
            if frame.t == "GUILD_CREATE":
                payload = payloads.trimmed(payload)
        except BadEvent as error:
            self._spoilt.append((str(error), raw[:10_000].encode("utf-8", "replace")))
            del self._spoilt[:-MOST_EVENTS]
            self._news.set()
            return
        self._waiting.append((frame.t, payload, f"{self._session}.{frame.s}"))
        self._size += len(payload)
        self._news.set()
        if self._room.is_set() and (len(self._waiting) >= MOST_WAITING or self._size >= MOST_BYTES):
            self._room.clear()
            if self._client is not None and self._client.ws is not None:
                self._closing = asyncio.create_task(self._client.ws.close(4000))

    def _ready(self, ready: payloads.Ready) -> None:
        self.restarted += self._session != ""
        self._session = ready.session_id
        self._wait_s = 0.0
        self._talk.meet(ready.user)
        self._talk.since = line.since(self._address, self._talk.newest)
        self.connected = True
        self._news.set()

    def _lose(self) -> None:
        self.connected = False

    async def _collect(self) -> Delivery:
        """What waits, up to a thousand events, as one delivery."""
        events: list[Event] = []
        kept: list[int] = []
        refusals: list[Refusal] = []
        samples: list[bytes] = []
        size = 0
        spoilt, self._spoilt = self._spoilt, []
        for reason, sample in spoilt:
            refusals.append(Refusal(len(refusals), reason))
            samples.append(sample)
        while self._waiting and len(events) < MOST_EVENTS and size < MOST_SIZE:
            kind, payload, mark = self._waiting.popleft()
            self._size -= len(payload)
            size += len(payload)
            place = len(events) + len(refusals)
            try:
                found = await self._talk.take(kind, payload, mark)
            except BadEvent as error:
                refusals.append(Refusal(place, str(error)))
                samples.append(payload)
                continue
            except Exception as error:  # one that nobody foresaw costs itself alone
                refusals.append(Refusal(place, f"{kind} could not be read: {type(error).__name__}"))
                samples.append(payload)
                continue
            kept += range(place, place + len(found))
            events += found
        if len(self._waiting) <= MOST_WAITING // 2 and self._size <= MOST_BYTES // 2:
            self._room.set()
        return Delivery(events, kept, refusals, samples, size=size)


def _split(sentence: str) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    wrong, _, remedy = sentence.partition(": ")
    return wrong, remedy or sentence
