"""Times what recording adds to a turn, in a process of its own: turns.py NAME URL TURNS."""

from __future__ import annotations

import base64
import gc
import json
import os
import sys
import time
from collections.abc import Callable

MESSAGE = "My cat is ill, and I do not know whether I should call the vet tonight or wait. " * 2
REPLY = "Oh no, I am sorry. Does she drink, and how long has she been like that? " * 4
MEMORIES = [{"similarity": 0.9 - n / 10, "id": f"memory-{n}"} for n in range(5)]
"""What the bot has in its hands already: making it is no part of the figure."""
EVERY_S = 0.002
WARM = 200
"""Turns before those that are timed: connections, threads and imports are there then."""


def ours(url: str) -> Callable[[str], object]:
    """`roomtone.record`, as docs/recorder.md has it."""
    from roomtone import Recorder

    recorder = Recorder(url)

    def turn(session: str) -> object:
        return recorder.record(
            bot="luna",
            user="ann",
            session=session,
            message=MESSAGE,
            reply=REPLY,
            processing_time_ms=840.0,
            memories=MEMORIES,
        )

    return turn


def langfuse(url: str) -> Callable[[str], object]:
    """Langfuse's `observe` around a reply function, with user and session as its guide has it."""
    from langfuse import Langfuse, observe, propagate_attributes

    Langfuse(public_key="pk", secret_key="sk", base_url=url)

    @observe(name="reply", as_type="generation")
    def reply(message: str, memories: list[dict[str, object]]) -> str:
        return REPLY

    def turn(session: str) -> object:
        with propagate_attributes(user_id="ann", session_id=session):
            return reply(MESSAGE, MEMORIES)

    return turn


def otel(url: str) -> Callable[[str], object]:
    """A span with OpenInference's attributes behind a BatchSpanProcessor, with its defaults."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    key = base64.b64encode(b"pk:sk").decode()
    headers = {"authorization": f"Basic {key}"}
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=headers)
    provider = TracerProvider(resource=Resource({"service.name": "luna"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("bot")

    def turn(session: str) -> object:
        with tracer.start_as_current_span("reply") as span:
            span.set_attribute("openinference.span.kind", "LLM")
            span.set_attribute("user.id", "ann")
            span.set_attribute("session.id", session)
            span.set_attribute("input.value", MESSAGE)
            span.set_attribute("output.value", REPLY)
            for place, memory in enumerate(MEMORIES):
                name = f"retrieval.documents.{place}.document"
                span.set_attribute(f"{name}.score", memory["similarity"])
                span.set_attribute(f"{name}.id", memory["id"])
        return span

    return turn


def main(name: str, url: str, turns: int) -> list[int]:
    """Nanoseconds of each turn, one every two milliseconds."""
    turn = {"ours": ours, "langfuse": langfuse, "otel": otel}[name](url)
    found: list[int] = []
    gc.collect()
    for number in range(WARM + turns):
        time.sleep(EVERY_S)
        session = f"s-{number % 50}"
        begun = time.perf_counter_ns()
        turn(session)
        took = time.perf_counter_ns() - begun
        if number >= WARM:
            found.append(took)
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))), flush=True)
    os._exit(0)  # what waits for a server that hangs is none of this figure
