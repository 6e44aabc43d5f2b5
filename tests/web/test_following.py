"""What a viewer wants to hear is read from its messages and its address."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.web import following
from roomtone.web.problems import Problem


def test_last_event_id_is_a_since() -> None:
    """A browser's own reconnect resumes where it broke off."""
    scope: dict[str, Any] = {
        "query_string": b"topics=session:s",
        "headers": [(b"last-event-id", b"1763719325")],
    }

    assert following.parse_stream(scope).since == {"session:s": 1763719325.0}


def test_no_number_is_no_since() -> None:
    """`nan` is a float, and no time."""
    with pytest.raises(Problem):
        following.parse_stream({"query_string": b"topics=pulse&since=nan", "headers": []})


def test_a_message_says_what_to_follow() -> None:
    """From where on, too; what is no such message is answered with one that would be."""
    ask = following.read_ask('{"sub": ["pulse"], "since": {"pulse": 5}}')

    assert (ask.sub, ask.unsub, ask.since) == (["pulse"], [], {"pulse": 5.0})
    for wrong in ("", "[]", '{"sub": ["nothing"]}', " " * (following.MOST_ASKED + 1)):
        with pytest.raises(Problem, match="was not understood") as refused:
            following.read_ask(wrong)
        assert '"sub": ["pulse"' in refused.value.detail
