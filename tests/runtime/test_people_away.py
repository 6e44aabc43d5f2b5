"""Where the engine runs elsewhere it is asked, with time enough for what takes long."""

from __future__ import annotations

from typing import Any

from roomtone.consents import ConsentGiven
from roomtone.runtime.answering import ASKABLE
from roomtone.runtime.people_away import LONG_S, PeopleAway


class Asked(PeopleAway):
    """Notes what is asked, and for how long it would wait."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, float]] = []

    async def _ask(self, what: str, *args: Any, within_s: float = 0) -> Any:
        self.questions.append((what, within_s))
        return {}


async def test_every_question_is_one_that_an_engine_answers() -> None:
    """And to erase may take minutes."""
    asked = Asked()
    await asked.give_consent(ConsentGiven(user="ann", purposes={"memory": True}))
    await asked.erase_person("ann")
    await asked.readmit_person("ann")
    await asked.person_in_journal("ann")
    await asked.is_erased("ann")

    assert {what for what, _ in asked.questions} <= ASKABLE
    assert dict(asked.questions)["erase_person"] == LONG_S
