"""Written dialogues as turns of a bot: JSON, JSON lines or CSV, one utterance after another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, BinaryIO, NamedTuple

import msgspec

from roomtone.errors import BadEvent
from roomtone.events import MAX_TURN_TEXT, Event, Turn, check_names, explain_refusal
from roomtone.heard import MAX_NAME
from roomtone.sources._lines import MAX_LINE, LineSource, Refused

MOST_BYTES = 200_000_000
"""A JSON document has no lines to read it by: it is read whole, and this is the most of it."""

BETWEEN_S, PAUSE_S = 10, 3600
"""Dialogues without times get some: ten seconds from turn to turn, an hour between dialogues."""

MOST_DEEP = 5

# What texts, speakers and dialogues are called in the corpora and exports we have seen (ShareGPT,
# OpenAI, DailyDialog, Topical-Chat, MELD, EmpatheticDialogues), most telling first.
TEXTS = ("utterance", "message", "content", "text", "value", "body")
SPEAKERS = ("speaker", "agent", "role", "from", "speaker_idx", "author", "user", "name")
DIALOGUES = (
    "dialogue_id",
    "dialog_id",
    "conversation_id",
    "conv_id",
    "conv",
    "scene_id",
    "session",
)
BOTS = frozenset(("assistant", "bot", "gpt", "ai", "model", "chatgpt", "system_response"))
UNHEARD = frozenset(("system", "tool", "function", "developer"))


class Said(NamedTuple):
    """One utterance: by whom, and what."""

    speaker: str
    text: str


class Dialogues(LineSource):
    """Reads dialogues; where nobody is called a bot, whoever answers first is taken for one.

    Ids come from the dialogue, the place in it and what was said, so reading a file twice counts
    it once, and of two files that number their dialogues alike none hides the other.
    """

    name = "dialogues"

    def __init__(
        self, stream: BinaryIO, *, name: str, bot: str = "bot", begin: datetime | None = None
    ) -> None:
        super().__init__(stream)
        self._name = name
        self._bot = bot
        self._at = begin or datetime(2025, 1, 1, tzinfo=UTC)
        self._stream = stream
        self.dialogues = 0

    def rows(self) -> Iterator[Event | Refused]:
        """Every turn, or why there is none. Raises BadEvent when no dialogue is found at all."""
        for number, (name, said) in enumerate(self._found(), start=1):
            self.line = number
            self.dialogues += 1
            if isinstance(said, BadEvent):
                yield self.refuse(number, str(said), b"")
                continue
            try:
                turns = self._turns(name or f"{self._name}/{number}", said)
            except (BadEvent, ValueError) as error:
                yield self.refuse(number, explain_refusal(error), name.encode()[:200])
                continue
            yield from turns
            self._at += timedelta(seconds=PAUSE_S)
        if not self.dialogues:
            raise BadEvent(
                f"no dialogue is in it: utterances are looked for under {', '.join(TEXTS)}, "
                f"speakers under {', '.join(SPEAKERS)}"
            )

    def _turns(self, name: str, said: Sequence[Said]) -> list[Turn]:
        turns = []
        for place, (message, reply) in enumerate(pair(said)):
            both = (message, reply)
            whom = message or reply
            assert whom is not None
            person = (
                message.speaker
                if message
                else next((one.speaker for one in said if one.speaker != whom.speaker), "somebody")
            )
            self._at += timedelta(seconds=BETWEEN_S)
            turn = Turn(
                session=name[:MAX_NAME],
                id=self.ids.make(self._bot, name, str(place), *(one.text for one in both if one)),
                at=self._at,
                bot=self._bot,
                user=f"{name}:{person}"[-MAX_NAME:],
                message=message.text[:MAX_TURN_TEXT] if message else None,
                reply=reply.text[:MAX_TURN_TEXT] if reply else None,
            )
            check_names(turn)
            turns.append(turn)
        return turns

    def _found(self) -> Iterator[tuple[str, Sequence[Said] | BadEvent]]:
        data = self._stream.read(MOST_BYTES + 1)
        self.lines.position = len(data)
        if len(data) > MOST_BYTES:
            raise BadEvent(f"more than {MOST_BYTES:,} bytes; split it into several files")
        head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if head in (b"{", b"["):
            yield from _in_json(data)
        else:
            yield from _in_csv(data)


def pair(said: Sequence[Said]) -> Iterator[tuple[Said | None, Said | None]]:
    """Messages with their replies: what one says in a row is one message, the other answers.

    >>> a, b = (lambda text: Said("A", text)), (lambda text: Said("assistant", text))
    >>> [(m and m.text, r and r.text) for m, r in pair([b("Hi!"), a("Hi"), a("you"), b("Ho")])]
    [(None, 'Hi!'), ('Hi\\nyou', 'Ho')]
    """
    runs = [
        Said(speaker, "\n".join(one.text for one in texts))
        for speaker, texts in groupby(said, key=lambda one: one.speaker)
    ]
    is_bot = [one.speaker.lower() in BOTS for one in runs]
    if not any(is_bot):
        is_bot = [place % 2 == 1 for place in range(len(runs))]
    waiting: Said | None = None
    for one, answers in zip(runs, is_bot, strict=True):
        if answers:
            yield waiting, one
            waiting = None
        else:
            if waiting is not None:
                yield waiting, None
            waiting = one
    if waiting is not None:
        yield waiting, None


def _in_json(data: bytes) -> Iterator[tuple[str, Sequence[Said] | BadEvent]]:
    try:
        whole = [msgspec.json.decode(data)]
    except (ValueError, RecursionError) as error:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) < 2:
            raise BadEvent(explain_refusal(error)) from None
        for line in lines:
            if len(line) > MAX_LINE:
                yield "", BadEvent(f"longer than {MAX_LINE:,} bytes; split it")
                continue
            try:
                found = list(_dialogues(msgspec.json.decode(line), "", 0))
            except (ValueError, RecursionError) as wrong:
                yield "", BadEvent(explain_refusal(wrong))
                continue
            yield from found
        return
    for one in whole:
        yield from _dialogues(one, "", 0)


def _dialogues(value: Any, name: str, depth: int) -> Iterator[tuple[str, Sequence[Said]]]:
    """Every list of utterances in a document, under the name of what holds it."""
    if depth > MOST_DEEP:
        return
    if isinstance(value, list):
        said = [_said(one) for one in value]
        heard = [one for one in said if one is not None]
        if heard and len(heard) == len(said):
            told = [one for one in heard if one.speaker.lower() not in UNHEARD and one.text]
            if told:
                yield name, told
            return
        for one in value:
            yield from _dialogues(one, name if len(value) == 1 else "", depth + 1)
    elif isinstance(value, dict):
        named = next((str(value[key]) for key in (*DIALOGUES, "id") if value.get(key)), "")
        for key, one in value.items():
            if isinstance(one, list | dict):
                below = name or named or (str(key) if depth == 0 and len(value) > 1 else "")
                yield from _dialogues(one, below, depth + 1)


def _said(value: Any) -> Said | None:
    if not isinstance(value, dict):
        return None
    there = {str(key).lower(): one for key, one in value.items()}
    return _utterance(there)


def _utterance(there: Mapping[str, Any]) -> Said | None:
    text = next((there[key] for key in TEXTS if isinstance(there.get(key), str)), None)
    who = next((there[key] for key in SPEAKERS if isinstance(there.get(key), str | int)), None)
    return (
        None if text is None or who is None else Said(str(who).strip() or "somebody", text.strip())
    )


def _in_csv(data: bytes) -> Iterator[tuple[str, Sequence[Said] | BadEvent]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadEvent("not valid UTF-8; save the file as UTF-8") from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t|", key=head.count)
    name, said = None, list[Said]()
    try:
        for row in csv.DictReader(io.StringIO(text), delimiter=delimiter):
            there = {str(key).strip().lower(): one for key, one in row.items() if key}
            one = _utterance(there)
            own = next((str(there[key]) for key in DIALOGUES if there.get(key)), "")
            if own != name:
                if said:
                    yield name or "", said
                name, said = own, []
            if one is not None and one.text:
                said.append(one)
    except csv.Error as error:
        yield name or "", BadEvent(f"{error}; check the quotes of the file")
    if said:
        yield name or "", said
