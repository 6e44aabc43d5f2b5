"""Every format writes the bytes that it always wrote: what is quicker is the same."""

from __future__ import annotations

import hashlib

import pytest

from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation
from roomtone.training_rows import lines
from tests.exported import KNOWN, START_MS, exported, reaction, revision, talk

BEFORE = {
    "csv": "5acb604f12a8c45f",
    "dpo": "e5b99ed1322b5a52",
    "emotion": "e77609d504c811e5",
    "jsonl": "5acb604f12a8c45f",
    "kto": "5fba49f8ff4fd07a",
    "memory": "05ad0a662b329fb8",
    "multitask": "75a95fcaa2655361",
    "native": "15f8dfdd75a463ed",
    "openai": "b8e6c96bee07435e",
    "openai_dpo": "484c71233fe23490",
    "parquet": "5acb604f12a8c45f",
    "prompt_completion": "326cef8c066817e9",
    "quality": "fa6f15980d16ffe4",
    "reward": "20a3092b960d4e32",
    "sft": "51c8456b6ba036fa",
    "sharegpt": "38336dafeee727eb",
    "voice": "fb43e7ee90b73c09",
}
"""Of the rows below as lines, the first digits of their SHA-256 when they were first compared."""


def talks() -> list[KeptConversation]:
    """Rated, revised, spoken, edited, recalled, without a text, and with ends of lines in them."""
    told = {
        0: {"emotion": "joy", "voice_pitch": 180.25, "voice_emotion": "calm"},
        1: {**KNOWN, "quality_score": 0.7, "memory_context": '[{"id": "m", "text": "Rex"}]'},
        2: {"emotion": "sadness", "emotion_confidence": 0.1 + 0.2, "edited_ms": START_MS + 15_000},
        3: {"quality_score": 0.2, "user_feedback": 5.0, "feedback_source": "api"},
        5: {"agent_outputs": '{"mood": {"tone": "calm"}}', "user_feedback": 1.0},
    }
    said = ("Hi\u2028there", "Hello, Rex!", "Why?", "Because.", " ", "Good bye.")
    given = [
        reaction("t0", "👍", seconds=300),
        reaction("t1", "👎", seconds=300, meaning="AGREEMENT"),
        reaction("t2", "👎", seconds=300, confidence=0.9),
    ]
    first = talk(
        *said,
        told=told,
        reactions=given,
        revisions=[revision("Hey.", "Hello, Rex!", seconds=30)],
        memories=[{"id": "m", "text": "Rex", "tags": ["dog"]}],
        topics_discussed=("dogs",),
        platform="web",
        model_used="m",
        conversation_quality=0.45,
    )
    return [first, talk("a\ud800", "ü", id=8, user="bob"), talk("Only me", id=9, language="de")]


@pytest.mark.parametrize("export", plugins.exports(), ids=lambda one: one.name)
def test_rows_are_the_same_to_the_byte(export) -> None:
    """As the first release that was measured wrote them."""
    rows, left_out = exported(export, *talks())
    made = hashlib.sha256(lines(rows) + repr(left_out).encode()).hexdigest()[:16]

    assert rows and BEFORE[export.name] == made, f"{export.name} writes other bytes: {made}"
