"""Malformed payloads on every channel: no crash, no reason that should never be given."""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from roomtone.events import check_names
from roomtone.sources._documents import KINDS, UNREADABLE, Documents
from roomtone.sources._payloads import flat
from tests.faults.malformed import BOMBS, NASTY, VALID, mutate

CASES = int(os.environ.get("ROOMTONE_FUZZ_CASES", "10000"))
COMMON = {"sessionId": "s", "eventId": "e", "userId": "u", "timestamp": "2026-02-02T12:00:00.123Z"}
PAYLOADS = [
    *VALID,
    *(
        json.dumps(told).encode()
        for told in (
            {**COMMON, "message": {"id": "m", "text": "hi", "author": {"id": 5}}},
            {**COMMON, "pollId": {"id": 7}, "option": {"id": 1}},
            {"pollId": "p"},
            {"type": "user_join", **COMMON},
            {"type": "reaction", **COMMON, "data": {"emoji": {"native": "x"}, "reactionId": 9}},
            {
                "specversion": "1.0",
                "id": "c",
                "type": "message_created",
                "data": {"payload": COMMON},
            },
            [{**COMMON, "text": "a"}, {**COMMON, "text": "b"}],
        )
    ),
]


def check(documents: Documents, kind: str, payload: bytes) -> float:
    """Every event could have come over the wire, every refusal has a reason; returns its CPU."""
    begun = time.process_time()
    taken = documents.take(kind, payload, lambda: "k" * 24)
    spent = time.process_time() - begun
    for event in taken.events:
        check_names(event)
        assert event.id
    assert len(taken.kept) == len(taken.events)
    assert len(taken.samples) == len(taken.refusals)
    assert [r.reason for r in taken.refusals if r.reason.startswith(UNREADABLE)] == []
    return spent


def test_mutated_payloads() -> None:
    """Small accidents in payloads of every kind, on every kind of channel."""
    chance, documents = random.Random(3), Documents()
    for _ in range(CASES):
        check(documents, chance.choice(KINDS), mutate(chance, chance.choice(PAYLOADS)))


@pytest.mark.parametrize("kind", KINDS)
def test_bombs(kind: str) -> None:
    """Each of them is answered, in bounded time, alone and as a field of an entry."""
    documents = Documents()
    for bomb in [*BOMBS, *NASTY]:
        assert check(documents, kind, bomb) < 1.0
        check(documents, kind, flat([b"data", bomb]))
        check(documents, kind, flat([b"sessionId", bomb[:5000], b"text", bomb[:5000]]))


def test_good_neighbours_are_taken() -> None:
    """Between accidents, in one array and in lines."""
    good = json.dumps({**COMMON, "text": "neighbour"}).encode()
    chance, documents = random.Random(4), Documents()
    for _ in range(CASES // 20):
        bad = mutate(chance, chance.choice(PAYLOADS)).replace(b"\n", b" ")
        taken = documents.take("chat", b"\n".join((good, bad, good)))
        assert [getattr(e, "text", "") for e in taken.events].count("neighbour") == 2
