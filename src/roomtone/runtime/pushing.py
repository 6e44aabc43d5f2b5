"""Shows what changed between two ticks: one frame for all who look at a topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from roomtone.records import Batch
from roomtone.runtime import frames
from roomtone.runtime.board import WORST

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline


async def push(pipeline: Pipeline, fresh: Sequence[Batch]) -> None:
    """Frames of the rooms that changed since the last time, with the events that came."""
    rooms = pipeline.engine.rooms
    rooms.settle()
    if not rooms.stirred:
        return
    changed, rooms.stirred = rooms.changed.copy(), False
    rooms.changed[:] = False
    await pipeline.watched.look()
    second = pipeline.clock.now_ms() // 1000
    if frames.PULSE in pipeline.watched:
        worst = pipeline.board.order()[:WORST].tolist()
        shown = [rooms.at(slot).id for slot in worst if changed[slot]]
        if shown:
            made = frames.pulse_change(pipeline.board, shown, second)
            await pipeline.publish(frames.PULSE, made)
    for session in watched_sessions(pipeline):
        if changed[rooms.rooms[session].slot]:
            events = [e for batch in fresh for e in frames.show_events(batch, session)]
            made = frames.session_change(pipeline.board, session, second, events)
            await pipeline.publish(frames.session_topic(session), made)


def tick_frames(pipeline: Pipeline) -> list[tuple[str, bytes]]:
    """What a tick gave, as one frame for each topic that somebody looks at."""
    made: list[tuple[str, bytes]] = []
    if frames.PULSE in pipeline.watched:
        made.append((frames.PULSE, frames.pulse_tick(pipeline.board)))
    for session in watched_sessions(pipeline):
        made.append((frames.session_topic(session), frames.session_tick(pipeline.board, session)))
    return made


def watched_sessions(pipeline: Pipeline) -> list[str]:
    """The live sessions that somebody looks at."""
    rooms = pipeline.engine.rooms.rooms
    ids = [topic[8:] for topic in pipeline.watched if topic.startswith("session:")]
    return [session for session in ids if session in rooms]
