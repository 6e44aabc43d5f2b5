"""Spans of every dialect become turns, each once, whatever the order in which they come."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roomtone.errors import BadEvent, SourceError
from roomtone.events import Turn, check_names, decode, encode
from roomtone.sources.otlp import HOLD_MS, NO_TEXT, Otlp, Taken, Traces

RECORDINGS = Path(__file__).parents[1] / "recordings"
MS = 1_000_000
T0 = 1_764_151_200_000 * MS


def recording(name: str) -> bytes:
    return (RECORDINGS / f"otlp-{name}.json").read_bytes()


def run(traces: Traces, body: bytes, now_ms: int = 0) -> Taken:
    """Take an export, as if all its turns were durable at once."""
    parts, taken = traces.parse(body, is_json=True)
    traces.take(parts, now_ms, taken)
    traces.settle(taken)
    return taken


def span(
    id: str, parent: str = "", at: tuple[int, int] = (0, 1000), **given: str
) -> dict[str, Any]:
    """A span of one trace; `a__b` among its attributes stands for `a.b`."""
    return {
        "traceId": "ab" * 16,
        "spanId": id * 8,
        "parentSpanId": parent * 8,
        "startTimeUnixNano": str(T0 + at[0] * MS),
        "endTimeUnixNano": str(T0 + at[1] * MS),
        "attributes": [
            {"key": key.replace("__", "."), "value": {"stringValue": value}}
            for key, value in given.items()
        ],
    }


def chat(id: str, parent: str, at: tuple[int, int], *said: str, **given: str) -> dict[str, Any]:
    """A model's call: who speaks in turns, the user first; the last text is the answer."""
    roles = itertools.cycle(("user", "assistant"))
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    return span(
        id,
        parent,
        at,
        gen_ai__operation__name="chat",
        gen_ai__input__messages=json.dumps(messages[:-1]),
        gen_ai__output__messages=json.dumps(messages[-1:]),
        **given,
    )


