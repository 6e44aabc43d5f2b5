"""What cleans an export is made anew for each attempt, and only where it was asked for."""

from __future__ import annotations

from roomtone.runtime.export_cleaning import cleaning
from roomtone.runtime.export_plan import Plan
from tests.runtime.kept import KeptArchive


async def test_what_was_not_asked_for_is_not_done() -> None:
    """Neither personal data nor duplicates are looked for."""
    plan = Plan(format="sft", redact=False, dedupe=False)
    fresh = await cleaning(KeptArchive(), plan)  # type: ignore[arg-type]

    assert fresh(plan) == (None, None)
