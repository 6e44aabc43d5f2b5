"""Who owns a partition: one engine at a time, by a lease in Redis that it has to renew."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from roomtone.errors import JournalError, RoomtoneError, ServerError
from roomtone.runtime.clock import WallClock, iso, utc
from roomtone.runtime.link import Link

LEASE_MS = 10_000
"""How long a partition stays with an owner that says nothing more: a killed engine on another
machine can be followed after so long."""

RENEW_S = 2.0
LOOK_S = 0.5

# KEYS: owner, epoch. ARGV: our value, the value that it may replace, ms, our epoch (-1: none yet).
_TAKE = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[2] then return {0, held, redis.call('PTTL', KEYS[1])} end
local epoch = tonumber(redis.call('GET', KEYS[2]) or '0')
local ours = tonumber(ARGV[4])
if ours < 0 then ours = epoch + 1 elseif epoch > ours then return {-1, '', 0} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], ours)
return {1, '', ours}
"""
_RENEW = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
if held then return -1 end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

log = structlog.get_logger()


class Owned(RoomtoneError):
    """The partition belongs to another engine."""


class Fenced(JournalError):
    """This engine does not own its partition any more, or cannot know it: nothing is taken."""


class Owner(msgspec.Struct, frozen=True):
    """What an owner writes into the lease: who it is, so that others can say so."""

    token: str
    host: str
    pid: int
    place: str  # the machine's boot and process namespace, where a pid means something
    since: str


class Lease:
    """This process's claim to its partition."""

    def __init__(self, link: Link, *, lease_ms: int = LEASE_MS, renew_s: float = RENEW_S) -> None:
        self._link, self._lease_ms, self._renew_s = link, lease_ms, renew_s
        now = iso(utc(WallClock().now_ms()))
        owner = Owner(uuid4().hex, socket.gethostname(), os.getpid(), _place(), now)
        self.value = msgspec.json.encode(owner)
        self.gone = asyncio.Event()
        """Set once the partition belongs to another: there is no way back."""
        self._epoch = -1
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether nobody else can own the partition at this moment."""
        return not self.gone.is_set() and monotonic() < self._until

    def trouble(self) -> Fenced | None:
        """Why nothing may be acknowledged; None while the lease is held."""
        if self.held:
            return None
        name = self._link.partition
        if self.gone.is_set():
            return Fenced(f"partition {name!r} has another engine now; send it there")
        return Fenced(
            f"whether partition {name!r} is still ours is not known, as Redis does not answer; "
            "nothing was acknowledged, send it again"
        )

    async def take(self, *, standby: bool = False) -> None:
        """Become the owner. Raises Owned while another one is alive; a standby waits instead.

        An owner that was killed is followed at once on its own machine, else when its lease ends.
        """
        replaced, told = b"", False
        before: tuple[bytes, int] = (b"", 0)
        while True:
            try:
                begun = monotonic()
                took, held, number = await self._call(
                    _TAKE, self.value, replaced, self._lease_ms, self._epoch
                )
            except ServerError:
                if not standby:
                    raise
                await asyncio.sleep(LOOK_S)
                continue
            if took == 1:
                self._epoch, self._until = number, begun + self._lease_ms / 1000
                return
            owner = msgspec.json.decode(held, type=Owner)
            if is_dead(owner):
                replaced = held
                continue
            renewed = held == before[0] and number > before[1]
            if renewed and not standby:
                raise Owned(
                    f"partition {self._link.partition!r} is owned by the engine on {owner.host}, "
                    f"process {owner.pid}, since {owner.since}; stop that one, name another "
                    "cluster.partition, or let this one wait with --standby"
                )
            if not told:
                log.info("the partition has an owner; waiting", host=owner.host, pid=owner.pid)
                told = True
            before = (held, number)
            await asyncio.sleep(LOOK_S)

    async def keep(self) -> None:
        """Renew for good; ends when the partition has gone to another."""
        while True:
            await asyncio.sleep(self._renew_s)
            begun = monotonic()
            try:
                async with self._link.talking() as client:
                    kept = await client.eval(
                        _RENEW, 1, self._link.owner, self.value, self._lease_ms
                    )
                if kept == 0:  # it fell while Redis was away, and perhaps nobody took it
                    took, _, _ = await self._call(
                        _TAKE, self.value, b"", self._lease_ms, self._epoch
                    )
                    kept = 1 if took == 1 else -1
            except ServerError:
                continue  # `held` says no once the lease is over
            if kept == 1:
                self._until = begun + self._lease_ms / 1000
                continue
            log.error("the partition has another engine", partition=self._link.partition)
            self.gone.set()
            return

    async def release(self) -> None:
        """Let it go, if it is still ours."""
        self._until = 0.0
        try:
            async with self._link.talking() as client:
                await client.eval(_RELEASE, 1, self._link.owner, self.value)
        except ServerError as error:
            log.warning("the lease could not be given back and ends by itself", error=str(error))

    async def _call(self, script: str, *args: Any) -> tuple[int, bytes, int]:
        async with self._link.talking() as client:
            took, held, number = await client.eval(
                script, 2, self._link.owner, self._link.epoch, *args
            )
        return took, held, number

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        trouble = self.trouble()
        detail, _, remedy = str(trouble or "").partition("; ")
        return {
            "name": "partition",
            "ok": trouble is None,
            "detail": detail or f"{self._link.partition} is ours",
            "remedy": remedy,
            "vital": True,
        }


def is_dead(owner: Owner) -> bool:
    """Whether an owner was a process of this very place, and is no more."""
    if not owner.place or owner.place != _place():
        return False
    if owner.pid == os.getpid():
        return True  # an earlier life: a pid is ours alone
    return not Path(f"/proc/{owner.pid}").exists()


def _place() -> str:
    """The machine's boot and process namespace; empty where there is no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
