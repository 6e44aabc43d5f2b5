"""Answers what people may ask of the engine in this process: consent, and being erased."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent, StoreAway
from roomtone.runtime.consenting import standing
from roomtone.runtime.journal_rewriting import count_events

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline


class PeopleDesk:
    """What of a Host is about the rights of people."""

    async def erase_person(self, user: str) -> dict[str, Any]:
        """Erase a person from every store; returns the receipt. What fails is done later."""
        return dict(await cast("Pipeline", self).erasing.erase(user))

    async def readmit_person(self, user: str) -> bool:
        """Take a person in again who was erased; False if they were not."""
        return await cast("Pipeline", self).erasing.readmit(user)

    async def is_erased(self, user: str) -> bool:
        """Whether a person was erased, so that nothing of them is taken."""
        return cast("Pipeline", self).erasing.tombstones.bars(user)

    async def person_in_journal(self, user: str) -> int:
        """How many of a person's events the journal holds."""
        folder = cast("Pipeline", self).journal.folder
        return await asyncio.to_thread(count_events, folder, user)

    async def give_consent(self, said: ConsentGiven) -> dict[str, Any]:
        """Take a person's word; returns what holds for them from now on.

        Waits until the archive has it, so that the next export heeds it. Raises BadEvent when it
        is refused, StoreAway where the archive does not have it yet: then it waits in the journal.
        """
        here = cast("Pipeline", self)
        receipt = await here.submit([said], source=said.by[:100])
        if receipt.errors:
            raise BadEvent(receipt.errors[0].reason)
        await here.caught_up()
        await here.keeper.kept()
        user = said.user or ""
        holds = here.consenting.agreed
        found = await standing(here.archive, here.settings, user)
        for purpose, told in found["purposes"].items():
            if told["granted"] != holds.allows(user, purpose):
                raise StoreAway(
                    "it is written down and heeded from now on, but the archive does not have it "
                    "yet; ask again in a moment"
                )
        return found
