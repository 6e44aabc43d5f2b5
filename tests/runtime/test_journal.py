"""The journal keeps everything it acknowledged, once, in one order."""

import asyncio
import os
import subprocess
import sys

import pytest

from roomtone.errors import JournalError
from roomtone.events import Join, Message
from roomtone.records import Batch, Closed, Gap, Tick
from roomtone.runtime.journal import Journal, Receipt, read_journal

HOLD = """
import sys
from pathlib import Path
from roomtone.runtime.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def said(*ids: str | None, session: str = "s", arrival: int = 1_000) -> Batch:
    events = [Message(session=session, id=id, user="u", text=f"text of {id}") for id in ids]
    return Batch(arrival=arrival, source="test", events=events)


def ids(entries) -> list[str]:
    return [event.id for _, entry in entries for event in entry.events]


@pytest.fixture
async def journal(tmp_path):
    journal = Journal.open(tmp_path / "journal", segment_bytes=4096, probe_s=0.001)
    yield journal
    await journal.close()


async def test_entries_come_back_as_they_went_in(journal):
    """Every kind of entry is read back equal, in order, at the position its receipt names."""
    entries = [said("a", "b"), Tick(now=1700000000), Gap(start=5, end=10), Closed(session="s")]

    receipts = [await journal.append(entry) for entry in entries]

    assert list(journal.replay()) == [
        (r.position, e) for r, e in zip(receipts, entries, strict=True)
    ]


async def test_order_is_the_order_of_the_calls(journal):
    """What is appended first is told first, however many wait for one sync."""
    told = []
    journal.on_commit = lambda position, entry: told.append((position, entry.now))

    await asyncio.gather(*(journal.append(Tick(now=5 * n)) for n in range(300)))

    assert [now for _, now in told] == [5 * n for n in range(300)]
    assert told == sorted(told)


async def test_a_commit_is_told_before_it_is_acknowledged(journal):
    """Whoever reads its own write through the engine finds it there."""
    told = []
    journal.on_commit = lambda position, _: told.append(position)

    receipt = await journal.append(said("a"))

    assert told == [receipt.position]


async def test_many_waiting_entries_share_one_sync(journal):
    """Group commit: a hundred batches at once cost a few syncs, not a hundred."""
    await asyncio.gather(*(journal.append(said(f"{n}")) for n in range(100)))

    assert journal.counters.syncs.count <= 10
    assert journal.counters.synced == 100


async def test_a_repeat_is_taken_out_and_named(journal):
    """Within a batch and between batches, by its index in the batch as sent."""
    await journal.append(said("a", "b"))

    receipt = await journal.append(said("c", "b", "c", "a", "d"))

    assert (receipt.accepted, receipt.duplicates) == (2, [1, 2, 3])
    assert ids(journal.replay()) == ["a", "b", "c", "d"]


async def test_a_repeat_of_one_in_flight_waits_for_it(journal):
    """A duplicate is only called one when the first is safely kept."""
    told = []
    journal.on_commit = lambda position, entry: told.append(entry)
    first = journal.append(said("a"))
    second = journal.append(said("a"))

    assert not second.done()
    assert (await second).duplicates == [0]
    assert first.done() and len(told) == 1


async def test_the_same_id_in_another_session_is_another_event(journal):
    """Ids belong to their session; two sources may both count from one."""
    await journal.append(said("1", session="ab"))

    receipt = await journal.append(said("1", session="a"))

    assert receipt.accepted == 1


async def test_events_without_an_id_all_count(journal):
    """Without an id there is nothing to tell a repeat by."""
    receipt = await journal.append(said(None, None))
    again = await journal.append(said(None, None))

    assert receipt.accepted == again.accepted == 2


async def test_a_batch_of_repeats_writes_nothing(journal):
    """Sending everything again costs the disk nothing."""
    await journal.append(said("a"))
    end = journal.end

    receipt = await journal.append(said("a"))

    assert receipt == Receipt(0, [0], end)
    assert journal.end == end


async def test_ids_are_known_across_restarts_and_segments(tmp_path):
    """A client that resends after our restart, or a thousand segments later, counts once."""
    names = [f"{n}" for n in range(500)]
    journal = Journal.open(tmp_path, segment_bytes=4096)
    for chunk in (names[k : k + 10] for k in range(0, 500, 10)):
        await journal.append(said(*chunk))
    await journal.append(said("last"))
    await journal.close()

    journal = Journal.open(tmp_path, segment_bytes=4096)
    receipt = await journal.append(said(*names, "last"))
    await journal.close()

    assert receipt.accepted == 0


async def test_ids_are_built_anew_when_their_file_is_gone(tmp_path):
    """The .ids files are derived; losing or damaging one costs time, not exactness."""
    journal = Journal.open(tmp_path, segment_bytes=512)
    for n in range(30):
        await journal.append(said(f"{n}"))
    await journal.close()
    first, second, *_ = sorted(tmp_path.glob("*.ids"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1] + b"?")

    journal = Journal.open(tmp_path, segment_bytes=512)
    receipt = await journal.append(said(*(f"{n}" for n in range(30))))
    await journal.close()

    assert receipt.accepted == 0
    assert first.exists()


async def test_reading_goes_on_where_it_stopped(journal):
    """Any position that was ever told is a place to go on from, also across segments."""
    for n in range(60):
        await journal.append(said(f"{n}"))
    everything = list(journal.replay())

    assert len(list(journal.folder.glob("*.log"))) > 1
    for k in (0, 1, 29, 58, 59):
        assert list(journal.replay(everything[k][0])) == everything[k + 1 :]


async def test_another_reader_sees_what_is_synced(journal):
    """`read_journal` needs no lock: a replay may look at a journal that a server has open."""
    await journal.append(said("a"))

    assert ids(read_journal(journal.folder)) == ["a"]


def test_a_folder_without_a_journal_says_so(tmp_path):
    """A typing mistake in a path is told, not answered with an empty replay."""
    with pytest.raises(JournalError, match="holds no journal"):
        list(read_journal(tmp_path / "nowhere"))


def test_two_processes_cannot_own_one_journal(tmp_path):
    """The second is told who has it and what to do; when the first dies the folder is free."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin and child.stdout
    child.stdout.readline()

    with pytest.raises(JournalError, match=f"process {child.pid}.*--data"):
        Journal.open(tmp_path)
    child.kill()
    child.communicate()

    asyncio.run(Journal.open(tmp_path).close())


