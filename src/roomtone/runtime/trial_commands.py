"""`roomtone train --dry-run`: whether a dataset teaches anything, and what trains on it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from roomtone.errors import BadEvent
from roomtone.runtime import terminal
from roomtone.runtime.trial import command, format_of, tried, with_trl

LEARNT = {
    "liked": "whether people liked a reply",
    "better": "which of two replies is better",
    "score": "how good a reply is",
    "quality": "how good a reply is",
    "feeling": "what a message feels like",
    "voice": "how a message sounded",
    "words": "which word comes next in a reply",
}


def train(folder: Path, *, dry_run: bool, as_json: bool) -> None:
    """Try it and say what came of it. Raises BadEvent with what to do."""
    if not dry_run:
        raise BadEvent(
            f"Roomtone trains no model to keep; see what can be learnt with: roomtone train "
            f"{folder} --dry-run"
        )
    trial = tried(folder)
    trl = with_trl(folder)
    then = command(folder, format_of(folder))
    if as_json:
        terminal.print_json({**msgspec.to_builtins(trial), "trl": trl, "command": then})
        return
    rows = ", ".join(f"{count:,} in {part}" for part, count in trial.rows.items())
    terminal.note(f"{terminal.clean(folder)}: rows {rows}")
    terminal.note(
        f"{LEARNT[trial.kind]}: {trial.measure} {trial.score:.3g} on {trial.tested:,} rows after "
        f"{trial.learnt:,}; without learning {trial.without:.3g}"
    )
    if not trial.better:
        terminal.note("nothing was learnt: rows may be too few, or their labels mere noise")
    for sentence in trial.advice:
        terminal.note(sentence)
    if trl["looked"]:
        shape = "conversations" if trl["conversational"] else "plain columns"
        terminal.note(f"TRL reads {sum(trl['rows'].values()):,} rows of {shape}")
    else:
        terminal.note(f"TRL has not looked at it: {trl['why']}")
    if then:
        terminal.note(f"train with: {terminal.clean(then)}")
