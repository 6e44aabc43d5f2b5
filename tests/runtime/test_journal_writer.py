"""The writer's thread answers every item, in order, and never says synced when it is not."""

import errno
import os
import queue

import pytest

from roomtone.errors import DiskFull, JournalError
from roomtone.records import Tick, encode_entry
from roomtone.runtime import journal_writer
from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_segments import list_segments, read_segments, recover
from roomtone.runtime.journal_writer import Item, Writer


class Broken(Disk):
    """Fails every sync of data with this error while it is set."""

    error: int | None = None

    def datasync(self, fd):
        if self.error is not None:
            raise OSError(self.error, os.strerror(self.error))
        super().datasync(fd)

    def sync(self, fd):
        self.datasync(fd)


class Full(Disk):
    """Has room for this many bytes more, then takes what fits and says so at the next write."""

    room = 1 << 30

    def write(self, fd, data):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(fd, data[: self.room])
        self.room -= taken
        return taken


def body(n: int) -> bytes:
    return encode_entry(Tick(now=n))


def start(folder, disk: Disk, **options) -> tuple[Writer, "queue.Queue[object]"]:
    """A running writer, and everything it reports."""
    segment = recover(disk, folder).segments[-1]
    settings = {"segment_bytes": 1 << 20, "sync": True, "probe_s": 0.001} | options
    writer = Writer(disk, folder, segment, digests=b"", newest_ms=0, **settings)
    news: queue.Queue[object] = queue.Queue()
    writer.on_group = lambda items, error: news.put((items, error))
    writer.on_sealed = news.put
    writer.on_mended = lambda: news.put("mended")
    writer.start()
    return writer, news


def kept(folder) -> list[bytes]:
    return [data for _, data in read_segments(list_segments(folder), 0, torn=True)]


@pytest.fixture
def broken(tmp_path):
    disk = Broken()
    writer, news = start(tmp_path, disk)
    yield disk, writer, news
    disk.error = None
    writer.stop()


def test_items_are_kept_in_the_order_they_came(tmp_path):
    """Also through many rotations."""
    writer, _ = start(tmp_path, Disk(), segment_bytes=300)
    for n in range(100):
        writer.submit(Item(body(n)))
    writer.stop()

    assert kept(tmp_path) == [body(n) for n in range(100)]


def test_a_group_is_bounded(tmp_path, monkeypatch):
    """A first small batch does not wait for megabytes behind it."""
    monkeypatch.setattr(journal_writer, "GROUP_BYTES", 40)
    writer, news = start(tmp_path, Disk())
    for n in range(100):
        writer.submit(Item(body(n)))
    writer.stop()

    sizes = [sum(len(i.body) for i in news.get()[0]) for _ in range(news.qsize())]
    assert max(sizes) <= 40


def test_a_failed_sync_refuses_and_cuts_what_was_written(broken, tmp_path):
    """What stands in the file unsynced is gone after mending; its caller was told no."""
    disk, writer, news = broken
    writer.submit(Item(body(1)))
    assert news.get(timeout=5)[1] is None
    disk.error = errno.EIO
    writer.submit(Item(body(2)))

    _, error = news.get(timeout=5)
    assert isinstance(error, JournalError) and "cannot be written" in str(error)
    with pytest.raises(JournalError, match="refused until"):
        writer.submit(Item(body(3)))

    disk.error = None
    assert news.get(timeout=5) == "mended"
    assert kept(tmp_path) == [body(1)]
    writer.resume()
    writer.submit(Item(body(4)))
    writer.stop()
    assert kept(tmp_path) == [body(1), body(4)]


def test_nobody_gets_in_before_everybody_heard(broken):
    """Between mending and `resume` items are refused: none may overtake a failed one."""
    disk, writer, news = broken
    disk.error = errno.EIO
    writer.submit(Item(body(1)))
    news.get(timeout=5)
    disk.error = None
    assert news.get(timeout=5) == "mended"

    with pytest.raises(JournalError):
        writer.submit(Item(body(2)))


def test_a_full_disk_refuses_and_resumes(tmp_path):
    """A partly written group leaves no trace; room coming back is noticed without being asked."""
    disk = Full()
    writer, news = start(tmp_path, disk)
    disk.room = 10
    writer.submit(Item(body(1)))

    assert isinstance(news.get(timeout=5)[1], DiskFull)
    with pytest.raises(DiskFull):
        writer.submit(Item(body(2)))
    disk.room = 1 << 30
    assert news.get(timeout=5) == "mended"
    assert kept(tmp_path) == []
    writer.stop()


def test_too_much_waiting_is_refused(tmp_path, monkeypatch):
    """A slow disk costs bounded memory."""
    monkeypatch.setattr(journal_writer, "MAX_WAITING_BYTES", -1)
    writer, _ = start(tmp_path, Disk())

    with pytest.raises(JournalError, match="wait a second"):
        writer.submit(Item(body(1)))
    writer.stop()


def test_stopping_amid_trouble_ends_the_thread(broken):
    """A server with a broken disk can still be shut down."""
    disk, writer, news = broken
    disk.error = errno.EIO
    writer.submit(Item(body(1)))
    news.get(timeout=5)

    writer.stop()

    assert not writer._thread.is_alive()


def test_a_bug_answers_instead_of_hanging(tmp_path, monkeypatch):
    """An error nobody thought of still refuses what waits, and says to restart."""
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    writer, news = start(tmp_path, Disk())
    monkeypatch.setattr(journal_writer, "pack_frame", lambda *_: 1 / 0)
    writer.submit(Item(body(1)))

    assert "restart" in str(news.get(timeout=5)[1])
    with pytest.raises(JournalError, match="restart"):
        writer.submit(Item(body(2)))


def test_without_sync_nothing_is_synced(tmp_path):
    """The faster class (safe against a kill, not against a loss of power) does what it says."""
    writer, news = start(tmp_path, Disk(), sync=False)
    writer.submit(Item(body(1)))
    news.get(timeout=5)
    writer.stop()

    assert writer.counters.syncs.count == 0
    assert kept(tmp_path) == [body(1)]
