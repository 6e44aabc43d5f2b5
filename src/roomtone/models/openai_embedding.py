"""Asks a server behind an OpenAI-compatible address for the vectors of texts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig, ServerError
from roomtone.heard import ends
from roomtone.models._endpoint import PARALLEL, WAIT_S, Endpoint

TOGETHER = 64  # texts in one question
MOST_CHARS = 8_000  # of a text, half at either end
MOST_BYTES = 16 << 20  # of an answer: 64 vectors of 4,096 numbers in decimals
MOST_DIMENSIONS = 8_192


class _Vector(msgspec.Struct):
    embedding: Annotated[list[float], msgspec.Meta(min_length=1, max_length=MOST_DIMENSIONS)]
    index: int | None = None


class _Vectors(msgspec.Struct):
    data: list[_Vector]


_VECTORS = msgspec.json.Decoder(_Vectors)


class OpenAIEmbedding:
    """`openai://host/v1?model=NAME`: 64 texts a question, four questions at a time.

    `dimensions` in the address asks for shorter vectors where the model can make them; `timeout_s`
    (20) bounds each attempt. `dim` is 0 until the server has answered, then what it answered; a
    server that then gives vectors of another length is refused. Raises BadConfig for an address
    that cannot be asked.
    """

    version = "1"

    def __init__(self, url: str, *, wait_s: float = WAIT_S) -> None:
        self._endpoint = Endpoint(url, wait_s=wait_s, more={"dimensions": ""})
        self.name = f"openai/{self._endpoint.model}"
        wanted = self._endpoint.options["dimensions"]
        if wanted and not (wanted.isdecimal() and 1 <= int(wanted) <= MOST_DIMENSIONS):
            raise BadConfig(
                f"dimensions is a whole number from 1 to {MOST_DIMENSIONS}, not {wanted}; "
                "leave it out for the model's own"
            )
        self._wanted = int(wanted or 0)
        self.dim = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A unit row for each text (texts x dim); a zero row where there is nothing to read.

        Raises ServerError where the server does not answer, refuses, or says something else.
        """
        told = [place for place, text in enumerate(texts) if text.strip("\0 \t\r\n")]
        some = [told[first : first + TOGETHER] for first in range(0, len(told), TOGETHER)]
        found: list[NDArray[np.float32]] = []
        if some:
            found.append(self._asked([texts[place] for place in some[0]]))  # tells the dimension
        if len(some) > 1:
            with ThreadPoolExecutor(min(PARALLEL, len(some) - 1)) as pool:
                waiting = [pool.submit(self._asked, [texts[p] for p in one]) for one in some[1:]]
                try:
                    found += [one.result() for one in waiting]
                except ServerError:
                    pool.shutdown(wait=False, cancel_futures=True)  # what is not asked never is
                    raise
        rows = np.zeros((len(texts), self.dim), np.float32)
        for places, vectors in zip(some, found, strict=True):
            rows[places] = vectors
        return rows

    def _asked(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows for texts that say something."""
        asked: dict[str, object] = {
            "model": self._endpoint.model,
            "input": [_shorten(text) for text in texts],
            "encoding_format": "float",
        }
        if self._wanted:
            asked["dimensions"] = self._wanted
        rows = _rows(self._endpoint.send("embeddings", asked, MOST_BYTES), len(texts))
        if rows is None:
            raise self._endpoint.refusal("answers something else than a vector for each text")
        if self.dim not in (0, rows.shape[1]):
            raise self._endpoint.refusal(
                f"answers vectors of {rows.shape[1]} numbers where there were {self.dim}"
            )
        self.dim = rows.shape[1]
        return rows


def _rows(body: bytes, count: int) -> NDArray[np.float32] | None:
    """The vectors of an answer at length 1, in the order of the texts; None where it is none."""
    try:
        data = _VECTORS.decode(body).data
    except (msgspec.DecodeError, UnicodeError):
        return None
    if all(one.index is not None for one in data):
        data.sort(key=lambda one: one.index or 0)
        if [one.index for one in data] != list(range(count)):
            return None
    if len(data) != count or len({len(one.embedding) for one in data}) != 1:
        return None
    rows = np.array([one.embedding for one in data], np.float64)
    with np.errstate(over="ignore"):
        length = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(length).all() or not length.all():
        return None
    unit: NDArray[np.float32] = (rows / length).astype(np.float32)
    return unit


def _shorten(text: str) -> str:
    """Both ends of what is long, and nothing that UTF-8 cannot say."""
    return ends(text, MOST_CHARS).encode("utf-8", "replace").decode()
