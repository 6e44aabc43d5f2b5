"""What an export is to be: which conversations, in which format, parted and cleaned how."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from roomtone.errors import BadEvent
from roomtone.training_data import TrainingSought
from roomtone.training_rows import CONTEXT, SURE, ExportOptions

SPLITS = ("train", "validation", "test")
FILES = ("jsonl", "json", "csv", "parquet")
SHARD_BYTES = 256 << 20
"""Where a file ends and the next one begins: what others load in pieces is written in pieces."""

MOST_SYSTEM = 20_000
MOST_CONTEXT = 1_000_000

MOST_IDS = 10_000
"""Conversations that may be named one by one."""

_AGO = re.compile(r"-([0-9]{1,7})([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Filters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversations, in the words of the command line and the API.

    `start` and `end` are ISO 8601, or back from now like -7d; an empty word does not narrow.
    """

    bot: Name | None = None
    user: Name | None = None
    language: Name | None = None
    emotion: Name | None = None
    meaning: Name | None = None
    min_quality: Share | None = None
    start: Name | None = None
    end: Name | None = None
    voice: bool | None = None
    exported: bool | None = None
    trainable: bool = True
    ids: Annotated[tuple[int, ...], msgspec.Meta(max_length=MOST_IDS)] | None = None

    def at(self, now: datetime) -> Filters:
        """The same with times that stay what they are. Raises BadEvent for what is no time."""
        fixed = {
            name: None if not text else moment(text, now, name).isoformat()
            for name, text in (("start", self.start), ("end", self.end))
        }
        return msgspec.structs.replace(self, **fixed)

    def sought(self) -> TrainingSought:
        """The same as an archive is asked; times must stand still (`at`)."""
        start, end = (None if not t else datetime.fromisoformat(t) for t in (self.start, self.end))
        return TrainingSought(
            ids=self.ids,
            bot=self.bot or None,
            user=self.user or None,
            language=self.language or None,
            emotion=self.emotion or None,
            meaning=self.meaning or None,
            least_quality=self.min_quality,
            voice=self.voice,
            exported=self.exported,
            start=start,
            end=end,
            trainable=self.trainable,
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One export, whole: the same plan on the same conversations gives the same bytes.

    `split` are shares by person; empty: all is one part. `limit` counts conversations.
    `min_confidence` is the least that a judge must have been sure of a reaction's meaning; what a
    person said always counts. `min_reply_quality`, by the formula `quality`, is what a reply needs
    to be learnt; `system` opens every conversation; a prompt or a conversation holds at most
    `context` messages, 0: all.
    """

    format: Name
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    filters: Filters = Filters()
    split: dict[str, Share] = {}
    seed: int = 0
    redact: bool = True
    dedupe: bool = True
    min_confidence: Share = SURE
    min_reply_quality: Share | None = None
    quality: Literal["v1", "v2"] = "v1"
    system: Annotated[str, msgspec.Meta(max_length=MOST_SYSTEM)] = ""
    context: Annotated[int, msgspec.Meta(ge=0, le=MOST_CONTEXT)] = CONTEXT
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    file: str | None = None  # one of FILES; None: the format's own
    license: Name = "other"
    ranges: tuple[tuple[int, int], ...] | None = None  # of a manifest: only these ids, both ends in

    def options(self) -> ExportOptions:
        """What its format is asked for."""
        return ExportOptions(
            min_confidence=self.min_confidence,
            min_quality=self.min_reply_quality,
            quality=self.quality,
            system=self.system,
            context=self.context,
        )

    def checked(self, now: datetime) -> Plan:
        """The same with times that stay what they are. Raises BadEvent with what to do."""
        check_split(self.split)
        if not self.filters.trainable:
            raise BadEvent(
                "rows leave only of people who agreed to training; leave trainable out, and note "
                "who agrees with: roomtone people consent USER --training yes"
            )
        if self.file is not None and self.file not in FILES:
            raise BadEvent(f"no file is {self.file[:40]!r}; choose one of: {', '.join(FILES)}")
        return msgspec.structs.replace(self, filters=self.filters.at(now))


def plan_of(told: Any, now: datetime) -> Plan:
    """A plan of what came as JSON. Raises BadEvent that says what is wrong with it."""
    try:
        plan: Plan = msgspec.convert(told, Plan)
    except msgspec.ValidationError as error:
        raise BadEvent(f"this is no export: {error}; see POST /v1/datasets at /docs") from None
    return plan.checked(now)


def check_split(split: Mapping[str, float]) -> None:
    """Raises BadEvent where shares are not of our parts, or do not make one whole."""
    unknown = [name for name in split if name not in SPLITS]
    if unknown:
        raise BadEvent(f"no part is called {unknown[0][:40]!r}; name {', '.join(SPLITS)}")
    total = sum(split.values())
    if split and not math.isclose(total, 1.0, abs_tol=1e-6):
        raise BadEvent(f"the parts make {total:g} and not 1; write it like train=.9,validation=.1")


def split_words(text: str) -> dict[str, float]:
    """Shares as they are typed. Raises BadEvent with how to write them.

    >>> split_words("train=.9,validation=.1")
    {'train': 0.9, 'validation': 0.1}
    """
    shares = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        try:
            shares[name.strip()] = float(number)
        except ValueError:
            raise BadEvent(
                f"{part[:40]!r} is no share; write it like train=.9,validation=.1"
            ) from None
        if not 0 <= shares[name.strip()] <= 1:
            raise BadEvent(f"{part[:40]!r} is not from 0 to 1; write it like train=.9")
    check_split(shares)
    return shares


def only_part(split: Mapping[str, float]) -> str:
    """The part that everybody is in; "" where there are several."""
    used = [name for name in SPLITS if split.get(name)]
    return "" if len(used) > 1 else used[0] if used else SPLITS[0]


def part_of(person: str, split: Mapping[str, float], seed: int) -> str:
    """Which part all that a person said goes to: a keyed hash of the person, and nothing else.

    >>> part_of("ann", {"train": 1.0}, 1), part_of("ann", {}, 1)
    ('train', 'train')
    """
    if only := only_part(split):
        return only
    used = [(name, split[name]) for name in SPLITS if split.get(name)]
    key = hashlib.sha256(f"roomtone split {seed}".encode()).digest()
    told = person.encode("utf-8", "surrogatepass")
    place = int.from_bytes(hashlib.blake2b(told, key=key, digest_size=7).digest()) / 2**56
    for name, share in used:
        if place < share:
            return name
        place -= share
    return used[-1][0]


def moment(text: str, now: datetime, name: str) -> datetime:
    """An instant as it is typed: a day, ISO 8601, or back from now. Raises BadEvent.

    >>> moment("2026-11-21", datetime(2026, 11, 26, tzinfo=UTC), "start").isoformat()
    '2026-11-21T00:00:00+00:00'
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
        at = now if text == "now" else datetime.fromisoformat(text)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadEvent(
            f"`{name}` is no time: {text[:50]!r}; write it like 2026-11-21, "
            "2026-11-21T10:00:00Z or -7d"
        ) from None
