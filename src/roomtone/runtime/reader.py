"""Reads turns behind the engine's back: asks the models and the archive, and answers in events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from msgspec.structs import replace

from roomtone.emotions import Reading
from roomtone.errors import BadEvent, ServerError
from roomtone.events import RelationshipSet, TurnRead
from roomtone.heard import MAX_NAME, Feeling, Standing, ends
from roomtone.ports import CoherenceModel, EmotionModel
from roomtone.records import Relationship
from roomtone.runtime import plugins
from roomtone.turns import Pending

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

AT_ONCE = 128
"""How many turns are read in one go: some 30 ms of a thread."""

ASKED_AT_ONCE = 16
"""The same of a model that is a server: what it answers is kept before it is asked again."""

MOST_CHARS = 4_000
"""How much of a text is read, half from its beginning and half from its end. What a book of text
feels like nobody can say, and the time to read it has a bound."""

LEAST_SCORE, MOST_SCORES = 0.05, 8
"""Which of a reading's scores are kept: what is weaker says nothing that a mixed feeling needs."""

ASK_S = 2.0
"""How long the archive may take to say how pairs stand; after that there is an estimate."""

RETRY_S, LAST_RETRY_S = 0.5, 30.0
"""How long after a failure it is tried again: and each time twice as long."""

MOST_BEHIND = 2_000
"""How many turns may wait to be read before history is made to wait too."""

SOURCE = "reader"
"""Under which name its events stand in the journal."""

log = structlog.get_logger()


class _Models(NamedTuple):
    emotion: EmotionModel
    coherence: CoherenceModel


