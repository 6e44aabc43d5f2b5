"""What can be read of a running Roomtone: sessions, explanations, first frames, health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any

from roomtone.conversations import Conversations
from roomtone.engine import TICK_S, Engine, Output
from roomtone.errors import JournalError
from roomtone.points import Measurement, Point
from roomtone.ports import Archive, Channel, Gauge, SeriesStore
from roomtone.records import Batch
from roomtone.runtime import frames
from roomtone.runtime.board import WORST, Board, describe
from roomtone.runtime.clock import Clock, iso, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.event_names import EventNames
from roomtone.runtime.feeds import Feeds
from roomtone.runtime.histories import Histories
from roomtone.runtime.inspector import Inspector
from roomtone.runtime.journal import Journal
from roomtone.runtime.judging import Judging
from roomtone.runtime.keeper import Keeper
from roomtone.runtime.lately import Lately
from roomtone.runtime.lease import Lease
from roomtone.runtime.mirror import Mirror
from roomtone.runtime.publishing import Publishing
from roomtone.runtime.reader import Reader
from roomtone.runtime.remembering import Remembering

SNAPSHOT_S = 900
"""How much of a session's past its first frame holds: fifteen minutes."""

MOST_POINTS = 800
"""How many points a first frame holds at most: a little more than an hour's."""


