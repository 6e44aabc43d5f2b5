"""What there is to tell of a running process in numbers, for /metrics: reading, never counting."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from roomtone import __version__
from roomtone.conversations import Conversations
from roomtone.engine import TICK_S
from roomtone.runtime.clock import Clock, WallClock
from roomtone.runtime.feeds import Feeds
from roomtone.runtime.inspector import Inspector
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_snapshots import snapshot_paths, snapshot_position
from roomtone.runtime.judging import Judging
from roomtone.runtime.keeper import Keeper
from roomtone.runtime.mirror import Mirror
from roomtone.runtime.publishing import Publishing
from roomtone.runtime.reader import Reader
from roomtone.runtime.remembering import Remembering
from roomtone.runtime.tally import Durations, Pace

Labels = Mapping[str, str]


class Number(NamedTuple):
    """One metric: its name as Prometheus has it, what it counts, and its values by labels.

    No label ever holds what a stranger may choose without end: a user, a session, a text.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    values: list[tuple[Labels, float | Durations]]


def counter(name: str, help: str, value: float, **labels: str) -> Number:
    """A number that only grows."""
    return Number(name, "counter", help, [(labels, float(value))])


def gauge(name: str, help: str, value: float, **labels: str) -> Number:
    """A number that goes up and down."""
    return Number(name, "gauge", help, [(labels, float(value))])


def durations(name: str, help: str, times: Durations) -> Iterator[Number]:
    """A histogram of durations, and the longest of them."""
    yield Number(f"{name}_seconds", "histogram", help, [({}, times)])
    yield gauge(f"{name}_longest_seconds", f"The longest since the start. {help}", times.longest)


def of_running(running: Any, role: str = "all") -> Iterator[Number]:
    """All that is known of a process: of the parts that it has, whichever they are."""
    yield gauge(
        "roomtone_build_info",
        "Always 1; what runs here.",
        1,
        version=__version__,
        python=platform.python_version(),
        role=role,
    )
    if (inspector := getattr(running, "inspector", None)) is not None:
        yield from of_inspector(inspector)
    if (journal := getattr(running, "journal", None)) is not None:
        yield from of_journal(journal)
    if (keeper := getattr(running, "keeper", None)) is not None:
        yield from of_keeper(keeper)
        yield from of_mirror(running.mirror)
    if (reader := getattr(running, "reader", None)) is not None:
        yield from of_turns(reader, running.conversations)
        yield from of_judging(running.judging, running.conversations)
        yield from of_memory(running.memory)
    if hasattr(running, "feeds"):
        yield from of_feeds(running.feeds)
        yield from of_publishing(getattr(running, "documents", None))
    if (pace := getattr(running, "pace", None)) is not None:
        yield from of_pace(pace)
    if getattr(running, "engine", None) is not None:
        yield from of_engine(running, running.clock)
    if hasattr(running, "health"):
        yield of_parts(running.health())


def of_inspector(inspector: Inspector) -> Iterator[Number]:
    """Events by source and outcome; of sources there are fifty at most, and `other`."""
    outcomes = {
        "accepted": "accepted",
        "duplicate": "duplicates",
        "refused": "refused",
        "late": "late",
    }
    values: list[tuple[Labels, float | Durations]] = [
        ({"source": its["source"], "outcome": outcome}, float(its[key]))
        for its in sorted(inspector.sources(), key=lambda its: str(its["source"]))
        for outcome, key in outcomes.items()
    ]
    yield Number(
        "roomtone_events_total",
        "counter",
        "Events that came in, by source and by what became of them; late ones were accepted too.",
        values,
    )
    yield Number(
        "roomtone_refusals_total",
        "counter",
        "Events refused, by the kind of the reason; a body that cannot be read counts as one.",
        [({"reason": kind}, float(count)) for kind, count in inspector.refusals.items()],
    )
    yield counter(
        "roomtone_faults_total",
        "Failures of the server's own loops, each of which was started again.",
        inspector.fault_count,
    )


def of_journal(journal: Journal) -> Iterator[Number]:
    """What was made durable, and how the disk does."""
    its = journal.counters
    for name, help, value in (
        ("synced_events", "Events acknowledged: they are synced.", its.synced),
        ("entries", "Entries synced: batches, ticks, gaps.", its.entries),
        ("written_bytes", "Bytes written and synced.", its.bytes),
        ("duplicates", "Events recognised as repeats by their id.", its.duplicates),
        (
            "failures",
            "Writes or syncs that failed; nothing of them was acknowledged.",
            its.failures,
        ),
        ("rotations", "Segments sealed.", its.rotations),
        ("ids_lost", "Files of ids that could not be written; they are rebuilt.", its.ids_lost),
        (
            "consumer_failures",
            "Entries that the one who is told of commits failed on.",
            its.consumer_failures,
        ),
    ):
        yield counter(f"roomtone_journal_{name}_total", help, value)
    yield from durations("roomtone_journal_sync", "Time to sync a group to the disk.", its.syncs)
    yield gauge(
        "roomtone_journal_trouble",
        "1 while nothing can be acknowledged.",
        journal.trouble is not None,
    )
    yield gauge("roomtone_journal_end_bytes", "Position behind the last synced entry.", journal.end)
    yield gauge(
        "roomtone_journal_torn_bytes",
        "Bytes that a crash had left half written, cut off at the start.",
        its.torn_bytes,
    )


