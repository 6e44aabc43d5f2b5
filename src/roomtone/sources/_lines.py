"""Lines of a file or pipe, bounded and counted, with a stable id for each record in them."""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from io import BufferedReader
from typing import BinaryIO, cast

from roomtone.errors import BadEvent
from roomtone.events import Event, Refusal

# As much as one request to the server may hold: a longer line is no chat message, and without a
# bound a file without line feeds would be read into memory whole.
MAX_LINE = 1_000_000
REMEMBERED = 100_000

BLOCK = 1 << 18
"""How many bytes are taken at once where whole blocks are: less than a line may have."""

Refused = tuple[Refusal, bytes]
"""A line that was not taken: its number (from 1) and the reason, with its first bytes."""


class Lines:
    """Iterate over the lines of a binary stream as (bytes without line end, whether it was cut).

    `number` is the line just given, `position` the bytes read so far. A byte order mark is left
    out. Raises BadEvent when the stream is UTF-16. `blocks` gives many lines at once.
    """

    def __init__(self, stream: BinaryIO, *, most: int = MAX_LINE) -> None:
        self._stream, self._most = stream, most
        self.number = 0
        self.position = 0

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        while line := self._stream.readline(self._most + 1):
            self.number += 1
            self.position += len(line)
            cut = len(line) > self._most and not line.endswith(b"\n")
            if cut:
                self._skip_rest()
            if self.number == 1:
                line = _unmarked(line)
            yield line.rstrip(b"\r\n"), cut

    def blocks(self) -> Iterator[tuple[bytes, bool]]:
        """As many whole lines as have come, with their ends; and whether the last one was cut.

        `number` is that of the last line. Nothing is waited for but the end of a line.
        """
        stream = cast(BufferedReader, self._stream)  # of all that we read, it has what has come
        while block := stream.read1(BLOCK):
            if begun := len(block) - (block.rfind(b"\n") + 1):
                block += stream.readline(self._most + 1 - begun)
            whole = block.endswith(b"\n")
            cut = not whole and len(block) - (block.rfind(b"\n") + 1) > self._most
            self.position += len(block)
            if cut:
                self._skip_rest()
            if self.number == 0:
                block = _unmarked(block)
            self.number += block.count(b"\n") + (not whole)
            yield block, cut

    def _skip_rest(self) -> None:
        while rest := self._stream.readline(self._most):
            self.position += len(rest)
            if rest.endswith(b"\n"):
                return


def _unmarked(beginning: bytes) -> bytes:
    """The beginning of a stream without its byte order mark."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadEvent("the input is UTF-16; save it as UTF-8 and try again")
    return beginning.removeprefix(b"\xef\xbb\xbf")


class StableIds:
    """Ids made from what a record says, so that reading a file twice counts each record once.

    Equal records are told apart by how many came before: the second "hi" of ann in one second has
    its own id. The last 100,000 to 200,000 are remembered for that.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._new: dict[bytes, int] = {}
        self._old: dict[bytes, int] = {}

    def make(self, *parts: str | bytes) -> str:
        """The id of a record that consists of these parts."""
        digest = hashlib.blake2b(digest_size=12)
        for part in parts:
            data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little") + data)
        key = digest.digest()
        count = self._new.get(key, self._old.get(key, 0))
        if len(self._new) >= self._remembered:
            self._old, self._new = self._new, {}
        self._new[key] = count + 1
        return f"log-{key.hex()}" if count == 0 else f"log-{key.hex()}-{count}"


class LineSource(ABC):
    """A source that reads a stream line by line; members say in `rows` what a line means."""

    def __init__(self, stream: BinaryIO, *, session: str | None = None) -> None:
        self.lines = Lines(stream)
        self.session = session
        self.ids = StableIds()
        self.refused = 0
        self.line = 0  # where the row that was given last began

    @abstractmethod
    def rows(self) -> Iterator[Event | Refused]:
        """What each line says, or why it was not taken. Raises BadEvent when nothing can be."""

    def refuse(self, number: int, reason: str, sample: bytes) -> Refused:
        """Count a line that was not taken, and keep the beginning of it."""
        self.refused += 1
        return Refusal(number, reason), sample[:200]

    async def events(self) -> AsyncIterator[Event]:
        """The events alone, giving way to others every 200 rows; what is refused is counted."""
        for number, row in enumerate(self.rows()):
            if number % 200 == 199:
                await asyncio.sleep(0)
            if not isinstance(row, tuple):
                yield row