def export(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def told(taken: Taken) -> list[tuple[Any, Any]]:
    return [(turn.message, turn.reply) for turn in taken.turns]  # type: ignore[union-attr]


DIALECTS = {
    "openinference": [("s-1", "ann", "luna", "My cat is ill.", "Oh no. What happened?", 840)],
    "genai-attributes": [("conv-5", "ben", "Sky", "Is it raining in Ulm?", "Yes, it is.", 690)],
    "genai-structured": [("conv-6", "ben", "Sky", "Is it raining in Ulm?", "Yes.", 400)],
    "genai-events": [
        ("s-4", "cleo", "desk", "Where is my parcel?", "On its way.", 900),
        ("s-4", "cleo", "desk", "And when?", "Tomorrow.", 900),
    ],
    "langfuse": [
        ("s-6", "dora", "luna", "I passed!", "Congratulations!", 500),
        ("s-6", "dora", "luna", "Thanks.", "My pleasure.", 400),
    ],
}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_understood(name: str) -> None:
    """Who, to whom, what, the answer and how long it took; nested spans are one turn."""
    turns: list[Any] = run(Traces(), recording(name)).turns

    assert [
        (t.session, t.user, t.bot, t.message, t.reply, t.processing_time_ms) for t in turns
    ] == DIALECTS[name]
    events, refusals, _ = decode(encode(turns))
    assert (events, refusals) == (turns, [])


@pytest.mark.parametrize("name", DIALECTS)
def test_one_span_at_a_time_gives_the_same_turns(name: str) -> None:
    """Exporters that send each span as it ends, and repeat themselves, change nothing."""
    whole = json.loads(recording(name))["resourceSpans"][0]
    traces, turns = Traces(), []
    for item in whole["scopeSpans"][0]["spans"]:
        alone = {"resource": whole["resource"], "scopeSpans": [{"spans": [item]}]}
        for _ in range(2):
            turns += run(traces, json.dumps({"resourceSpans": [alone]}).encode()).turns
    told = {turn.id: turn for turn in turns}

    assert list(told.values()) == run(Traces(), recording(name)).turns


def test_retrievers_are_the_memories_of_their_turn() -> None:
    """With similarities from 0 to 1 and the time they took; a distance is left out and noted."""
    turn: Any = run(Traces(), recording("openinference")).turns[0]
    taken = run(Traces(), recording("genai-structured"))
    other: Any = taken.turns[0]

    assert [(m.id, m.similarity) for m in turn.memories] == [("m-17", 0.83), ("m-3", 0.41)]
    assert turn.retrieval_time_ms == 40
    assert [m.id for m in other.memories] == ["d-1"]
    assert any("give similarities" in note for note in taken.notes)


def test_what_a_span_lacks_is_said() -> None:
    """No text, no user, no session; and spans of other things are counted by their kind."""
    taken = run(Traces(), recording("lacking"))

    assert [turn.session for turn in taken.turns] == ["bare/unknown"]
    assert taken.notes[NO_TEXT] == 1
    assert sum("no user" in note or "no session" in note for note in taken.notes) == 2
    assert taken.notes["a span of kind client is no part of a talk: ignored"] == 1


def test_a_talk_whose_calls_repeat_its_history_is_one_turn_a_call() -> None:
    """Three calls in three traces, each with all that was said before."""
    said = ["hi", "hello", "how are you?", "fine", "bye", "see you"]
    spans = [chat(f"0{n}", "", (n * 10, n * 10 + 5), *said[: 2 * n]) for n in (1, 2, 3)]
    for number, one in enumerate(spans):
        one["traceId"] = f"{number + 1:032x}"

    assert told(run(Traces(), export(*spans))) == [
        ("hi", "hello"),
        ("how are you?", "fine"),
        ("bye", "see you"),
    ]


def test_turns_of_one_long_trace_are_told_while_it_lasts() -> None:
    """A trace that is a whole session: each turn once its spans are quiet, the root none at all."""
    traces = Traces()
    assert run(traces, export(chat("01", "ff", (0, 900), "yes", "ok")), 0).turns == []
    first = traces.due(HOLD_MS)
    traces.settle(first)
    run(traces, export(chat("02", "ff", (9000, 9900), "yes", "ok", "yes", "again")), 20_000)
    second = traces.due(20_000 + HOLD_MS)
    traces.settle(second)
    root = run(traces, export(span("ff", "", (0, 99_000), input__value="x", output__value="y")))

    assert (told(first), told(second)) == ([("yes", "ok")], [("yes", "again")])
    assert first.turns[0].id != second.turns[0].id
    assert root.turns == []


def test_a_parent_that_comes_late_gives_no_second_turn() -> None:
    """The child was told, as the parent took too long."""
    traces = Traces()
    run(traces, export(chat("02", "01", (0, 900), "Prompt: hi", "yo")), 0)
    child = traces.due(HOLD_MS)
    traces.settle(child)
    chain = span(
        "01", "", (0, 950), openinference__span__kind="CHAIN", input__value="hi", output__value="yo"
    )

    assert told(child) == [("Prompt: hi", "yo")]
    assert run(traces, export(chain), 60_000).turns == []
    assert run(traces, export(chat("03", "01", (10, 20), "Rate: hi", "1")), 61_000).turns == []


def test_an_answer_that_asks_for_a_tool_waits_for_the_one_that_does_not() -> None:
    """However long the tool takes, its caller's text is not the reply."""
    traces = Traces()
    step = chat("02", "01", (0, 900), "rain?", "Let me look.")
    step["attributes"][2]["value"]["stringValue"] = json.dumps(
        [{"role": "assistant", "content": "Let me look.", "tool_calls": [{"id": "c"}]}]
    )
    run(traces, export(step), 0)
    assert traces.due(HOLD_MS).turns == []
    run(traces, export(chat("03", "01", (20_000, 20_900), "rain?", "Yes.")), 21_000)

    assert told(traces.due(21_000 + HOLD_MS)) == [("rain?", "Yes.")]


def test_what_could_not_be_taken_in_is_told_again() -> None:
    """Nothing is remembered as told before it is safe."""
    traces = Traces()
    parts, taken = traces.parse(recording("langfuse"), is_json=True)
    first = traces.take(parts, 0, taken).turns

    assert traces.take(parts, 0).turns == first


def test_memory_is_bounded_and_the_oldest_is_told_early() -> None:
    """Beyond the bound a trace that waits for its root is told as it stands."""
    traces, turns = Traces(most_traces=3), []
    for number in range(1, 9):
        one = chat("02", "01", (0, 900), f"hi {number}", "yo")
        one["traceId"] = f"{number:032x}"
        turns += told(run(traces, export(one), number))

    assert turns == [(f"hi {number}", "yo") for number in range(1, 6)]
    assert len(traces._traces) == 3


@pytest.mark.parametrize(
    "body",
    [b"[]", b"nope", b'{"resourceSpans":7}', b'{"resourceSpans":[7]}', b"\xff\xfe", b"[" * 50_000],
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    """With a sentence that says what to send."""
    for is_json in (True, False):
        with pytest.raises(BadEvent, match="send"):
            Traces().parse(body, is_json=is_json)


def test_hostile_values_stay_harmless() -> None:
    """Names are cleaned, circles end, scores that are none are left out, texts are cut."""
    spans = [
        chat("01", "02", (0, 9), "a" * 500_000, "b", user__id="an\x00n\n", session__id="s" * 999),
        span("02", "01", (5, 1), openinference__span__kind="CHAIN", input__value="[" * 9000),
        span("03", "02", openinference__span__kind="RETRIEVER", retrieval__documents__0="x"),
        span("04", "", openinference__span__kind="LLM", llm__input_messages__99999999999="x"),
        span("05", "04", langfuse__observation__input='{"args": 7, "kwargs": [3]}'),
    ]
    taken = run(Traces(), export(*spans))
    turn: Any = taken.turns[0]

    assert (turn.user, len(turn.session), len(turn.message)) == ("an n", 200, 400_000)
    for event in taken.turns:
        check_names(event)
    assert any("cut to 400,000" in note for note in taken.notes)


@pytest.mark.parametrize("name", [*DIALECTS, "lacking"])
def test_protobuf_and_json_say_the_same(name: str) -> None:
    """The same export, written by OpenTelemetry's own library."""
    request = ExportTraceServiceRequest()
    for resource in json.loads(recording(name))["resourceSpans"]:
        made = request.resource_spans.add()
        _fill(made.resource.attributes, resource["resource"]["attributes"])
        for item in resource["scopeSpans"][0]["spans"]:
            one = made.scope_spans.add().spans.add()
            one.trace_id, one.span_id = (
                bytes.fromhex(item["traceId"]),
                bytes.fromhex(item["spanId"]),
            )
            one.parent_span_id = bytes.fromhex(item.get("parentSpanId", ""))
            one.name, one.kind = item["name"], item["kind"]
            one.start_time_unix_nano = int(item["startTimeUnixNano"])
            one.end_time_unix_nano = int(item["endTimeUnixNano"])
            _fill(one.attributes, item["attributes"])
            for event in item.get("events", []):
                _fill(one.events.add(name=event["name"]).attributes, event["attributes"])
    parts, _ = Traces().parse(request.SerializeToString(), is_json=False)

    assert parts == Traces().parse(recording(name), is_json=True)[0]


def _fill(into: Any, pairs: list[dict[str, Any]]) -> None:
    for pair in pairs:
        _value(into.add(key=pair["key"]).value, pair["value"])


def _value(into: Any, given: dict[str, Any]) -> None:
    ((kind, value),) = given.items()
    match kind:
        case "stringValue":
            into.string_value = value
        case "intValue":
            into.int_value = int(value)
        case "doubleValue":
            into.double_value = value
        case "arrayValue":
            for item in value["values"]:
                _value(into.array_value.values.add(), item)
        case "kvlistValue":
            _fill(into.kvlist_value.values, value["values"])


async def test_a_collectors_file_is_a_source(tmp_path: Path) -> None:
    """One export a line; a line that is none is counted, what has no root comes at the end."""
    lines = [json.dumps(json.loads(recording(name))) for name in DIALECTS]
    lines += ["broken", export(chat("02", "01", (0, 9), "hi", "yo")).decode()]
    path = tmp_path / "my traces.jsonl"
    path.write_text("\n".join(lines))
    source = Otlp(f"otlp://{tmp_path}/my%20traces.jsonl")
    turns: list[Any] = [turn async for turn in source.events()]

    assert len(turns) == sum(map(len, DIALECTS.values())) + 1
    assert (turns[-1].message, source.refused) == ("hi", 1)
    with pytest.raises(SourceError, match="give the path"):
        await anext(aiter(Otlp("otlp:///nowhere/at.all").events()))


def test_what_was_at_work_for_a_turn_is_told_with_its_span() -> None:
    """Models, tools and retrievers in their order, without their texts; others are nobody."""
    taken = run(
        Traces(),
        export(
            span("aa", "", (0, 900), openinference__span__kind="AGENT", input__value="Hi"),
            span("bb", "aa", (10, 30), openinference__span__kind="RETRIEVER"),
            span("cc", "aa", (40, 60), openinference__span__kind="TOOL", input__value="secret"),
            span("dd", "aa", (70, 80), openinference__span__kind="EMBEDDING"),
            chat("ee", "aa", (100, 800), "Hi", "Hello!", gen_ai__request__model="llama-3"),
        ),
    )

    (turn,) = taken.turns
    assert isinstance(turn, Turn)
    assert turn.model == "llama-3"
    assert [(one.output["kind"], one.span, one.duration_ms) for one in turn.agents] == [
        ("AGENT", "aa" * 8, 900),
        ("RETRIEVER", "bb" * 8, 20),
        ("TOOL", "cc" * 8, 20),
        ("chat", "ee" * 8, 700),
    ]
    assert turn.agents[1].output["documents"] == 0
    assert b"secret" not in encode(taken.turns)
    assert decode(encode(taken.turns))[0] == taken.turns
