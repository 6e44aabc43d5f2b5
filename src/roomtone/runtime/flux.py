"""Reads the plainest Flux (from, range, filter, limit) and answers it from any series store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from roomtone.errors import BadEvent
from roomtone.points import Measurement, Point
from roomtone.ports import SeriesStore
from roomtone.runtime.backfill import pages

MOST_ROWS = 1_000_000
"""How many rows an answer may gather; beyond it a shorter range is asked for."""

MOST_DEEP = 50

Known = Mapping[str, str]
Predicate = Callable[[Known], bool | None]
"""Whether a row with these columns is meant; None where it depends on columns not given."""

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNITS["w"] = 7 * 86_400
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?)
    |(?P<duration>-?(?:\d+(?:ns|us|µs|ms|w|d|h|m|s))+)
    |(?P<number>\d+)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\|>|=>|==|!=|[()\[\]:,.])""",
    re.VERBOSE,
)
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def saved() -> list[str]:
    """The names of the queries that come with the package."""
    found = (files("roomtone") / "queries").iterdir()
    return sorted(path.name.removesuffix(".flux") for path in found if path.name.endswith(".flux"))


def text_of(name: str) -> str:
    """A saved query as it stands. Raises BadEvent with the names there are."""
    if name not in saved():
        raise BadEvent(
            f"no query is called {name!r}; choose one of: {', '.join(saved())}; or name a file"
        )
    return (files("roomtone") / "queries" / f"{name}.flux").read_text(encoding="utf-8")


@dataclass
class Query:
    """What is asked: a range, what rows must be, and how many of each table are shown."""

    start: datetime
    stop: datetime
    filters: list[Predicate]
    limit: int | None = None
    offset: int = 0

    def meant(self, known: Known) -> bool | None:
        """Whether all filters mean a row of these columns; None where it cannot be told yet."""
        told = [keep(known) for keep in self.filters]
        return False if False in told else None if None in told else True