async def test_a_closed_journal_refuses_with_the_remedy(tmp_path):
    """Nothing is silently lost behind the end."""
    journal = Journal.open(tmp_path)
    await journal.close()

    with pytest.raises(JournalError, match="open it again"):
        await journal.append(said("a"))


async def test_closing_syncs_and_answers_what_waits(tmp_path):
    """A shutdown loses nothing that was already on its way."""
    journal = Journal.open(tmp_path)
    waiting = [journal.append(said(f"{n}")) for n in range(50)]

    await journal.close()

    assert [w.result().accepted for w in waiting] == [1] * 50
    assert len(ids(read_journal(tmp_path))) == 50


async def test_an_entry_too_large_is_refused_alone(journal):
    """One oversized entry must not take the writer's memory or time."""
    huge = Batch(arrival=1, source="t", events=[Message(session="s", text="x" * (17 << 20))])

    with pytest.raises(JournalError, match="smaller batches"):
        await journal.append(huge)
    assert (await journal.append(said("a"))).accepted == 1


async def test_a_failing_consumer_does_not_stop_the_journal(journal):
    """The entry is durable all the same; the failure is counted and given to the loop."""
    heard = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    journal.on_commit = lambda *_: 1 / 0

    receipt = await journal.append(Batch(arrival=1, source="t", events=[Join(session="s")]))

    assert receipt.accepted == 1
    assert journal.counters.consumer_failures == len(heard) == 1


async def test_a_cancelled_caller_changes_nothing(journal):
    """A client that hangs up after sending has sent."""
    journal.append(said("a")).cancel()

    assert (await journal.append(said("a"))).duplicates == [0]


async def test_the_loop_is_let_go_between_slices(journal):
    """A large group is handed on in slices, so that other tasks of the loop have their turn."""
    waiting = [
        journal.append(said(*(f"{n}-{k}" for k in range(500)), arrival=n)) for n in range(20)
    ]
    turns = 0
    while not waiting[-1].done():
        await asyncio.sleep(0)
        turns += waiting[0].done()

    assert turns >= 5


async def test_one_who_never_waits_is_stopped(journal, monkeypatch):
    """Appending in a loop without end costs bounded memory, not all there is."""
    monkeypatch.setattr("roomtone.runtime.journal.MAX_UNTOLD", 100)

    with pytest.raises(JournalError, match="have its turn"):
        while True:
            journal.append(Tick(now=0))


async def test_snapshots_meet_the_journal(journal):
    """Snapshot plus what is behind it is the whole."""
    first = await journal.append(said("a"))
    journal.write_snapshot(first.position, b"state")
    await journal.append(said("b"))

    position, data = journal.latest_snapshot()

    assert data == b"state"
    assert ids(journal.replay(position)) == ["b"]


async def test_retention_never_takes_what_a_restart_needs(journal):
    """Only sealed segments behind the older of two snapshots go; a later read says what is gone."""
    positions = [(await journal.append(said(f"{n}"))).position for n in range(100)]
    assert journal.retain(2e9, keep_s=0) == 0
    journal.write_snapshot(positions[50], b"older")
    journal.write_snapshot(positions[90], b"newer")

    freed = journal.retain(4e9, keep_s=0)

    assert freed > 0
    assert ids(journal.replay(positions[50])) == [f"{n}" for n in range(51, 100)]
    with pytest.raises(JournalError, match="no longer holds"):
        list(journal.replay(positions[0]))
    assert (await journal.append(said(*(f"{n}" for n in range(100))))).accepted == 0


async def test_ids_outlive_their_segment(tmp_path):
    """Dropping old events does not make a late repeat of them count again."""
    journal = Journal.open(tmp_path, segment_bytes=512)
    positions = [(await journal.append(said(f"{n}"))).position for n in range(50)]
    for position in positions[-2:]:
        journal.write_snapshot(position, b"")
    assert journal.drop_before(positions[-1]) > 0
    await journal.close()

    journal = Journal.open(tmp_path, segment_bytes=512)
    receipt = await journal.append(said(*(f"{n}" for n in range(50))))
    await journal.close()

    assert receipt.accepted == 0


async def test_the_counters_add_up(journal):
    """What /metrics shows is what happened."""
    await journal.append(said("a", "b"))
    await journal.append(said("b", "c"))
    counters = journal.counters

    assert (counters.appended, counters.synced, counters.duplicates) == (3, 3, 1)
    assert counters.bytes == sum(path.stat().st_size - 28 for path in journal.folder.glob("*.log"))
    assert counters.syncs.count == 2 and counters.syncs.total > 0
    assert os.path.exists(journal.folder / "lock")
