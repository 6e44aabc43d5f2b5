"""Reads the YAML that deploy/ is written in: maps, lists, scalars, anchors; no more than that."""

from __future__ import annotations

import json
import re
from typing import Any


def read_yaml(text: str) -> Any:
    """The document as dictionaries and lists. Raises ValueError where it is not understood."""
    rows = []
    for line in text.splitlines():
        bare = "" if line.lstrip().startswith("#") else re.sub(r"\s#[^\"']*$", "", line).rstrip()
        if bare.strip():
            if "\t" in bare:
                raise ValueError(f"a tab: {line!r}")
            rows.append((len(bare) - len(bare.lstrip()), bare.strip()))
    value, rest = _block(rows, 0, {})
    if rest != len(rows):
        raise ValueError(f"not understood: {rows[rest]}")
    return value


def _block(rows: list[tuple[int, str]], at: int, anchors: dict[str, Any]) -> tuple[Any, int]:
    indent = rows[at][0]
    if rows[at][1].startswith("- "):
        items = []
        while at < len(rows) and rows[at][0] == indent and rows[at][1].startswith("- "):
            said = rows[at][1][2:].strip()
            if re.match(r"[\w-]+:( |$)", said):  # a map that begins beside the dash
                rows[at] = (indent + 2, said)
                value, at = _block(rows, at, anchors)
                items.append(value)
            else:
                items.append(_scalar(said, anchors))
                at += 1
        return items, at
    made: dict[str, Any] = {}
    while at < len(rows) and rows[at][0] == indent:
        found = re.match(r"([\w.<-]+):\s*(.*)$", rows[at][1])
        if found is None:
            raise ValueError(f"no key: {rows[at]}")
        key, said = found[1], found[2]
        anchor = re.match(r"&(\w+)\s*(.*)$", said)
        said = anchor[2] if anchor else said
        at += 1
        if said in ("", ">", "|") and at < len(rows) and rows[at][0] > indent:
            if said:  # a folded text
                lines = []
                while at < len(rows) and rows[at][0] > indent:
                    lines.append(rows[at][1])
                    at += 1
                value: Any = " ".join(lines)
            else:
                value, at = _block(rows, at, anchors)
        else:
            value = _scalar(said, anchors)
        if key in made:
            raise ValueError(f"{key} stands twice")
        if anchor:
            anchors[anchor[1]] = value
        made[key] = value
    merged = made.pop("<<", {})
    return {**merged, **made}, at


def _scalar(said: str, anchors: dict[str, Any]) -> Any:
    if said.startswith("*"):
        return anchors[said[1:]]
    if said.startswith(("[", '"')):
        return json.loads(said)
    if said.startswith("{"):
        pairs = [pair.partition(":") for pair in said.strip("{}").split(",")]
        return {key.strip(): _scalar(value.strip(), anchors) for key, _, value in pairs}
    if said in ("", "~", "null"):
        return None
    if said in ("true", "false"):
        return said == "true"
    return int(said) if re.fullmatch(r"-?\d+", said) else said
