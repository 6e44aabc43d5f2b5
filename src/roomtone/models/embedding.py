"""Turns texts into vectors whose nearness is nearness of meaning, offline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _minilm, _ngrams
from roomtone.ports import EmbeddingModel

Vectors = NDArray[np.float32]

MOST_PIECES = 256
"""What the encoder was trained to read of a text."""


class Hashed:
    """`hashed://`: words, word pairs and pieces of words, hashed to 384 numbers; NumPy alone.

    It knows spelling, not meaning: "dog" is near "dogs" and no nearer to "puppy" than to "tax".

    >>> cat, cats, tax = Hashed().embed(["my cat sleeps", "the cats sleep", "pay your tax"])
    >>> bool(cat @ cats > 0.2 > cat @ tax)
    True
    """

    name = "ngrams-hashed"
    version = _ngrams.VERSION
    dim = _ngrams.DIM

    def __init__(self, url: str = "hashed://") -> None:
        _no_address(url, "hashed://")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read.

        Long texts are read at both ends, 2,000 characters in all.
        """
        return _ngrams.vectors(texts)


class MiniLM:
    """`minilm://`: sentence vectors of all-MiniLM-L6-v2, by onnxruntime (the extra `models`).

    A small English encoder (Apache-2.0, sentence-transformers): the mean of its 384 outputs over
    all tokens, at length 1, reckoned with one byte a number (`_minilm`). It is loaded when first
    asked, 160 MB for all who use it. Raises MissingExtra where the extra is not installed,
    BadConfig where the weights are not those meant.
    """

    name = "all-minilm-l6-v2-int8"
    version = "1"
    dim = _minilm.WIDE

    def __init__(self, url: str = "minilm://") -> None:
        _no_address(url, "minilm://")
        _minilm.weights_file()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read.

        Of long texts 256 word pieces are read, half at either end, some 1,000 characters.
        """
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            last = _minilm.encoder().last(text, MOST_PIECES)
            if len(last) > 2:
                mean = last.mean(axis=0)
                row[:] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return rows


class Local:
    """`local://`: MiniLM where the extra `models` is installed whole, else hashed.

    `name` and `version` say which.
    """

    def __init__(self, url: str = "local://") -> None:
        _no_address(url, "local://")
        try:
            self._model: EmbeddingModel = MiniLM()
        except (MissingExtra, BadConfig):
            self._model = Hashed()
        self.name, self.version = self._model.name, self._model.version
        self.dim = self._model.dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read."""
        return self._model.embed(texts)


def _no_address(url: str, own: str) -> None:
    if url != own:
        raise BadConfig(f"a model inside the package has no address; write {own}, not {url}")
