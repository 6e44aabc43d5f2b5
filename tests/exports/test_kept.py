"""Rows are made of what a real archive has kept: rated, revised, deleted, agreed to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtone.contracts import START
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import agrees, talk_of, turn_of
from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation, Revision
from tests.exported import exported


def revised(turn: str, number: int, content: str, why: Any, second: int, role: Any) -> Revision:
    at = START + timedelta(seconds=second)
    told = {"session": "s", "turn": turn, "number": number, "content": content}
    return Revision(role=role, why=why, at=at, **told)


def rated(number: int, turn: str, emoji: str, second: int) -> Any:
    ms = round(START.timestamp() * 1000) + second * 1000
    of = {"id": f"r_{number}", "session": "s", "target": turn, "emoji": emoji, "ms": ms}
    return judged(number, "RATING", 0.95, of=of)


@pytest.fixture
async def kept(tmp_path: Path) -> KeptConversation:
    """Three turns: one answered anew between a bad and a good rating, one whose question was
    deleted, one whose question was changed after it was answered."""
    archive: Any = plugins.archive(f"sqlite:///{tmp_path}/roomtone.db")
    await archive.open([])
    talk = talk_of("s", "ann")
    await archive.add_conversations([talk])
    await archive.add_turns(
        [turn_of(talk, name, second=10 * place) for place, name in enumerate("abc")]
    )
    await archive.revise(
        [
            revised("a", 1, "a better answer", "regenerated", 50, "assistant"),
            revised("b", 1, "", "deleted", 60, "user"),
            revised("c", 1, "what else c asks", "edited", 70, "user"),
        ]
    )
    await archive.add_reactions([rated(1, "a", "👎", 40), rated(2, "a", "❤️", 90)])
    await archive.add_reactions([rated(3, "b", "❤️", 90), rated(4, "c", "❤️", 90)])
    await archive.set_consents([agrees("ann")])
    (found,), _ = await archive.training_page(trainable=True)
    await archive.close()
    return found


async def test_ratings_are_of_the_text_that_they_were_given_to(kept: KeptConversation) -> None:
    """The first answer is the bad one; what answers nothing that stands there has no row."""
    rows, excluded = exported(plugins.export("kto"), kept)

    assert [(row.completion[0].content, row.label) for row in rows] == [
        ("what a answers", False),
        ("a better answer", True),
    ]
    assert excluded == {"no_prompt": 1, "question_changed": 1}


async def test_what_was_answered_anew_is_a_pair(kept: KeptConversation) -> None:
    """With the question that both answer."""
    (row,), _ = exported(plugins.export("dpo"), kept)

    assert row.prompt[0].content == "what a asks"
    assert (row.chosen[0].content, row.rejected[0].content) == ("a better answer", "what a answers")


async def test_every_format_reads_what_is_kept(kept: KeptConversation) -> None:
    """Nothing of what was deleted is in any of them."""
    for export in plugins.exports():
        rows, _ = exported(export, kept)

        assert "what b asks" not in repr(rows), export.name
