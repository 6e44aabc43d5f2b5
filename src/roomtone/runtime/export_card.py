"""What stands beside a dataset's rows: a manifest that makes them again, and a card to read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from roomtone import __version__
from roomtone.ports_exports import Export
from roomtone.runtime.clock import iso
from roomtone.runtime.export_plan import SPLITS
from roomtone.runtime.export_rows import CONTAMINATION, OWN_WORDS, report
from roomtone.runtime.exporting import Exporting
from roomtone.training_rows import features

TOKEN_CHARACTERS = 4
"""Characters of a token: an estimate, as each model has tokens of its own."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"),
          (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))  # fmt: skip
_CODE = re.compile(r"[a-z]{2,3}")
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.-]*")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~$&])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def manifest(work: Exporting, made: datetime, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All that was asked, counted and left out. No person is named in it, but one whom a filter
    names."""
    maker, plan = work.maker, work.plan
    excluded = report(maker.excluded)
    if plan.filters.trainable and (none := _without_consent(work.counts)):
        excluded.insert(0, none)
    if work.withdrawn:
        people = len(work.withdrawn)
        excluded.insert(1, {"reason": "withdrawn", "words": OWN_WORDS["withdrawn"],
                            "conversations": 0, "messages": 0, "people": people})  # fmt: skip
    parts = {part: 0 for part in SPLITS if any(one["part"] == part for one in files)}
    for one in files:
        parts[one["part"]] += one["rows"]
    return {
        "roomtone": __version__,
        "name": plan.name,
        "format": plan.format,
        "made": iso(made),
        "plan": msgspec.to_builtins(plan),
        "seed": plan.seed,
        "counts": {
            "conversations": len(maker.kept),
            "looked_at": maker.conversations,
            "messages": maker.messages,
            "people": len(maker.people),
            "characters": maker.characters,
            "tokens": maker.characters // TOKEN_CHARACTERS,
            "rows": maker.rows,
            "parts": parts,
            "labels": maker.labels,
            "languages": maker.languages,
        },
        "consent": {"people": len(maker.people), "basis": work.basis},
        "excluded": excluded,
        "contamination": contamination(maker.excluded.messages, maker.rows),
        "redactions": maker.redactions,
        "files": list(files),
        "ranges": maker.ranges.runs(),
    }


def contamination(left_out: Mapping[str, int], rows: int) -> dict[str, Any]:
    """Of all that an emoji alone would have called a rating: what was left out, and why."""
    reasons = {name: left_out[name] for name in CONTAMINATION if left_out.get(name)}
    return {"rows": rows, "left_out": sum(reasons.values()), "reasons": reasons}


def _without_consent(counts: Mapping[str, Any]) -> dict[str, Any] | None:
    held = counts["trainable"]
    missing = {name: counts[name] - held[name] for name in ("conversations", "messages", "people")}
    if not any(missing.values()):
        return None
    return {"reason": "no_consent", "words": OWN_WORDS["no_consent"], **missing}


def card(told: Mapping[str, Any], export: Export, suffix: str) -> str:
    """The page that Hugging Face shows: its head for machines, its body for people."""
    return "\n".join([*_head(told, export, suffix), "", *_body(told, export), ""])


def _head(told: Mapping[str, Any], export: Export, suffix: str) -> list[str]:
    counts, license = told["counts"], told["plan"]["license"]
    languages = [one for one in counts["languages"] if _CODE.fullmatch(one)]
    size = next((name for most, name in _SIZES if counts["rows"] < most), "n>10M")
    head = ["---"]
    if told["name"]:
        head.append(f"pretty_name: {_quoted(told['name'])}")
    head.append(f"license: {license if _LICENSE.fullmatch(license) else 'other'}")
    if languages:
        head += ["language:", *(f"- {_quoted(one)}" for one in sorted(languages))]
    if export.task:
        head += ["task_categories:", f"- {export.task}"]
    head += ["size_categories:", f"- {size}", "tags:", "- roomtone", f"- {export.name}"]
    columns = features(export.row, ids=export.traceable) if suffix in ("jsonl", "json") else None
    if columns:
        head += ["dataset_info:", *_listed("features", columns, "  ")]
    head += ["configs:", "- config_name: default", f"  version: {_version(told)}", "  data_files:"]
    for part in counts["parts"]:
        head += [f"  - split: {part}", f"    path: data/{part}-*.{suffix}"]
    return [*head, "---"]


def _listed(name: str, columns: list[dict[str, Any]], indent: str) -> list[str]:
    """Columns in YAML; what a list or an object holds is indented below it."""
    lines = [f"{indent}{name}:"]
    for column in columns:
        lines.append(f"{indent}- name: {column['name']}")
        for key in ("dtype", "list", "struct"):
            if isinstance(column.get(key), str):
                lines.append(f"{indent}  {key}: {column[key]}")
            elif key in column:
                lines += _listed(key, column[key], indent + "  ")
    return lines


def _version(told: Mapping[str, Any]) -> str:
    """Another one for other rows: loaders keep what they read by a folder's name and its version,
    and would go on giving out rows of people who have withdrawn."""
    read = hashlib.sha256("".join(one["sha256"] for one in told["files"]).encode())
    return f"1.0.{int(read.hexdigest()[:8], 16)}"


def _body(told: Mapping[str, Any], export: Export) -> list[str]:
    counts, plan = told["counts"], told["plan"]
    parts = ", ".join(f"{part} {many:,}" for part, many in counts["parts"].items())
    body = [
        f"# {plain(told['name']) or export.title}",
        "",
        f"Each row is {export.phrase}. It is read by {export.trainable_by}.",
        "",
        "## What is in it",
        "",
        "| | |",
        "|---|---|",
        f"| rows | {counts['rows']:,} ({parts}) |",
        f"| conversations | {counts['conversations']:,} |",
        f"| messages in them | {counts['messages']:,} |",
        f"| people | {counts['people']:,} |",
        f"| tokens, about | {counts['tokens']:,} |",
    ]
    if counts["labels"]:
        labels = ", ".join(f"{plain(name)} {many:,}" for name, many in counts["labels"].items())
        body.append(f"| labels | {labels} |")
    body += ["", "## How it was made", ""]
    filters = {k: v for k, v in plan["filters"].items() if v is not None and k != "trainable"}
    asked = ", ".join(f"{name} {plain(str(value))}" for name, value in filters.items())
    body += [
        f"By Roomtone {told['roomtone']} on {told['made']}, format `{export.name}`; "
        f"conversations asked for: {asked or 'all'}.",
        "",
        f"All that one person said is in one part (seed {plan['seed']}): nobody is in two. "
        f"Personal data: {_cleaned(told)}. "
        f"Duplicates: {'taken out, exact and near ones' if plan['dedupe'] else 'left in'}. "
        f"A judge's word on a reaction counts from a confidence of {plan['min_confidence']:g} on."
        f"{_learnt(plan)}",
        "",
        "`manifest.json` holds the filters, the ids of the conversations and the SHA-256 of each "
        "file; with it the same rows are made again.",
        "",
        "## What was left out, and why",
        "",
    ]
    if told["excluded"]:
        body += ["| what | messages | conversations |", "|---|---|---|"]
        body += [
            f"| {plain(one['words'])} | {one['messages']:,} | {one['conversations']:,} |"
            for one in told["excluded"]
        ]
    else:
        body.append("Nothing.")
    body += ["", "## Who agreed", "", _agreed(told)]
    return body


def _cleaned(told: Mapping[str, Any]) -> str:
    if not told["plan"]["redact"]:
        return "left in, as was asked for"
    found = ", ".join(f"{plain(kind)} {many:,}" for kind, many in told["redactions"].items())
    return f"taken out and replaced by stable names ({found or 'none was found'})"


def _agreed(told: Mapping[str, Any]) -> str:
    if not told["plan"]["filters"]["trainable"]:
        return "Nobody was asked: these conversations stay with their owner."
    basis = ", ".join(f"{plain(name)} {n:,}" for name, n in told["consent"]["basis"].items())
    return (
        f"{told['consent']['people']:,} people, for training, on this basis: {basis or 'none'}. "
        "Who withdraws or is erased later is still in this copy: ask for it to be made again."
    )


def plain(text: str) -> str:
    """A text of unknown origin, which Markdown does nothing with.

    >>> plain("<b>*x*")
    '\\\\<b\\\\>\\\\*x\\\\*'
    """
    return _MARKS.sub(r"\\\1", _CONTROL.sub(" ", text))


def _quoted(text: str) -> str:
    """A text as YAML takes it between double quotes, which is as JSON does."""
    return msgspec.json.encode(_CONTROL.sub(" ", text).encode("utf-8", "replace").decode()).decode()


def _learnt(plan: Mapping[str, Any]) -> str:
    """What was asked of replies, where it was."""
    least = plan.get("min_reply_quality")
    return "" if least is None else f" Replies are learnt from a quality of {least:g} on."
