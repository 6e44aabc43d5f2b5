"""What people agreed to, as a running engine holds it, and whose events it therefore keeps out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from roomtone.consents import Agreed, ConsentGiven, told
from roomtone.engine import Output
from roomtone.errors import RoomtoneError
from roomtone.events import CONSENT, Event, Message, Refusal
from roomtone.ports import Archive
from roomtone.revisions import TurnRevised
from roomtone.runtime.config import Settings
from roomtone.runtime.opening import Opening
from roomtone.training_data import DEFAULTS, PURPOSES, Consent

ASSUMED, NO_LONGER = "assumed by training.assume_consent", "no longer assumed"
"""The basis of a word that nobody said, and of the one that takes it back."""

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""When nobody's word is dated: whatever a person says is later."""

RETRY_S = 2.0

log = structlog.get_logger()


async def standing(archive: Archive, settings: Settings, user: str) -> dict[str, Any]:
    """What holds for a person, purpose by purpose, as the archive has it."""
    unasked = {one: DEFAULTS[one] and one not in settings.consent.ask for one in PURPOSES}
    return {"user": user, "purposes": told(await archive.consents([user]), unasked)}


class Consenting:
    """Holds everybody's words, and keeps out what a person does not want to be measured."""

    def __init__(self, settings: Settings, archive: Archive, opening: Opening) -> None:
        self._settings, self._archive, self._opening = settings, archive, opening
        self.agreed = Agreed(settings.consent.ask)
        self.refused = 0
        self.is_read = False  # the archive has told what it has

    def heard(self, out: Output) -> None:
        """What an output tells is true from here on; adds what the settings have us assume."""
        self.agreed.take(out.consents)
        if self._settings.training.assume_consent and self.is_read:
            for user in {turn.user for turn in out.turns if turn.user}:
                if (word := self._assumed(user)) is not None:
                    out.consents.append(word)
                    self.agreed.take([word])

    def _assumed(self, user: str) -> Consent | None:
        known = self.agreed.word(user, "training")
        if known is not None and known.basis != NO_LONGER:
            return None
        at = BEFORE_ALL if known is None else known.at + timedelta(microseconds=1)
        return Consent(user=user, purpose="training", granted=True, at=at, basis=ASSUMED)

    def may_be_remembered(self, user: str) -> bool:
        """Whether something of this person may be kept in memory, or recalled."""
        return self.agreed.allows(user, "memory")

    def sift(
        self, events: Sequence[Event], kept: Sequence[int] | None, errors: list[Refusal]
    ) -> tuple[Sequence[Event], Sequence[int] | None]:
        """The events that may be measured, with their places; `errors` gets the others."""
        if self.agreed.is_quiet:
            return events, kept
        places = range(len(events)) if kept is None else kept
        out = [not self._allows(event) for event in events]
        if not any(out):
            return events, kept
        errors += [Refusal(at, REASON, CONSENT) for at, no in zip(places, out, strict=True) if no]
        self.refused += sum(out)
        rows = [(event, at) for event, at, no in zip(events, places, out, strict=True) if not no]
        return [event for event, _ in rows], [at for _, at in rows]

    def _allows(self, event: Event) -> bool:
        match event:
            case ConsentGiven() | TurnRevised(why="deleted"):
                return True  # what they say of their rights, and what takes a text away
            case Message(role="bot" | "host"):
                return True
        return self.agreed.allows(event.user, "analytics")

    async def run(self) -> None:
        """Read what the archive has once it is open; journal and snapshot hold until then."""
        await self._opening.opened.wait()
        while not self.is_read:
            try:
                await self.read()
            except RoomtoneError as error:
                log.warning("what people agreed to cannot be read yet", error=str(error))
                await asyncio.sleep(RETRY_S)
        await asyncio.Event().wait()

    async def read(self) -> None:
        """Take up what the archive has, and take back what is assumed no more."""
        self.agreed.take(await self._archive.consents())
        if not self._settings.training.assume_consent:
            gone = [
                Consent(
                    user=one.user,
                    purpose=one.purpose,
                    granted=False,
                    at=one.at + timedelta(microseconds=1),
                    basis=NO_LONGER,
                )
                for one in self.agreed
                if one.basis == ASSUMED
            ]
            if gone:
                await self._archive.set_consents(gone)
                self.agreed.take(gone)
        self.is_read = True


REASON = (
    "this person did not agree to be measured; leave their events out, or have them agree with "
    "PUT /v1/people/USER/consent"
)
