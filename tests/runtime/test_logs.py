"""Logs never hold what people said."""

from roomtone.runtime.logs import UNSAID, withhold


def test_what_was_said_is_replaced_by_its_length():
    """A careless log call cannot leak a message."""
    entry = withhold(None, "info", {"event": "took", "text": "my secret", "count": 3})

    assert entry == {"event": "took", "text": "(9 characters withheld)", "count": 3}
    assert {"text", "sample", "body"} <= UNSAID