class Reader:
    """Takes turns that wait to be read, many at a time, and submits a `turn_read` for each.

    What waits is part of the engine's state: a restart begins where this one ended, and of two
    readings of a turn the first counts. Nobody waits for it but history that comes in bulk.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._url = pipeline.settings.models.emotion
        self._at_once = AT_ONCE if self._url.startswith("local:") else ASKED_AT_ONCE
        self._model: EmotionModel | None = None
        self._coherence: CoherenceModel | None = None
        self.news = asyncio.Event()  # there may be turns to read
        self._progress = asyncio.Event()
        self.read = 0  # turns
        self.failures = 0  # attempts that failed
        self.trouble: str | None = None
        self._answers: list[TurnRead] = []  # read, and not yet taken in

    @property
    def behind(self) -> int:
        """How many turns wait."""
        return len(self._pipeline.conversations.pending)

    async def run(self) -> None:
        """Read what waits, as long as it takes."""
        delay = RETRY_S
        while True:
            await self.news.wait()
            batch = self._pipeline.conversations.to_read(self._at_once)
            if not batch:
                self.news.clear()
                self._progress.set()
                continue
            try:
                await self._answer(batch)
                self.trouble, delay = None, RETRY_S
            except Exception as error:
                self.failures += 1
                if self.trouble is None:
                    log.error("turns cannot be read; it is tried again", error=str(error))
                self.trouble = str(error) or type(error).__name__
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_S)
            self._progress.set()

    async def done(self, within_s: float, at_most: int = 0) -> bool:
        """Wait until no more than so many turns wait; whether that came in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.behind > at_most and self.trouble is None:
                    self._progress.clear()
                    await self._progress.wait()
        return self.behind <= at_most

    async def read_of(self, sessions: Container[str], within_s: float) -> None:
        """Wait until what waits now of these sessions is read, or it took too long."""
        pending = self._pipeline.conversations.pending
        waiting = [key for key in pending if key[0] in sessions]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.trouble is None and any(key in pending for key in waiting):
                    self._progress.clear()
                    await self._progress.wait()

    async def _answer(self, batch: Sequence[Pending]) -> None:
        if not self._answers:
            standings = await self._asked({one.turn.pair for one in batch if one.asks})
            if self._model is None:
                self._model = await asyncio.to_thread(plugins.emotion, self._url)
            if self._coherence is None:
                self._coherence = await asyncio.to_thread(plugins.coherence, "local://")
            models = _Models(self._model, self._coherence)
            answers = await asyncio.to_thread(_read_all, models, batch, standings)
            looked = await self._pipeline.memory.looked(batch)
            self._answers = [
                replace(one, recalled=looked.get((one.session, one.turn))) for one in answers
            ]
        door = self._pipeline.door
        receipt = await door.submit(self._answers, (), None, SOURCE, False, "", own=True)
        failed = {refusal.index for refusal in receipt.errors}
        again = [one for place, one in enumerate(self._answers) if place in failed]
        if again:  # a model gave what cannot be: the turn is measured without it
            self._pipeline.inspector.fault("reader", ValueError(receipt.errors[0].reason))
            blank = [_unread(one) for one in again]
            refused = (await door.submit(blank, (), None, SOURCE, False, "", own=True)).errors
            if refused:
                raise BadEvent(refused[0].reason)
        await self._pipeline.caught_up()
        self.read += len(self._answers) - len(again)
        self._answers = []

    async def standings(
        self, sets: Sequence[RelationshipSet]
    ) -> Mapping[tuple[str, str], Standing]:
        """How those of these pairs stand that nobody here knows."""
        known = self._pipeline.conversations.standing
        return await self._asked(
            {one.pair for one in sets if one.user and known(one.bot, one.user) is None}
        )

    async def _asked(self, pairs: set[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """How pairs stand, as the archive has it; or that it cannot say."""
        asked = sorted(pairs)
        if not asked:
            return {}
        if self._pipeline.opening.trouble is not None:
            return dict.fromkeys(asked, Standing(source="estimate"))
        try:
            async with asyncio.timeout(ASK_S):
                kept, _ = await self._pipeline.archive.relationships(pairs=asked, limit=len(asked))
        except Exception as error:
            self._pipeline.inspector.fault("relationships", error)
            return dict.fromkeys(asked, Standing(source="estimate"))
        known = {(one.bot, one.user): _standing(one) for one in kept}
        return {pair: known.get(pair, Standing(source="default")) for pair in asked}

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        done = f"{self.read:,} turns read, {self.behind:,} wait"
        failed = self._pipeline.conversations.failures
        if failed:
            done += "; signals that failed: " + ", ".join(f"{n} {c}x" for n, c in failed.items())
        return {
            "name": "reader",
            "ok": self.trouble is None and not failed,
            "detail": done if self.trouble is None else f"{self.trouble}; {done}",
            "remedy": "see that the model answers; unread turns are measured after ten minutes"
            if self.trouble
            else "see the log, and report it"
            if failed
            else "",
        }


def _read_all(
    models: _Models,
    batch: Sequence[Pending],
    standings: Mapping[tuple[str, str], Standing],
) -> list[TurnRead]:
    """Read a batch, in a thread. One turn that brings a model to fail is told as failed, alone."""
    try:
        return _read(models, batch, standings)
    except ServerError:
        raise
    except Exception:
        if len(batch) > 1:
            return [read for one in batch for read in _read_all(models, [one], standings)]
        log.warning("a turn cannot be read", exc_info=True)
        return [_answer_to(batch[0], standings, failed=True)]


def _read(
    models: _Models,
    batch: Sequence[Pending],
    standings: Mapping[tuple[str, str], Standing],
) -> list[TurnRead]:
    texts: dict[str, None] = {}
    for one in batch:
        turn = one.turn
        if turn.message and turn.user_emotion is None:
            texts[ends(turn.message, MOST_CHARS)] = None
        if turn.reply and turn.bot_emotion is None:
            texts[ends(turn.reply, MOST_CHARS)] = None
    found = dict(zip(texts, models.emotion.read(list(texts)), strict=True))
    said = [
        (ends(one.turn.message or "", MOST_CHARS), ends(one.turn.reply or "", MOST_CHARS))
        for one in batch
    ]
    relevance = models.coherence.relevance(said)
    shift = models.coherence.shift([one.before for one in batch], [text for text, _ in said])
    answers = []
    for one, near, moved in zip(batch, relevance, shift, strict=True):
        turn = one.turn
        user = found.get(ends(turn.message, MOST_CHARS)) if turn.message else None
        bot = found.get(ends(turn.reply, MOST_CHARS)) if turn.reply else None
        name = next((f"{r.model}/{r.version}" for r in (user, bot) if r and r.model), "local")
        answers.append(
            _answer_to(
                one,
                standings,
                model=name[:MAX_NAME],
                user_emotion=None if turn.user_emotion else _feeling(user),
                bot_emotion=None if turn.bot_emotion else _feeling(bot),
                sentiment=user.valence if user else None,
                relevance=near,
                shift=moved,
            )
        )
    return answers


def _answer_to(
    one: Pending, standings: Mapping[tuple[str, str], Standing], **read: Any
) -> TurnRead:
    turn = one.turn
    return TurnRead(
        session=turn.session,
        user=turn.user,
        turn=turn.id or "",
        bot=turn.bot,
        standing=standings.get(turn.pair),
        **read,
    )


def _unread(read: TurnRead) -> TurnRead:
    """That a turn could not be read, in place of what could not be taken in."""
    return TurnRead(session=read.session, user=read.user, turn=read.turn, bot=read.bot, failed=True)


def _standing(kept: Relationship) -> Standing:
    """How a pair stands by the archive. What cannot be there is no standing: better a guess."""
    scores = (kept.trust, kept.affection, kept.attunement)
    if not all(0 <= score <= 1 for score in scores):
        return Standing(source="estimate")
    return Standing(
        trust=kept.trust,
        affection=kept.affection,
        attunement=kept.attunement,
        source="default" if kept.source == "default" else "store",
        turns=max(0, kept.turns),
        first_ms=round(kept.first.timestamp() * 1000),
    )


def _feeling(read: Reading | None) -> Feeling | None:
    if read is None:
        return None
    strongest = sorted(read.scores.items(), key=lambda one: (-one[1], one[0]))[:MOST_SCORES]
    return Feeling(
        primary=read.primary,
        intensity=read.intensity,
        confidence=read.confidence,
        valence=read.valence,
        scores={label: score for label, score in strongest if score >= LEAST_SCORE},
    )
