"""What came in lately is remembered as far as it fits."""

from __future__ import annotations

import pytest

from roomtone.events import Message
from roomtone.records import Batch
from roomtone.runtime import lately
from roomtone.runtime.lately import Lately


def batch(n: int) -> Batch:
    return Batch(arrival=n, source="t", events=[Message(session="s", user="u", text="x")])


def test_the_newest_stay_as_far_as_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are the bound, not batches: a thousand small ones or three large ones."""
    monkeypatch.setattr(lately, "MOST_BYTES", 100)
    recent = Lately()
    for n in range(20):
        recent.add(batch(n), 30)

    assert [one.arrival for one in recent] == [17, 18, 19]
    assert [one.arrival for one in reversed(recent)] == [19, 18, 17]

    recent.add(batch(20), 5_000)
    assert [one.arrival for one in recent] == [20], "the newest always fits"
