"""Who withdrew behind the moment that is restored: their word holds, whatever else is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from roomtone import state
from roomtone.consents import Agreed, ConsentGiven, words
from roomtone.errors import BackupError, JournalError
from roomtone.records import Batch, decode_entry
from roomtone.runtime.clock import utc
from roomtone.runtime.journal_segments import Segment, list_segments, read_segments
from roomtone.runtime.journal_snapshots import latest_snapshot
from roomtone.training_data import Consent


def withdrawals(segments: Sequence[Segment], after: int, heed: Sequence[Path]) -> list[Consent]:
    """The words by which people did not agree any more: in a backup's journal behind `after`, and
    in data folders that know more. Who agreed again since says so again. Raises BackupError."""
    agreed = Agreed()
    agreed.take(_said(segments, after))
    for data in heed:
        try:
            agreed.take(_of_folder(data / "journal"))
        except (JournalError, OSError) as error:
            raise BackupError(f"what people said in {data} cannot be read: {error}") from None
    return [one for one in agreed if not one.granted]


def _said(segments: Sequence[Segment], after: int) -> Iterator[Consent]:
    """What was said in a journal behind a position."""
    for _, body in read_segments(list(segments), after, torn=True):
        if b"consent" not in body:
            continue
        entry = decode_entry(body)
        if isinstance(entry, Batch):
            for event in entry.events:
                if isinstance(event, ConsentGiven):
                    yield from words(event, utc(entry.arrival))


def _of_folder(journal: Path) -> Iterator[Consent]:
    """What holds in a data folder: its last snapshot has all of it, and the journal what is new."""
    segments = list_segments(journal) if journal.is_dir() else []
    if not segments:
        return
    found = latest_snapshot(journal, segments[-1].end)
    if found is not None:
        try:
            saved = state.unpack(found[1]).get("consents", b"\x90")
            yield from msgspec.msgpack.decode(saved, type=list[Consent])
        except (msgspec.MsgspecError, KeyError, ValueError, TypeError):
            pass  # another release's; the journal has what it has
    yield from _said(segments, 0)
