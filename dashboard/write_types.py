"""Writes src/wire.ts: the TypeScript types of events, alerts, records and measurements."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from roomtone.alerts import Alert
from roomtone.emotions import EKMAN_OF
from roomtone.events import EVENT_TYPES, WIRE_VERSION
from roomtone.heard import Agent, Context, Feeling, Looked, Recalled, Standing
from roomtone.points import LEVELS
from roomtone.records import TIERS, Conversation, Link, Memory, Recollection, Relationship
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.verdicts import Line, Reacted, Ruling

TARGET = Path(__file__).parent / "src" / "wire.ts"

# What the server adds to an alert on the way out: two properties and the verdict of a person.
_ADDED = {
    "id": "string",
    "deviation": "number",
    "verdict": "Verdict",
    "verdict_at": "string | null",
}


def render() -> str:
    """The whole of wire.ts as text."""
    levels = [word for _, word in LEVELS] + ["VERY_LOW"]
    alert = {f.encode_name: f for f in msgspec.structs.fields(Alert)}
    parts = [
        "// What goes over the wire, written by dashboard/write_types.py: do not edit.",
        f"export const WIRE_VERSION = {WIRE_VERSION}",
        _union("Level", levels),
        _constants("LEVEL_BOUNDS", [(word, least) for least, word in LEVELS] + [("VERY_LOW", 0)]),
        _union("AlertType", _choices(alert["type"].type)),
        _union("Severity", _choices(alert["severity"].type)),
        "export type Verdict = '' | 'acknowledged' | 'false_alarm'",
        _alert(),
        _union("EngagementField", list(ENGAGEMENT.fields)),
        _fields(),
        *(_part(struct) for struct in (Feeling, Recalled, Looked, Context, Standing, Agent)),
        *(_part(struct) for struct in (Conversation, Relationship)),
        _union("Tier", list(TIERS)),
        *(_part(struct) for struct in (Link, Memory, Recollection)),
        *(_part(struct) for struct in (Line, Reacted, Ruling)),
        _union("Ekman", list(EKMAN_OF)),
        _belongs("EKMAN_OF", "Ekman", EKMAN_OF),
        *(_event(struct) for struct in EVENT_TYPES),
        "export type WireEvent =\n  | " + "\n  | ".join(t.__name__ for t in EVENT_TYPES),
    ]
    return "\n\n".join(parts) + "\n"


def _choices(annotation: Any) -> list[str]:
    return list(inspect.type_info(annotation).values)  # type: ignore[attr-defined]


def _union(name: str, words: list[str]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | '{word}'" for word in words)


def _constants(name: str, pairs: list[tuple[str, float]]) -> str:
    rows = "\n".join(f"  ['{word}', {value:g}]," for word, value in pairs)
    return f"export const {name}: ReadonlyArray<readonly [Level, number]> = [\n{rows}\n]"


def _belongs(name: str, kind: str, labels_of: Mapping[str, Sequence[str]]) -> str:
    """What each label belongs to, of what has which labels."""
    rows = "\n".join(
        f"  {label}: '{one}'," for one, labels in labels_of.items() for label in labels
    )
    return f"export const {name}: Readonly<Record<string, {kind}>> = {{\n{rows}\n}}"


def _alert() -> str:
    rows = []
    for field in inspect.type_info(Alert).fields:  # type: ignore[attr-defined]
        known = {"type": "AlertType", "severity": "Severity"}.get(field.encode_name)
        rows.append(f"  {field.encode_name}: {known or _ts(field.type)}")
    rows += [f"  {name}: {kind}" for name, kind in _ADDED.items()]
    return "export interface Alert {\n" + "\n".join(rows) + "\n}"


def _fields() -> str:
    rows = "\n".join(
        f"  {name}: {{ meaning: {_quoted(f.meaning)}, unit: {_quoted(f.unit)} }},"
        for name, f in ENGAGEMENT.fields.items()
    )
    kind = "Readonly<Record<EngagementField, { meaning: string; unit: string }>>"
    return f"export const ENGAGEMENT_FIELDS: {kind} = {{\n{rows}\n}}"


def _event(struct: Any) -> str:
    return _interface(struct, [f"  type: '{struct.__struct_config__.tag}'"])


def _part(struct: Any) -> str:
    return _interface(struct, [])


def _interface(struct: Any, rows: list[str]) -> str:
    info: Any = inspect.type_info(struct)
    for field in info.fields:
        optional = "" if field.required else "?"
        rows.append(f"  {field.encode_name}{optional}: {_ts(field.type)}")
    return f"export interface {struct.__name__} {{\n" + "\n".join(rows) + "\n}"


def _ts(kind: Any) -> str:
    """The TypeScript type of a msgspec type description."""
    match kind:
        case inspect.Metadata():
            return _ts(kind.type)
        case inspect.StrType() | inspect.DateTimeType():
            return "string"
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.BoolType():
            return "boolean"
        case inspect.NoneType():
            return "null"
        case inspect.LiteralType():
            return " | ".join(_quoted(str(value)) for value in kind.values)
        case inspect.UnionType():
            return " | ".join(dict.fromkeys(_ts(one) for one in kind.types))
        case inspect.ListType() | inspect.VarTupleType():
            inner = _ts(kind.item_type)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case inspect.StructType():
            return str(kind.cls.__name__)
        case inspect.DictType():
            return f"Record<{_ts(kind.key_type)}, {_ts(kind.value_type)}>"
    raise TypeError(f"no TypeScript for {kind!r}; teach dashboard/write_types.py this type")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> int:
    """Write the file, or with --check say whether it is what it should be."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 on drift")
    wanted = render()
    if not arguments.parse_args().check:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == wanted:
        return 0
    print("src/wire.ts is not what the structs say; run: make types", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
