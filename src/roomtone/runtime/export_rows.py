"""Turns conversations into lines of each part, cleaned, and counts what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, islice
from typing import Any, Protocol

import msgspec

from roomtone.kept_columns import KeptColumns, columns_of
from roomtone.ports_exports import Export, RowFile
from roomtone.runtime.export_files import Ranges, Staging
from roomtone.runtime.export_plan import Plan, only_part, part_of
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Batch, Excluded, Repeated, Row, lines, traced

CONTAMINATION = (
    "agreement",
    "emotional",
    "conversational",
    "unjudged",
    "not_of_a_reply",
    "unsure",
    "neutral",
    "taken_back",
    "contradictory",
    "edited_since",
)
"""What would have been taken for a rating, and is none (or not surely, or not of this text)."""

OWN_WORDS = {
    "no_consent": "people who have not agreed to training",
    "exact_duplicate": "rows whose text is there already",
    "near_duplicate": "rows whose text is almost there already",
    "withdrawn": "people who withdrew while it was made",
}

_ASIDE = {
    *("conversation_id", "message_id", "session_id", "user_id", "session", "user", "bot", "id"),
    *("platform", "language", "turn", "role", "metadata", "model_used", "system", "tags"),
    *("emotion", "emotion_raw", "voice_emotion", "feedback_source", "content_hash"),
}
"""Fields that tell of a row and are not what is learnt from it."""


class Cleaner(Protocol):
    """Takes personal data out of conversations, and counts what it took."""

    def clean(self, conversation: KeptConversation) -> KeptConversation: ...

    def report(self) -> dict[str, int]: ...

    def restore(self, report: Mapping[str, int]) -> None: ...


class Known(Protocol):
    """Knows texts again: "" for a new one, else how it is one that was there. What stood `before`
    it makes it another, and never alike."""

    def seen(self, text: str, before: str = "") -> str: ...


class Maker:
    """Takes conversations in the order of their ids; gives lines to a staging.

    All of one person go to one part. Two makers that were given the same gave the same bytes.
    """

    def __init__(
        self,
        plan: Plan,
        export: Export,
        staging: Staging,
        *,
        cleaner: Cleaner | None = None,
        known: Known | None = None,
        packer: RowFile | None = None,
    ) -> None:
        self.plan, self.export, self.staging = plan, export, staging
        self._cleaner, self._known = cleaner, known
        self._options = plan.options()
        self.excluded = Excluded()
        self.ranges = Ranges()  # of what was looked at
        self.kept = Ranges()  # of what is in it
        self.people: set[str] = set()
        self.messages = self.characters = self.conversations = self.rows = 0
        self.labels: dict[str, int] = {}
        self.languages: dict[str, int] = {}
        self._by_conversation = export.made_of == "messages"
        self._labelled = "label" in export.row.__struct_fields__
        self._packer = packer
        self._only = only_part(plan.split)

    @property
    def takes_columns(self) -> bool:
        """Whether it looks at no conversation by itself."""
        return self._packer is not None and self._cleaner is None

    def take(self, conversations: Iterable[KeptConversation]) -> None:
        """Write the rows of these conversations, of one page."""
        page = list(conversations)
        self._count(page)
        if self._packer is not None:
            page = [one for one in page if one.messages]
            cleaned = [self._cleaned(one) for one in page]
            self._pack(columns_of(cleaned, self.export.needs), page, self._packer)
            return
        fresh: dict[str, None] = {}
        parts: dict[str, list[Row]] = {}
        for one in page:
            rows = self._rows_of(one)
            if rows:
                self.messages += len(one.messages)
                self.characters += sum([len(message.content) for message in one.messages])
                parts.setdefault(self._met(one, fresh), []).extend(rows)
        for part, many in parts.items():
            ids = b""
            if not self.export.traceable:
                ids = b"".join(b"%s %s\n" % _ids(pair) for pair in traced(many, beside=True))
            self.staging.write(part, lines(many), len(many), ids)
            self.rows += len(many)
        self.staging.meet(fresh)

    def take_columns(self, kept: KeptColumns) -> None:
        """Write the rows of a page that was read as columns. Only where it `takes_columns`."""
        assert self._packer is not None
        self._count(kept.conversations)
        self._pack(kept, kept.conversations, self._packer)

    def _count(self, page: Sequence[KeptConversation]) -> None:
        self.conversations += len(page)
        for one in page:
            self.ranges.add(one.id)

    def _pack(self, kept: KeptColumns, talks: Sequence[KeptConversation], packer: RowFile) -> None:
        """Write them; whose they are is told by the conversations as they are kept, uncleaned."""
        fresh: dict[str, None] = {}
        batch = self._batch(kept)
        given = list(map(bool, batch.counts))
        sizes: Iterable[int] = map(len, kept.columns["content"])
        if not all(given):
            sizes = compress(sizes, Repeated(given, kept.counts).all())
        self.characters += sum(sizes)
        self.messages += sum(compress(kept.counts, given))
        parts = [self._met(o, fresh) if rows else "" for o, rows in zip(talks, given, strict=True)]
        for part in dict.fromkeys(filter(None, parts)):
            some = batch.of([one in (part, "") for one in parts])
            self.staging.write(part, packer.pack(some), len(some))
            self.rows += len(some)
        self.staging.meet(fresh)

    def _batch(self, kept: KeptColumns) -> Batch:
        """Their rows as columns, without those of conversations that are there already."""
        batch = self.export.batch(kept, self._options, self.excluded)
        assert batch is not None  # as it was asked before (exporting.packer)
        if self._known is None:
            return batch
        texts, fresh = iter(batch.columns["content"]), []
        for one, many in zip(kept.conversations, batch.counts, strict=True):
            why = self._known.seen("\n".join(islice(texts, many))) if many else ""
            fresh.append(not why)
            if why:
                self.excluded.add(why, one.id, many)
        return batch.of(fresh)

    def _met(self, one: KeptConversation, fresh: dict[str, None]) -> str:
        """Count a conversation that has rows; which part they go to."""
        self.kept.add(one.id)
        if one.user and one.user not in self.people:
            self.people.add(one.user)
            fresh[one.user] = None
        self.languages[one.language] = self.languages.get(one.language, 0) + 1
        return self._only or part_of(one.user or one.session, self.plan.split, self.plan.seed)

    def learn(self, conversations: Iterable[KeptConversation]) -> None:
        """Know again what was written before an export was broken off; writes nothing."""
        if self._known is not None:
            aside = Excluded()
            for one in conversations:
                self._unique(self._cleaned(one), aside)

    def _cleaned(self, one: KeptConversation) -> KeptConversation:
        return one if self._cleaner is None else self._cleaner.clean(one)

    def _rows_of(self, one: KeptConversation) -> list[Row]:
        rows = self._unique(self._cleaned(one), self.excluded)
        if self._labelled:
            for row in rows:
                label = str(row.label).lower()  # type: ignore[attr-defined]
                self.labels[label] = self.labels.get(label, 0) + 1
        return rows

    def _unique(self, one: KeptConversation, excluded: Excluded) -> list[Row]:
        rows = list(self.export.rows(one, self._options, excluded))
        known = self._known
        if known is None or not rows:
            return rows
        if self._by_conversation:
            why = known.seen("\n".join(map(text_of, rows)))
            if why:
                excluded.add(why, one.id, len(rows))
            return [] if why else rows
        kept = []
        for row in rows:
            text, before = _compared(row)
            why = known.seen(text, before)
            if why:
                excluded.add(why, one.id)
            else:
                kept.append(row)
        return kept

    # -- where it was left ---------------------------------------------------------------------

    def tally(self) -> dict[str, Any]:
        """All that is counted, to go on from."""
        return {
            "excluded": [self.excluded.messages, self.excluded.conversations],
            "counts": [self.conversations, self.messages, self.characters, self.rows],
            "labels": self.labels,
            "languages": self.languages,
            "redactions": {} if self._cleaner is None else self._cleaner.report(),
        }

    def restore(
        self,
        tally: Mapping[str, Any],
        people: Iterable[str],
        runs: Sequence[Any] = (),
        kept: Sequence[Any] = (),
    ) -> None:
        """Go on from there."""
        self.excluded.messages, self.excluded.conversations = map(dict, tally["excluded"])
        self.conversations, self.messages, self.characters, self.rows = tally["counts"]
        self.labels = dict(tally["labels"])
        self.languages = dict(tally["languages"])
        self.people = set(people)
        self.ranges, self.kept = Ranges(runs), Ranges(kept)
        if self._cleaner is not None:
            self._cleaner.restore(tally["redactions"])

    @property
    def redactions(self) -> dict[str, int]:
        """What personal data was taken out, by kind."""
        return {} if self._cleaner is None else self._cleaner.report()


def _ids(pair: tuple[int | None, int | None]) -> tuple[bytes, bytes]:
    conversation, message = pair
    return str(conversation or 0).encode(), str(message or 0).encode()


def text_of(row: object) -> str:
    """What is learnt from a row, as one text: all its texts but those that tell of it.

    >>> from roomtone.training_rows import Chat
    >>> text_of(Chat("user", "hello"))
    'hello'
    """
    found: list[str] = []
    _texts(row, found)
    return "\n".join(found)


def _compared(row: object) -> tuple[str, str]:
    """A row's text from the message on that is answered, and what was said before that."""
    prompt = getattr(row, "prompt", None) or getattr(getattr(row, "input", None), "messages", None)
    if not isinstance(prompt, list):
        return text_of(row), ""
    before, found = text_of(prompt[:-1]), list[str]()
    _texts(prompt[-1], found)
    for name in row.__struct_fields__:  # type: ignore[attr-defined]
        if name not in _ASIDE and name not in ("prompt", "input"):
            _texts(getattr(row, name), found)
    return "\n".join(found), before


def _texts(value: object, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name not in _ASIDE:
                _texts(getattr(value, name), found)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in _ASIDE:
                _texts(one, found)
    elif isinstance(value, list | tuple):
        for one in value:
            _texts(one, found)


def report(excluded: Excluded) -> list[dict[str, Any]]:
    """What was left out, by reason, in words, with our own reasons."""
    return [
        one | {"words": OWN_WORDS.get(one["reason"], one["words"])} for one in excluded.report()
    ]
