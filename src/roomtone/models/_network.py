"""Makes networks ready to run on the processor, in one thread, where onnxruntime is installed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from roomtone.errors import MissingExtra


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
    # Without VNNI a processor adds products of bytes in 16 bits; what overflows is taken otherwise.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.enable_cpu_mem_arena = False  # a long text would keep its memory for good
    options.log_severity_level = 4
    return ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


@cache
def _runtime() -> Any:
    try:
        return import_module("onnxruntime")
    except ImportError:
        raise MissingExtra("onnxruntime", "models") from None
