"""How answers look on a terminal: tables, sparklines, and names that cannot play tricks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from roomtone.runtime.ingest import Report
from roomtone.runtime.loading import Origin
from roomtone.runtime.masking import mask

BARS = "▁▂▃▄▅▆▇█"
NUMBERS = ("score", "chat/min", "active")
UNKNOWN = "·"
NOTHING = "–"

_STYLES = {
    "CRITICAL": "bold red",
    "WARNING": "yellow",
    "INFO": "green",
    "VERY_LOW": "red",
    "LOW": "yellow",
    "HIGH": "green",
    "VERY_HIGH": "bold green",
}

# Control characters move the cursor or recolour the screen, bidirectional overrides make a name
# read as another; names come from strangers.
_TRICKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

PIPED_WIDTH = 200
"""Columns where the output is no terminal: a table in a file or a pipe is not to be folded."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
if not out.is_terminal:
    out.width = PIPED_WIDTH


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def complain(sentence: str) -> None:
    """An error, in one sentence, on standard error."""
    said = clean(mask(sentence))
    err.print(Text("roomtone: ", style="bold red").append(said, style="default"))


def note(sentence: str) -> None:
    """Something worth knowing that is no answer, on standard error."""
    err.print(Text(clean(mask(sentence)), style="dim"))


def clean(text: object) -> str:
    """A text of unknown origin, fit for a terminal."""
    return _TRICKS.sub("\N{REPLACEMENT CHARACTER}", str(text))


def plain(text: object, style: str = "") -> Text:
    """The same for tables, which would read square brackets as markup."""
    return Text(clean(text), style=style)


def sparkline(scores: Iterable[float | None]) -> str:
    """Scores from 0 to 1 as bars, one character each; a dot where it is not known.

    >>> sparkline([0.0, 0.5, 1.0, None])
    '▁▅█·'
    """
    return "".join(
        UNKNOWN if score is None else BARS[min(max(int(score * 8), 0), 7)] for score in scores
    )


def many(count: int, of: str) -> str:
    """A number with its noun.

    >>> many(1, "day"), many(0, "day"), many(1200, "conversation")
    ('1 day', '0 days', '1,200 conversations')
    """
    return f"{count:,} {of}" + "s" * (count != 1)


def percent(score: float | None) -> str:
    """A score from 0 to 1 as people read it: 0 to 100."""
    return NOTHING if score is None else f"{score * 100:.0f}"


def when(iso: str | None) -> str:
    """A time of the wire in short; dates only where it is not clear."""
    if not iso:
        return NOTHING
    return datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M:%S")


def sessions_table(sessions: Sequence[Mapping[str, Any]]) -> Table:
    """Sessions as a table, in the order given."""
    table = _table("session", "state", "score", "level", "last 5 min", "chat/min", "active")
    for name in ("messages", "people", "alarms"):
        table.add_column(name, justify="right")
    table.add_column("last event (UTC)")
    for session in sessions:
        fields = session.get("fields") or {}
        table.add_row(
            plain(session["session"]),
            session["state"],
            percent(session["score"]),
            _tinted(session.get("level")),
            sparkline(session.get("spark") or ()),
            _number(fields.get("chat_per_min")),
            _number(fields.get("active_users")),
            f"{session['messages']:,}",
            f"{session['people']:,}",
            f"{session['alarms']:,}",
            when(session.get("last_event")),
        )
    return table


def alerts_table(alerts: Sequence[Mapping[str, Any]]) -> Table:
    """Alerts as a table, in the order given."""
    table = _table("time (UTC)", "session", "type", "severity", "score", "what", "verdict")
    for alert in alerts:
        table.add_row(
            when(alert["time"]),
            plain(alert["session"]),
            alert["type"],
            _tinted(alert["severity"]),
            percent(alert["score"]),
            plain(alert["message"]),
            alert.get("verdict") or "",
        )
    return table


def conversations_table(conversations: Sequence[Mapping[str, Any]]) -> Table:
    """Conversations as a table, in the order given."""
    table = _table("last turn (UTC)", "session", "bot", "person", "feeling")
    for name in ("turns", "quality", "satisfaction", "ms"):
        table.add_column(name, justify="right")
    for talk in conversations:
        table.add_row(
            when(talk["ended"]),
            plain(talk["session"]),
            plain(talk["bot"]),
            plain(talk["user"] or NOTHING),
            plain(talk["emotion"] or NOTHING),
            f"{talk['turns']:,}",
            percent(talk["quality"]),
            percent(talk["satisfaction"]),
            _number(talk["processing_time_ms"]),
        )
    return table


def relationships_table(relationships: Sequence[Mapping[str, Any]]) -> Table:
    """How a person stands to each bot, of 100."""
    table = _table("bot")
    for name in ("trust", "affection", "attunement", "turns"):
        table.add_column(name, justify="right")
    table.add_column("source")
    table.add_column("since (UTC)")
    for pair in relationships:
        scores = (percent(pair[name]) for name in ("trust", "affection", "attunement"))
        first = when(pair["first"])
        table.add_row(plain(pair["bot"]), *scores, f"{pair['turns']:,}", pair["source"], first)
    return table


