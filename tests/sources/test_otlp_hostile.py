"""Nothing that lies in a trace breaks its reading, takes long, or takes memory."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.events import decode, encode
from roomtone.sources.otlp import Traces
from tests.sources.test_otlp import chat, export, run, span

KINDS = st.sampled_from(["LLM", "CHAIN", "AGENT", "RETRIEVER", "TOOL", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "parts", "type", "text", "args", "kwargs", "message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(KINDS, st.integers(0, 4), VALUES, VALUES), max_size=5))
def test_nothing_in_a_span_breaks_the_reading(spans: list[Any]) -> None:
    """Whatever lies in the attributes: turns come out that the wire takes, or notes."""
    made = [
        span(
            f"0{row + 1}",
            f"0{parent}" if parent else "",
            openinference__span__kind=kind,
            input__value=json.dumps(one),
            gen_ai__output__messages=json.dumps(other),
            metadata=json.dumps(other),
        )
        for row, (kind, parent, one, other) in enumerate(spans)
    ]
    traces = Traces()
    turns = [*run(traces, export(*made)).turns, *traces.all().turns]

    assert decode(encode(turns))[1] == []


KEYS = st.builds(
    lambda prefix, index, rest: ".".join(filter(None, (prefix, index, rest))),
    st.sampled_from(
        [
            "llm.input_messages",
            "llm.output_messages",
            "gen_ai.prompt",
            "gen_ai.completion",
            "retrieval.documents",
            "langfuse.observation",
            "session.id",
        ]
    ),
    st.sampled_from(["", "0", "1", "999999", "٣", "²", "-1", "1e3"]),
    st.sampled_from(
        ["", "message.role", "message.content", "role", "content", "document.id", "document.score"]
    ),
)
TYPED = st.one_of(
    st.builds(lambda text: {"stringValue": text}, st.text(max_size=8)),
    st.builds(lambda value: {"doubleValue": value}, st.floats()),
    st.builds(lambda value: {"intValue": value}, st.integers() | st.floats() | st.text(max_size=3)),
    st.builds(lambda value: {"boolValue": value}, st.booleans()),
    st.builds(lambda value: {"arrayValue": value}, VALUES),
    st.just({}),
)


@given(KINDS, st.lists(st.tuples(KEYS, TYPED), max_size=8), st.floats() | st.integers())
def test_no_attribute_breaks_the_reading(
    kind: str, given: list[tuple[str, dict[str, Any]]], ended: float
) -> None:
    """Whatever it is called and of whatever type: turns that the wire takes, or a sentence."""
    one = span("01", openinference__span__kind=kind)
    one["attributes"] += [{"key": key, "value": value} for key, value in given]
    one["endTimeUnixNano"] = ended
    traces = Traces()
    try:
        turns = [*run(traces, export(one)).turns, *traces.all().turns]
    except BadEvent as error:
        assert "; send" in str(error)
    else:
        assert decode(encode(turns))[1] == []


def test_a_trace_of_many_turns_takes_time_by_its_spans() -> None:
    """Four times the turns of one trace, side by side, take no sixteen times the steps."""

    def steps(turns: int) -> int:
        counted = 0

        def count(*_: Any) -> None:
            nonlocal counted
            counted += 1

        spans = [
            chat(f"{n:02x}", "", (n * 10, n * 10 + 5), f"question {n}", f"answer {n}")
            for n in range(turns)
        ]
        for n, one in enumerate(spans):
            one["spanId"], one["parentSpanId"] = f"{n + 1:016x}", "ff" * 8
        body = export(*spans)
        sys.setprofile(count)
        try:
            traces = Traces()
            run(traces, body)
            told = traces.all().turns
        finally:
            sys.setprofile(None)
        assert len(told) == turns
        return counted

    assert steps(400) < 6 * steps(100)


@given(st.binary(max_size=60), st.integers(0, 15), st.sampled_from([0, 1, 2, 5]))
def test_no_bytes_break_the_reading_of_protobuf(data: bytes, number: int, wire: int) -> None:
    """In a span's place they are one, or are refused with a sentence."""
    one = bytes([number << 3 | wire]) + data
    for tag in (b"\x12", b"\x12", b"\x0a"):
        one = tag + bytes([len(one)]) + one
    try:
        parts, _ = Traces().parse(one, is_json=False)
    except BadEvent as error:
        assert "; send" in str(error)
    else:
        assert len(parts) <= 1


@pytest.mark.parametrize("place", [b"\x28", b"\x2a\x02\x08", b"\x3a\x0b\x38", b"\x4a\x0b\x08"])
def test_a_number_is_no_text_of_that_length(place: bytes) -> None:
    """A few bytes that name a huge number take no memory."""
    one = place + b"\xff" * 8 + b"\x7f"
    for tag in (b"\x12", b"\x12", b"\x0a"):
        one = tag + bytes([len(one)]) + one
    with pytest.raises(BadEvent, match="; send"):
        Traces().parse(one, is_json=False)
