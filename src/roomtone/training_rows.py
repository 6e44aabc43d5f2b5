"""Rows of training data: what each has, how they are asked for, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, compress, islice, repeat
from operator import truediv
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType, inspect

CONTEXT = 20
"""How many messages a prompt holds: what came long before teaches little, and is cut off."""

SURE = 0.85
"""How sure a judge must have been of a reaction's meaning for a label, unless asked otherwise: from
there on one row in twenty is wrong, where it judges talk unlike all that it learnt from
(`training/firewall.py`)."""

REASONS = {
    "agreement": "reactions that agree with what was said, which is no rating",
    "emotional": "reactions that feel with what was told, which is no rating",
    "conversational": "reactions in passing, as small talk, which are no rating",
    "unjudged": "reactions whose meaning nobody has said yet",
    "not_of_a_reply": "ratings of what a person wrote, and not of a reply",
    "unsure": "ratings of which the judge was not sure enough",
    "neutral": "ratings that are neither good nor bad",
    "taken_back": "reactions that were taken back",
    "contradictory": "replies that are called good and bad at once",
    "edited_since": "ratings of a text that was changed since and is not kept",
    "question_changed": "replies to a message that was changed afterwards",
    "no_prompt": "replies that answer no message that is there",
    "no_reply": "conversations without a reply to learn from",
    "empty_text": "messages without a text",
    "low_quality": "replies of too low a quality",
    "unscored": "replies whose quality is not known",
    "disliked": "replies that were rated badly",
    "same_text": "replies whose new text says the same as the old one",
    "unfinished": "texts that were shown while they were still being written",
    "no_memory": "memories that a reply recalled and that are not here to be read",
    "no_label": "messages of which what is to be learnt is not known",
}
"""Why something is left out, in words; whoever exports may count reasons of its own."""


class Row(msgspec.Struct, kw_only=True, gc=False):
    """A row of a format: its subclass's fields, and where it came from.

    `message_id` is None where a row is made of a whole conversation. Left UNSET, neither is
    written.
    """

    conversation_id: int | UnsetType = UNSET
    message_id: int | UnsetType | None = UNSET


class Chat(msgspec.Struct, frozen=True, gc=False):
    """One message, as chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a format is asked for beside the conversations.

    A model's word on a reaction counts from `min_confidence` on, a person's always. Replies below
    `min_quality` stay in prompts, but nothing learns to say them. `system` opens every
    conversation. A prompt or a conversation holds at most `context` messages; 0: all.
    """

    min_confidence: float = SURE
    min_quality: float | None = None
    quality: Literal["v1", "v2"] = "v1"
    system: str = ""
    context: int = CONTEXT


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXACT_MS = 2**32 * 1000
"""Up to here seconds as a float are nearer to a time than half a microsecond."""


def moment(ms: int) -> datetime:
    """Epoch milliseconds in UTC, exactly.

    >>> moment(1_500).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    if 0 <= ms < EXACT_MS:
        return datetime.fromtimestamp(ms / 1000, UTC)
    return EPOCH + timedelta(milliseconds=ms)


def moments(each: Sequence[int]) -> list[datetime]:
    """The same of many.

    >>> [one.isoformat() for one in moments([0, 1_500])]
    ['1970-01-01T00:00:00+00:00', '1970-01-01T00:00:01.500000+00:00']
    """
    if each and min(each) >= 0 and max(each) < EXACT_MS:
        return list(map(datetime.fromtimestamp, map(truediv, each, repeat(1000)), repeat(UTC)))
    return list(map(moment, each))


class Moments(list[int]):
    """A column of instants: epoch milliseconds."""


class Repeated(NamedTuple):
    """A column in which each conversation has its value so many times."""

    values: Sequence[Any]
    counts: Sequence[int]

    def all(self) -> list[Any]:
        """Row by row."""
        return list(chain.from_iterable(map(repeat, self.values, self.counts)))


Column = Sequence[Any] | Moments | Repeated


class Batch:
    """Rows of many conversations as columns, by the names of the fields of their type.

    `counts` are the rows of each conversation. Where the type has a datetime a column is Moments.
    """

    def __init__(self, columns: Mapping[str, Column], counts: Sequence[int]) -> None:
        self.columns, self.counts = columns, counts

    def __len__(self) -> int:
        return sum(self.counts)

    def only(self, rows: Sequence[bool]) -> Batch:
        """These rows alone.

        >>> batch = Batch({"text": ["a", "b", "c"], "id": Repeated([7, 8], [2, 1])}, [2, 1])
        >>> some = batch.only([False, True, True])
        >>> some.columns, some.counts
        ({'text': ['b', 'c'], 'id': [7, 8]}, [1, 1])
        """
        left = iter(rows)
        counts = [sum(islice(left, many)) for many in self.counts]
        kept: dict[str, Column] = {}
        for name, one in self.columns.items():
            some = compress(one.all() if isinstance(one, Repeated) else one, rows)
            kept[name] = Moments(some) if isinstance(one, Moments) else list(some)
        return Batch(kept, counts)

    def of(self, conversations: Sequence[bool]) -> Batch:
        """The rows of these conversations alone."""
        if all(conversations):
            return self
        return self.only(Repeated(conversations, self.counts).all())


