"""What could not be read: whom it names all the same, and how much of it is kept."""

from __future__ import annotations

import contextlib
import re

import msgspec

MOST_SAMPLE = 2048
"""How many bytes are kept of what could not be taken in."""

_USER = re.compile(
    rb'"(?:user|author|sender)(?:_?[iI][dD]|name)?"\s*:\s*("(?:[^"\\]|\\.)*")'
)  # in our words, and in those of the documents


def users_in(raw: bytes) -> set[str]:
    """Whom raw bytes name as somebody, also where they cannot be read.

    >>> sorted(users_in(b'[{"user": "ann", "text": "eve"}, {"user":"b\\u00f6", "te'))
    ['ann', 'bö']
    """
    found = set()
    for name in _USER.findall(raw):
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            found.add(msgspec.json.decode(name, type=str))
    return found


def sample(raw: bytes) -> bytes:
    """The beginning of what came, to be looked at; nothing where it is cut off before it says of
    whom it is: what is kept of somebody must be found when they are erased.

    >>> sample(b'{"user":"ann","text":"' + b"x" * 5000)[:16], sample(b'{"text":"' + b"x" * 5000)[:9]
    (b'{"user":"ann","t', b'{"text":"')
    >>> sample(b'{"text":"' + b"x" * 5000 + b'","user":"ann"}')
    b''
    """
    kept = raw[:MOST_SAMPLE]
    return kept if len(raw) == len(kept) or users_in(raw) <= users_in(kept) else b""
