"""Who a person is in series: a name that says nothing without the archive's key."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from functools import lru_cache

import numpy as np

from roomtone.points import Block

KEY = "pseudonyms"
"""The name of the key in the archive."""

TAG = "user_id"

NOBODY = "unknown"
"""What stands in series where a turn did not say whose it is."""


@lru_cache(maxsize=100_000)
def pseudonym(key: bytes, user: str) -> str:
    """A person's name in series: HMAC-SHA256 under the archive's key, its first 16 hex digits.

    >>> pseudonym(b"k", "ann") == pseudonym(b"k", "ann") != pseudonym(b"other", "ann")
    True
    >>> len(pseudonym(b"k", "ann")), pseudonym(b"k", "")
    (18, 'unknown')
    """
    if not user:
        return NOBODY
    return "u_" + hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:16]


def veiled(block: Block, key: bytes) -> Block:
    """The same block with pseudonyms in the place of persons."""
    people = block.tags.get(TAG)
    if people is None:
        return block
    names = np.array([pseudonym(key, person) for person in people], object)
    return replace(block, tags={**block.tags, TAG: names})