class Excluded:
    """What was left out, by reason: how many messages (or reactions), of how many conversations.

    Conversations come one after the other, so that a count of them needs no memory of each.

    >>> excluded = Excluded()
    >>> excluded.add("agreement", 7), excluded.add("agreement", 7)
    (None, None)
    >>> excluded.messages, excluded.conversations
    ({'agreement': 2}, {'agreement': 1})
    """

    def __init__(self) -> None:
        self.messages: dict[str, int] = {}
        self.conversations: dict[str, int] = {}
        self._last: dict[str, int] = {}

    def add(self, reason: str, conversation: int, messages: int = 1) -> None:
        """Count what this conversation gives no row of."""
        self.messages[reason] = self.messages.get(reason, 0) + messages
        if self._last.get(reason) != conversation:
            self._last[reason] = conversation
            self.conversations[reason] = self.conversations.get(reason, 0) + 1

    def merge(self, other: Excluded) -> None:
        """Add what was counted elsewhere, of other conversations."""
        for mine, theirs in (
            (self.messages, other.messages),
            (self.conversations, other.conversations),
        ):
            for reason, number in theirs.items():
                mine[reason] = mine.get(reason, 0) + number

    def report(self) -> list[dict[str, Any]]:
        """By reason, in words, the most frequent first."""
        return [
            {
                "reason": reason,
                "words": REASONS.get(reason, reason.replace("_", " ")),
                "conversations": self.conversations.get(reason, 0),
                "messages": number,
            }
            for reason, number in sorted(self.messages.items(), key=lambda one: (-one[1], one[0]))
        ]


def traced(rows: Iterable[Row], *, beside: bool) -> list[tuple[int | None, int | None]]:
    """Where rows came from; `beside`: take it off them, as it is written in a file of its own.

    >>> row = Row(conversation_id=7, message_id=3)
    >>> traced([row], beside=True), encoded(row)
    ([(7, 3)], b'{}')
    """
    ids = [(_known(row.conversation_id), _known(row.message_id)) for row in rows]
    if beside:
        for row in rows:
            row.conversation_id = row.message_id = UNSET
    return ids


def _known(id: int | UnsetType | None) -> int | None:
    return None if isinstance(id, UnsetType) else id


def features(row: type[Row], *, ids: bool = True) -> list[dict[str, Any]] | None:
    """The columns' types as a dataset's card tells them, so that nobody has to guess them from the
    first rows, where many a column is empty; None where a column may be anything.

    >>> features(Row)
    [{'name': 'conversation_id', 'dtype': 'int64'}, {'name': 'message_id', 'dtype': 'int64'}]
    """
    fields = inspect.type_info(row).fields  # type: ignore[attr-defined]
    found = []
    for field in fields:
        if ids or field.name not in ("conversation_id", "message_id"):
            kind = _feature(field.type)
            if kind is None:
                return None
            found.append({"name": field.encode_name, **kind})
    return found


def _feature(kind: inspect.Type) -> dict[str, Any] | None:
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return {"dtype": plain}
    match kind:
        case inspect.UnionType(types=types):
            known = [one for one in types if not isinstance(one, inspect.NoneType)]
            return _feature(known[0]) if len(known) == 1 else None
        case inspect.LiteralType(values=values):
            return {"dtype": "int64" if all(isinstance(v, int) for v in values) else "string"}
        case inspect.ListType() | inspect.VarTupleType():
            inner = _feature(kind.item_type)
            return None if inner is None else {"list": inner.get("struct") or inner.get("dtype")}
        case inspect.StructType(fields=fields):
            parts = [(field.encode_name, _feature(field.type)) for field in fields]
            if any(part is None for _, part in parts):
                return None
            return {"struct": [{"name": name, **(part or {})} for name, part in parts]}
        case _:
            return None


_PLAIN = {
    inspect.StrType: "string",
    inspect.IntType: "int64",
    inspect.FloatType: "float64",
    inspect.BoolType: "bool",
    inspect.DateTimeType: "timestamp[us, tz=UTC]",
}

_encoder = msgspec.json.Encoder()
# What JSON lets stand, and what str.splitlines takes for the end of a line all the same.
_BREAKS = (
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
    (b"\xc2\x85", b"\\u0085"),
)


def encoded(row: object) -> bytes:
    r"""A row as JSON on one line, whatever its texts hold; halves of characters become U+FFFD.

    >>> encoded({"text": "a\u2028b\0c\ud800d"}) == rb'{"text":"a\u2028b\u0000c' + b'\xef\xbf\xbdd"}'
    True
    """
    try:
        data = _encoder.encode(row)
    except UnicodeEncodeError:
        data = _encoder.encode(_mended(msgspec.to_builtins(row)))
    return _one_line(data)


def lines(rows: Sequence[object]) -> bytes:
    """Rows as lines of JSON."""
    try:
        return _one_line(_encoder.encode_lines(rows))
    except UnicodeEncodeError:
        return b"".join(encoded(row) + b"\n" for row in rows)


def mended(text: str) -> str:
    """The text without halves of characters, which no file can hold.

    >>> mended("a\\ud83d\\ude00"), mended("a\\ud83d")
    ('a😀', 'a\ufffd')
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _one_line(data: bytes) -> bytes:
    if data.isascii():
        return data
    for found, escaped in _BREAKS:
        if found in data:
            data = data.replace(found, escaped)
    return data


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {_mended(key): _mended(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_mended(one) for one in value]
    return value
