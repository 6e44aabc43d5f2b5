"""Messages as a table, and rows of any format as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from roomtone.exports._flat import Messages
from roomtone.ports_exports import RowFile
from roomtone.training_rows import Row, encoded, mended

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet may take for the start of a formula (OWASP), also at full width; and the
apostrophe itself, so that it can be taken off again wherever one stands."""


class CSV(Messages):
    """A row for each message, with all that is known of it by itself."""

    name = "csv"
    title = "CSV"
    phrase = "a message with its feeling, voice, quality and feedback, as a row of a table"
    trainable_by = "spreadsheets, pandas, R"
    file = "csv"


class Table(RowFile):
    """Comma-separated, UTF-8, a line of names first; what is a list or an object is JSON."""

    suffix = "csv"

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        own = ("conversation_id", "message_id")
        fields = [f for f in msgspec.structs.fields(row) if ids or f.name not in own]
        self._names = [f.name for f in fields]
        self._head = [f.encode_name for f in fields]
        self._decoder = msgspec.json.Decoder(row)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines."""
        out = io.StringIO()
        write = csv.writer(out, lineterminator="\r\n").writerow
        if self._head:
            write(self._head)
            self._head = []
        for row in rows:
            write([cell(getattr(row, name)) for name in self._names])
        try:
            return out.getvalue().encode()
        except UnicodeEncodeError:
            return mended(out.getvalue()).encode()

    def take(self, made: bytes) -> bytes:
        """The same of rows that are lines already."""
        return self.add(self._decoder.decode_lines(made))

    def close(self) -> bytes:
        """The line of names, where there was no row."""
        return self.add(()) if self._head else b""


def cell(value: object) -> object:
    """As it stands in a table: an apostrophe goes before what might be a formula.

    NUL, which has no place in a CSV, becomes U+FFFD. A number is no text and stays as it is.

    >>> cell("=1+1"), cell("'tis"), cell("fine"), cell(-1.5), cell(None)
    ("'=1+1", "''tis", 'fine', -1.5, '')
    """
    if isinstance(value, str):
        if value.startswith(RISKY):
            value = "'" + value
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if value is None or value is msgspec.UNSET:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    said = msgspec.to_builtins(value)
    return said if isinstance(said, str) else encoded(said).decode()


def text(cell: str) -> str:
    """The text that a cell was made of.

    >>> text("'=1+1"), text("''tis"), text("fine")
    ('=1+1', "'tis", 'fine')
    """
    return cell[1:] if cell.startswith("'") else cell
