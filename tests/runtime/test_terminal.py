"""What is printed is readable, and names from strangers cannot play tricks on a terminal."""

import io

from rich.console import Console

from roomtone.runtime import terminal
from roomtone.runtime.ingest import Report


def printed(renderable) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(renderable)
    return console.file.getvalue()


SESSION = {
    "session": "key\x1b[31mnote",
    "state": "live",
    "score": 0.52,
    "level": "MODERATE",
    "spark": [0.0, 0.99, None],
    "fields": {"chat_per_min": 14.0, "active_users": None},
    "messages": 1812,
    "people": 61,
    "alarms": 1,
    "last_event": "2026-11-21T10:07:03Z",
}


def test_sparklines_show_each_score_and_each_hole():
    """Eight heights between 0 and 1, and a dot where nothing is known."""
    assert terminal.sparkline([0, 0.13, 0.999, 1, 7, -1, None]) == "▁▂███▁·"


def test_names_cannot_steer_the_terminal():
    """Escape sequences and bidirectional overrides are replaced before they are printed."""
    text = printed(terminal.sessions_table([SESSION]))

    assert "\x1b" not in text
    assert "key�[31mnote" in text
    assert terminal.clean("a\u202eb\x07") == "a�b�"


def test_names_cannot_use_markup():
    """Square brackets in a name are square brackets."""
    alert = {
        "time": "2026-11-21T10:06:05Z",
        "session": "[bold]x[/]",
        "type": "MASS_EXIT",
        "severity": "CRITICAL",
        "score": 0.9,
        "message": "[link=http://e.vil]click[/link]",
    }

    assert "[bold]x[/]" in printed(terminal.alert_line(alert, "00:41"))
    assert "[link=http://e.vil]click" in printed(terminal.alerts_table([alert]))


def test_a_session_is_one_line():
    """Score out of a hundred, numbers with separators, a dash where nothing is known."""
    line = printed(terminal.sessions_table([SESSION])).splitlines()[1].split()

    assert line[1:] == [
        *("live", "52", "MODERATE", "▁█·", "14", "–", "1,812", "61", "1"),
        *("2026-11-21", "10:07:03"),
    ]


def test_a_report_names_lines_and_reasons():
    """Who has refused lines sees which, and why."""
    report = Report(accepted=3, duplicates=1)
    report.sessions["s"] = 4
    report.refuse(7, "not valid UTF-8")
    report.refuse(9, "not valid UTF-8")
    text = "\n".join(line.plain for line in terminal.report_lines(report, 1.0))

    assert "3 accepted, 1 duplicates, 2 refused" in text
    assert "refused 2: not valid UTF-8 (line 7, 9)" in text


def test_settings_read_as_toml():
    """What is shown can be pasted into roomtone.toml."""
    assert [terminal.repr_value(v) for v in (True, 8003, 0.5, "local://")] == [
        *("true", "8003", "0.5", '"local://"'),
    ]