class Views:
    """The reading half of a Pipeline."""

    archive: Archive
    board: Board
    clock: Clock
    conversations: Conversations
    documents: Publishing | None = None  # whoever runs one puts it here, to be shown
    engine: Engine
    feeds: Feeds | None = None
    lease: Lease | None = None  # on a partition that others could own
    gauges: Sequence[Gauge]
    histories: Histories
    inspector: Inspector
    journal: Journal
    keeper: Keeper
    mirror: Mirror
    reader: Reader
    judging: Judging
    measurements: Sequence[Measurement]
    memory: Remembering
    names: EventNames
    news: Channel
    recent: Lately
    series: SeriesStore
    settings: Settings
    _fresh: list[Batch]

    def show(self, out: Output) -> None:
        """What a tick gave of the live rooms, for whoever looks."""
        self.board.take(out)
        if self.documents is not None:
            self.documents.take(out)

    @property
    def fenced(self) -> JournalError | None:
        """Why nothing may be acknowledged though the disk would take it: the partition's owner."""
        return None if self.lease is None else self.lease.trouble()

    def sessions(self) -> list[dict[str, Any]]:
        """All live sessions, the worst first, and then those that history is filled into."""
        live = [self.board.session(id) for id in self.board.worst(len(self.engine.rooms) or 1)]
        known = {session["session"] for session in live if session}
        new = [self.board.session(id) for id in self.engine.rooms.rooms if id not in known]
        past = [board.session(id) for id, board in self.histories.boards.items()]
        return [session for session in (*live, *new, *past) if session is not None]

    def session(self, id: str) -> dict[str, Any] | None:
        """One session that is live, or that history is filled into."""
        board = self.histories.boards.get(id, self.board)
        return board.session(id)

    async def ended_session(self, id: str) -> dict[str, Any] | None:
        """One session that is over, by its newest summary."""
        found = await self.archive.sessions(session=id, limit=1)
        return describe(found[0]) if found else None

    async def explain(self, session: str, at: datetime | None = None) -> dict[str, Any] | None:
        """The parts of a session's score, now or at the last tick up to `at`; None if unknown."""
        when: datetime | None = None
        fields: dict[str, float] = {}
        if at is None:
            board = self.histories.boards.get(session, self.board)
            fields = board.known(session)
            when = utc(board.now * 1000) if fields else None
        if when is None:
            end = (at or utc(self.clock.now_ms())) + timedelta(milliseconds=1)
            point = await self._last_point(session, end, at is None)
            if point is None:
                return None
            when, fields = point.time, dict(point.fields)
        explained = self.gauges[0].explain(fields)
        return {"session": session, "at": iso(when), **explained}

    async def _last_point(self, session: str, end: datetime, anywhere: bool) -> Point | None:
        spans = [timedelta(minutes=2), timedelta(hours=1), timedelta(days=1)]
        if anywhere:
            over = await self.archive.sessions(session=session, limit=1)
            if over and over[0].ended is not None:
                end = over[0].ended + timedelta(seconds=2 * TICK_S)
        for span in spans:
            points = await self.series.read(
                self.measurements[0].name, tags={"session": session}, start=end - span, end=end
            )
            if points:
                return points[-1]
        return None

    def ticker(self, session: str, limit: int = 50, *, shown: bool = False) -> list[dict[str, Any]]:
        """The last events of a session, newest last; as far back as the server remembers.

        `shown`: only those that the next push will not show.
        """
        found: list[dict[str, Any]] = []
        for batch in islice(reversed(self.recent), len(self._fresh) if shown else 0, None):
            found[:0] = frames.show_events(batch, session)
            if len(found) >= limit:
                break
        return found[-limit:]

    async def snapshot_frame(self, topic: str, since: float | None = None) -> bytes:
        """The first frame of a subscription: everything up to now that later frames build on."""
        if topic == frames.PULSE:
            alerts = await self.recent_alerts(None)
            sessions = [self.board.session(id) for id in self.board.worst(WORST)]
            shown = [session for session in sessions if session is not None]
            return frames.frame(
                topic, "snapshot", sessions=shown, count=len(self.engine.rooms), alerts=alerts
            )
        if topic == frames.ALERTS:
            return frames.frame(topic, "snapshot", alerts=await self.recent_alerts(None))
        return await self._session_frame(topic, topic.removeprefix("session:"), since)

    async def _session_frame(self, topic: str, session: str, since: float | None) -> bytes:
        state = self.session(session) or await self.ended_session(session)
        now = utc(self.clock.now_ms())
        start = now - timedelta(seconds=SNAPSHOT_S)
        if since is not None:
            start = max(utc(int(since * 1000) + 1), now - timedelta(seconds=MOST_POINTS * TICK_S))
        # The store may be behind: what waits to be written is asked first, lest it fall in between.
        name = self.measurements[0].name
        board = self.histories.boards.get(session, self.board)
        room = board.engine.rooms.rooms.get(session)
        waiting = [] if room is None else self.keeper.unwritten(name, session, room.slot)
        points = await self.series.read(
            name,
            tags={"session": session},
            start=start,
            end=now + timedelta(seconds=TICK_S),
            limit=MOST_POINTS,
        )
        known = {point.time.timestamp(): point.fields for point in points}
        known |= {at: fields for at, fields in waiting if at >= start.timestamp()}
        rows = sorted(known.items(), key=itemgetter(0))[-MOST_POINTS:]
        return frames.frame(
            topic,
            "snapshot",
            session=state,
            **frames.columns(rows, self.measurements[0].fields),
            alerts=await self.recent_alerts(session),
            events=self.ticker(session, shown=True),
        )

    def wake(self) -> None:
        """There may be turns to read, and reactions to judge or to look for."""
        if self.conversations.pending:
            self.reader.news.set()
        reacting = self.conversations.reacting
        if reacting.waiting or reacting.lost:
            self.judging.news.set()

    async def recent_alerts(self, session: str | None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest alerts as the wire shows them."""
        return [show_row(row) for row in await self.archive.alerts(session=session, limit=limit)]

    def health(self) -> list[dict[str, Any]]:
        """Each part by name, whether it works, and what to do if not."""
        trouble = self.journal.trouble
        faults = self.inspector.faults()
        return [
            {
                "name": "journal",
                "ok": trouble is None,
                "detail": str(trouble) if trouble else f"{self.journal.counters.synced:,} synced",
                "remedy": "make room on the disk; it goes on by itself" if trouble else "",
                "vital": True,  # without it nothing can be acknowledged
            },
            self.keeper.health(),
            *self.mirror.health(),
            *self.memory.health(),
            self.reader.health(),
            self.judging.health(),
            *news_health(self.news),
            *(() if self.lease is None else (self.lease.health(),)),
            {
                "name": "clock",
                "ok": self.clock.now_ms() // 1000 - self.engine.next_tick < 25
                or not self.engine.rooms,
                "detail": f"next tick at {iso(utc(self.engine.next_tick * 1000))}",
                "remedy": "",
            },
            {
                "name": "loops",
                "ok": not faults,
                "detail": "; ".join(faults)
                or f"all running, {self.inspector.fault_count} faults since the start",
                "remedy": "restart the server and report what the log says" if faults else "",
            },
            *(self.feeds.health() if self.feeds is not None else ()),
            *([self.documents.health()] if self.documents is not None else ()),
        ]


def news_health(news: Channel) -> list[dict[str, Any]]:
    """The line on /readyz of a channel that can say whether it works."""
    if not hasattr(news, "trouble"):
        return []
    trouble = news.trouble
    detail, _, remedy = (trouble or "it spreads").partition("; ")
    return [{"name": "news", "ok": trouble is None, "detail": detail, "remedy": remedy}]


def show_row(row: Any) -> dict[str, Any]:
    """An archived alert as the wire shows it."""
    shown = dict(row)
    shown["time"] = iso(shown["time"])
    judged = shown.get("verdict_at")
    shown["verdict_at"] = None if judged is None else iso(judged)
    return shown
