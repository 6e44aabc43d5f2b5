"""What becomes of a text after it was said, as an event; and numbered, as it is kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from datetime import UTC, datetime

import msgspec

from roomtone.heard import Name
from roomtone.occurrence import Occurrence, TurnText
from roomtone.training_data import Revision, Role, Why

MOST_NUMBERED = 50_000
"""Of how many messages it is remembered how often they were revised: 20 MB at most."""

MOST_EARLY, MOST_EARLY_CHARS = 5_000, 16_000_000
"""Of how many turns, and how much text, revisions are held for a turn that is still to come."""

EARLY_MS = 1_200_000
"""How long they are: twice as long as a turn waits to be read."""

Key = tuple[str, str]  # session, turn
_Message = tuple[str, str, Role]


class TurnRevised(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="turn_revised"):
    """A text of a turn is another one now, or gone.

    `turn` is the turn's id, `user` the person of the turn, `role` whose text it is. A bot that
    answers anew says so by `regenerated`, and not by the turn once more. Of what is `deleted` there
    is no `text`. `by` is who changed it, where that is somebody else than who said it.
    """

    bot: Name
    turn: Name
    role: Role
    why: Why
    text: TurnText = ""
    by: Name | None = None

    @property
    def wrong(self) -> str:
        """What cannot be about it, as a sentence; "" where nothing is."""
        if self.why != "deleted" and not self.text.strip():
            return "what it says now is missing; give `text`, or say that it is `deleted`"
        if self.why == "regenerated" and self.role == "user":
            return 'a person is not regenerated; say `edited`, or give the `role` "assistant"'
        return ""


class _State(msgspec.Struct):
    numbers: list[bytes]
    floor: int
    early: list[tuple[Key, int, list[Revision]]]
    made: list[Revision]


class Revising:
    """Numbers the revisions of each message, and tells each behind its turn.

    A revision may come before its turn was measured, or before the turn itself: it is told again
    behind it. Whoever keeps them knows by the number what it has. The same calls give the same.
    """

    def __init__(self) -> None:
        self._numbers: OrderedDict[_Message, int] = OrderedDict()
        self._floor = 0  # numbers up to here may have been given to what is forgotten
        self._early: OrderedDict[Key, tuple[int, list[Revision]]] = OrderedDict()
        self._early_chars = 0
        self.made: list[Revision] = []  # what is to be kept

    def revise(self, event: TurnRevised, arrival: int, *, waits: bool) -> None:
        """Take one. `waits` is whether its turn is here and not measured yet."""
        message = (event.session, event.turn, event.role)
        number = self._numbers.get(message, self._floor) + 1
        self._numbers[message] = number
        self._numbers.move_to_end(message)
        while len(self._numbers) > MOST_NUMBERED:
            _, given = self._numbers.popitem(last=False)
            self._floor = max(self._floor, given)
        one = Revision(
            session=event.session,
            turn=event.turn,
            role=event.role,
            number=number,
            why=event.why,
            at=_utc(arrival if event.at is None else round(event.at.timestamp() * 1000)),
            content="" if event.why == "deleted" else event.text,
            by=event.by or "",
            bot=event.bot,
            user=event.user or "",
        )
        if not waits:
            self.made.append(one)
        self._hold((event.session, event.turn), arrival, one)

    def _hold(self, key: Key, arrival: int, one: Revision) -> None:
        _, held = self._early.get(key, (arrival, []))
        if one.why == "deleted":  # what stood there before is nobody's any more
            self._early_chars -= sum(len(old.content) for old in held if old.role == one.role)
            held = [_emptied(old) if old.role == one.role else old for old in held]
            self.made = [_emptied(old) if _same(old, one) else old for old in self.made]
        self._early[key] = (arrival, [*held, one])
        self._early.move_to_end(key)
        self._early_chars += len(one.content)
        while self._early and (
            len(self._early) > MOST_EARLY or self._early_chars > MOST_EARLY_CHARS
        ):
            self._release(next(iter(self._early)))

    def _release(self, key: Key) -> None:
        held = self._early.pop(key)[1]
        self._early_chars -= sum(len(one.content) for one in held)
        self.made += held

    def measured(self, key: Key) -> None:
        """This turn is told of now: what became of it comes behind it."""
        if key in self._early:
            self._release(key)

    def settle(self, now_ms: int, waiting: Container[Key]) -> None:
        """Forget what was held for a turn that did not come."""
        while self._early:
            key, (arrival, held) = next(iter(self._early.items()))
            if key in waiting or now_ms - arrival < EARLY_MS:
                break
            del self._early[key]
            self._early_chars -= sum(len(one.content) for one in held)

    def take(self) -> list[Revision]:
        """What there is since the last time; what was told twice once, in its first place."""
        made, self.made = self.made, []
        return list({(one.session, one.turn, one.role, one.number): one for one in made}.values())

    def snapshot(self) -> bytes:
        """Everything that the future depends on."""
        rows = list(self._numbers.items())
        state = _State(
            [msgspec.msgpack.encode(rows[n : n + 500]) for n in range(0, len(rows), 500)],
            self._floor,
            [(key, *held) for key, held in self._early.items()],
            self.made,
        )
        return msgspec.msgpack.encode(state)

    def restore(self, saved: bytes) -> None:
        """Go on exactly as the one would have that the snapshot was taken of."""
        state = _STATE.decode(saved)
        self._numbers = OrderedDict(row for part in state.numbers for row in _NUMBERS.decode(part))
        self._floor = state.floor
        self._early = OrderedDict((key, (at, held)) for key, at, held in state.early)
        self._early_chars = sum(len(one.content) for _, _, held in state.early for one in held)
        self.made = state.made


_STATE = msgspec.msgpack.Decoder(_State)
_NUMBERS = msgspec.msgpack.Decoder(list[tuple[_Message, int]])


def _utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _emptied(one: Revision) -> Revision:
    return msgspec.structs.replace(one, content="")


def _same(one: Revision, other: Revision) -> bool:
    return (one.session, one.turn, one.role) == (other.session, other.turn, other.role)
