"""What is logged and how: for people on a terminal, as JSON elsewhere, and never what was said."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from roomtone.errors import RoomtoneError
from roomtone.runtime.masking import mask

if TYPE_CHECKING:
    from roomtone.runtime.config import Log

UNSAID = frozenset({"text", "question", "sample", "body", "raw", "user", "display", "by"})
"""Keys under which what people said or who they are could slip into a log line; replaced."""

PLACES = 12
"""How many places of a traceback are told, the innermost last."""

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

Entry = MutableMapping[str, Any]


def configure(log: Log | None = None, *, verbose: bool = False, role: str = "all") -> None:
    """Set logging up for this process, to standard error; `verbose` is at least `info`.

    What libraries log through Python's own logging takes the same way: same form, same rules.
    """
    level = LEVELS[log.level if log else "warning"]
    if verbose:
        level = min(level, logging.INFO)
    form = log.format if log else "auto"
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer(default=lambda value: type(value).__name__)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _role(role),
        places,
        withhold,
    ]
    structlog.configure(
        processors=[_part, *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            keep_exc_info=True,
        )
    )
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "ours", False)]:
        root.removeHandler(old)
    handler.ours = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(max(level, logging.INFO))


class _Stderr:
    """Standard error as it is when a line is written: whoever embeds us may have redirected it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def withhold(logger: Any, method: str, entry: Entry) -> Entry:
    """Replace what people said, and who they are, by its length; hide passwords."""
    for key in UNSAID & entry.keys():
        entry[key] = f"({len(str(entry[key]))} characters withheld)"
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = mask(value)
    return entry


def places(logger: Any, method: str, entry: Entry) -> Entry:
    """An error as its type and where it came through, without its text and without any values.

    An error's text may quote what came in. Our own errors are sentences that do not.
    """
    told = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        entry["error"] = type(error).__name__
        if isinstance(error, RoomtoneError):
            entry["reason"] = str(error)
        entry["at"] = _places(error.__traceback__)
    return entry


def _places(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-PLACES:]


def _role(role: str) -> Callable[[Any, str, Entry], Entry]:
    def add(logger: Any, method: str, entry: Entry) -> Entry:
        entry["role"] = role
        return entry

    return add


def _part(logger: Any, method: str, entry: Entry) -> Entry:
    """Which file speaks: the first one on the stack that is neither this one nor structlog's."""
    frame = sys._getframe(1)
    name = str(frame.f_globals.get("__name__", ""))
    while frame.f_back is not None and name.startswith(("structlog", __name__)):
        frame = frame.f_back
        name = str(frame.f_globals.get("__name__", ""))
    entry.setdefault("part", name.removeprefix("roomtone."))
    return entry


def _library(logger: Any, method: str, entry: Entry) -> Entry:
    """A library's record: whose it is, and of an error its type and places alone."""
    record: logging.LogRecord = entry["_record"]
    entry["part"] = record.name
    if record.exc_info:
        # Texts with arguments are the library's own; one made beside an error may quote it.
        entry["event"] = record.msg.splitlines()[0][:200] if isinstance(record.msg, str) else ""
        entry["exc_info"] = record.exc_info
        record.exc_info = record.exc_text = None
    return entry