class _Reader:
    """Takes a query apart, word by word."""

    def __init__(self, text: str, now: datetime) -> None:
        self._words = list(_words(text))
        self._at, self._now, self._depth = 0, now, 0

    def query(self) -> Query:
        self._call("from", {"bucket": self._text})
        query: Query | None = None
        while self._peek()[1]:
            self._take("|>")
            name = self._name()
            if name == "range":
                given = self._arguments({"start": self._moment, "stop": self._moment})
                if "start" not in given:
                    raise _bad("range needs a start, as in range(start: -1h)")
                query = Query(given["start"], given.get("stop", self._now), [])
            elif query is None:
                raise _bad("the first step behind from is range(start: -1h)")
            elif name == "filter" and query.limit is None:
                query.filters.append(self._arguments({"fn": self._function})["fn"])
            elif name == "limit" and query.limit is None:
                given = self._arguments({"n": self._count, "offset": self._count})
                query.limit, query.offset = given["n"], given.get("offset", 0)
            else:
                raise _bad(f"{name} is not understood here; ask an InfluxDB, or use what is")
        if query is None:
            raise _bad("a query needs a range, as in range(start: -1h)")
        return query

    # -- words ---------------------------------------------------------------------------------

    def _peek(self) -> tuple[str, str]:
        return self._words[self._at] if self._at < len(self._words) else ("end", "")

    def _next(self, kind: str, wanted: str) -> str:
        found, word = self._peek()
        if found != kind:
            raise _bad(
                f"{wanted} is missing before {word[:40]!r}" if word else f"{wanted} is missing"
            )
        self._at += 1
        return word

    def _take(self, sign: str) -> None:
        if self._peek()[1] != sign:
            raise _bad(f"{sign!r} is missing before {self._peek()[1][:40]!r}")
        self._at += 1

    def _is(self, word: str) -> bool:
        if self._peek()[1] != word:
            return False
        self._at += 1
        return True

    def _name(self) -> str:
        return self._next("name", "a name")

    def _text(self) -> str:
        word = self._next("text", "a text in quotes")[1:-1]
        return re.sub(r"\\(.)", lambda m: _UNESCAPED.get(m[1], m[1]), word, flags=re.DOTALL)

    def _count(self) -> int:
        return int(self._next("number", "a number"))

    def _moment(self) -> datetime:
        kind, word = self._peek()
        if kind == "time":
            self._at += 1
            at = datetime.fromisoformat(word)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        if self._is("now"):
            self._take("(")
            self._take(")")
            return self._now
        word = self._next("duration", "a time or a duration like -1h")
        parts = re.findall(r"(\d+)(\D+)", word.lstrip("-"))
        away = timedelta(seconds=sum(int(n) * _UNITS[unit] for n, unit in parts))
        return self._now - away if word.startswith("-") else self._now + away

    def _call(self, name: str, known: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        if self._name() != name:
            raise _bad(f"a query begins with {name}")
        return self._arguments(known)

    def _arguments(self, known: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        self._take("(")
        while not self._is(")"):
            name = self._name()
            if name not in known or name in given:
                raise _bad(f"no argument {name!r} is known here; choose among: {', '.join(known)}")
            self._take(":")
            given[name] = known[name]()
            if self._peek()[1] != ")":
                self._take(",")
        if missing := [name for name in [*known][:1] if name not in given]:
            raise _bad(f"the argument {missing[0]} is missing")
        return given

    # -- what rows must be -----------------------------------------------------------------------

    def _function(self) -> Predicate:
        self._take("(")
        row = self._name()
        self._take(")")
        self._take("=>")
        return self._either(row)

    def _either(self, row: str) -> Predicate:
        some = [self._both(row)]
        while self._is("or"):
            some.append(self._both(row))
        return some[0] if len(some) == 1 else lambda known: _any([one(known) for one in some])

    def _both(self, row: str) -> Predicate:
        some = [self._one(row)]
        while self._is("and"):
            some.append(self._one(row))
        return some[0] if len(some) == 1 else lambda known: _all([one(known) for one in some])

    def _one(self, row: str) -> Predicate:
        if self._is("("):
            self._depth += 1
            if self._depth > MOST_DEEP:
                raise _bad("there are too many brackets in brackets")
            inner = self._either(row)
            self._depth -= 1
            self._take(")")
            return inner
        if self._name() != row:
            raise _bad(f"a comparison begins with {row}.column")
        if self._is("["):
            column = self._text()
            self._take("]")
        else:
            self._take(".")
            column = self._name()
        same = self._is("==")
        if not same:
            self._take("!=")
        value = self._text()

        def compare(known: Known) -> bool | None:
            return None if column not in known else (known[column] == value) is same

        return compare


def _any(told: Sequence[bool | None]) -> bool | None:
    return True if True in told else None if None in told else False


def _all(told: Sequence[bool | None]) -> bool | None:
    return False if False in told else None if None in told else True


def _words(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _bad(f"{text[at : at + 20]!r} is no word of Flux")
        at = found.end()
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0]


def _bad(what: str) -> BadEvent:
    return BadEvent(
        f"{what}; what is understood: from, range, filter with ==, !=, and, or, and limit"
    )


def parse(text: str, now: datetime) -> Query:
    """A query of `from |> range |> filter… |> limit`. Raises BadEvent for whatever else it has.

    The bucket's name is not looked at: there is one store.
    """
    return _Reader(text, now).query()


async def answer(
    query: Query, store: SeriesStore, measurements: Sequence[Measurement]
) -> list[dict[str, Any]]:
    """The rows as InfluxDB gives them: a table per series and field, in the order of their names.

    Each row has `table`, `_start`, `_stop`, `_time`, `_value`, `_field`, `_measurement` and the
    tags; a tag without a value is left out. Raises BadEvent where there are too many of them.
    """
    tables: dict[tuple[Any, ...], list[tuple[datetime, Any]]] = {}
    count = 0
    most = None if query.limit is None else query.offset + query.limit
    for measurement in sorted(measurements, key=lambda m: m.name):
        about = {"_measurement": measurement.name}
        wanted = [f for f in measurement.fields if query.meant({**about, "_field": f}) is not False]
        if not wanted:
            continue
        async for page in pages(store, measurement.name, query.start, query.stop):
            for point in page:
                for tags, name, value in _cells(point, wanted):
                    if not query.meant({**about, **dict(tags), "_field": name}):
                        continue
                    rows = tables.setdefault((measurement.name, tags, name), [])
                    if most is None or len(rows) < most:
                        rows.append((point.time, value))
                        count += 1
            if count > MOST_ROWS:
                raise BadEvent("this answer is too long; ask for a shorter range, or add a limit")
    span = {"_start": query.start, "_stop": query.stop}
    ordered = [(key, rows[query.offset :]) for key, rows in sorted(tables.items())]
    return [
        {"table": table, **span, "_time": at, "_value": value}
        | {"_field": name, "_measurement": measurement, **dict(tags)}
        for table, ((measurement, tags, name), rows) in enumerate(o for o in ordered if o[1])
        for at, value in rows
    ]


def _cells(
    point: Point, wanted: Sequence[str]
) -> Iterator[tuple[tuple[tuple[str, str], ...], str, float | str]]:
    tags = tuple(sorted((tag, value) for tag, value in point.tags.items() if value))
    for name in wanted:
        if name in point.fields:
            yield tags, name, point.fields[name]
        elif name in point.texts:
            yield tags, name, point.texts[name]
