"""What cleans an export: personal data is replaced, what is there already left out."""

from __future__ import annotations

from roomtone.ports_training import TrainingArchive
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.export_rows import Cleaner, Known
from roomtone.runtime.exporting import Cleaning


async def cleaning(archive: TrainingArchive, plan: Plan) -> Cleaning:
    """What makes the two anew for each attempt."""

    def fresh(plan: Plan) -> tuple[Cleaner | None, Known | None]:
        return None, None

    return fresh
