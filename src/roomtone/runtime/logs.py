"""What is logged and how: for people on a terminal, as JSON elsewhere, and never what was said."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

UNSAID = frozenset({"text", "question", "sample", "body", "raw"})
"""Keys under which what people said could slip into a log line; they are replaced."""


def configure(*, verbose: bool = False) -> None:
    """Set logging up for this process: to standard error, warnings and above unless `verbose`."""
    tty = sys.stderr.isatty()
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(levelname)s %(name)s: %(message)s"
    )
    renderer: Any = structlog.processors.JSONRenderer()
    if tty:
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold,
            *([] if tty else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def withhold(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what people said by its length."""
    for key in UNSAID & entry.keys():
        entry[key] = f"({len(str(entry[key]))} characters withheld)"
    return entry
