"""Turns texts into vectors whose nearness is nearness of meaning, offline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig
from roomtone.models import _ngrams

Vectors = NDArray[np.float32]


class Hashed:
    """`hashed://`: words, word pairs and pieces of words, hashed to 384 numbers; NumPy alone.

    It knows spelling, not meaning: "dog" is near "dogs" and no nearer to "puppy" than to "tax".

    >>> cat, cats, tax = Hashed().embed(["my cat sleeps", "the cats sleep", "pay your tax"])
    >>> bool(cat @ cats > 0.3 > cat @ tax)
    True
    """

    name = "ngrams-hashed"
    version = _ngrams.VERSION
    dim = _ngrams.DIM

    def __init__(self, url: str = "hashed://") -> None:
        if url not in ("hashed://", "local://"):
            raise BadConfig(f"hashed vectors have no address; write hashed://, not {url}")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read.

        Long texts are read at both ends, 2,000 characters in all.
        """
        return _ngrams.vectors(texts)
