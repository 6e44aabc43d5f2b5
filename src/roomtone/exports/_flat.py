"""Messages as rows of a table: for JSON Lines, CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, compress
from operator import attrgetter
from typing import Any

from roomtone.exports._dialogue import UNFELT, blank, felt
from roomtone.kept_columns import KeptColumns
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import (
    EXACT_MS,
    Batch,
    Column,
    Excluded,
    ExportOptions,
    Moments,
    Repeated,
    Row,
    moment,
)

_instant = datetime.fromtimestamp


class Flat(Row, gc=False):
    """A message. `index` counts those of a conversation; times in seconds, pitch in hertz."""

    session_id: str
    user_id: str
    bot: str
    platform: str
    language: str
    turn: str
    index: int
    at: datetime
    role: str
    content: str
    emotion: str
    emotion_confidence: float | None
    emotion_intensity: float | None
    processing_time: float | None
    quality_score: float | None
    quality_v2: float | None
    user_feedback: float | None
    feedback_source: str
    voice_pitch: float | None
    voice_emotion: str
    audio_quality: float | None
    model_used: str
    conversation_quality: float | None


NEEDS = frozenset({"at_ms", "edited_ms", *Flat.__struct_fields__})
"""What is read of messages for it."""


def flat(conversation: KeptConversation, excluded: Excluded) -> Iterator[Row]:
    """All messages of a conversation that have a text."""
    of = conversation
    session, user, bot, platform, language = of.session, of.user, of.bot, of.platform, of.language
    for index, one in enumerate(of.messages):
        content, ms = one.content, one.at_ms
        if not content or content.isspace():
            excluded.add("empty_text", of.id)
            continue
        if one.edited_ms is not None:
            one = felt(one)
        yield Flat(
            session,
            user,
            bot,
            platform,
            language,
            one.turn,
            index,
            _instant(ms / 1000, UTC) if 0 <= ms < EXACT_MS else moment(ms),
            one.role,
            content,
            one.emotion,
            one.emotion_confidence,
            one.emotion_intensity,
            one.processing_time,
            one.quality_score,
            one.quality_v2,
            one.user_feedback,
            one.feedback_source,
            one.voice_pitch,
            one.voice_emotion,
            one.audio_quality,
            of.model_used,
            of.conversation_quality,
            conversation_id=of.id,
            message_id=one.id,
        )


class Messages(Export):
    """A format with a row for each message, with all that is known of it by itself."""

    made_of = "messages"
    row = Flat
    task = ""
    needs = NEEDS

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """All messages that have a text."""
        return flat(conversation, excluded)

    def batch(self, kept: KeptColumns, options: ExportOptions, excluded: Excluded) -> Batch | None:
        """The same in columns."""
        return batch(kept, excluded)


_OF_TALKS = {
    "session_id": "session",
    "user_id": "user",
    "conversation_id": "id",
    **{n: n for n in ("bot", "platform", "language", "model_used", "conversation_quality")},
}
_OF_MESSAGES = {"message_id": "id"}


def batch(kept: KeptColumns, excluded: Excluded) -> Batch:
    """The same rows of many conversations as columns."""
    talks, counts, found = kept.conversations, kept.counts, _standing(kept.columns)
    columns: dict[str, Column] = {}
    for name in Flat.__struct_fields__:
        if name == "index":
            columns[name] = list(chain.from_iterable(map(range, counts)))
        elif name == "at":
            columns[name] = Moments(found["at_ms"])
        elif name in _OF_TALKS:
            columns[name] = Repeated(list(map(attrgetter(_OF_TALKS[name]), talks)), counts)
        else:
            columns[name] = found[_OF_MESSAGES.get(name, name)]
    whole, said = Batch(columns, counts), found["content"]
    if "" not in said and not any(map(str.isspace, said)):
        return whole
    empty = list(map(blank, said))
    for id in compress(Repeated([of.id for of in talks], counts).all(), empty):
        excluded.add("empty_text", id)
    return whole.only([not one for one in empty])


def _standing(columns: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    """Of messages that were changed since, as `felt` has them."""
    edited = columns["edited_ms"]
    if edited.count(None) == len(edited):
        return columns
    changed = {**columns}
    for name in UNFELT.keys() & columns.keys():
        none = UNFELT[name]
        pairs = zip(columns[name], edited, strict=True)
        changed[name] = [value if ms is None else none for value, ms in pairs]
    return changed
