"""Spans out of the bytes of an OTLP export, protobuf or JSON, without a protobuf library."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from roomtone.errors import BadEvent

# The field numbers are those of opentelemetry/proto/{collector/trace,trace,common,resource}/v1.
# The format is stable, and what is needed of it is small: a library would bring a native module
# and a range of versions that quarrels with those of others.

MAX_DEEP = 30
"""How deep values may lie in each other."""

MAX_SPANS = 10_000
"""Spans in one export; exporters send 512 at a time unless told otherwise."""

SERVER_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
ERROR = 2  # opentelemetry.proto.trace.v1.Status.StatusCode

_HEX = re.compile(r"[0-9a-fA-F]+\Z")


@dataclass(slots=True)
class Span:
    """One span as it came: ids in hexadecimal, times in nanoseconds since the epoch."""

    trace: str = ""
    id: str = ""
    parent: str = ""
    name: str = ""
    kind: str = "unspecified"
    start_ns: int = 0
    end_ns: int = 0
    error: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    resource: dict[str, Any] = field(default_factory=dict)


_NOT_OTLP = (*(ValueError, TypeError, AttributeError, ArithmeticError, struct.error, LookupError),)
"""What reading bytes as something that they are not may raise."""


def spans_of(body: bytes, *, is_json: bool) -> list[Span]:
    """The spans of an ExportTraceServiceRequest.

    Raises BadEvent when the bytes are none, or hold more than 10,000 spans.
    """
    try:
        found = _spans_of_json(body) if is_json else _spans_of_protobuf(body)
    except RecursionError:
        raise BadEvent("values lie too deep in each other; send flatter attributes") from None
    except _NOT_OTLP as error:
        form = "OTLP/JSON" if is_json else "OTLP protobuf"
        said = str(error) if isinstance(error, _Malformed) else "it is cut off or something else"
        raise BadEvent(f"the body is no {form}: {said}; send an export of traces") from None
    if len(found) > MAX_SPANS:
        raise BadEvent(
            f"{len(found):,} spans in one export; send at most {MAX_SPANS:,} "
            "(OTEL_BSP_MAX_EXPORT_BATCH_SIZE)"
        )
    return found


class _Malformed(ValueError):
    """What is wrong with the form."""


# -- protobuf ------------------------------------------------------------------------------------


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            raise _Malformed("a number has more than ten bytes")


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: an int, or the bytes of what has a length or a fixed size."""
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key >= 0x80:
            key, at = _varint(data, at - 1)
        wire = key & 7
        if wire == 2:
            size = data[at]
            at += 1
            if size >= 0x80:
                size, at = _varint(data, at - 1)
        elif wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        elif wire == 1:
            size = 8
        elif wire == 5:
            size = 4
        else:
            raise _Malformed(f"a field has the unknown wire type {wire}")
        if at + size > end:
            raise _Malformed("a field is longer than what holds it")
        yield key >> 3, data[at : at + size]
        at += size


def _bytes(value: Any) -> bytes:
    if isinstance(value, int):  # of which `bytes` would make as many zeros
        raise _Malformed("a number stands where a text should")
    return bytes(value)


def _text(value: Any) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _number(value: Any) -> int:
    """A fixed64, which is how times are written; a varint does no harm."""
    return value if isinstance(value, int) else int.from_bytes(value, "little")


def _value(data: bytes, deep: int = 0) -> Any:
    """AnyValue: text, bool, int, float, list, dict, or bytes; None where it is empty."""
    if deep > MAX_DEEP:
        raise RecursionError
    found: Any = None
    for number, value in _fields(data):
        if number == 1:
            found = _text(value)
        elif number == 2:
            found = bool(value)
        elif number == 3:
            found = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 4:
            found = struct.unpack("<d", value)[0]
        elif number == 5:
            found = [_value(item, deep + 1) for place, item in _fields(value) if place == 1]
        elif number == 6:
            found = _pairs((item for place, item in _fields(value) if place == 1), deep + 1)
        elif number == 7:
            found = _bytes(value)
    return found