def coverage_table(bots: Sequence[Mapping[str, Any]]) -> Table:
    """What the newest turns of each bot gave, a row for each measurement."""
    table = _table("bot", "measurement")
    for name in ("points", "% of turns", "out of range"):
        table.add_column(name, justify="right")
    table.add_column("last (UTC)")
    table.add_column("sources")
    for bot in bots:
        for one in bot["measurements"]:
            shares = (f"{name} {percent(share)} %" for name, share in one["sources"].items())
            table.add_row(
                plain(bot["bot"]),
                one["name"],
                f"{one['points']:,}",
                percent(one["turns_share"]),
                Text(f"{one['out_of_range']:,}", style="red" if one["out_of_range"] else ""),
                when(one["last"]),
                plain(", ".join(shares) or NOTHING),
            )
    return table


def alert_line(alert: Mapping[str, Any], clock: str) -> Text:
    """One alert on one line, as `demo` and `replay` print it."""
    line = Text(f" {clock}  ").append(f"{alert['type']:<16}", style=_STYLES[alert["severity"]])
    line.append(f"{alert['severity']:<9}", style=_STYLES[alert["severity"]])
    return line.append(f"{clean(alert['session'])}: {clean(alert['message'])}")


def summary_line(summary: Mapping[str, Any]) -> Text:
    """What a session was, on one line."""
    line = Text(f"{clean(summary['session'])}: ", style="bold")
    line.append(
        f"{summary['messages']:,} messages, {summary['people']:,} people, "
        f"{summary['minutes']:,.1f} minutes; score {percent(summary['min_score'])} to "
        f"{percent(summary['max_score'])}, mean {percent(summary['mean_score'])}; "
        f"{summary['alarms']:,} alarms, {summary['late']:,} late",
        style="not bold",
    )
    return line


def explanation_table(answer: Mapping[str, Any]) -> Table:
    """The parts of a score: raw, normalised, weight, contribution, and what each could add."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("part")
    for name in ("raw", "normalised", "weight", "contribution", "could add"):
        table.add_column(name, justify="right")
    table.add_column("")
    for part in answer["parts"]:
        numbers = [part.get(name) for name in ("raw", "normalised", "weight", "contribution")]
        table.add_row(
            plain(part["label"]),
            *(NOTHING if n is None else f"{n:.3g}" for n in numbers),
            NOTHING if part.get("gain") is None else f"{part['gain']:+.3f}",
            Text(part.get("note") or "", style="dim"),
            style=None if part.get("known", True) else "dim",
        )
    return table


def checks_table(checks: Iterable[Mapping[str, Any]]) -> Table:
    """What works and what does not, with the remedy."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in checks:
        mark = Text("ok", style="green") if check["ok"] else Text("NO", style="bold red")
        table.add_row(mark, plain(check["name"]), plain(mask(check["detail"])))
        if not check["ok"] and check["remedy"]:
            table.add_row("", "", Text(f"remedy: {clean(check['remedy'])}", style="yellow"))
    return table


def settings_table(origins: Iterable[Origin], *, show_origin: bool) -> Table:
    """Every setting, its value, where it came from and what it means."""
    table = _table("setting", "value")
    if show_origin:
        table.add_column("from")
    table.add_column("meaning")
    for entry in origins:
        own = entry.origin != "default"
        value = Text(repr_value(entry.value), style="bold" if own else "")
        origin = [plain(entry.origin)] if show_origin else []
        table.add_row(entry.key, value, *origin, Text(entry.description, style="dim"))
    return table


def repr_value(value: object) -> str:
    """A setting's value as TOML would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{clean(mask(str(value)))}"'


def report_lines(report: Report, seconds: float) -> Iterator[Text]:
    """What became of a file, on a few lines."""
    yield Text(
        f"{report.accepted:,} accepted, {report.duplicates:,} duplicates, "
        f"{report.refused:,} refused, in {seconds:.1f} s"
    )
    for session, count in report.sessions.most_common(10):
        yield Text(f"  {clean(session)}: {count:,} events")
    if len(report.sessions) > 10:
        yield Text(f"  and {len(report.sessions) - 10:,} more sessions")
    for reason, count in report.reasons.most_common(10):
        lines = [str(line) for line, why in report.examples if why == reason][:5]
        where = f" (line {', '.join(lines)}{', …' if count > len(lines) else ''})" if lines else ""
        yield Text(f"  refused {count:,}: {clean(reason)}{where}", style="yellow")


def progress_bar(total: int) -> Progress:
    """A bar on standard error; silent where that is no terminal."""
    columns: list[Any] = [TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn()]
    if total:
        columns.insert(1, BarColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(
            name, justify="right" if name in ("score", "chat/min", "active") else "left"
        )
    return table


def _tinted(word: str | None) -> Text:
    return Text(word or NOTHING, style=_STYLES.get(word or "", ""))


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"
