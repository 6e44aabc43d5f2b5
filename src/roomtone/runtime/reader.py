"""Reads turns behind the engine's back: asks the models and the archive, and answers in events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from roomtone.conversations import Pending
from roomtone.emotions import Reading
from roomtone.errors import ServerError
from roomtone.events import TurnRead
from roomtone.heard import MAX_NAME, Feeling, Standing
from roomtone.ports import CoherenceModel, EmotionModel
from roomtone.runtime import plugins

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
"""Under which name its events stand in the inspector."""

log = structlog.get_logger()


class _Models(NamedTuple):
    emotion: EmotionModel
    coherence: CoherenceModel


class Reader:
    """Takes turns that wait to be read, many at a time, and submits a `turn_read` for each.

    What waits is part of the engine's state: a restart begins where this one ended, and a reading
    that comes twice is known by its id. Nobody waits for it but history that comes in bulk.
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

    async def _answer(self, batch: Sequence[Pending]) -> None:
        standings = await self._standings(batch)
        if self._model is None:
            self._model = await asyncio.to_thread(plugins.emotion, self._url)
        if self._coherence is None:
            self._coherence = await asyncio.to_thread(plugins.coherence, "local://")
        models = _Models(self._model, self._coherence)
        events = await asyncio.to_thread(_read_all, models, batch, standings)
        await self._pipeline.submit(events, source=SOURCE)
        await self._pipeline.caught_up()
        self.read += len(events)

    async def _standings(self, batch: Sequence[Pending]) -> Mapping[tuple[str, str], Standing]:
        """How the pairs stand that nobody here knows: as the archive has it, or why it has not."""
        pairs = {(one.turn.bot, one.turn.user) for one in batch if one.asks and one.turn.user}
        asked = [(bot, user) for bot, user in pairs if user is not None]
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
        known = {
            (one.bot, one.user): Standing(
                trust=one.trust,
                affection=one.affection,
                attunement=one.attunement,
                turns=one.turns,
            )
            for one in kept
        }
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
            texts[_excerpt(turn.message)] = None
        if turn.reply and turn.bot_emotion is None:
            texts[_excerpt(turn.reply)] = None
    found = dict(zip(texts, models.emotion.read(list(texts)), strict=True))
    said = [(_excerpt(one.turn.message or ""), _excerpt(one.turn.reply or "")) for one in batch]
    relevance = models.coherence.relevance(said)
    shift = models.coherence.shift([one.before for one in batch], [text for text, _ in said])
    answers = []
    for one, near, moved in zip(batch, relevance, shift, strict=True):
        turn = one.turn
        user = found.get(_excerpt(turn.message)) if turn.message else None
        bot = found.get(_excerpt(turn.reply)) if turn.reply else None
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
        id=f"{turn.id}/read"[-MAX_NAME:],
        user=turn.user,
        turn=turn.id or "",
        bot=turn.bot,
        standing=standings.get((turn.bot, turn.user or "")),
        **read,
    )


def _feeling(read: Reading | None) -> Feeling | None:
    if read is None:
        return None
    strongest = sorted(read.scores.items(), key=lambda one: (-one[1], one[0]))[:MOST_SCORES]
    return Feeling(
        primary=read.primary,
        intensity=read.intensity,
        confidence=read.confidence,
        scores={label: score for label, score in strongest if score >= LEAST_SCORE},
    )


def _excerpt(text: str) -> str:
    if len(text) <= MOST_CHARS:
        return text
    return f"{text[: MOST_CHARS // 2]} {text[-MOST_CHARS // 2 :]}"
