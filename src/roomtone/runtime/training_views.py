"""What is told of training data before it leaves: amounts, facets, the first rows, one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from roomtone.ports_exports import Export
from roomtone.ports_training import TrainingArchive
from roomtone.runtime import plugins
from roomtone.runtime.export_card import TOKEN_CHARACTERS
from roomtone.runtime.export_cleaning import cleaning
from roomtone.runtime.export_plan import Filters, Plan
from roomtone.runtime.export_rows import OWN_WORDS, Cleaner
from roomtone.training_data import KeptConversation, TrainingSought
from roomtone.training_rows import Excluded, ExportOptions, Row, encoded, traced

BINS = 20
LOOKED = 2_000
"""Conversations that a preview looks through for rows."""

DOCUMENTS, NATIVE = "json", "native"
"""The documents' own format, as they call it and as we do: whole conversations."""

PAGE = 500


def amounts(counts: Mapping[str, Any]) -> dict[str, int]:
    """Conversations, messages, people and, about, tokens."""
    told = {name: counts[name] for name in ("conversations", "messages", "people")}
    return told | {"tokens": counts["characters"] // TOKEN_CHARACTERS}


async def overview(archive: TrainingArchive, filters: Filters) -> dict[str, Any]:
    """What could be learnt from, what may be, and what is left out."""
    sought = filters.sought()
    everybody: TrainingSought = {**sought, "trainable": False}
    there = await archive.training_counts(**everybody)
    trainable, everything = amounts(there["trainable"]), amounts(there)
    counts = await archive.training_counts(**sought) if filters.trainable else there
    missing = {name: everything[name] - trainable[name] for name in ("conversations", "messages")}
    reason = {"reason": "no_consent", "words": OWN_WORDS["no_consent"]}
    return {
        **everything,
        "trainable": trainable,
        "excluded": [reason | missing] if any(missing.values()) else [],
        "quality": {
            "edges": [round(edge / BINS, 2) for edge in range(BINS + 1)],
            "counts": list(counts["quality"]),
        },
        "facets": {name: counts[name] for name in ("bot", "emotion", "language", "meaning")},
        "exported": counts["exported"],
        "ratings": ratings(counts),
    }


def ratings(counts: Mapping[str, Any]) -> dict[str, int]:
    """How many ratings are good, and how many bad."""
    told = counts.get("ratings", {})
    return {name: told.get(name, 0) for name in ("desirable", "undesirable")}


async def stats(archive: TrainingArchive) -> dict[str, Any]:
    """The documents' numbers, and how labels, meanings and fields are spread."""
    counts = await archive.training_counts()
    total, exported = counts["conversations"], counts["exported"]

    def share(many: float) -> float:
        return round(many / total, 4) if total else 0.0

    return {
        "total_conversations": total,
        "exported_conversations": exported,
        "pending_conversations": total - exported,
        "total_messages": counts["messages"],
        "training_messages": counts["training_messages"],
        "export_percentage": round(100 * exported / total, 2) if total else 0.0,
        "trainable_conversations": counts["trainable"]["conversations"],
        "label_balance": ratings(counts),
        "contamination": dict(counts["meaning"]),
        "coverage": {
            "trainable": share(counts["trainable"]["conversations"]),
            "quality": share(sum(counts["quality"])),
            "emotion": min(share(sum(counts["emotion"].values())), 1.0),
            "language": min(share(sum(v for k, v in counts["language"].items() if k)), 1.0),
        },
    }


async def preview(
    archive: TrainingArchive,
    format: str,
    filters: Filters,
    *,
    limit: int,
    redact: bool,
    **asked: Any,
) -> dict[str, Any]:
    """The first rows of a format to the byte; all of their texts are cleaned as in a dataset.

    `asked` is what else a plan has; what is None is as it is there.
    """
    export = plugins.export(format)
    more = {name: value for name, value in asked.items() if value is not None}
    plan = Plan(format=format, filters=filters, redact=redact, **more)
    cleaner, _ = (await cleaning(archive, plan))(plan)
    options = plan.options()
    excluded, rows = Excluded(), list[dict[str, Any]]()
    looked = 0

    def made(page: Sequence[KeptConversation]) -> None:
        nonlocal looked
        for one in page:
            before = sum(cleaner.report().values()) if cleaner else 0
            cleaned = cleaner.clean(one) if cleaner else one
            taken = sum(cleaner.report().values()) - before if cleaner else 0
            looked += 1
            found = list(export.rows(cleaned, options, excluded))
            traced(found, beside=not export.traceable)
            for row in found:
                line = encoded(row).decode()
                rows.append({"line": line, "redactions": taken, "conversation": one.id})
            if len(rows) >= limit:
                return

    async for page in _some(archive, export, filters.sought(), LOOKED):
        await asyncio.to_thread(made, page)
        if len(rows) >= limit:
            break
    return {"format": format, "rows": rows[:limit], "note": _note(rows, looked, excluded)}


def _note(rows: Sequence[Any], looked: int, excluded: Excluded) -> str:
    if rows:
        return ""
    if not looked:
        return (
            "no conversation of a person who agreed to training was found; note who did with: "
            "roomtone people consent USER --training yes"
        )
    why = "; ".join(f"{one['messages']:,} {one['words']}" for one in excluded.report()[:3])
    return (
        f"the first {looked:,} conversations give no row of this format{': ' if why else ''}{why}"
    )


async def documents_export(
    archive: TrainingArchive, id: int | None, limit: int, format: str, *, redact: bool = True
) -> tuple[str, AsyncIterator[bytes] | None]:
    """What the documents' export answers: the kind of its file, and its bytes piece by piece; None
    where that conversation is not kept or not agreed to.

    Without an id these are the first `limit` that were not exported yet, so that who exports,
    marks and exports again comes to the end of them. In the documents' own format one conversation
    is an object, several are a list of them.
    """
    own = format in (DOCUMENTS, NATIVE)
    export = plugins.export(NATIVE if own else format)
    plan = Plan(format=export.name, redact=redact)
    cleaner, _ = (await cleaning(archive, plan))(plan)
    sought = TrainingSought(trainable=True)
    if id is None:
        sought["exported"] = False
    else:
        sought["ids"] = (id,)
    pages = _some(archive, export, sought, 1 if id is not None else limit)
    nothing: list[KeptConversation] = []
    first = await anext(pages, nothing)
    if id is not None and not first:
        return export.file, None
    rows = _rows(first, pages, export, cleaner)
    if own:
        return DOCUMENTS, _objects(rows, alone=id is not None)
    return export.file, _written(rows, export)


async def _some(
    archive: TrainingArchive, export: Export, sought: TrainingSought, limit: int
) -> AsyncIterator[list[KeptConversation]]:
    """Pages with so many conversations at most in all."""
    after: int | None = 0
    while after is not None and limit:
        found, after = await archive.training_page(
            after=after, messages=PAGE, needs=export.needs, **sought
        )
        yield list(found[:limit])
        limit -= len(found[:limit])


async def _rows(
    first: list[KeptConversation],
    pages: AsyncIterator[list[KeptConversation]],
    export: Export,
    cleaner: Cleaner | None,
) -> AsyncIterator[list[Row]]:
    options, excluded = ExportOptions(), Excluded()

    def made(page: list[KeptConversation]) -> list[Row]:
        cleaned = page if cleaner is None else map(cleaner.clean, page)
        return [row for one in cleaned for row in export.rows(one, options, excluded)]

    yield await asyncio.to_thread(made, first)
    async for page in pages:
        yield await asyncio.to_thread(made, page)


async def _objects(rows: AsyncIterator[list[Row]], *, alone: bool) -> AsyncIterator[bytes]:
    if not alone:
        yield b"["
    before = b""
    async for some in rows:
        for row in some:
            yield before + encoded(row)
            before = b","
    if not alone:
        yield b"]"


async def _written(rows: AsyncIterator[list[Row]], export: Export) -> AsyncIterator[bytes]:
    writer = plugins.row_file(export.file, export.row, ids=export.traceable)
    async for some in rows:
        traced(some, beside=not export.traceable)
        yield writer.add(some)
    yield writer.close()
