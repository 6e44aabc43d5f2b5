"""The usual way in: FastAPI routes with pydantic models that hand the events to a queue."""

from __future__ import annotations

from collections import deque
from typing import Annotated

from fastapi import FastAPI
from pydantic import Field

from benchmarks.decode import AnyEvent

app = FastAPI()
taken: deque[object] = deque(maxlen=10_000)


@app.post("/v1/events", status_code=202)
async def post_events(
    events: Annotated[list[AnyEvent], Field(max_length=1000)],
) -> dict[str, int]:
    """Take a batch in; nothing is kept."""
    taken.extend(events)
    return {"accepted": len(events), "duplicates": 0}


@app.post("/v1/event", status_code=202)
async def post_event(event: AnyEvent) -> dict[str, int]:
    """Take one event in; nothing is kept."""
    taken.append(event)
    return {"accepted": 1, "duplicates": 0}
