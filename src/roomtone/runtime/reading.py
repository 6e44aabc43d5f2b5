"""Lines of a file or pipe in, a reading of the emotion in each out, as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from roomtone.emotions import Reading
from roomtone.errors import BadEvent
from roomtone.ports import EmotionModel
from roomtone.runtime import ingest, plugins, terminal

# One read of a pipe, and so about as much as is answered together.
BLOCK = 1 << 16

# A line beyond this is no message; what comes behind it is left out, as its middle would be anyway.
MAX_LINE = 1_000_000


def blocks(stream: BinaryIO) -> Iterator[tuple[list[str], int]]:
    """Lines as soon as they are there, several at a time, with the bytes read so far.

    The last line needs no line feed. Bytes that are not UTF-8 are replaced, so that there is one
    answer for each line.
    """
    rest = b""
    position = 0
    first = True
    read = getattr(stream, "read1", stream.read)
    while block := read(BLOCK):
        position += len(block)
        if first:
            first = False
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise BadEvent("the input is UTF-16; save it as UTF-8 and try again")
            block = block.removeprefix(b"\xef\xbb\xbf")
        *whole, tail = block.split(b"\n")
        if whole:
            yield [_text(line) for line in (rest + whole[0], *whole[1:])], position
            rest = tail
        else:
            rest += tail[: max(0, MAX_LINE - len(rest))]
    if rest:
        yield [_text(rest)], position


def _text(line: bytes) -> str:
    return line[:MAX_LINE].removesuffix(b"\r").decode("utf-8", "replace")


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as it is printed: mixed feelings by name, coarser labels beside the fine."""
    plain: dict[str, Any] = msgspec.to_builtins(reading)
    plain["mixed"] = dict(reading.mixed)
    return plain | {"ekman": reading.ekman, "group": reading.group}


def read_file(file: str, model: EmotionModel, write: Callable[[str], object]) -> int:
    """Answer every line with one line of JSON; returns how many there were."""
    stream, size = ingest.open_input(file)
    count = 0
    with stream, terminal.progress_bar(size) as bar:
        task = bar.add_task(terminal.clean(file), total=size or None)
        for texts, position in blocks(stream):
            answers = [msgspec.json.encode(as_json(one)) for one in model.read(texts)]
            write("".join(f"{answer.decode()}\n" for answer in answers))
            count += len(texts)
            bar.update(task, completed=position)
    return count


def emotion(file: str, url: str, write: Callable[[str], object]) -> int:
    """`roomtone emotion`: the file read by the model that the URL names."""
    return read_file(file, plugins.emotion(url), write)
