"""Turns texts into vectors whose nearness is nearness of meaning, offline."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig
from roomtone.models import _minilm, _network, _ngrams
from roomtone.models._wordpiece import WordPiece
from roomtone.ports import EmbeddingModel

Vectors = NDArray[np.float32]

MOST_IDS = 256
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
    all tokens, at length 1. The weights are read when first asked, 200 MB of memory. Raises
    MissingExtra where the extra is not installed, BadConfig where the weights are not those meant.
    """

    name = "all-minilm-l6-v2-int8"
    version = "1"
    dim = 384

    def __init__(self, url: str = "minilm://") -> None:
        _no_address(url, "minilm://")
        self._path = _minilm.weights_path()
        self._lock = Lock()
        self._parts: tuple[WordPiece, _network.Network] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read.

        Of long texts the first 256 word pieces are read, some 1,000 characters.
        """
        rows = np.zeros((len(texts), self.dim), np.float32)
        if not len(texts):
            return rows
        pieces, network = self._loaded()
        ids = pieces.ids(texts, MOST_IDS)
        told = [place for place, one in enumerate(ids) if len(one) > 2]
        for places, batch in _network.batches([ids[place] for place in told]):
            mean = network.run(batch)[0].mean(axis=1)
            length = np.linalg.norm(mean, axis=1, keepdims=True)
            rows[[told[place] for place in places]] = mean / np.maximum(length, 1e-9)
        return rows

    def _loaded(self) -> tuple[WordPiece, _network.Network]:
        with self._lock:
            if self._parts is None:
                network = _network.Network(
                    _network.check(self._path, _minilm.WEIGHTS), ["last_hidden_state"]
                )
                self._parts = WordPiece(), network
            return self._parts


class Local:
    """`local://`: MiniLM where the extra `models` is installed, else hashed; `name` says which."""

    def __init__(self, url: str = "local://") -> None:
        _no_address(url, "local://")
        self._model: EmbeddingModel = MiniLM() if _network.is_there(_minilm.PACKAGE) else Hashed()
        self.name, self.version = self._model.name, self._model.version
        self.dim = self._model.dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A unit row for each text (texts x 384); a zero row where there is nothing to read."""
        return self._model.embed(texts)


def _no_address(url: str, own: str) -> None:
    if url != own:
        raise BadConfig(f"a model inside the package has no address; write {own}, not {url}")
