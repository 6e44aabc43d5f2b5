"""Runs networks kept as ONNX files, on the processor: checked, one thread, in bounded batches."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig, MissingExtra

Floats = NDArray[np.float32]

MOST_TOKENS = 2_048
"""Of texts that are run together: some 20 MB, and more would not be faster."""


def check(path: Path, sha256: str) -> bytes:
    """The bytes of a file with weights; BadConfig where it is not there or not the one meant."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadConfig(
            f"{path} cannot be read ({error.strerror}); install the weights again"
        ) from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise BadConfig(
            f"{path} does not hold the weights it should: its SHA-256 is another; "
            "it is not used; install it again"
        )
    return raw


def is_there(*packages: str) -> bool:
    """Whether onnxruntime and these packages are installed; none is imported."""
    return all(find_spec(one) is not None for one in ("onnxruntime", *packages))


def session(weights: bytes) -> Any:
    """The bytes of an ONNX file made ready to run, in the thread that asks and no other.

    Raises MissingExtra where onnxruntime is not installed.
    """
    ort = _runtime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # a long text would keep its memory for good
    options.log_severity_level = 4
    return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


class Network:
    """One network: integers in (`input_ids` and what goes with them), the named outputs out.

    `weights` are the bytes of an ONNX file. One thread works at it, whoever asks; several threads
    may ask at once. Raises MissingExtra where onnxruntime is not installed.
    """

    def __init__(self, weights: bytes, outputs: Sequence[str] | None = None) -> None:
        self._session = session(weights)
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._outputs = list(outputs) if outputs else None

    def run(self, ids: NDArray[np.int64]) -> list[NDArray[Any]]:
        """The outputs for texts x tokens, all texts of one length: nothing is masked."""
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        given = {name: array for name, array in inputs.items() if name in self._inputs}
        return list(self._session.run(self._outputs, given))


def batches(
    ids: Sequence[Sequence[int]], most: int = MOST_TOKENS
) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """Texts of one length together, the short ones first: their places, and them as an array.

    Without padding nothing of a text depends on those beside it, but for the last digits.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(ids):
        by_length[len(one)].append(place)
    for length, places in sorted(by_length.items()):
        size = max(1, most // max(length, 1))
        for first in range(0, len(places), size):
            some = places[first : first + size]
            yield some, np.array([ids[place] for place in some], np.int64)


@cache
def _runtime() -> Any:
    try:
        return import_module("onnxruntime")
    except ImportError:
        raise MissingExtra("onnxruntime", "models") from None
