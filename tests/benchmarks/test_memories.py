"""Recall is counted as it is said: shares of evidence, places, and parts that sum to the score."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks import memories
from roomtone.models.embedding import Hashed
from roomtone.retrieval import WEIGHTS, Candidates, rank, told


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> memories.Talk:
    """Two sessions, four turns, three questions, of which one names no turn."""
    turns = [("D1:1", "I adopted a dog"), ("D1:2", "What is it called?"), ("D1:3", "Rex")]
    raw = {
        "sample_id": "one",
        "conversation": {
            "session_1_date_time": "1:00 pm on 8 May, 2023",
            "session_1": [{"speaker": "Ann", "dia_id": i, "text": t} for i, t in turns],
            "session_2_date_time": "1:00 pm on 9 June, 2023",
            "session_2": [
                {"speaker": "Bob", "dia_id": "D2:1", "text": "See", "blip_caption": "a lake"}
            ],
        },
        "qa": [
            {"question": "Which dog?", "evidence": ["D1:1; D1:3"], "category": 1},
            {"question": "Which lake?", "evidence": ["D2:1", "D9:9"], "category": 4},
            {"question": "Which moon?", "evidence": ["D"], "category": 4},
        ],
    }
    path = tmp_path_factory.mktemp("locomo") / "locomo_dev.json"
    path.write_text(json.dumps([raw]))
    (only,) = memories.locomo(path)
    return only


def test_evidence_is_found_by_its_name(talk: memories.Talk) -> None:
    """Ids in one string are parted, what names no turn is left out, and so is its question."""
    assert [evidence for _, evidence, _ in talk.questions] == [[0, 2], [3]]
    assert talk.units[3].text == "See a lake"


def test_recall_is_the_share_of_evidence(talk: memories.Talk) -> None:
    """Half of two turns is a half; equal scores come newest first."""
    score = np.array([[9.0, 8, 0, 7] + [0] * 0, [0.0, 0, 0, 0]])
    cuts = memories.CUTS
    memories.CUTS = (1, 3)
    try:
        found = memories.recalls(talk, score)
    finally:
        memories.CUTS = cuts

    assert found.tolist() == [[0.5, 0.5], [1.0, 1.0]]


def test_the_sum_of_parts_is_what_rank_gives(talk: memories.Talk) -> None:
    """So that weights can be tried without ranking again."""
    near = memories.similarities(Hashed(), talk)
    sums = memories.scores(memories.parts_of(talk, near), WEIGHTS, 0.5)
    for place, (question, _, _) in enumerate(talk.questions):
        some = Candidates(
            ids=[one.id for one in talk.units],
            texts=[told(one.text, who=one.who, when=one.when) for one in talk.units],
            similarity={name: rows[place] for name, rows in near.items()},
            at=np.arange(4.0),
            sessions=[one.session for one in talk.units],
        )
        assert np.allclose(sums[place], rank(question, some).score)
