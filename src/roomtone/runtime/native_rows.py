"""Reads our own native export back: a file of lines, a JSON list, or a dataset's folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from roomtone.errors import BadEvent
from roomtone.reacted import records_of
from roomtone.records import Memory
from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation, KeptMessage

SHARES = ("emotion_confidence", "emotion_intensity", "quality_score", "quality_v2", "audio_quality")
BOUNDS = {
    **dict.fromkeys(SHARES, (0.0, 1.0)),
    "user_feedback": (1.0, 5.0),
    "processing_time": (0.0, math.inf),
    "voice_pitch": (0.0, math.inf),
}
MOST_ID = 2**53
"""Ids above this are nobody's, and given anew."""

_MEMORY = {
    "emotion_at_creation": "emotion",
    "related_memories": "related",
    "access_count": "accesses",
}
"""What a column of memories is called in a record of ours."""


@dataclass
class Taken:
    """One row: a conversation and its memories, or why it cannot be taken."""

    place: str  # where it stands: a file's name and the row's number
    talk: KeptConversation | None = None
    memories: list[Memory] = field(default_factory=list)
    why: str = ""


def is_native(path: Path) -> bool:
    """Whether that is a dataset's folder, or begins as JSON does."""
    if path.is_dir():
        return True
    try:
        with path.open("rb") as file:
            return file.read(4_096).lstrip()[:1] in (b"{", b"[")
    except OSError:
        return False


def read(path: Path) -> Iterator[Taken]:
    """Every row of it, one after the other; a million of them take no more memory than some.

    Raises BadEvent where it is a dataset of something else.
    """
    row = plugins.export("native").row
    for file in _files(path):
        for number, raw in enumerate(_rows(file), 1):
            yield _taken(f"{file.name} {number}", raw, row)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        manifest = msgspec.json.decode((path / "manifest.json").read_bytes())
        said, files = manifest["format"], [str(one["path"]) for one in manifest["files"]]
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        raise BadEvent(
            f"{path} has no manifest.json of ours; name a dataset's folder, or one of its files"
        ) from None
    found = [path / one for one in files if Path(one).suffix in (".jsonl", ".json")]
    if said != "native" or not found or any(not one.is_file() for one in found):
        raise BadEvent(
            f"{path} is a dataset of {said!r} and not whole lines of JSON; export it again with "
            "--format native"
        )
    return found


def _rows(file: Path) -> Iterator[bytes | msgspec.Raw]:
    with file.open("rb") as lines:
        if lines.read(4_096).lstrip()[:1] == b"[":
            try:
                yield from msgspec.json.decode(file.read_bytes(), type=list[msgspec.Raw])
            except msgspec.DecodeError as error:
                raise BadEvent(f"{file} is no JSON ({error}); export it again") from error
            return
        lines.seek(0)
        for line in lines:
            if line.strip():
                yield line


def _taken(place: str, raw: bytes | msgspec.Raw, row: type[Any]) -> Taken:
    try:
        told = msgspec.json.decode(raw, type=row)
        talk = plugins.native_conversation(told)
        why = _wrong(talk)
        memories = [_memory(one, talk) for one in talk.memories]
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        return Taken(place, why=f"it is no conversation of the native shape: {error}")
    return Taken(place, why=why) if why else Taken(place, _numbered(talk), memories)


def _wrong(talk: KeptConversation) -> str:
    """What is the matter with a conversation; "" where nothing is."""
    if not talk.messages:
        return "it has no messages"
    if talk.started_ms > talk.ended_ms:
        return "it ends before it begins"
    for one in talk.messages:
        for name, (low, high) in BOUNDS.items():
            value = getattr(one, name)
            if value is not None and not low <= value <= high:
                return f"{name} of message {one.id} is {value:g}, not from {low:g} to {high:g}"
    turns = {one.turn for one in talk.messages}
    places = [(one.session, one.turn) for one in talk.agent_logs]
    places += [(one.session, one.turn) for one in talk.revisions]
    places += [(talk.session, one.turn) for one in talk.reactions]
    if any(session != talk.session or turn not in turns for session, turn in places):
        return "it tells of messages of other conversations"
    times = [one.at for one in talk.agent_logs] + [one.at for one in talk.revisions]
    times += [one.at for one in talk.reactions]
    if any(at.tzinfo is None for at in times):
        return "one of its times says no zone"
    for _ in records_of(talk):
        pass  # each could have been kept: else it raises
    return ""


def _numbered(talk: KeptConversation) -> KeptConversation:
    """The same without ids that no archive gives."""

    def id(of: int) -> int:
        return of if 0 < of < MOST_ID else 0

    replace = msgspec.structs.replace
    messages: list[KeptMessage] = [replace(one, id=id(one.id)) for one in talk.messages]
    logs = [replace(one, id=id(one.id)) for one in talk.agent_logs]
    return replace(talk, id=id(talk.id), messages=messages, agent_logs=logs)


def _memory(told: Mapping[str, Any], talk: KeptConversation) -> Memory:
    """A memory of the archive's columns. Raises ValueError or msgspec.ValidationError."""
    known = {_MEMORY.get(name, name): value for name, value in told.items() if value is not None}
    own = {"bot": talk.bot, "user": talk.user, "session": talk.session}
    memory = msgspec.convert(
        {"reason": "as it was where it was exported", **known, **own}, Memory, strict=True
    )
    UUID(memory.id)
    return memory
