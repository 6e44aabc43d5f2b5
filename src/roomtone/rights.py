"""The commands by which people have their rights: consent, all that is kept, being erased."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from roomtone.options import EPILOG, OK, UNWELL, Data, Json, Url

# What is heavy is imported inside the commands, as in `__main__`.

people_app = typer.Typer(no_args_is_help=True)


def _named(user: str) -> str:
    """A name as events can hold it; a terminal may give bytes that are no text."""
    if not user or user != user.encode("utf-8", "replace").decode():
        raise typer.BadParameter("a name is some text in UTF-8", param_hint="USER")
    return user


User = Annotated[
    str,
    typer.Argument(metavar="USER", help="The person, as events name them.", callback=_named),
]


@people_app.callback()
def people() -> None:
    """The rights of the people who are heard."""


def _agrees(what: str) -> Any:
    return typer.Option(metavar="yes|no", help=f"Whether they agree to {what}.")


@people_app.command(epilog=EPILOG)
def consent(
    user: User,
    training: Annotated[str | None, _agrees("be learnt from")] = None,
    analytics: Annotated[str | None, _agrees("be measured")] = None,
    memory: Annotated[str | None, _agrees("be remembered")] = None,
    basis: Annotated[str, typer.Option(help="Why that is lawful.")] = "consent",
    by: Annotated[str, typer.Option(help="Who says so.")] = "cli",
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what a person agreed to, or say it.

    Without a purpose it only shows. A withdrawal of training holds for the next row exported.
    """
    from roomtone.runtime import people_commands

    said = {"training": training, "analytics": analytics, "memory": memory}
    purposes = {one: _yes(word, f"--{one}") for one, word in said.items() if word is not None}
    job = people_commands.consent(
        user, purposes, basis=basis, by=by, url=url, data=data, as_json=as_json
    )
    asyncio.run(job)


@people_app.command(epilog=EPILOG)
def export(
    user: User,
    out: Annotated[Path, typer.Option("--out", help="File to write.", metavar="FILE")],
    url: Url = None,
    data: Data = None,
) -> None:
    """Write all that is kept of a person into one JSON file, for them."""
    from roomtone.runtime import people_commands

    asyncio.run(people_commands.export(user, out, url=url, data=data))


@people_app.command(epilog=EPILOG)
def erase(
    user: User,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Erase a person from every store, and take nothing more of them.

    Tells what was removed where. What cannot be reached now is erased once it is back; then it
    ends with 1.
    """
    from roomtone.runtime import people_commands

    job = people_commands.erase(user, dry_run=dry_run, url=url, data=data, as_json=as_json)
    raise typer.Exit(OK if asyncio.run(job) else UNWELL)


@people_app.command(epilog=EPILOG)
def readmit(user: User, url: Url = None, data: Data = None, as_json: Json = False) -> None:
    """Take in again what a person does who was erased; what is gone stays gone."""
    from roomtone.runtime import people_commands

    asyncio.run(people_commands.readmit(user, url=url, data=data, as_json=as_json))


def _yes(word: str, option: str) -> bool:
    """Yes or no, as people write it; a usage error says what was expected."""
    known = {"yes": True, "true": True, "no": False, "false": False}
    if word.lower() not in known:
        raise typer.BadParameter("write yes or no", param_hint=option)
    return known[word.lower()]
