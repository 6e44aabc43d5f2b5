"""The commands of whoever makes training data: export, and the datasets that were made."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from roomtone.options import EPILOG, Data, Json
from roomtone.training_rows import SURE

# What is heavy is imported inside the commands, as in `__main__`.

teaching_app = typer.Typer()
datasets_app = typer.Typer(no_args_is_help=True, help="The training data that was made.")

Id = Annotated[str, typer.Argument(metavar="ID", help="As `roomtone datasets list` shows it.")]


Format = Annotated[
    str | None,
    typer.Option("--format", help="Which rows: native, sft, kto …", show_default="a list"),
]
Out = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="New folder for Hugging Face, new file, or - for standard output.",
        show_default="datasets/ in the data folder",
    ),
]
Quality = Annotated[
    float | None, typer.Option(help="Least quality of a conversation.", min=0, max=1)
]
Meaning = Annotated[str | None, typer.Option(help="With a reaction that is a RATING …")]
Bot = Annotated[str | None, typer.Option(help="Of this bot only.")]
User = Annotated[str | None, typer.Option(help="Of this person only.")]
From = Annotated[str | None, typer.Option("--from", help="Ended since: 2026-01-31, or -7d.")]
To = Annotated[str | None, typer.Option("--to", help="Ended before.")]
Language = Annotated[str | None, typer.Option(help="In this one: en, de …")]
Emotion = Annotated[str | None, typer.Option(help="In which this was felt most.")]
Voice = Annotated[
    bool | None, typer.Option("--voice/--no-voice", help="Spoken ones only, or none.")
]
Exported = Annotated[
    bool | None,
    typer.Option("--exported/--no-exported", help="Marked as exported only, or none."),
]
Split = Annotated[str, typer.Option(help="By person: train=.9,validation=.1", metavar="SHARES")]
Seed = Annotated[int, typer.Option(help="Another seed parts people otherwise.")]
Limit = Annotated[int | None, typer.Option(help="Conversations at most.", min=1)]
Redact = Annotated[
    bool, typer.Option("--redact/--no-redact", help="Replace personal data by stable names.")
]
Dedupe = Annotated[
    bool, typer.Option("--dedupe/--no-dedupe", help="Leave exact and near duplicates out.")
]
Confidence = Annotated[
    float, typer.Option(help="Least that a judge was sure of a reaction.", min=0, max=1)
]
ReplyQuality = Annotated[
    float | None, typer.Option(help="Least quality of a reply to be learnt.", min=0, max=1)
]
Formula = Annotated[str, typer.Option(help="By which formula replies are good: v1 or v2.")]
System = Annotated[str, typer.Option(help="A system prompt that opens every conversation.")]
Context = Annotated[
    int | None,
    typer.Option(help="Messages of a prompt at most; 0: all.", min=0, show_default="20"),
]
File = Annotated[
    str | None, typer.Option(help="jsonl, json, csv or parquet.", show_default="the format's")
]
Name = Annotated[str, typer.Option(help="What it is called.")]
License = Annotated[str, typer.Option(help="As Hugging Face names it.")]
Manifest = Annotated[
    Path | None,
    typer.Option("--from-manifest", help="Make the same rows again.", metavar="FILE"),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what was broken off there.")]
Mark = Annotated[bool, typer.Option("--mark", help="Note these conversations as exported.")]
FILTERS = ("bot", "user", "language", "emotion", "meaning", "min_quality", "voice", "exported")
PLAN = (
    *("name", "seed", "redact", "dedupe", "min_confidence", "min_reply_quality", "quality"),
    *("system", "context", "limit", "file", "license"),
)


@teaching_app.command(epilog=EPILOG)
def export(
    format: Format = None,
    out: Out = None,
    min_quality: Quality = None,
    meaning: Meaning = None,
    bot: Bot = None,
    user: User = None,
    start: From = None,
    end: To = None,
    language: Language = None,
    emotion: Emotion = None,
    voice: Voice = None,
    exported: Exported = None,
    split: Split = "",
    seed: Seed = 0,
    limit: Limit = None,
    redact: Redact = True,
    dedupe: Dedupe = True,
    min_confidence: Confidence = SURE,
    min_reply_quality: ReplyQuality = None,
    quality: Formula = "v1",
    system: System = "",
    context: Context = None,
    file: File = None,
    name: Name = "",
    license: License = "other",
    manifest: Manifest = None,
    resume: Resume = False,
    mark: Mark = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write what may be learnt from as rows for a trainer; without --format the formats are listed.

    Only of people who agreed to training, without personal data and duplicates. All of a person
    is in one part. Killed at any moment it leaves nothing, and --resume goes on to the same bytes.
    Beside the rows lies a manifest: what was asked, counted, left out and why.
    """
    given = locals()  # before anything else is
    from roomtone.runtime import export_commands
    from roomtone.runtime.loading import load

    filters = {key: given[key] for key in (*FILTERS, "start", "end") if given[key] is not None}
    asked = {key: given[key] for key in PLAN} | {"filters": filters}
    job = export_commands.Export(
        asked, format=format, split=split, out=out, manifest=manifest, resume=resume, mark=mark
    )
    raise typer.Exit(asyncio.run(job.run(load({"data": data}), as_json=as_json)))


@teaching_app.command(epilog=EPILOG)
def train(
    folder: Annotated[Path, typer.Argument(metavar="PATH", help="A dataset's folder, or a file.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Needed: only try what could be learnt.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Try a dataset out before a trainer gets it: read it, and see whether anything can be learnt.

    The smallest model learns from one part and is asked about another; what it knows is told
    beside what one knows without learning. With TRL installed, TRL looks at it too. Nothing is
    kept.
    """
    from roomtone.runtime import trial_commands

    trial_commands.train(folder, dry_run=dry_run, as_json=as_json)


@datasets_app.command("list", epilog=EPILOG)
def datasets_list(
    user: Annotated[str | None, typer.Option(help="That hold this person.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the datasets that were made, the newest first."""
    from roomtone.runtime import export_commands
    from roomtone.runtime.loading import load

    asyncio.run(export_commands.listed(load({"data": data}), user, as_json=as_json))


@datasets_app.command("show", epilog=EPILOG)
def datasets_show(id: Id, data: Data = None, as_json: Json = False) -> None:
    """Show one dataset: what is in it, what was left out and why, and what makes it again."""
    from roomtone.runtime import export_commands
    from roomtone.runtime.loading import load

    asyncio.run(export_commands.show(load({"data": data}), id, as_json=as_json))


@datasets_app.command("delete", epilog=EPILOG)
def datasets_delete(id: Id, data: Data = None, as_json: Json = False) -> None:
    """Forget a dataset, and delete its files where they lie in the data folder."""
    from roomtone.runtime import export_commands
    from roomtone.runtime.loading import load

    asyncio.run(export_commands.delete(load({"data": data}), id, as_json=as_json))


teaching_app.add_typer(datasets_app, name="datasets")
