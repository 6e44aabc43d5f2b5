"""Logs never hold what people said, and every line says which part speaks."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from roomtone.errors import StoreError
from roomtone.runtime import logs
from roomtone.runtime.config import Log
from roomtone.runtime.logs import UNSAID, withhold

CANARY = "canary in the coal mine"


@pytest.fixture
def lines(capsys):
    """What is logged as JSON from now on, as a function to read it."""
    logs.configure(Log(format="json", level="debug"), role="engine")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logs.configure()


def test_what_was_said_is_replaced_by_its_length():
    """A careless log call cannot leak a message."""
    entry = withhold(None, "info", {"event": "took", "text": "my secret", "count": 3})

    assert entry == {"event": "took", "text": "(9 characters withheld)", "count": 3}
    assert {"text", "sample", "body", "user"} <= UNSAID


def test_a_line_says_what_where_and_who(lines):
    """Event, level, time, part and role, one object per line."""
    structlog.get_logger().info("something happened", count=3)
    logging.getLogger("some.library").warning("it says %s", "so")
    own, foreign = lines()

    assert own["event"] == "something happened" and own["count"] == 3
    assert own["part"].endswith("test_logs")
    assert foreign["event"] == "it says so" and foreign["part"] == "some.library"
    for line in (own, foreign):
        assert {"event", "level", "timestamp", "part", "role"} <= line.keys()
        assert line["role"] == "engine"


def test_an_error_is_told_by_its_places_not_by_its_text(lines):
    """Its text may quote what came in, whoever logs it; our own sentences do not."""

    def deep(error):
        raise error

    for error in (ValueError(CANARY), StoreError("it is not there; start it")):
        try:
            deep(error)
        except Exception:
            structlog.get_logger().error("it failed", exc_info=True)
            logging.getLogger("asyncio").exception("it failed")
    told = lines()

    assert len(told) == 4
    assert CANARY not in json.dumps(told)
    assert [line["error"] for line in told] == ["ValueError"] * 2 + ["StoreError"] * 2
    assert told[2]["reason"] == "it is not there; start it"
    assert all(line["at"][-1].endswith(" deep") for line in told)


def test_passwords_are_hidden(lines):
    """In whichever value a URL stands."""
    structlog.get_logger().error("no answer", error="redis://ann:hunter2@cache: refused")
    (line,) = lines()

    assert line["error"] == "redis://ann:***@cache: refused"


def test_levels_are_kept(lines, capsys):
    """What is below the level is not told; `verbose` tells what happens."""
    logs.configure(Log(format="json"))
    structlog.get_logger().info("hidden")
    structlog.get_logger().warning("shown")
    logs.configure(Log(format="json"), verbose=True)
    structlog.get_logger().info("shown, too")

    assert [line["event"] for line in lines()] == ["shown", "shown, too"]


def test_people_get_lines_for_people(capsys):
    """The console form has no braces."""
    logs.configure(Log(format="console"))
    structlog.get_logger().warning("look here", count=3)
    logs.configure()

    err = capsys.readouterr().err
    assert "look here" in err and "{" not in err
