"""POST /v1/traces answers as OpenTelemetry's protocol demands, and its turns are on the disk."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from openinference.instrumentation import TracerProvider as OpenInferenceProvider
from openinference.instrumentation import using_attributes
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from roomtone.errors import DiskFull
from roomtone.sources.otlp import HOLD_MS
from roomtone.web import otlp
from roomtone.web.problems import RETRY_S
from tests.runtime.conftest import until
from tests.web.conftest import Site, serving

RECORDINGS = Path(__file__).parents[1] / "recordings"
URL = "/v1/traces"
JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}


def recording(name: str) -> bytes:
    return (RECORDINGS / f"otlp-{name}.json").read_bytes()


async def notes(site: Site) -> list[str]:
    """What the inspector says of what came over this way."""
    seen = await site.get("/v1/inspector", source="otlp", outcome="note")
    return [item["reason"] for item in seen["data"]]


async def turns(site: Site, session: str) -> list[dict[str, Any]]:
    seen = await site.get("/v1/inspector", source="otlp", outcome="accepted")
    samples = [item["sample"] for item in seen["data"] if item["session"] == session]
    told = [one.partition(',"model"')[0].partition(',"agents"') for one in samples]  # it is cut off
    return [json.loads(one if one.endswith("}") else one + "}") for one, _, _ in told[::-1]]


@pytest.mark.parametrize("path", sorted(otlp.PATHS))
async def test_traces_come_in_where_exporters_send_them(site: Site, path: str) -> None:
    """Phoenix's, Langfuse's and OpenTelemetry's own; keys that come along are not looked at."""
    headers = {**JSON, "authorization": "Basic cGs6c2s="}
    response = await site.client.post(path, content=recording("langfuse"), headers=headers)

    assert (response.status_code, response.json()) == (200, {})
    assert response.headers["content-type"] == "application/json"
    assert [turn["message"] for turn in await turns(site, "s-6")] == ["I passed!", "Thanks."]


async def test_the_same_export_again_is_a_duplicate(site: Site) -> None:
    """An exporter that heard no answer sends it a second time."""
    for _ in range(2):
        await site.client.post(URL, content=recording("openinference"), headers=JSON)
    (source,) = (await site.get("/v1/inspector"))["sources"]

    assert (source["accepted"], source["duplicates"]) == (1, 1)


