"""`roomtone enrich`: has a running server judge what waits, and waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from rich.table import Table

from roomtone.errors import ServerError
from roomtone.runtime import terminal
from roomtone.runtime.remote import Remote

LOOK_S = 0.5
"""How often it is looked whether the server is through."""

Row = dict[str, Any]


def reactions(
    url: str,
    *,
    again: bool,
    within_s: float,
    as_json: bool,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """`roomtone enrich reactions`: order it, wait until nothing is left or the time is over.

    Raises ServerError where the server does not answer, or its judge does not.
    """
    remote = Remote(url)
    try:
        order = msgspec.json.encode({"again": again})
        queued = remote.post("/v1/reactions/enrich", order)["queued"]
        told: Row = remote.get("/v1/reactions/summary")
        waited = 0.0
        while waited < within_s and _busy(told):
            if told["trouble"]:
                raise ServerError(f"the judge is unwell: {told['trouble']}; see /readyz")
            wait(LOOK_S)
            waited += LOOK_S
            told = remote.get("/v1/reactions/summary")
    finally:
        remote.close()
    if as_json:
        terminal.print_json({"queued": queued, **told})
        return
    terminal.out.print(_table(told))
    if left := told["waiting"] - told["waiting_for_target"]:
        why = "what a day may cost is spent" if told["cost"]["capped"] else "the time is over"
        terminal.note(f"{left:,} wait still: {why}; the server goes on by itself")
    elif told["waiting_for_target"]:
        terminal.note(f"{told['waiting_for_target']:,} wait for their messages")


def _busy(told: Row) -> bool:
    """Whether the server is at it: something waits that could be judged, or is judged again."""
    if told["cost"]["capped"]:
        return False
    return bool(told["waiting"] > told["waiting_for_target"] or told["again"])


def _table(told: Row) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for meaning, count in sorted(told["meanings"].items()):
        table.add_row(meaning, f"{count:,}")
    for name, count in (
        ("a person is asked", told["needs_review"]),
        ("unanswered", sum(told["unanswered"].values())),
        ("waiting", told["waiting"]),
        ("calls today", told["cost"]["today"]["calls"]),
        ("calls avoided", told["cost"]["calls_avoided"]),
    ):
        table.add_row(name, f"{count:,g}")
    if told["cost"]["today"]["money"]:
        table.add_row("spent today", f"{told['cost']['today']['money']:,.4f}")
    return table
