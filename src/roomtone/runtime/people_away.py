"""The rights of people where the engine runs in another process: it is asked."""

from __future__ import annotations

from typing import Any

from roomtone.consents import ConsentGiven
from roomtone.runtime.link import ANSWER_S

LONG_S = 600.0
"""How long the engine may take to go through all that it keeps."""


class PeopleAway:
    """What of a Host is about the rights of people, asked over the line."""

    async def _ask(self, what: str, *args: Any, within_s: float = ANSWER_S) -> Any:
        raise AssertionError("whoever asks away says how")

    async def give_consent(self, said: ConsentGiven) -> dict[str, Any]:
        """Have the engine take a person's word."""
        shown: dict[str, Any] = await self._ask("give_consent", said, within_s=ANSWER_S)
        return shown

    async def erase_person(self, user: str) -> dict[str, Any]:
        """Have the engine erase a person; should it take too long, it goes on all the same."""
        told: dict[str, Any] = await self._ask("erase_person", user, within_s=LONG_S)
        return told

    async def readmit_person(self, user: str) -> bool:
        """Have the engine take a person in again."""
        done: bool = await self._ask("readmit_person", user, within_s=LONG_S)
        return done

    async def is_erased(self, user: str) -> bool:
        """Ask the engine whether a person was erased."""
        erased: bool = await self._ask("is_erased", user, within_s=ANSWER_S)
        return erased

    async def person_in_journal(self, user: str) -> int:
        """How many of a person's events the engine's journal holds."""
        many: int = await self._ask("person_in_journal", user, within_s=LONG_S)
        return many
