"""One event decoded and checked, beside pydantic, unchecked json and what msgspec alone takes."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from benchmarks._protocol import (
    Disagreement,
    Load,
    Options,
    Report,
    alternate,
    array,
    ratios,
    timed,
)
from roomtone.events import Event, decode

Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Base(BaseModel):
    session: Name
    id: Name | None = None
    at: AwareDatetime | None = None
    user: Name | None = None


class _Message(_Base):
    type: Literal["message"]
    text: Annotated[str, Field(max_length=16_384)]
    role: Literal["user", "bot", "host"] = "user"
    reply_to: Name | None = None


class _Reaction(_Base):
    type: Literal["reaction"]
    emoji: Annotated[str, Field(min_length=1, max_length=64)]
    target: Name | None = None
    action: Literal["add", "remove"] = "add"


class _Presence(_Base):
    type: Literal["join", "leave"]


class _Opened(_Base):
    type: Literal["poll_opened"]
    poll: Name
    question: str = ""
    options: Annotated[list[str], Field(max_length=100)] = []


class _Vote(_Base):
    type: Literal["poll_vote"]
    poll: Name
    option: Annotated[str, Field(max_length=200)] | int


AnyEvent = Annotated[
    _Message | _Reaction | _Presence | _Opened | _Vote, Field(discriminator="type")
]
_many = TypeAdapter(list[AnyEvent])
_floor = msgspec.json.Decoder(list[Event])


def run(options: Options) -> Report:
    """CPU per event of the same bodies of 100 events each, all ways."""
    report = Report("decode")
    load = Load(sessions=100, rate=2, seconds=10 if options.quick else 100)
    events = [event for step in load.steps for event in step]
    bodies = [array(events[i : i + 100]) for i in range(0, len(events), 100)]
    _agree(bodies)
    singles = {body: events[i * 100 : i * 100 + 100] for i, body in enumerate(bodies)}
    ways = {
        "ours": lambda body: decode(body)[0],
        "floor": _floor.decode,
        "pydantic": _many.validate_json,
        "array": _array,
        "documents": lambda body: _documents(singles[body]),
    }
    found = alternate(
        options.repeat(9, 3),
        **{name: lambda way=way: _cost(way, bodies, len(events)) for name, way in ways.items()},
    )
    us = {name: [cost * 1e6 for cost in costs] for name, costs in found.items()}
    report.lines += [str(load), "agreed: all ways read the same sessions, users, types and texts"]
    report.add("documents: json.loads one by one, unchecked", "us/event", us["documents"])
    report.add("json.loads of arrays, unchecked", "us/event", us["array"])
    report.add("pydantic, checked", "us/event", us["pydantic"])
    report.add("ours, checked, each refused alone", "us/event", us["ours"])
    report.add("floor: msgspec and one loop", "us/event", us["floor"])
    less = ratios(us["documents"], us["ours"])
    report.add("times less than the documents", "x", less, bar=5, moonshot=10)
    report.add("times less than pydantic", "x", ratios(us["pydantic"], us["ours"]))
    report.add("times less than json.loads of arrays", "x", ratios(us["array"], us["ours"]))
    report.add("of the floor", "x", ratios(us["ours"], us["floor"]), less_is_better=True)
    return report


def _documents(messages: list[bytes]) -> list[dict[str, Any]]:
    """As Redis delivers them: one message, one event."""
    decoded = [json.loads(message) for message in messages]
    for event in decoded:
        event.get("type"), event.get("session"), event.get("user"), event.get("at")
    return decoded


def _array(body: bytes) -> list[dict[str, Any]]:
    decoded: list[dict[str, Any]] = json.loads(body)
    for event in decoded:
        event.get("type"), event.get("session"), event.get("user"), event.get("at")
    return decoded


def _cost(way: Any, bodies: list[bytes], events: int) -> float:
    def job() -> None:
        count = 0
        for body in bodies:
            for _ in way(body):
                count += 1
        assert count == events

    return timed(job) / events


def _agree(bodies: list[bytes]) -> None:
    for body in bodies:
        ours, plain, checked = decode(body)[0], json.loads(body), _many.validate_json(body)
        for a, b, c in zip(ours, plain, checked, strict=True):
            kind = a.__struct_config__.tag
            mine = (kind, a.session, a.user, a.id, getattr(a, "text", None), a.at)
            theirs = (c.type, c.session, c.user, c.id, getattr(c, "text", None), c.at)
            raw = (b["type"], b["session"], b["user"], b["id"]) if "user" in b else None
            if mine != theirs or (raw is not None and raw != mine[:4]):
                raise Disagreement(f"{mine} beside {theirs}")
