"""Messages one by one, flat: a line of JSON each; and rows of any format as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roomtone.exports._flat import NEEDS, Flat, batch, flat
from roomtone.ports_exports import Export, RowFile
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Batch, Excluded, ExportOptions, Row, lines


class JSONL(Export):
    """A row for each message, with all that is known of it by itself."""

    name = "jsonl"
    title = "JSON Lines"
    phrase = "a message with its feeling, voice, quality and feedback, a line of JSON each"
    made_of = "messages"
    trainable_by = "anything: jq, DuckDB, pandas, datasets"
    row = Flat
    task = ""
    needs = NEEDS

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """All messages that have a text."""
        return flat(conversation, excluded)

    def batch(
        self, conversations: Sequence[KeptConversation], options: ExportOptions, excluded: Excluded
    ) -> Batch | None:
        """The same in columns."""
        return batch(conversations, excluded)


class Lines(RowFile):
    """An object in every line, one line to every object, whatever their texts hold."""

    suffix = "jsonl"

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        del row, ids  # each row says itself what it has

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines."""
        return lines(rows)

    def take(self, made: bytes) -> bytes:
        """As they are."""
        return made

    def close(self) -> bytes:
        """Nothing: a file may end after any line."""
        return b""


class Array(RowFile):
    """All rows as one list of JSON, a row on each line of it."""

    suffix = "json"

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        del row, ids
        self._before = b"[\n"

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines, behind those before."""
        return self.take(lines(rows)) if rows else b""

    def take(self, made: bytes) -> bytes:
        """The same of what is lines already."""
        before, self._before = self._before, b",\n"
        return before + b",\n".join(made.splitlines())

    def close(self) -> bytes:
        """The list's end."""
        return b"[]\n" if self._before == b"[\n" else b"\n]\n"
