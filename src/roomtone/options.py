"""What commands share: their options, their exit codes, and how a word is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OK, UNWELL, USAGE, CANNOT = 0, 1, 2, 3
EPILOG = (
    "Exit codes: 0 all well; 1 something was refused or is unwell; 2 the command was typed wrong; "
    "3 it could not be done, and the message says what to do."
)

Data = Annotated[
    Path | None,
    typer.Option(help="Data folder (journal and database).", metavar="DIR"),
]
Url = Annotated[
    str | None,
    typer.Option(help="Address of a running server.", show_default="this machine's, port 8003"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Port = Annotated[int | None, typer.Option(help="TCP port.", show_default="8003")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Session = Annotated[str | None, typer.Option(help="Take everything as this session.")]
Columns = Annotated[
    str | None,
    typer.Option(
        "--map",
        help="Which column holds what: user=author,text=message,at=published_at,session=video_id. "
        "Common names are found by themselves.",
        metavar="FIELD=COLUMN,…",
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        help="False alarms per hour and session that you put up with.", show_default="0.5"
    ),
]


def parse_columns(text: str | None) -> dict[str, str] | None:
    """`user=author,text=message` as a dictionary; a usage error says what was expected."""
    if text is None:
        return None
    pairs = [pair.partition("=") for pair in text.split(",")]
    if any(not (field.strip() and column.strip()) for field, _, column in pairs):
        raise typer.BadParameter("write FIELD=COLUMN,FIELD=COLUMN", param_hint="--map")
    return {field.strip(): column.strip() for field, _, column in pairs}


def parse_speed(text: str) -> float | None:
    """How many times as fast; None for as fast as possible."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter("write a number above 0, or max", param_hint="--speed")
    return speed
