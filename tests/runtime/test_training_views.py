"""What is told of training data is what a dataset would hold, and why the rest is left out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from roomtone.runtime import plugins, training_views
from roomtone.runtime.export_plan import Filters
from roomtone.training_rows import Excluded, ExportOptions, lines
from tests.runtime.kept import KeptArchive, conversation


def talks() -> Any:
    archive = KeptArchive([conversation(id, f"p{id % 4}") for id in range(1, 21)])
    archive.agree("p0", yes=False)
    return archive


async def test_an_overview_says_how_much_may_be_learnt_from() -> None:
    """And how much is left out, why."""
    told = await training_views.overview(talks(), Filters())

    assert (told["conversations"], told["people"]) == (20, 4)
    assert (told["trainable"]["conversations"], told["trainable"]["people"]) == (15, 3)
    (left_out,) = told["excluded"]
    assert (left_out["reason"], left_out["conversations"]) == ("no_consent", 5)
    assert len(told["quality"]["edges"]) == len(told["quality"]["counts"]) + 1 == 21
    assert told["tokens"] > told["trainable"]["tokens"] > 0
    assert told["facets"]["bot"] == {"luna": 15}
    told = await training_views.overview(talks(), Filters(trainable=False))
    assert (told["trainable"]["people"], told["facets"]["bot"]) == (3, {"luna": 20})


async def test_a_preview_is_the_first_lines_to_the_byte() -> None:
    """Of the same conversations, in the same order."""
    archive = talks()
    told = await training_views.preview(
        archive, "sft", Filters(), limit=3, redact=False, min_confidence=None
    )
    export = plugins.export("sft")
    rows = [
        row
        for id in (1, 2, 3)
        for row in export.rows(archive.talks[id], ExportOptions(), Excluded())
    ]

    made = "".join(f"{one['line']}\n" for one in told["rows"]).encode()
    assert made == lines(rows)
    assert [one["conversation"] for one in told["rows"]] == [1, 2, 3] and told["note"] == ""


async def test_an_empty_preview_says_why() -> None:
    """Nobody agreed; or what there is makes no row."""
    nobody = KeptArchive([conversation(1)], agreed=False)
    asked: dict[str, Any] = {"limit": 3, "redact": False, "min_confidence": None}
    told = await training_views.preview(nobody, "sft", Filters(), **asked)  # type: ignore[arg-type]
    assert "roomtone people consent" in told["note"]
    unsure = await training_views.preview(
        talks(), "kto", Filters(), limit=3, redact=False, min_confidence=1.0
    )
    assert unsure["rows"] == [] and "not sure enough" in unsure["note"]


async def answered(archive: Any, *asked: Any, **more: Any) -> tuple[str, bytes | None]:
    kind, parts = await training_views.documents_export(archive, *asked, **more)
    return kind, None if parts is None else b"".join([part async for part in parts])


async def test_the_documents_export_is_an_object_or_a_list() -> None:
    """Of conversations in their shape; what was marked does not come again."""
    archive = talks()
    kind, one = await answered(archive, 2, 100, "json", redact=False)
    shape = json.loads(one or b"")
    assert kind == "json" and shape["conversation_id"] == 2 and shape["user_id"] == "p2"
    assert shape["metadata"]["conversation_quality"] == 0.7
    assert {"role", "content", "emotion", "quality_score"} <= shape["messages"][1].keys()
    assert {"memories", "agent_logs", "session_id"} <= shape.keys()

    many = json.loads((await answered(archive, None, 4, "json"))[1] or b"")
    assert [one["conversation_id"] for one in many] == [1, 2, 3, 5]
    await archive.mark_exported([1, 2, 3])
    rest = json.loads((await answered(archive, None, 2, "json"))[1] or b"")
    assert [one["conversation_id"] for one in rest] == [5, 6]
    assert (await answered(archive, 4, 1, "json"))[1] is None  # p0 has not agreed


async def test_the_format_that_was_asked_for_is_written() -> None:
    """Lines where it is lines; and no conversation at all is an empty answer."""
    kind, made = await answered(talks(), None, 3, "sft")
    assert kind == "jsonl" and made is not None and len(made.splitlines()) == 3
    assert (await answered(KeptArchive(), None, 3, "json"))[1] == b"[]"


async def test_the_documents_numbers_and_ours() -> None:
    """Total, exported, pending; and percentages that do not divide by nothing."""
    archive = talks()
    await archive.mark_exported([1])
    told = await training_views.stats(archive)

    assert (told["total_conversations"], told["exported_conversations"]) == (20, 1)
    assert (told["pending_conversations"], told["export_percentage"]) == (19, 5.0)
    assert told["coverage"]["trainable"] == 0.75
    empty = await training_views.stats(KeptArchive())  # type: ignore[arg-type]
    assert empty["export_percentage"] == 0.0


async def test_the_loop_goes_on_while_a_preview_looks() -> None:
    """Where thousands of messages make no row they are cleaned in a thread."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    archive: Any = KeptArchive([conversation(id) for id in range(1, 400)])
    task = asyncio.create_task(others())
    told = await training_views.preview(
        archive, "kto", Filters(), limit=3, redact=True, min_confidence=1.0
    )
    task.cancel()

    assert told["rows"] == [] and "399 conversations" in told["note"] and turns > 100
