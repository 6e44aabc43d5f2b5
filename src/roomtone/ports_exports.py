"""How training data leaves: what a format must do, and what writes its rows into a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO, ClassVar, Protocol

from roomtone.errors import BadEvent
from roomtone.kept_columns import KeptColumns
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Batch, Excluded, ExportOptions, Row


class Export(Protocol):  # exports/
    """Turns conversations into rows, one conversation at a time: pure, and quick.

    What gives no row is counted in `excluded`, with its reason. Every row says which conversation
    it came from. Where readers take no further columns (`traceable` is False) the ids are written
    into a file of their own, line by line as the rows are.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    phrase: ClassVar[str]  # what a row is, in a sentence
    made_of: ClassVar[str]  # what it is made of: "conversations", "ratings" …
    trainable_by: ClassVar[str]  # who reads it
    row: ClassVar[type[Row]]
    task: ClassVar[str] = "text-generation"  # as a dataset's card names it; "" if it has no name
    file: ClassVar[str] = "jsonl"  # which RowFile writes it, unless another is asked for
    needs: ClassVar[Collection[str] | None] = None  # what of KeptMessage, and BESIDE; None: all
    traceable: ClassVar[bool] = True

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The rows of a conversation, in the order of its messages."""
        ...

    def batch(self, kept: KeptColumns, options: ExportOptions, excluded: Excluded) -> Batch | None:
        """The same rows of many conversations as columns; None (always) where a format has none."""
        return None

    def beside(self, name: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
        """What else lies in a dataset's folder, by path; `files` are its data files by split."""
        return {}


class RowFile(Protocol):  # exports/
    """Turns rows of one format into a file's bytes, piece by piece.

    It is made for a type of rows: `RowFile(row, ids=True)`; `ids` tells whether rows say where they
    came from.
    """

    suffix: ClassVar[str]
    packs: ClassVar[bool] = False  # whether it has `pack` and `unpack`

    def add(self, rows: Sequence[Row]) -> bytes:
        """What is to be written now that these rows came; it may hold some back."""

    def take(self, made: bytes) -> bytes:
        """The same of rows that are lines of JSON already, as `training_rows.lines` makes them."""

    def pack(self, batch: Batch) -> bytes:
        """Rows in columns as they are staged, so that `unpack` reads them; such bytes may follow
        each other, and be cut off between."""
        raise BadEvent(f"{self.suffix} takes no columns; give it rows")

    def unpack(self, file: BinaryIO) -> Iterator[bytes]:
        """What is to be written of a file of what was packed: the same as of the rows' lines."""
        raise BadEvent(f"{self.suffix} takes no columns; give it rows")

    def close(self) -> bytes:
        """What is to be written at the end."""
