"""The page where no dashboard is built: score, sparkline and alerts, without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

REFRESH_S = 5
SHOWN = 50
"""How many sessions the page shows, the worst first."""

WIDTH, HEIGHT = 120, 28
"""The sparkline's size in pixels; 60 scores are two pixels apart."""

LOW = 0.3
"""The line below which a room is being lost."""

STYLE = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
h3 { margin: 1.25rem 0 .25rem; }
p { margin: .5rem 0; }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: GrayText; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid #8884; overflow-wrap: break-word; }
.wide td:not(.number), .wide th { min-width: 7rem; max-width: 24rem; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { display: block; }
svg .line { fill: none; stroke: #2563eb; stroke-width: 1.5; }
svg .low { stroke: #b45309; stroke-dasharray: 3 3; }
.CRITICAL { color: #b91c1c; font-weight: 600; }
.WARNING { color: #92400e; font-weight: 600; }
.note { border: 1px solid #8886; border-radius: .5rem; padding: .5rem .75rem; }
nav ul { padding-left: 1.1rem; }
@media (prefers-color-scheme: dark) {
  svg .line { stroke: #7dabf8; } svg .low { stroke: #f0b429; }
  .CRITICAL { color: #fca5a5; } .WARNING { color: #fcd34d; }
}
"""


def render(
    sessions: Sequence[Mapping[str, Any]],
    count: int,
    alerts: Sequence[Mapping[str, Any]],
    trouble: str = "",
) -> str:
    """The page as HTML. Names and messages come from the chat: all of them are escaped."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="refresh" content="{REFRESH_S}">',
        '<title>Roomtone</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/plain.css"></head><body><main>',
        "<h1>Roomtone</h1>",
        '<p class="note">The dashboard is not built into this copy. Build it with <code>npm ci '
        "&amp;&amp; npm run build</code> in the folder <code>dashboard</code>, or install the "
        "wheel, which brings it. Until then this page shows the numbers and renews itself every "
        f"{REFRESH_S} seconds.</p>",
    ]
    if trouble:
        parts.append(f'<p class="note CRITICAL">{_text(trouble)}</p>')
    parts += _sessions(sessions, count) if sessions else _first_steps()
    parts += _alerts(alerts)
    parts.append('<p><a href="/docs">The API</a></p></main></body></html>')
    return "\n".join(parts)


def _sessions(sessions: Sequence[Mapping[str, Any]], count: int) -> list[str]:
    told = f"{count} live, the worst first"
    if count > len(sessions):
        told = f"the {len(sessions)} worst of {count} live"
    return [
        f'<h2>Rooms</h2><div class="wide"><table><caption>{told}</caption><thead><tr>',
        "<th>Room</th><th>Score</th><th>Last 5 minutes</th><th>Chat a minute</th>",
        "<th>People active</th><th>Trouble</th></tr></thead><tbody>",
        *(_row(session) for session in sessions[:SHOWN]),
        "</tbody></table></div>",
    ]


def _row(session: Mapping[str, Any]) -> str:
    score, fields = session["score"], session["fields"]
    shown = "not yet" if score is None else f"{100 * score:.0f} {_text(session['level'])}"
    name = str(session["session"])
    link = (
        f'<a href="/v1/sessions/{_text(quote(name, safe="", errors="replace"))}">{_text(name)}</a>'
    )
    trouble = session.get("trouble")
    told = "" if trouble is None else _alarm(trouble)
    return (
        f'<tr><td>{link}</td><td class="number">{shown}</td><td>{sparkline(session["spark"])}</td>'
        f'<td class="number">{_number(fields.get("chat_per_min"))}</td>'
        f'<td class="number">{_number(fields.get("active_users"))}</td><td>{told}</td></tr>'
    )


def sparkline(scores: Sequence[float | None]) -> str:
    """Scores between 0 and 1 as a small line, 5 s apart, newest at the right; holes stay holes."""
    step = WIDTH / 59
    left = WIDTH - step * (len(scores) - 1)
    runs: list[list[str]] = [[]]
    for place, score in enumerate(scores):
        if score is None:
            runs.append([])
        else:
            runs[-1].append(f"{left + place * step:.1f},{_height(score):.1f}")
    lines = "".join(
        f'<polyline class="line" points="{" ".join(run if len(run) > 1 else run * 2)}"/>'
        for run in runs
        if run
    )
    known = [score for score in scores if score is not None]
    told = f"from {100 * known[0]:.0f} to {100 * known[-1]:.0f}" if known else "no score yet"
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Score {told}"><line class="low" x1="0" x2="{WIDTH}" y1="{_height(LOW):.1f}" '
        f'y2="{_height(LOW):.1f}"/>{lines}</svg>'
    )


def _height(score: float) -> float:
    return HEIGHT - 2 - (HEIGHT - 4) * min(max(score, 0.0), 1.0)


def _alerts(alerts: Sequence[Mapping[str, Any]]) -> list[str]:
    if not alerts:
        return ["<h2>Alerts</h2><p>None so far.</p>"]
    rows = [
        f'<tr><td class="number">{_text(alert["time"])}</td><td>{_text(alert["session"])}</td>'
        f"<td>{_alarm(alert)}</td></tr>"
        for alert in alerts
    ]
    head = "<tr><th>Time (UTC)</th><th>Room</th><th>What</th></tr>"
    return [
        f'<h2>Alerts</h2><div class="wide"><table><thead>{head}</thead><tbody>',
        *rows,
        "</tbody></table></div>",
    ]


def _alarm(alert: Mapping[str, Any]) -> str:
    severity = _text(alert["severity"])
    kind = str(alert["type"]).replace("_", " ").lower()
    return f'<span class="{severity}">{_text(kind)}</span> {_text(alert["message"])}'


def _first_steps() -> list[str]:
    event = '{"type":"message","session":"first","user":"ann","text":"hello"}'
    return [
        "<h2>No room is live</h2><p>Send a first event:</p>",
        f"<pre>curl -d '{escape(event)}' http://127.0.0.1:8003/v1/events</pre>",
        "<p>or let a crowd in that does not exist: <code>roomtone demo</code></p>",
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _text(value: object) -> str:
    """Text from outside, made harmless; lone surrogates, which no page can carry, are replaced."""
    return escape(str(value).encode("utf-8", "replace").decode(), quote=True)
