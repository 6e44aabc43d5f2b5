"""Writes blocks as InfluxDB's line protocol, so that every tag and text comes back as it was."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from roomtone.errors import StoreError
from roomtone.points import Block, Measurement
from roomtone.stores._steps import to_ms

MARK = "empty"
"""A field, true, of a point of which nothing is known: InfluxDB has no point without a field."""

# What a tag cannot hold in line protocol, in any escape: a line ends at a newline, and a backslash
# before what follows a tag (a comma, a space) would swallow it.
_HARD = re.compile("[\\\\\n\r\t\0]|%(?=25|5C|0A|0D|09|00)")
_CODED = re.compile("%(25|5C|0A|0D|09|00)")
_NAME = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})


def coded_tag(value: str) -> str:
    """A tag's value as it is stored: hard characters as in URLs, all others as they are.

    >>> coded_tag("100% sure"), coded_tag("a\\\\b"), coded_tag("line\\nbreak"), coded_tag("%0A")
    ('100% sure', 'a%5Cb', 'line%0Abreak', '%250A')
    """
    return _HARD.sub(lambda found: f"%{ord(found[0]):02X}", value)


def decoded_tag(value: str) -> str:
    """A tag's value as it was given: the reverse of `coded_tag`, exactly.

    >>> decoded_tag("100% sure"), decoded_tag("line%0Abreak"), decoded_tag("%250A")
    ('100% sure', 'line\\nbreak', '%0A')
    """
    return _CODED.sub(lambda found: chr(int(found[1], 16)), value)


def name_of(text: str) -> str:
    """A measurement, a tag's or a field's name, or a coded value, as a line has it."""
    return text.translate(_NAME)


def text_of(text: str) -> str:
    """A text as the value of a field, in quotes; newlines stand in it as they are.

    >>> print(text_of('say "a\\\\b"'))
    "say \\"a\\\\b\\""
    """
    return f'"{text.translate(_TEXT)}"'


def key_of(measurement: Measurement, values: Sequence[str]) -> str:
    """A series as a line begins: measurement and tags, sorted; an empty tag is a missing one.

    `values` are in the order of the measurement's tags. Raises StoreError for half a surrogate.
    """
    pairs = sorted(zip(measurement.tags, values, strict=True))
    tags = "".join(f",{name_of(tag)}={name_of(coded_tag(v))}" for tag, v in pairs if v)
    key = measurement.name.replace(",", "\\,").replace(" ", "\\ ") + tags
    try:
        key.encode()
    except UnicodeEncodeError:
        raise StoreError(
            f"a tag of {measurement.name} holds half a surrogate pair, which no UTF-8 has; "
            "replace it, as with U+FFFD"
        ) from None
    return key


Place = Callable[[Sequence[str], int], tuple[str, int, str]]
"""Gives for the values of the tags and a time in epoch ms the series' key, and the line's time and
its precision: ms or ns."""


def lines_of(measurement: Measurement, block: Block, place: Place) -> Iterator[tuple[str, str]]:
    """The rows of a block as (precision, line); what is not known is left out of them.

    Numbers are always floats (a field's type is fixed by its first write), texts always strings.
    """
    columns = [block.tags[tag].tolist() for tag in measurement.tags]
    every = list(zip(*columns, strict=True)) if columns else [()] * len(block)
    times = block.times.tolist() if block.times is not None else [to_ms(block.time)] * len(block)
    numbers = [(name_of(name), column.tolist()) for name, column in block.fields.items()]
    texts = [(name_of(name), column.tolist()) for name, column in block.texts.items()]
    finite = math.isfinite
    for row, values in enumerate(every):
        key, time, precision = place([str(value) for value in values], times[row])
        said = [f"{name}={float(of[row])!r}" for name, of in numbers if finite(of[row])]
        if texts:
            said += [f"{n}={text_of(_sound(of[row]))}" for n, of in texts if of[row] is not None]
        yield precision, f"{key} {','.join(said) or f'{MARK}=true'} {time}"


def _sound(text: object) -> str:
    """A text without halves of surrogate pairs and without NUL, which become U+FFFD."""
    return (
        str(text)
        .replace("\0", "\ufffd")
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )
