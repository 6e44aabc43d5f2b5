"""Reactions as cases for a judge, and a judge's word on them as an event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from roomtone.errors import BadConfig
from roomtone.heard import MAX_NAME, ends
from roomtone.reacted import FIRST, Held, Mark, ReactionRecord, Spent
from roomtone.reactions import MEANINGS, Case, Judgement, Said
from roomtone.records import TurnRecord
from roomtone.verdicts import Line, Meaning, Reacted, ReactionJudged, Ruling

MOST_CHARS = 1_000
"""How much of a message a judge is shown, half from its beginning and half from its end: what one
reacts to stands in a few sentences of it."""

AFTER = 4
"""How many later messages are second evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A reaction with what was said around it, as far as it could be found."""

    of: Reacted
    reply: str
    before: Sequence[Line] = ()
    after: Sequence[Line] = ()
    latency_s: float | None = None
    to_me: bool = True
    share: float | None = None
    others: Sequence[str] = ()
    again: bool = False
    revision: int = 0

    @property
    def case(self) -> Case:
        """As a judge sees it."""
        return Case(
            id=self.of.id,
            emoji=self.of.emoji,
            reply=self.reply,
            before=tuple(Said(one.who, one.text) for one in self.before),
            after=tuple(Said(one.who, one.text) for one in self.after),
            target_is=self.of.target_is or "bot",
            is_addressee=self.to_me,
            latency_s=self.latency_s,
            share_by_user=self.share,
            others=tuple(self.others),
        )

    def mark(self, judge: str) -> Mark:
        """Its row in the processing log; one that is judged again has a row for that judge."""
        kind = f"{FIRST}@{judge}"[:MAX_NAME] if self.again else FIRST
        return Mark(user=self.of.user, bot=self.of.bot, point=self.of.id, processing=kind)


def in_questions(judge: Any, found: Sequence[Found]) -> list[list[Found]]:
    """Those that one call of a judge answers, where it says so (`questions`); else all together."""
    ask = getattr(judge, "questions", None)
    if ask is None or not found:
        return [list(found)] if found else []
    parts = [list(part) for part in ask([one.case for one in found])]
    if sorted(place for part in parts for place in part) != list(range(len(found))):
        raise BadConfig("the judge's questions leave a case out or name one twice; mend the judge")
    return [[found[place] for place in part] for part in parts if part]


def found_of(held: Held | ReactionRecord, *, again: bool = False) -> Found | None:
    """What is known of a reaction without asking anybody; None where its message is not."""
    if held.reply is None:
        return None
    return Found(
        of=held.of,
        reply=held.reply,
        before=held.before,
        after=held.after,
        latency_s=held.latency_s,
        to_me=held.to_me,
        share=held.share,
        others=held.others,
        again=again,
        revision=held.revision,
    )


def in_turns(
    held: Held | ReactionRecord, turns: Sequence[TurnRecord], most: int, *, again: bool = False
) -> Found | None:
    """A reaction with what was said around it in a session's turns, which come newest first.

    The turn is that of the target's id; without a target the bot's last one before the reaction.
    """
    of = held.of
    place = next((i for i, turn in enumerate(turns) if _is_meant(of, turn)), None)
    if place is None:
        return None
    turn = turns[place]
    replied = turn.reply is not None
    text = turn.reply if turn.reply is not None else turn.message
    if text is None:
        return None
    mine = bool(of.user) and turn.user == of.user
    whose = "bot" if replied else "user" if mine else "other"
    before = [line for one in reversed(turns[place + 1 :]) for line in _lines(one, of.user)]
    if replied and turn.message is not None:
        before.append(_line(turn.message, mine))
    later = [line for one in reversed(turns[:place]) for line in _lines(one, of.user)]
    return Found(
        of=msgspec.structs.replace(of, bot=of.bot or turn.bot, target_is=whose),
        reply=ends(text, MOST_CHARS),
        before=before[len(before) - most :] if len(before) > most else before,
        after=later[:AFTER],
        latency_s=max(0.0, of.ms / 1000 - turn.at.timestamp()),
        to_me=mine or not of.user,
        share=held.share,
        others=held.others,
        again=again,
        revision=held.revision,
    )


def _is_meant(of: Reacted, turn: TurnRecord) -> bool:
    if of.target:
        return turn.id == of.target
    before = turn.at.timestamp() * 1000 <= of.ms
    return before and turn.bot == of.bot and turn.user == of.user and turn.reply is not None


def _lines(turn: TurnRecord, user: str) -> list[Line]:
    said = [] if turn.message is None else [_line(turn.message, bool(user) and turn.user == user)]
    if turn.reply is not None:
        said.append(Line(who="bot", text=ends(turn.reply, MOST_CHARS)))
    return said


def _line(text: str, mine: bool) -> Line:
    return Line(who="user" if mine else "other", text=ends(text, MOST_CHARS))


def wrong_with(judgement: Judgement) -> str:
    """What a judge cannot mean, in a sentence; "" where it is sound.

    >>> wrong_with(Judgement(probabilities={}, meaning="LIKE", confidence=1, reasoning=""))
    'there is no meaning LIKE'
    """
    given = judgement.probabilities
    numbers = [judgement.confidence, *given.values()]
    numbers += [one for one in (judgement.satisfaction, judgement.score) if one is not None]
    if judgement.meaning is not None and judgement.meaning not in MEANINGS:
        return f"there is no meaning {str(judgement.meaning)[:40]}"
    if set(given) - set(MEANINGS):
        return f"it gives a probability to {str(sorted(set(given) - set(MEANINGS)))[:80]}"
    if not all(math.isfinite(one) and 0 <= one <= 1 for one in numbers):
        return "a share is outside 0 and 1"
    if given and abs(sum(given.values()) - 1) > 0.02:
        return f"its probabilities sum to {sum(given.values()):.3f}"
    if given and judgement.meaning and given.get(judgement.meaning, 0) + 0.02 < max(given.values()):
        return f"it says {judgement.meaning}, and another is likelier by its own numbers"
    return ""


def ruling_of(judgement: Judgement, least: float, price_in: float, price_out: float) -> Ruling:
    """A sound judgement as it is kept. Below `least` of confidence a person decides.

    Prices are of a thousand tokens.
    """
    meaning: Meaning | None = judgement.meaning  # type: ignore[assignment]
    if judgement.confidence < least:
        meaning = None
    rates = judgement.meaning == "RATING"
    return Ruling(
        meaning=meaning,
        confidence=judgement.confidence,
        probabilities=dict(judgement.probabilities),  # type: ignore[arg-type]
        reasoning=ends(judgement.reasoning.replace("\0", ""), MOST_CHARS),
        satisfaction=judgement.satisfaction if rates else None,
        score=judgement.score if rates else None,
        model=judgement.model[:100] or "unnamed",
        version=judgement.version[:80] or "0",
        calls=judgement.calls,
        tokens_in=judgement.tokens_in,
        tokens_out=judgement.tokens_out,
        cost=judgement.tokens_in / 1000 * price_in + judgement.tokens_out / 1000 * price_out,
    )


class Rules(Protocol):
    """What is asked of a judge's word, and what it costs: the settings `reactions`."""

    least_confidence: float
    price_in: float
    price_out: float


def ruled(word: Judgement, rules: Rules) -> Ruling:
    """A word as it is kept. Raises BadConfig where it is none."""
    if wrong := wrong_with(word):
        raise BadConfig(wrong)
    return ruling_of(word, rules.least_confidence, rules.price_in, rules.price_out)


def event_of(found: Found, ruling: Ruling | None, why: str = "") -> ReactionJudged:
    """What is told of a reaction: by its id it is known for the same, however often it is told."""
    of = found.of
    id = f"{of.id}/judged"
    if found.again and ruling is not None:
        id = f"{id}/{ruling.model}/{ruling.version}"
    return ReactionJudged(
        session=of.session,
        id=id[:MAX_NAME],
        user=of.user or None,
        of=of,
        verdict=ruling,
        why=why or None,
        again=found.again,
        reply=found.reply or None,
        before=list(found.before),
        after=list(found.after),
        latency_s=found.latency_s,
        to_me=found.to_me,
        revision=found.revision,
    )


def told_before(mark: Mark, found: Found) -> ReactionJudged:
    """An answer that was written down and maybe never told."""
    answer = msgspec.json.decode(mark.answer, type=ReactionJudged)
    return msgspec.structs.replace(answer, of=found.of)


def settled(mark: Mark, status: Any, worker: str) -> Mark:
    """A row of the processing log with how it stands and what was said; who is dead stays so."""
    said = msgspec.json.decode(mark.answer, type=ReactionJudged) if mark.answer else None
    ruling = said.verdict if said is not None else None
    return msgspec.structs.replace(
        mark,
        status="dead" if mark.status == "dead" else status,
        worker=worker,
        meaning=(ruling.meaning or "unsure") if ruling else "",
        confidence=ruling.confidence if ruling else None,
        model=f"{ruling.model}/{ruling.version}" if ruling else "",
    )


def cost_of(ruling: Ruling) -> Spent:
    """What one judgement cost."""
    return Spent(
        calls=ruling.calls,
        tokens_in=ruling.tokens_in,
        tokens_out=ruling.tokens_out,
        money=ruling.cost,
    )
