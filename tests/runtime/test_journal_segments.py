"""Damage to what was acknowledged is told; what a crash left half written is cut off."""

import os

import pytest

from roomtone.errors import JournalError
from roomtone.records import Tick, encode_entry
from roomtone.runtime.journal_disk import Disk, write_all
from roomtone.runtime.journal_segments import (
    FRAME_BYTES,
    HEAD_BYTES,
    create_segment,
    list_segments,
    pack_frame,
    read_journal,
    read_segments,
    recover,
)


def fill(folder, base: int, frames: int) -> list[int]:
    """A segment of one-entry frames; the offsets in the file at which they start."""
    disk = Disk()
    segment, fd = create_segment(disk, folder, base)
    offsets = []
    for n in range(frames):
        frame, _ = pack_frame(segment.end, segment.salt, [encode_entry(Tick(now=base + n))])
        offsets.append(segment.size)
        write_all(disk, fd, frame)
        segment = segment._replace(size=segment.size + len(frame))
    os.close(fd)
    return offsets


def spoil(path, offset: int, data: bytes = b"\xff") -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def ticks(folder) -> list[int]:
    return [entry.now for _, entry in read_journal(folder)]


def test_every_cut_of_the_tail_leaves_the_sound_frames(tmp_path):
    """Whatever length a crash left, all whole frames come back and nothing else."""
    offsets = fill(tmp_path, 0, 3)
    (segment,) = list_segments(tmp_path)
    whole = segment.path.read_bytes()
    for size in range(HEAD_BYTES, len(whole)):
        segment.path.write_bytes(whole[:size])
        kept = sum(offset <= size for offset in [*offsets[1:], len(whole)])

        assert ticks(tmp_path) == list(range(kept))
        recovered = recover(Disk(), tmp_path)
        assert recovered.segments[0].size == (offsets[kept] if kept < 3 else len(whole))
        assert recovered.cut_bytes == size - recovered.segments[0].size
        assert recover(Disk(), tmp_path).cut_bytes == 0


def test_zeros_behind_the_end_are_a_torn_tail(tmp_path):
    """After a loss of power a file may be longer than what reached the disk."""
    fill(tmp_path, 0, 2)
    (segment,) = list_segments(tmp_path)
    with segment.path.open("ab") as file:
        file.write(bytes(5000))

    assert recover(Disk(), tmp_path).cut_bytes == 5000
    assert ticks(tmp_path) == [0, 1]


@pytest.mark.parametrize("place", range(FRAME_BYTES + 4))
def test_damage_before_a_sound_frame_is_an_error(tmp_path, place):
    """A frame was synced before the next was written: this is lost data, and must not pass."""
    offsets = fill(tmp_path, 0, 3)
    (segment,) = list_segments(tmp_path)
    spoil(segment.path, offsets[1] + place)

    with pytest.raises(JournalError, match=f"{segment.path.name} at byte {offsets[1]}.*backup"):
        recover(Disk(), tmp_path)
    with pytest.raises(JournalError, match="damaged"):
        ticks(tmp_path)


def test_damage_in_a_sealed_segment_is_told_when_it_is_read(tmp_path):
    """Opening does not read gigabytes; reading checks every frame."""
    offsets = fill(tmp_path, 0, 3)
    (first,) = list_segments(tmp_path)
    fill(tmp_path, first.end, 1)
    spoil(first.path, offsets[2] + FRAME_BYTES)

    recover(Disk(), tmp_path)
    with pytest.raises(JournalError, match=f"{first.path.name} at byte {offsets[2]}"):
        ticks(tmp_path)


def test_a_frame_of_another_place_is_not_believed(tmp_path):
    """Bytes of an old file that turn up in the wrong place do not pass as entries."""
    offsets = fill(tmp_path, 0, 2)
    (segment,) = list_segments(tmp_path)
    raw = segment.path.read_bytes()
    with segment.path.open("ab") as file:
        file.write(raw[offsets[0] : offsets[1]])

    assert ticks(tmp_path) == [0, 1]


def test_a_missing_segment_is_named(tmp_path):
    """A hole in the history is never skipped over."""
    fill(tmp_path, 0, 1)
    (first,) = list_segments(tmp_path)
    fill(tmp_path, first.end, 1)
    fill(tmp_path, list_segments(tmp_path)[1].end, 1)
    list_segments(tmp_path)[1].path.unlink()

    with pytest.raises(JournalError, match=r"misses what was between.*backup"):
        recover(Disk(), tmp_path)


@pytest.mark.parametrize("size", range(HEAD_BYTES + 1))
def test_a_segment_that_died_at_birth_is_removed(tmp_path, size):
    """A crash while making the next segment leaves the one before as the last."""
    fill(tmp_path, 0, 2)
    (first,) = list_segments(tmp_path)
    (tmp_path / f"journal-{first.end:020d}.log").write_bytes(bytes(size))

    assert recover(Disk(), tmp_path).segments == [first]
    assert ticks(tmp_path) == [0, 1]


def test_a_newer_format_is_named(tmp_path):
    """A version that cannot read a journal must not cut it off as damaged."""
    fill(tmp_path, 0, 1)
    (segment,) = list_segments(tmp_path)
    raw = bytearray(segment.path.read_bytes())
    raw[4] = 9
    from zlib import crc32

    raw[24:28] = crc32(raw[:24]).to_bytes(4, "little")
    segment.path.write_bytes(raw)

    with pytest.raises(JournalError, match="format 9"):
        recover(Disk(), tmp_path)


def test_several_entries_of_a_frame_have_their_own_positions(tmp_path):
    """A reader can stop and go on in the middle of a group."""
    segment, fd = create_segment(Disk(), tmp_path, 0)
    frame, ends = pack_frame(segment.end, segment.salt, [b"one", b"two", b"three"])
    write_all(Disk(), fd, frame)
    os.close(fd)

    everything = list(read_segments(list_segments(tmp_path), 0))

    assert everything == list(zip(ends, [b"one", b"two", b"three"], strict=True))
    assert list(read_segments(list_segments(tmp_path), ends[0])) == everything[1:]
