"""What the commands do, once their words are understood; the words are in __main__."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from roomtone.errors import ServerError
from roomtone.events import Event
from roomtone.runtime import asking, ingest, plugins, sinks, terminal
from roomtone.runtime.clock import WallClock, iso, utc
from roomtone.runtime.loading import load, trace
from roomtone.runtime.look_ahead import last_lines
from roomtone.runtime.masking import mask
from roomtone.runtime.rehearsing import rehearsal
from roomtone.runtime.remote import Remote
from roomtone.runtime.replay import paced, replay_events, replay_journal, rows

OK, UNWELL = 0, 1

PATIENT_S = 120.0
"""A server that is computing hours of history answers late, and is well."""

ROW_POINTS = 60
"""Scores on one printed line: five minutes; one minute when played at a pace."""


@dataclass(frozen=True)
class Ingest:
    """`roomtone ingest`: a file into a server or a folder."""

    file: str
    columns: Mapping[str, str] | None = None
    session: str | None = None
    to: str | None = None
    data: Path | None = None
    live: bool = False
    bot: str | None = None
    begin: datetime | None = None
    recall: bool = False

    async def run(self, *, as_json: bool) -> int:
        """Take it in and print what became of it; 1 when a line was refused."""
        began = time.monotonic()
        if "://" in self.file:
            if self.recall:
                raise ServerError("--recall plays a file; a live source tells of its own memories")
            source = plugins.source(self.file)
            if hasattr(source, "deliveries"):
                async with replace(self, live=True)._sink() as sink:  # what it gives happens now
                    report = await ingest.ingest_feed(plugins.feed(self.file), sink)
            else:
                async with self._sink() as sink:
                    report = await ingest.ingest_stream(source, sink)
        else:
            report = await self._take_file()
        if as_json:
            terminal.print_json(report.as_json())
        else:
            for line in terminal.report_lines(report, time.monotonic() - began):
                terminal.out.print(line)
        if any("needs `at`" in reason for reason in report.reasons):
            terminal.note("what happens now, and so has no `at`, is taken in with --live")
        if self.bot is None and not report.accepted and any("`type`" in r for r in report.reasons):
            terminal.note("no line is an event; take written dialogues in with --bot NAME")
        return UNWELL if report.refused else OK

    async def _take_file(self) -> ingest.Report:
        ends = None if self.file == "-" else self._ends  # a pipe cannot be looked at twice
        stream, size = ingest.open_input(self.file)
        with stream:
            reader = self._reader(stream)
            with terminal.progress_bar(size) as bar:
                task = bar.add_task(terminal.clean(self.file), total=size or None)

                def waiting(turns: int) -> None:
                    bar.update(task, description=f"{turns:,} turns to read")

                async with AsyncExitStack() as opened:
                    sink = await opened.enter_async_context(self._sink(waiting))
                    played = None
                    if self.recall:
                        played = await opened.enter_async_context(rehearsal(load()))
                    return await ingest.ingest(
                        reader,
                        sink,
                        lambda position: bar.update(task, completed=position),
                        ends,
                        played,
                    )

    def _reader(self, stream: BinaryIO) -> ingest.Reader:
        if self.bot is not None:
            return ingest.open_dialogues(
                stream, name=_stem(self.file), bot=self.bot, begin=self.begin
            )
        return ingest.open_source(
            stream, session=self.session, fallback=_stem(self.file), columns=self.columns
        )

    def _ends(self) -> dict[str, int]:
        stream, _ = ingest.open_input(self.file)
        with stream:
            return last_lines(self._reader(stream))

    def _sink(
        self, waiting: Callable[[int], None] = lambda n: None
    ) -> AbstractAsyncContextManager[sinks.Sink]:
        if self.to is not None and self.data is not None:
            raise ServerError("choose one: --to sends to a server, --data writes into a folder")
        settings = load({"data": self.data})
        if self.data is not None:
            return sinks.open_folder(settings, history=not self.live, waiting=waiting)
        return self._server(self.to or settings.url)

    @asynccontextmanager
    async def _server(self, url: str) -> Any:
        remote = Remote(url, timeout_s=PATIENT_S)
        try:
            remote.get("/healthz")  # an unreachable server is noticed before the file is read
            yield sinks.Server(remote, history=not self.live)
        finally:
            remote.close()


@dataclass(frozen=True)
class Replay:
    """`roomtone replay`: a file or a journal through the engine, without a server."""

    file: str
    columns: Mapping[str, str] | None = None
    session: str | None = None
    speed: float | None = None
    alarms_per_hour: float | None = None

    def run(self, *, as_json: bool) -> int:
        """Play it and print points, alerts and summaries; 1 when a line was refused."""
        settings = load({"engine.alarms_per_hour": self.alarms_per_hour})
        report = ingest.Report()
        path = Path(self.file)
        if self.file != "-" and path.is_dir():
            outputs = replay_journal(journal_folder(path), settings)
        else:
            at_once = ingest.BATCH if path.is_file() else 1  # a pipe is played as it comes
            outputs = replay_events(self._events(report), settings, at_once)
        if self.speed is not None:
            outputs = paced(outputs, time.sleep, self.speed)
        lines = (row for out in outputs for row in rows(out))
        if as_json:
            for row in lines:
                terminal.print_json(row)
        else:
            print_replay(lines, ROW_POINTS if self.speed is None else ROW_POINTS // 5)
        for reason, count in report.reasons.most_common(10):
            terminal.note(f"refused {count:,}: {reason}")
        return UNWELL if report.refused else OK

    def _events(self, report: ingest.Report) -> Iterator[Event]:
        stream, _ = ingest.open_input(self.file)
        with stream:
            reader = ingest.open_source(
                stream,
                session=self.session,
                fallback=_stem(self.file),
                columns=self.columns,
                keeps=False,
            )
            for row in reader.rows():
                if isinstance(row, tuple):
                    report.refuse(row[0].index, row[0].reason)
                elif row.at is None:
                    report.refuse(reader.line, "a replay needs `at`: say when it happened")
                else:
                    yield row


def journal_folder(path: Path) -> Path:
    """The journal in a folder: the folder itself, or `journal` in a data folder."""
    return path / "journal" if (path / "journal").is_dir() else path


def print_replay(lines: Iterator[dict[str, Any]], width: int) -> None:
    """Scores as sparklines, one line per session and `width` points, with alerts in between."""
    open_rows: dict[str, list[tuple[str, float | None]]] = {}
    summaries: list[dict[str, Any]] = []
    for row in lines:
        session = row["session"]
        if row["kind"] == "point" and row["measurement"] == "engagement":
            points = open_rows.setdefault(session, [])
            points.append((row["time"], row.get("score")))
            if len(points) == width:
                _print_row(session, open_rows.pop(session))
        elif row["kind"] == "alert":
            if session in open_rows:
                _print_row(session, open_rows.pop(session))
            terminal.out.print(terminal.alert_line(row, terminal.when(row["time"])))
        elif row["kind"] == "summary":
            if session in open_rows:
                _print_row(session, open_rows.pop(session))
            summaries.append(row)
    for summary in summaries[:200]:
        terminal.out.print(terminal.summary_line(summary))
    if len(summaries) > 200:
        terminal.out.print(f"and {len(summaries) - 200:,} more sessions")


def _print_row(session: str, points: Sequence[tuple[str, float | None]]) -> None:
    start, scores = points[0][0], [score for _, score in points]
    known = [score for score in scores if score is not None]
    mean = terminal.percent(sum(known) / len(known) if known else None)
    bars = terminal.sparkline(scores)
    terminal.out.print(f" {terminal.when(start)}  {bars}  {mean:>3}  ", end="")
    terminal.out.print(terminal.clean(session), style="dim", markup=False)


async def explain(
    session: str, at: str | None, *, url: str | None, data: Path | None, as_json: bool
) -> None:
    """`roomtone explain`."""
    moment = None if at is None else asking.parse_moment(at)
    async with asking.open_answers(load({"data": data}), url, data) as answers:
        answer = await answers.explain(session, moment)
    if as_json:
        terminal.print_json(answer)
        return
    title = f"{terminal.clean(answer['session'])} at {terminal.when(answer['at'])} UTC"
    score = f"{terminal.percent(answer['score'])} of 100, {answer['level']}"
    terminal.out.print(f"{title}: {score}", markup=False, style="bold")
    terminal.out.print(terminal.explanation_table(answer))
    if best := answer.get("raise_most"):
        terminal.out.print(f"Raises it most ({best['gain']:+.3f}): {best['how']}", markup=False)


async def sessions(*, url: str | None, data: Path | None, limit: int, as_json: bool) -> None:
    """`roomtone sessions`."""
    async with asking.open_answers(load({"data": data}), url, data) as answers:
        found = await answers.sessions(limit)
    if as_json:
        terminal.print_json(found)
    elif found:
        terminal.out.print(terminal.sessions_table(found))
    else:
        terminal.note("no session yet; send a first event, or look at one: roomtone demo")


async def alerts(
    session: str | None, *, url: str | None, data: Path | None, limit: int, as_json: bool
) -> None:
    """`roomtone alerts`."""
    async with asking.open_answers(load({"data": data}), url, data) as answers:
        found = await answers.alerts(session, limit)
    if as_json:
        terminal.print_json(found)
    elif found:
        terminal.out.print(terminal.alerts_table(found))
    else:
        terminal.note("no alert; all is well, or nobody is there")


def doctor(*, port: int | None, data: Path | None, as_json: bool) -> int:
    """`roomtone doctor`; 1 when something is not as it should be."""
    from roomtone.runtime.doctor import examine

    checks = examine(load({"server.port": port, "data": data}), WallClock())
    if as_json:
        terminal.print_json(checks)
    else:
        terminal.out.print(terminal.checks_table(checks))
    return OK if all(check["ok"] for check in checks) else UNWELL


def backup(
    target: Path, *, data: Path | None, follow: bool, database_minutes: float, as_json: bool
) -> int:
    """`roomtone backup`: once, or until it is told to stop."""
    import signal
    import threading

    from roomtone.runtime.backup_following import follow as keep_close
    from roomtone.runtime.backup_installation import InstallationBackup

    stop = threading.Event()
    job = InstallationBackup(load({"data": data}), target, WallClock())
    try:
        copied = job.run()
        _tell_copied(job, copied, as_json)
        if follow:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            keep_close(
                job, stop.wait, database_s=database_minutes * 60, fresh=True, tell=lambda c: None
            )
            _tell_copied(job, job.run(database=False), as_json)
    finally:
        job.close()
    return OK


def _tell_copied(job: Any, copied: Any, as_json: bool) -> None:
    manifest = job.manifest
    if as_json:
        terminal.print_json(
            {
                "position": copied.position,
                "heard": iso(utc(manifest.heard_ms)),
                "new_bytes": copied.new_bytes,
                "entries": manifest.entries,
                "segments": len(manifest.segments),
                "projects": manifest.projects,
                "databases": sum(len(g.databases) for g in manifest.generations[-1:]),
            }
        )
        return
    terminal.out.print(
        f" journal up to position {copied.position:,}, {copied.new_bytes / 1e6:,.1f} MB of it new; "
        f"{'the database too' if copied.new_database else 'the database as before'}"
    )


async def restore(
    source: Path,
    *,
    data: Path,
    at: str | None,
    keep_stores: bool,
    replaces: Path | None,
    as_json: bool,
) -> int:
    """`roomtone restore`. Whom the configured installation erased, or the one that is named, is
    not brought back."""
    from roomtone.runtime import restore as restoring

    heed = [folder for folder in (load().data, replaces) if folder is not None]
    done = await restoring.restore(
        source,
        load({"data": data}),
        restoring.parse_point(at),
        keep_stores=keep_stores,
        heed=heed,
    )
    if as_json:
        terminal.print_json(done)
    else:
        terminal.out.print(f" restored into {terminal.clean(data)}:")
        for step in restoring.steps(done):
            terminal.out.print(f"  {step}", markup=False)
    return OK


def config_show(*, origin: bool, as_json: bool) -> None:
    """`roomtone config show`."""
    origins = trace()
    if as_json:
        terminal.print_json(
            [
                {
                    "key": o.key,
                    "value": _plain(o.value),
                    "origin": o.origin,
                    "meaning": o.description,
                }
                for o in origins
            ]
        )
    else:
        terminal.out.print(terminal.settings_table(origins, show_origin=origin))


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float) else mask(str(value))


def _stem(file: str) -> str:
    return "stdin" if file == "-" else Path(file).name.split(".")[0] or "chat"