def of_folder(folder: Path) -> Iterator[Number]:
    """What lies on the disk. Reads the folder: not for the event loop."""
    sizes = [its.st_size for path in folder.glob("journal-*.log") if (its := _stat(path))]
    yield gauge("roomtone_journal_segments", "Segment files of the journal.", len(sizes))
    yield gauge("roomtone_journal_size_bytes", "Bytes of all segments.", sum(sizes))
    snapshots = snapshot_paths(folder)
    if snapshots and (its := _stat(snapshots[-1])):
        age = WallClock().now_ms() / 1000 - its.st_mtime
        yield gauge(
            "roomtone_snapshot_age_seconds",
            "Age of the newest snapshot; a restart replays what came after it.",
            max(0.0, age),
        )
        yield gauge(
            "roomtone_snapshot_position_bytes",
            "Position in the journal that the newest snapshot stands at.",
            snapshot_position(snapshots[-1]),
        )


def _stat(path: Path) -> os.stat_result | None:
    """What is known of a file; None where retention, or a newer one, took it away just now."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def of_turns(reader: Reader, conversations: Conversations) -> Iterator[Number]:
    """What is read of turns, and what waits for it."""
    yield counter("roomtone_turns_read_total", "Turns that a model read.", reader.read)
    yield counter(
        "roomtone_turns_unread_total",
        "Turns measured by what their sender said alone, because nothing read them in time.",
        conversations.unread,
    )
    yield counter(
        "roomtone_read_errors_total", "Attempts to read turns that failed.", reader.failures
    )
    yield counter(
        "roomtone_turn_signal_errors_total",
        "Points of turns that a signal failed to make.",
        sum(conversations.failures.values()),
    )
    yield gauge("roomtone_turns_waiting", "Turns that wait to be read.", reader.behind)
    yield gauge(
        "roomtone_pairs", "Persons with a bot that are remembered.", len(conversations.pairs)
    )


def of_judging(judging: Judging, conversations: Conversations) -> Iterator[Number]:
    """What is judged of reactions, and what waits for it."""
    yield counter(
        "roomtone_reactions_judged_total", "Reactions that got a verdict.", judging.judged
    )
    yield counter(
        "roomtone_judging_errors_total",
        "Attempts to judge reactions that failed.",
        judging.failures,
    )
    yield gauge(
        "roomtone_reactions_waiting",
        "Reactions that wait to be judged.",
        len(conversations.reacting.waiting),
    )


def of_keeper(keeper: Keeper) -> Iterator[Number]:
    """What is kept, and what waits for a store that is down."""
    yield counter("roomtone_points_written_total", "Points written.", keeper.written)
    yield counter(
        "roomtone_dead_letters_total",
        "Refused events kept with their reason, a few of each request.",
        keeper.letters.taken,
    )
    yield counter("roomtone_store_errors_total", "Writes that a store refused.", keeper.failures)
    yield counter(
        "roomtone_store_dropped_outputs_total",
        "Outputs dropped because a store was down too long; derived again when it is back.",
        keeper.dropped,
    )
    yield counter(
        "roomtone_store_mended_outputs_total",
        "Dropped outputs that were derived again from the journal.",
        keeper.mended,
    )
    yield gauge("roomtone_store_waiting_outputs", "Outputs that wait to be written.", keeper.lag)
    yield gauge(
        "roomtone_store_trouble", "1 while a store takes nothing.", keeper.trouble is not None
    )


def of_mirror(mirror: Mirror) -> Iterator[Number]:
    """What is copied to a second store, and what it lacks; nothing where there is none."""
    values: dict[str, float] = {}
    if mirror.is_there:
        values = {
            "copied": mirror.copied,
            "dropped": mirror.dropped,
            "refused": mirror.refused,
            "folded": mirror.folded,
            "errors": mirror.failures,
        }
    for name, help in (
        ("copied", "Points copied to the mirror."),
        ("dropped", "Points the mirror lacks, because it was away too long."),
        ("refused", "Points of calls that the mirror refused for good, at least in part."),
        ("folded", "Points in the mirror without their person, beyond its budget of series."),
        ("errors", "Calls of the mirror that failed and are made again."),
    ):
        points = "" if name == "errors" else "_points"
        told: list[tuple[Labels, float | Durations]] = [({}, values[name])] if values else []
        yield Number(f"roomtone_mirror_{name}{points}_total", "counter", help, told)
    waits: list[tuple[Labels, float | Durations]] = [({}, mirror.waiting)] if values else []
    yield Number("roomtone_mirror_waiting_blocks", "gauge", "Blocks that wait for it.", waits)


def of_pace(pace: Pace) -> Iterator[Number]:
    """Ticks and news."""
    yield from durations("roomtone_tick", "Time of a whole tick, with what it gives.", pace.ticks)
    yield from durations(
        "roomtone_tick_block", "Time of one slice of a tick: nothing else ran.", pace.blocks
    )
    yield counter("roomtone_news_published_total", "Frames given to the channel.", pace.published)
    yield counter(
        "roomtone_news_failed_total", "Frames that the channel did not take.", pace.unpublished
    )


def of_engine(running: Any, clock: Clock) -> Iterator[Number]:
    """How far the engine is, and how much it looks after."""
    if running.engine.next_tick:
        last = running.engine.next_tick - TICK_S
        yield gauge(
            "roomtone_engine_lag_seconds",
            "Time since the last tick; up to 5 when all is well.",
            max(0.0, clock.now_ms() / 1000 - last),
        )
    if hasattr(running, "position") and hasattr(running, "journal"):
        yield gauge(
            "roomtone_engine_behind_bytes",
            "Bytes of the journal that are synced and not yet applied.",
            max(0, running.journal.end - running.position),
        )
    waiting: Iterable[tuple[str, Any]] = (
        ("live", getattr(running, "backlog", ())),
        ("history", getattr(running, "past", ())),
    )
    yield Number(
        "roomtone_backlog_entries",
        "gauge",
        "Synced entries that wait for the engine; beyond 200 live ones the door waits.",
        [({"kind": kind}, float(len(entries))) for kind, entries in waiting],
    )
    known: Iterable[tuple[str, Any]] = (
        ("live", running.engine.rooms),
        ("history", getattr(running, "histories", ())),
    )
    yield Number(
        "roomtone_sessions",
        "gauge",
        "Sessions that are live, and those that history is filled into.",
        [({"state": state}, float(len(sessions))) for state, sessions in known],
    )


def of_feeds(feeds: Feeds | None) -> Iterator[Number]:
    """What live sources gave, and how long they were not heard."""
    told = {} if feeds is None else feeds.counters()
    outcomes = {"accepted": "accepted", "duplicate": "duplicates", "refused": "refused"}
    yield Number(
        "roomtone_feed_events_total",
        "counter",
        "Events of live sources, by what became of them.",
        [
            ({"feed": name, "outcome": outcome}, float(its[key]))
            for name, its in told.items()
            for outcome, key in outcomes.items()
        ],
    )
    for name, kind, key, help in _OF_FEEDS:
        values: list[tuple[Labels, float | Durations]] = [
            ({"feed": feed}, float(its[key])) for feed, its in told.items()
        ]
        yield Number(f"roomtone_feed_{name}", kind, help, values)


_OF_FEEDS: tuple[tuple[str, Literal["counter", "gauge"], str, str], ...] = (
    ("connected", "gauge", "connected", "1 while a live source is heard."),
    ("acknowledged_total", "counter", "acked", "Deliveries acknowledged: they are durable."),
    ("in_flight", "gauge", "in_flight", "Deliveries on their way to the disk."),
    ("pending_entries", "gauge", "pending", "Entries given to a consumer and not acknowledged."),
    ("waiting_entries", "gauge", "lag", "Entries that nobody was given yet."),
    ("lost_entries_total", "counter", "lost", "Entries deleted before they were read."),
    ("reconnects_total", "counter", "reconnects", "Times a live source was opened again."),
    ("gaps_total", "counter", "gaps", "Times a live source was not heard."),
    ("gap_seconds_total", "counter", "gap_s", "Time a live source was not heard, the present too."),
)


def of_publishing(publishing: Publishing | None) -> Iterator[Number]:
    """What went out in the documents' payloads."""
    for name, help in (
        ("published", "Payloads published for the documents' own clients."),
        ("dropped", "Updates dropped because the Redis did not take them in time."),
    ):
        values: list[tuple[Labels, float | Durations]] = []
        if publishing is not None:
            values.append(({}, float(getattr(publishing, name))))
        yield Number(f"roomtone_documents_{name}_total", "counter", help, values)


def of_parts(health: Iterable[Mapping[str, Any]]) -> Number:
    """Each part of /readyz as 1 or 0."""
    return Number(
        "roomtone_part_ok",
        "gauge",
        "1 while a part works, 0 while it does not; /readyz has the remedy.",
        [({"part": str(part["name"])}, float(bool(part["ok"]))) for part in health],
    )


def of_memory(memory: Remembering) -> Iterator[Number]:
    """What is remembered and recalled, and what waits for it."""
    yield counter("roomtone_memories_kept_total", "Memories kept of turns.", memory.kept)
    yield counter("roomtone_memories_moved_total", "Memories moved by their use.", memory.moved)
    yield counter("roomtone_memories_lost_total", "Memories let go.", memory.due.lost)
    yield counter("roomtone_recalls_total", "Questions to memory.", memory.recalls)
    yield gauge("roomtone_memories_waiting", "Memories to be kept.", len(memory.due))
    congruent, found, many = memory.congruent
    yield counter("roomtone_recall_moods_total", "Recalls with a mood.", many)
    yield counter("roomtone_recall_mood_congruent_total", "Shares recalled in it.", congruent)
    yield counter("roomtone_recall_mood_found_total", "Shares found in it.", found)
