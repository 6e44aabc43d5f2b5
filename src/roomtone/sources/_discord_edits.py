"""Which turns hold which of Discord's messages, so that an edit or a deletion finds its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from roomtone.events import MAX_TURN_TEXT, Turn, TurnRevised
from roomtone.sources._discord_known import Known
from roomtone.sources._discord_payloads import Changed, Said
from roomtone.training_data import Role, Why

MOST_ANSWERS = 5
"""In how many of them one message may be: so many answers to it are kept in mind."""

MOST_TURNS = 10_000
"""Of how many turns it is known which messages are in them: the newest."""


@dataclass(slots=True)
class Told:
    """A turn that was told, and the texts that it is made of."""

    session: str
    turn: str
    bot: str
    user: str | None
    mention: str  # of the bot, which is left out
    asked: dict[str, str]  # id and text of each message that was answered, in their order
    reply: str

    @property
    def message(self) -> str:
        """What was said to the bot."""
        return joined(self.asked.values(), self.mention)


def joined(texts: Iterable[str], mention: str) -> str:
    """What was said in several messages, without the mention of the bot."""
    whole = "\n".join(texts)[:MAX_TURN_TEXT]
    return (whole.replace(mention, "") if mention else whole).strip()


class Edits:
    """The texts of the newest turns. What of a turn was deleted is not remembered."""

    def __init__(self) -> None:
        self._by: Known[str, list[Told]] = Known(2 * MOST_TURNS)  # by the message's id
        self._alone: Known[str, None] = Known()  # what was heard, and answered nothing

    def pass_by(self, id: str) -> None:
        """A message is in no turn, or in none yet."""
        self._alone.keep(id, None)

    def hold(self, turn: Turn, mention: str, asked: list[Said]) -> None:
        """A turn is told, with what was answered in it."""
        told = Told(
            session=turn.session,
            turn=turn.id or "",
            bot=turn.bot,
            user=turn.user,
            mention=mention,
            asked={one.id: one.text for one in asked},
            reply=turn.reply or "",
        )
        for id in (told.turn, *told.asked):
            others = [one for one in self._by.get(id, ()) if one.turn != told.turn]
            self._by.keep(id, [*others, told][-MOST_ANSWERS:])

    def changed(self, said: Changed, session: str, bot: str | None) -> list[TurnRevised]:
        """A message says something else; nothing where the same is told again, or a card unfolds.

        Of an answer that nobody here knows, from before a start, it is told too; `bot` is whose it
        is.
        """
        at = said.edited_timestamp
        if at is None or not said.text.strip():
            return []
        found = []
        for told in self._of(said.id, session, bot):
            role: Role = "assistant" if said.id == told.turn else "user"
            before = told.reply if role == "assistant" else told.message
            if role == "assistant":
                told.reply = said.text
            else:
                told.asked[said.id] = said.text
            text = told.reply if role == "assistant" else told.message
            if text and text != before:
                mark = f"edited/{round(at.timestamp() * 1000)}"
                found.append(_revised(told, said.id, mark, role, "edited", text, at))
        return found

    def removed(self, id: str, session: str, bot: str | None) -> list[TurnRevised]:
        """A message is gone. Of several that one answer was to, all count as gone.

        Whose a message was that nobody here knows Discord does not say: it may be an answer of the
        only `bot`, from before a start.
        """
        found = []
        for told in self._of(id, session, bot):
            role: Role = "assistant" if id == told.turn else "user"
            if role == "assistant":
                told.reply = ""
            else:
                told.asked.clear()
            found.append(_revised(told, id, "deleted", role, "deleted"))
        self._by.pop(id, None)
        return found

    def _of(self, id: str, session: str, bot: str | None) -> list[Told]:
        """The turns that this message is in; what was deleted of them is in none."""
        known = self._by.get(id)
        if known is None:
            if bot is None or id in self._alone:
                return []
            return [Told(session, id, bot, None, "", {}, "")]
        return [one for one in known if id == one.turn or id in one.asked]


def _revised(
    told: Told, id: str, mark: str, role: Role, why: Why, text: str = "", at: datetime | None = None
) -> TurnRevised:
    return TurnRevised(
        session=told.session,
        id=f"{id}/{mark}" if id == told.turn else f"{id}/{told.turn}/{mark}",
        at=at,
        bot=told.bot,
        user=told.user,
        turn=told.turn,
        role=role,
        why=why,
        text=text,
    )
