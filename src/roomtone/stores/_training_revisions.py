"""What becomes of texts, and what people agree to, as it is written, for every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from roomtone.reacted import ReactionRecord
from roomtone.reply_quality import anew
from roomtone.stores._jobs import SOME, Ask, Put, Steps, Texts, batched, hash_of
from roomtone.stores._steps import to_ms
from roomtone.stores._training_counts import among
from roomtone.stores._training_reactions import reacted
from roomtone.stores._training_rows import count, feed
from roomtone.stores._training_topics import topics
from roomtone.training_data import Consent, Revision

_Place = tuple[str, str, str]
_OF = "WHERE session = ? AND turn = ? AND role = ?"
_REVISION = (
    "INSERT INTO revisions (session, turn, role, number, why, at, said_by, before, content) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ANEW = (  # what was said next before a text was changed says nothing of it as it is now
    "UPDATE messages SET content = ?, content_hash = ?, edited = ?, quality_score = ?, "
    "quality_v2 = CASE WHEN EXISTS (SELECT 1 FROM messages n WHERE "
    "n.conversation_id = messages.conversation_id AND n.role = 'user' AND "
    "n.timestamp > messages.timestamp AND n.timestamp < ?) THEN NULL ELSE quality_v2 END "
    f"{_OF}"
)
_CONSENT = (
    "INSERT INTO consents (person, purpose, granted, at, basis, said_by) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (person, purpose) DO UPDATE SET granted = excluded.granted, at = excluded.at, "
    "basis = excluded.basis, said_by = excluded.said_by WHERE excluded.at >= consents.at"
)
_FLAGS = (
    "UPDATE messages SET training_flag = (SELECT granted FROM consents k WHERE "
    "k.person = messages.person AND k.purpose = 'training') WHERE person = ? AND training_flag <> "
    "(SELECT granted FROM consents k WHERE k.person = messages.person AND k.purpose = 'training')"
)
_record = msgspec.json.Decoder(ReactionRecord)
LONG = 1_000  # characters of a text that was shortened, by which it is known again


def revise(texts: Texts, revisions: Sequence[Revision], *, whole: bool = False) -> Steps[None]:
    """Write these down, each once and by number, and bring the messages to what the latest say.

    With `whole` they say themselves what stood there, and messages may be as the latest say.
    """
    kept: dict[_Place, dict[int, tuple[str, str]]] = {}  # why and text, by number
    there: dict[_Place, tuple[int | None, str, float | None]] = {}  # conversation, text, quality
    turns = {(texts.name(one.session), texts.name(one.turn)): None for one in revisions}
    for some in batched(turns, SOME):
        given = [part for turn in some for part in turn]
        wanted = f"WITH wanted(session, turn) AS (VALUES {', '.join(['(?, ?)'] * len(some))}) "
        found = yield Ask(
            f"{wanted}SELECT r.session, r.turn, r.role, r.number, r.why, r.content FROM wanted w "
            "CROSS JOIN revisions r WHERE r.session = w.session AND r.turn = w.turn",
            given,
        )
        for *place, number, why, content in found:
            kept.setdefault(tuple(place), {})[number] = (why, content)
        found = yield Ask(
            f"{wanted}SELECT m.session, m.turn, m.role, m.conversation_id, m.content, "
            "m.quality_score FROM wanted w CROSS JOIN messages m WHERE m.session = w.session "
            "AND m.turn = w.turn",
            given,
        )
        for *place, id, content, quality in found:
            there[tuple(place)] = (id, content, quality)
    changed: dict[_Place, int] = {}  # when
    for one in sorted(revisions, key=lambda one: one.number):
        place = (texts.name(one.session), texts.name(one.turn), one.role)
        own = kept.setdefault(place, {})
        if one.number in own or any(why == "deleted" for why, _ in own.values()):
            continue
        if one.why == "deleted":
            yield from _delete(texts, place, one, there.pop(place, (None, "", None))[1], own)
        else:
            stood = own[max(n for n in own if n < one.number)][1] if _has_less(own, one) else None
            if stood is None:
                stood = there[place][1] if place in there and not own else ""
            before, content = (
                texts.text(one.before or ("" if whole else stood)),
                texts.text(one.content),
            )
            yield Put(_REVISION, [_row(texts, place, one, before, content)])
            if all(number < one.number for number in own):
                changed[place] = to_ms(one.at)
        own[one.number] = (one.why, texts.text(one.content))
    rows, talks = [], set[int]()
    for place, at in changed.items():
        if place in there:
            id, stood, quality = there[place]
            text = kept[place][max(kept[place])][1]
            if whole and text == stood:
                continue
            rows.append([text, hash_of(text), at, anew(quality, stood, text), at, *place])
            talks |= {id} if id is not None else set()
    if rows:
        yield Put(_ANEW, rows)
        yield from count(talks)
        yield from feed([place[:2] for place in changed if place[2] == "assistant"])


def _has_less(own: Mapping[int, Any], one: Revision) -> bool:
    return any(number < one.number for number in own)


def _row(texts: Texts, place: _Place, one: Revision, before: str, content: str) -> list[Any]:
    return [*place, one.number, one.why, to_ms(one.at), texts.name(one.by), before, content]


def _delete(
    texts: Texts, place: _Place, one: Revision, content: str, own: Mapping[int, tuple[str, str]]
) -> Steps[None]:
    """Nothing of a text is left: no row, no earlier text, nothing that was made of it."""
    ids = yield Ask(f"SELECT conversation_id FROM messages {_OF}", place)
    said = yield Ask(f"SELECT before, content FROM revisions {_OF}", place)
    gone = {text for row in said for text in row if text} | ({content} if content else set())
    yield Put(f"DELETE FROM messages {_OF}", [place])
    yield Put(f"DELETE FROM agent_logs {_OF}", [place])
    yield Put(f"UPDATE revisions SET before = '', content = '' {_OF}", [place])
    yield Put(_REVISION, [_row(texts, place, one, "", "")])
    yield from _from_reactions(texts, place, gone)
    talks = {id for (id,) in ids if id is not None}
    yield from count(talks)
    yield from topics(texts, talks)


def _from_reactions(texts: Texts, place: _Place, gone: set[str]) -> Steps[None]:
    """Take the text of a message from what was told around reactions of its session."""
    session, turn, role = place
    found = yield Ask("SELECT id, told FROM reactions WHERE session = ?", [session])
    rows = []
    for id, told in found:
        record = _record.decode(told)
        fields: dict[str, Any] = {}
        if role == "assistant" and record.of.target == turn and record.reply is not None:
            fields["reply"] = None
        for name in ("before", "after"):
            lines = getattr(record, name)
            left = [line for line in lines if not _is_of(line.text, gone)]
            if len(left) < len(lines):
                fields[name] = left
        if fields:
            renewed = msgspec.structs.replace(record, **fields)
            rows.append([texts.text(msgspec.json.encode(renewed).decode()), id])
    if rows:
        yield Put("UPDATE reactions SET told = ? WHERE id = ?", rows)


def _is_of(line: str, gone: set[str]) -> bool:
    """Whether a line is one of these texts, or the beginning of a long one."""
    return line in gone or (
        len(line) >= LONG and any(text.startswith(line[:LONG]) for text in gone)
    )


def consent(texts: Texts, consents: Sequence[Consent]) -> Steps[None]:
    """Keep the latest word of each, and have the messages' flags follow it."""
    yield Put(
        _CONSENT,
        [
            [
                *(texts.name(one.user), texts.name(one.purpose), int(one.granted), to_ms(one.at)),
                *(texts.name(one.basis), texts.name(one.by)),
            ]
            for one in consents
        ],
    )
    people = {texts.name(one.user): None for one in consents if one.purpose == "training"}
    if people:
        yield Put(_FLAGS, [[person] for person in people])


def mark(texts: Texts, ids: Iterable[int], dataset: str, flag: bool) -> Steps[int]:
    """Note that conversations were exported, and whom a dataset holds: who talked, and who agreed
    and reacted to it, as that may be a label. How many there are."""
    wanted = set(ids)
    if not wanted:
        return 0
    some = yield Ask(f"SELECT id, person FROM conversations WHERE id {among(wanted)}")
    found = [(id, person) for id, person in some if id in wanted]
    if flag and found:
        yield Put(
            "UPDATE conversations SET training_data_exported = 1 WHERE id = ? AND "
            "training_data_exported = 0",
            [[id] for id, _ in found],
        )
    if dataset and found:
        people = dict.fromkeys(person for _, person in found)
        people |= dict.fromkeys((yield from reacted([id for id, _ in found], people)))
        yield Put(
            "INSERT INTO dataset_people (person, dataset) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [[person, texts.name(dataset)] for person in people],
        )
    return len(found)
