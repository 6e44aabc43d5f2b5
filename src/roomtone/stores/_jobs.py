"""What takes several statements, as steps that every dialect can run; and what it can hold."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Text = Callable[[str], str]
SOME = 400  # rows that one statement asks for


@dataclass(frozen=True, slots=True)
class Ask:
    """One statement; the answer is what is `made` of its rows as they come: a list of them."""

    sql: str
    given: Sequence[Any] = ()
    made: Callable[[Iterable[Sequence[Any]]], Any] = list


@dataclass(frozen=True, slots=True)
class Columns:
    """One statement that gives many rows; the answer is their columns, a list each."""

    sql: str
    given: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """One statement for each of many rows."""

    sql: str
    rows: Sequence[Sequence[Any]]


Steps = Generator[Ask | Columns | Put, Any, T]


@dataclass(frozen=True, slots=True)
class Texts:
    """What a database can hold of a name, and of a text; and how it rounds down."""

    name: Text
    text: Text
    floor: str = "floor({})"
    counts_on: str = ""  # what has ids counted on behind those that were given, where that needs it


def batched(of: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many of them at a time."""
    left = iter(of)
    while some := list(islice(left, size)):
        yield some


def ask_of(sql: str, of: Iterable[Any]) -> Steps[list[Sequence[Any]]]:
    """The rows of a statement about many values: `{}` in it stands for some of them at a time."""
    found: list[Sequence[Any]] = []
    for some in batched(of, SOME):
        found += yield Ask(sql.replace("{}", ", ".join("?" * len(some))), some)
    return found


def columns_of(sql: str, of: Iterable[Any]) -> Steps[list[list[Any]]]:
    """The same as columns: those of all these values."""
    found: list[list[Any]] = []
    for some in batched(of, SOME):
        more = yield Columns(sql.replace("{}", ", ".join("?" * len(some))), some)
        found = [a + b for a, b in zip(found, more, strict=True)] if found else more
    return found


def hash_of(content: str) -> str:
    """SHA-256 of a text without regard to case and white space."""
    folded = " ".join(content.casefold().split())
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def finite(value: Any) -> float | None:
    """A number that a database can hold; else None."""
    if value is None:
        return None
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if known else None


def json_of(texts: Texts, value: Any) -> str:
    """JSON that a database can hold."""
    try:
        said = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half a character
        said = "\\u"
    if "\\u" not in said:
        return said
    return json.dumps(_cleaned(texts, msgspec.to_builtins(value)), ensure_ascii=False)


def _cleaned(texts: Texts, value: Any) -> Any:
    if isinstance(value, str):
        return texts.text(value)
    if isinstance(value, dict):
        return {texts.text(str(key)): _cleaned(texts, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(texts, one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
