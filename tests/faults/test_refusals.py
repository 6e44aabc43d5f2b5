"""What is refused is counted by kind, event by event; a large file of histories is not refused."""

import errno
import json

import pytest

from roomtone.events import REFUSALS
from roomtone.runtime.config import Limits, Settings
from roomtone.runtime.numbers import of_running
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock
from tests.faults.test_http import Site
from tests.runtime import test_look_ahead


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_a_file_of_3000_sessions(tmp_path, capsys, monkeypatch):
    """With the room that there is: all are taken in, none is cut in two."""
    await test_look_ahead.test_a_file_of_three_times_as_many_sessions_is_taken_in_whole(
        tmp_path, capsys, monkeypatch, 3000, 1000
    )


async def test_each_refused_event_counts_by_its_kind(tmp_path):
    """Also where a request is refused as a whole; the kinds are few, and all are on /metrics."""
    limits = Limits(max_sessions=3, max_sessions_per_client=2)
    settings = Settings(data=tmp_path, limits=limits)
    pipeline = await Pipeline.open(settings, ManualClock())
    await pipeline.start()
    site = Site(pipeline, settings)

    async def post(sessions, query=b"", **more):
        said = [{"type": "message", "session": s, "text": "x", **more} for s in sessions]
        return (await site.post(json.dumps(said).encode(), query))[0]

    assert await post("ab") == 202
    assert await post("cde") == 429
    assert await post("a", at="2990-01-01T00:00:00Z") == 202
    assert await post(["", 7], b"history=true") == 202
    assert await post("a", b"history=true", at="2020-01-01T00:00:00Z") == 202
    assert (await site.post(b"no JSON"))[0] == 400
    assert await post("a" * (limits.max_events + 1)) == 413
    assert (await site.post(b"[]", headers=[(b"content-length", b"99999999")]))[0] == 413
    counted = dict.fromkeys(REFUSALS, 0) | {
        "too_many_of_one_client": 3,
        "ahead": 1,
        "history": 1,
        "malformed": 3,
        "too_large": 2,
    }
    assert pipeline.inspector.refusals == counted
    (told,) = (n for n in of_running(pipeline) if n.name == "roomtone_refusals_total")
    assert told.values == [({"reason": kind}, count) for kind, count in counted.items()]

    pipeline.journal._writer.disk.write = full
    assert await post("ab") == 503
    assert pipeline.inspector.refusals["unavailable"] == 2
    del pipeline.journal._writer.disk.write
    await pipeline.journal.ready()
    await site.app.close()
    await pipeline.stop()


def full(fd, data):
    raise OSError(errno.ENOSPC, "No space left on device")