def _pairs(items: Iterator[bytes], deep: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        key, value = "", None
        for number, part in _fields(item):
            if number == 1:
                key = _text(part)
            elif number == 2:
                value = _value(part, deep)
        found[key] = value
    return found


def _all(data: bytes, wanted: int) -> Iterator[bytes]:
    for number, value in _fields(data):
        if number == wanted:
            if not isinstance(value, bytes):
                raise _Malformed("a number stands where a message should")
            yield value


def _spans_of_protobuf(body: bytes) -> list[Span]:
    found: list[Span] = []
    for of_resource in _all(body, 1):
        resource: dict[str, Any] = {}
        for part in _all(of_resource, 1):
            resource = _pairs(_all(part, 1))
        for scope in _all(of_resource, 2):
            for data in _all(scope, 2):
                if len(found) <= MAX_SPANS:
                    found.append(_span(data, resource))
    return found


def _span(data: bytes, resource: dict[str, Any]) -> Span:
    span = Span(resource=resource)
    attributes: list[bytes] = []
    for number, value in _fields(data):
        if number == 9:
            attributes.append(value)
        elif number == 1:
            span.trace = value.hex()
        elif number == 2:
            span.id = value.hex()
        elif number == 4:
            span.parent = value.hex()
        elif number == 5:
            span.name = _text(value)
        elif number == 6:
            span.kind = _kind(value)
        elif number == 7:
            span.start_ns = _number(value)
        elif number == 8:
            span.end_ns = _number(value)
        elif number == 11:
            names = [part for place, part in _fields(value) if place == 2]
            span.events.append((_text(names[-1]) if names else "", _pairs(_all(value, 3))))
        elif number == 15:
            span.error = any(place == 3 and code == ERROR for place, code in _fields(value))
    span.attributes = _pairs(iter(attributes))
    return span


def _kind(number: Any) -> str:
    known = isinstance(number, int) and 0 <= number < len(SERVER_KINDS)
    return SERVER_KINDS[number] if known else "unspecified"


# -- JSON ----------------------------------------------------------------------------------------


def _list(holder: Any, *names: str) -> list[Any]:
    """A repeated field: lowerCamelCase as the protocol asks for, or the name in the .proto file."""
    for name in names:
        found = holder.get(name)
        if found is not None:
            if not isinstance(found, list):
                raise _Malformed(f"`{name}` is no array")
            return found
    return []


def _get(holder: Any, *names: str) -> Any:
    return next((holder[name] for name in names if holder.get(name) is not None), None)


def _json_value(given: Any, deep: int = 0) -> Any:
    if deep > MAX_DEEP:
        raise RecursionError
    if not isinstance(given, dict):
        return None
    for name, value in given.items():
        match name:
            case "stringValue" | "string_value":
                return str(value)
            case "boolValue" | "bool_value":
                return bool(value)
            case "intValue" | "int_value":
                return int(value)
            case "doubleValue" | "double_value":
                return float(value)  # "NaN" and "Infinity" are written as texts
            case "arrayValue" | "array_value":
                return [_json_value(item, deep + 1) for item in _list(value, "values")]
            case "kvlistValue" | "kvlist_value":
                return _json_pairs(_list(value, "values"), deep + 1)
            case "bytesValue" | "bytes_value":
                return base64.b64decode(value)
    return None


def _json_pairs(items: list[Any], deep: int = 0) -> dict[str, Any]:
    return {str(item["key"]): _json_value(item.get("value"), deep) for item in items}


def _spans_of_json(body: bytes) -> list[Span]:
    told = json.loads(body)
    if not isinstance(told, dict):
        raise _Malformed("it is not an object")
    found: list[Span] = []
    for of_resource in _list(told, "resourceSpans", "resource_spans"):
        resource = _json_pairs(_list(of_resource.get("resource") or {}, "attributes"))
        for scope in _list(of_resource, "scopeSpans", "scope_spans"):
            for item in _list(scope, "spans"):
                if len(found) <= MAX_SPANS:
                    found.append(_json_span(item, resource))
    return found


def _json_span(item: Any, resource: dict[str, Any]) -> Span:
    kind = _get(item, "kind") or 0
    if isinstance(kind, str):
        name = kind.removeprefix("SPAN_KIND_").lower()
        kind = SERVER_KINDS.index(name) if name in SERVER_KINDS else 0
    code = (_get(item, "status") or {}).get("code")
    return Span(
        trace=_id(_get(item, "traceId", "trace_id"), 16),
        id=_id(_get(item, "spanId", "span_id"), 8),
        parent=_id(_get(item, "parentSpanId", "parent_span_id"), 8),
        name=str(_get(item, "name") or ""),
        kind=_kind(kind),
        start_ns=int(_get(item, "startTimeUnixNano", "start_time_unix_nano") or 0),
        end_ns=int(_get(item, "endTimeUnixNano", "end_time_unix_nano") or 0),
        error=code in (ERROR, "STATUS_CODE_ERROR"),
        attributes=_json_pairs(_list(item, "attributes")),
        events=[
            (str(event.get("name") or ""), _json_pairs(_list(event, "attributes")))
            for event in _list(item, "events")
        ],
        resource=resource,
    )


def _id(given: Any, size: int) -> str:
    """An id in hexadecimal. What is of that many bytes in base64, as some send it, is turned."""
    if given is None or given == "":
        return ""
    text = str(given)
    if _HEX.match(text):
        return text.lower()
    raw = base64.b64decode(text, validate=True)
    if len(raw) != size:
        raise _Malformed("an id is neither hexadecimal nor base64")
    return raw.hex()
