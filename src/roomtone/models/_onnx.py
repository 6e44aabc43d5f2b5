"""Reads the weights of an ONNX file and writes small ONNX graphs; protobuf by hand, no package.

Both follow the public `onnx.proto3` (https://github.com/onnx/onnx, Apache-2.0): a message is a row
of fields, each a key (number << 3 | wire type) and a value. What is read are views of the bytes
given, so that a mapped file stays on disk until it is touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig

Array = NDArray[Any]

_TYPES: dict[int, Any] = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64}
_CODES = {np.dtype(kind): code for code, kind in _TYPES.items()}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
IR_VERSION, OPSET = 8, 17


class Unreadable(BadConfig):
    """The bytes are no ONNX model, or hold what is not read here."""


def weights(model: memoryview) -> dict[str, Array]:
    """Every initialiser with raw data of a serialised ModelProto, by name.

    Raises Unreadable for bytes that are no such message.
    """
    found = {}
    try:
        for number, value in _fields(model):
            if number != 7:  # ModelProto.graph
                continue
            for inner, tensor in _fields(value):
                if inner == 5:  # GraphProto.initializer
                    name, array = _tensor(tensor)
                    if array is not None:
                        found[name] = array
    except (IndexError, ValueError, TypeError, struct.error) as error:
        raise Unreadable(f"the file of weights is damaged: {error}") from error
    return found


def _tensor(of: memoryview) -> tuple[str, Array | None]:
    """Name and values of a TensorProto; None where they are not kept as raw bytes."""
    dims: list[int] = []
    name, kind, raw = "", 0, None
    for number, value in _fields(of):
        if number == 1:
            dims += [value] if isinstance(value, int) else list(_varints(value))
        elif number == 2:
            kind = value
        elif number == 8:
            name = bytes(value).decode()
        elif number == 9:
            raw = value
    if raw is None or kind not in _TYPES:
        return name, None
    return name, np.frombuffer(raw, np.dtype(_TYPES[kind]).newbyteorder("<")).reshape(dims)


def _fields(of: memoryview) -> Iterator[tuple[int, Any]]:
    """Each field of a message: its number, and an int or the bytes of it."""
    at = 0
    while at < len(of):
        key, at = _varint(of, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(of, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(of, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(of):
            raise ValueError("it ends early")
        yield number, of[at : at + size]
        at += size


def _varint(of: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = of[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _varints(of: memoryview) -> Iterator[int]:
    at = 0
    while at < len(of):
        value, at = _varint(of, at)
        yield value


def _number(value: int) -> bytes:
    """A varint; negative ones take ten bytes, as the format has it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int | float | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3 | _VARINT) + _number(value)
    if isinstance(value, float):
        return _number(number << 3 | _FIXED32) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | _BYTES) + _number(len(data)) + data


class Graph:
    """A graph under construction: nodes in their order, and the weights that they name."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._count = 0

    def weight(self, name: str, array: Array) -> str:
        """Adds an initialiser; returns its name."""
        dense = np.ascontiguousarray(array)
        tensor = b"".join(_field(1, int(size)) for size in dense.shape)
        tensor += _field(2, _CODES[dense.dtype]) + _field(8, name)
        self._parts.append(_field(5, tensor + _field(9, dense.tobytes())))
        return name

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        *,
        domain: str = "",
        outputs: Sequence[str] = (),
        **attributes: int | float | Sequence[int],
    ) -> str:
        """Adds a node; returns the name of its first output, a new one unless `outputs` says."""
        self._count += 1
        names = outputs or (f"n{self._count}",)
        node = b"".join(_field(1, one) for one in inputs)
        node += b"".join(_field(2, one) for one in names)
        node += _field(4, kind)
        node += b"".join(_field(5, _attribute(*one)) for one in attributes.items())
        self._parts.append(_field(1, node + _field(7, domain)))
        return names[0]

    def model(self, inputs: Mapping[str, Sequence[int | str]], outputs: Sequence[str]) -> bytes:
        """The serialised ModelProto; `inputs` are of floats, a size in words is a free one."""
        graph = b"".join(self._parts) + _field(2, "roomtone")
        graph += b"".join(_field(11, _value(*one)) for one in inputs.items())
        graph += b"".join(_field(12, _value(one, None)) for one in outputs)
        sets = _field(8, _field(2, OPSET)) + _field(8, _field(1, "com.microsoft") + _field(2, 1))
        return _field(1, IR_VERSION) + _field(7, graph) + sets


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _field(1, name) + _field(2, value) + _field(20, 1)
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, 2)
    return _field(1, name) + b"".join(_field(8, one) for one in value) + _field(20, 7)


def _value(name: str, shape: Sequence[int | str] | None) -> bytes:
    """A ValueInfoProto of floats."""
    kind = _field(1, 1)
    if shape is not None:
        sizes = [_field(2 if isinstance(size, str) else 1, size) for size in shape]
        kind += _field(2, b"".join(_field(1, size) for size in sizes))
    return _field(1, name) + _field(2, _field(1, kind))