async def test_a_real_exporter_is_understood(site: Site) -> None:
    """OpenTelemetry's SDK over HTTP, packed, span by span, the innermost first."""
    where = f"http://127.0.0.1:{site.port}{URL}"
    exporter = OTLPSpanExporter(endpoint=where, compression=Compression.Gzip)
    provider = TracerProvider(resource=Resource({"service.name": "luna"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("bot")
    now = site.house.clock.now_ms() * 1_000_000

    def talk() -> None:
        outer = {"session.id": "real", "user.id": "ann", "input.value": "hi", "output.value": "yo"}
        kind = {"openinference.span.kind": "CHAIN"}
        root = tracer.start_span("chain", start_time=now - 10**9, attributes=outer | kind)
        from opentelemetry.trace import set_span_in_context

        inner = tracer.start_span(
            "llm",
            context=set_span_in_context(root),
            start_time=now - 9 * 10**8,
            attributes={"gen_ai.operation.name": "chat"},
        )
        inner.add_event("gen_ai.user.message", {"content": "Prompt: hi"})
        inner.add_event("gen_ai.choice", {"message": '{"content": "yo"}', "index": 0})
        inner.end(end_time=now - 10**8)
        root.end(end_time=now)
        provider.shutdown()

    await asyncio.to_thread(talk)
    (turn,) = await turns(site, "real")

    assert (turn["bot"], turn["user"], turn["message"]) == ("luna", "ann", "hi")
    assert turn["processing_time_ms"] == 1000


async def test_what_openinference_writes_is_understood(site: Site) -> None:
    """Its own decorators and its context of session and user."""
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{site.port}{URL}")
    provider = OpenInferenceProvider(resource=Resource({"service.name": "luna"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("bot")
    now = site.house.clock.now_ms() * 1_000_000

    def talk() -> None:
        with using_attributes(session_id="oi", user_id="ben"):
            span = tracer.start_span(
                "answer", openinference_span_kind="llm", start_time=now - 5 * 10**8
            )
            span.set_input("How are you?")
            span.set_output("Fine.")
            span.end(end_time=now)
        provider.shutdown()

    await asyncio.to_thread(talk)
    (turn,) = await turns(site, "oi")

    assert (turn["user"], turn["message"], turn["reply"]) == ("ben", "How are you?", "Fine.")


async def test_a_trace_without_its_root_is_told_when_it_is_quiet(site: Site) -> None:
    """Six seconds after its last span, and it is on the disk then."""
    told = json.loads(recording("openinference"))
    spans = told["resourceSpans"][0]["scopeSpans"][0]["spans"]
    del spans[-1]
    await site.client.post(URL, content=json.dumps(told), headers=JSON)
    assert await turns(site, "s-1") == []
    site.house.clock.advance(HOLD_MS / 1000)
    await until(lambda: site.pipeline.inspector.sources()[0]["accepted"] == 1)

    (item,) = (await site.get("/v1/inspector", source="otlp", outcome="accepted"))["data"]
    assert '"reply":"Oh no. What happened?"' in item["sample"]


async def test_a_late_turn_that_cannot_be_taken_in_is_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sends it a second time: it waits for the disk, and the inspector says so."""
    told = json.loads(recording("openinference"))
    del told["resourceSpans"][0]["scopeSpans"][0]["spans"][-1]
    await site.client.post(URL, content=json.dumps(told), headers=JSON)

    async def full(*args: Any, **more: Any) -> None:
        raise DiskFull("the disk is full; make room")

    inspector = site.pipeline.inspector
    with monkeypatch.context() as patch:
        patch.setattr(site.pipeline, "submit", full)
        site.house.clock.advance(HOLD_MS / 1000)
        await until(lambda: "the disk is full" in str(inspector.items(outcome="note")))
    waiting = inspector.sources()[0]["accepted"]
    site.house.clock.advance(RETRY_S)
    await until(lambda: inspector.sources()[0]["accepted"] == 1)

    assert waiting == 0
    (item,) = (await site.get("/v1/inspector", source="otlp", outcome="accepted"))["data"]
    assert "Oh no. What happened?" in item["sample"]


async def test_what_is_held_is_told_at_the_end(house: Any, tmp_path: Path) -> None:
    """A server that is stopped tells what it has."""
    told = json.loads(recording("openinference"))
    del told["resourceSpans"][0]["scopeSpans"][0]["spans"][-1]
    async with serving(house, tmp_path / "static") as site:
        await site.client.post(URL, content=json.dumps(told), headers=JSON)

    assert house.pipeline.inspector.sources()[0]["accepted"] == 1


async def test_what_a_span_lacks_is_in_the_inspector(site: Site) -> None:
    """Once a minute each, with how often it was so; and the metrics count the spans."""
    for _ in range(3):
        await site.client.post(URL, content=recording("lacking"), headers=JSON)
    first = await notes(site)
    site.house.clock.advance(61)
    await site.client.post(URL, content=recording("lacking"), headers=JSON)
    page = (await site.client.get("/metrics")).text

    assert sum("content is not captured" in note for note in first) == 1
    assert any("no user" in note for note in first)
    assert any(note.startswith("3 times: a model's span has no text") for note in await notes(site))
    assert 'roomtone_otlp_spans_total{became="textless"} 4' in page


async def test_protobuf_is_answered_in_protobuf(site: Site) -> None:
    """Success is empty; spans without ids are rejected, counted, and named with a reason."""
    good = await site.client.post(URL, content=b"", headers=PROTOBUF)
    bad = await site.client.post(URL, content=b"\x0a\x04\x12\x02\x12\x00", headers=PROTOBUF)
    said = ExportTraceServiceResponse.FromString(bad.content).partial_success

    assert (good.status_code, good.content) == (200, b"")
    assert good.headers["content-type"] == "application/x-protobuf"
    assert (bad.status_code, said.rejected_spans) == (200, 1)
    assert said.error_message.startswith("a span without a trace id and a span id")


async def test_a_partial_success_is_said_in_json_too(site: Site) -> None:
    """Its count is a text there, as 64 bits do not fit into JavaScript's numbers."""
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}
    answer = (await site.client.post(URL, json=body)).json()

    assert answer["partialSuccess"]["rejectedSpans"] == "1"


BOMB = gzip.compress(b"0" * 20_000_000)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"\xff\xff\xff", PROTOBUF, 400, 3),
        (b"{", JSON, 400, 3),
        (BOMB, {**PROTOBUF, "content-encoding": "gzip"}, 413, 3),
        (b"no gzip", {**JSON, "content-encoding": "gzip"}, 400, 3),
        (b"0" * 8_000_001, JSON, 413, 3),
        (b"", {**JSON, "content-encoding": "br"}, 415, 3),
        (b"", {"content-type": "text/plain"}, 415, 3),
    ],
    ids=["protobuf", "json", "bomb", "no gzip", "large", "brotli", "type"],
)
async def test_what_cannot_be_taken_is_answered_with_a_status(
    site: Site, body: bytes, headers: dict[str, str], status: int, code: int
) -> None:
    """In the request's own form, with what to do; the inspector shows that it came."""
    response = await site.client.post(URL, content=body, headers=headers)
    if response.headers["content-type"] == "application/x-protobuf":
        told: Any = Status.FromString(response.content)
        said = (told.code, told.message)
    else:
        said = (response.json()["code"], response.json()["message"])

    assert (response.status_code, said[0]) == (status, code)
    assert ";" in said[1], "it ends in what to do"
    assert site.pipeline.inspector.sources()[0]["refused"] == 1
    assert site.app.bodies.in_hand == 0


async def test_other_methods_are_405(site: Site) -> None:
    """Who looks at it with a browser is told what it is."""
    response = await site.client.get(URL)

    assert (response.status_code, response.json()["message"]) == (
        405,
        "traces are posted here; send POST",
    )


async def test_a_full_disk_is_503_and_nothing_is_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exporter comes again after `Retry-After`, and its spans are told then."""

    async def full(*args: Any, **more: Any) -> None:
        raise DiskFull("the disk is full; make room")

    with monkeypatch.context() as patch:
        patch.setattr(site.pipeline.journal, "append", full)
        failed = await site.client.post(URL, content=recording("langfuse"), headers=JSON)
    again = await site.client.post(URL, content=recording("langfuse"), headers=JSON)

    assert (failed.status_code, failed.headers["retry-after"]) == (503, "5")
    assert failed.json()["code"] == 14
    assert again.status_code == 200
    assert len(await turns(site, "s-6")) == 2
