"""The commands of whoever operates a server: doctor, memory, backup, restore and more."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from roomtone.options import EPILOG, Data, Json, Port, Url

# What is heavy is imported inside the commands, as in `__main__`.

operating_app = typer.Typer()
enrich_app = typer.Typer(no_args_is_help=True, help="What is understood later, with a model.")
keys_app = typer.Typer(no_args_is_help=True, help="Who may ask: keys, their scopes and projects.")
db_app = typer.Typer(no_args_is_help=True, help="The databases: brought up to date, taken in.")
config_app = typer.Typer(no_args_is_help=True, help="What is set, to what, and by whom.")


@operating_app.command(epilog=EPILOG)
def doctor(port: Port = None, data: Data = None, as_json: Json = False) -> None:
    """Look for what would keep Roomtone from working here, and say what to do about it.

    Looks at Python, data folder, disk, database, stores, port or running server, dashboard and
    clock; changes nothing. Ends with 1 when something is not as it should be.
    """
    from roomtone.runtime import commands

    raise typer.Exit(commands.doctor(port=port, data=data, as_json=as_json))


@enrich_app.command("reactions", epilog=EPILOG)
def enrich_reactions(
    again: Annotated[
        bool,
        typer.Option("--again", help="Also what another model or version judged, or nobody could."),
    ] = False,
    within: Annotated[
        float, typer.Option(help="Seconds to wait until it is done; 0: do not wait.", min=0)
    ] = 60,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Have the running server judge the reactions that wait, and say how they stand.

    It does so by itself; this waits for it. Nothing is judged twice by the same model, and what a
    person said is never judged again.
    """
    from roomtone.runtime import enriching
    from roomtone.runtime.loading import load

    at = url or load({}).url
    enriching.reactions(at, again=again, within_s=within, as_json=as_json)


@operating_app.command(epilog=EPILOG)
def memory(
    user: Annotated[str, typer.Argument(metavar="USER", help="The person.")],
    bot: Annotated[str | None, typer.Option(help="Of this bot alone.")] = None,
    tier: Annotated[
        str | None,
        typer.Option(help="session, sub_temporary, temporary, permanent or personal."),
    ] = None,
    search: Annotated[str, typer.Option(help="Part of what was said, in any case.")] = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List what bots remember of a person, and why each memory is kept for how long."""
    from roomtone.runtime import memory_commands
    from roomtone.runtime.loading import load

    asked = {"bot": bot, "tier": tier, "search": search}
    job = memory_commands.memory(load({"data": data}), user, asked, limit=limit, as_json=as_json)
    asyncio.run(job)


@operating_app.command(epilog=EPILOG)
def backup(
    target: Annotated[Path, typer.Argument(metavar="DEST", help="Folder of the backup.")],
    data: Data = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until stopped, within a second of the server.")
    ] = False,
    database_every: Annotated[
        float, typer.Option(help="Minutes between copies of the database.", min=0.1)
    ] = 10,
    as_json: Json = False,
) -> None:
    """Copy a data folder, whether its server runs or not; a second run copies what is new.

    What is copied is a prefix of the journal, checked and never more than is synced, and each
    SQLite database as of one moment. Killed at any moment it leaves the backup before.
    """
    from roomtone.runtime import commands

    job = commands.backup(
        target, data=data, follow=follow, database_minutes=database_every, as_json=as_json
    )
    raise typer.Exit(job)


@operating_app.command(epilog=EPILOG)
def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder of a backup.")],
    data: Annotated[Path, typer.Option(help="New data folder to make.", metavar="DIR")],
    at: Annotated[
        str | None,
        typer.Option(
            help="A position, or a time as 2026-01-31T12:00:00Z.", show_default="all there is"
        ),
    ] = None,
    keep_stores: Annotated[
        bool, typer.Option("--keep-stores", help="The store's server is intact: keep what it has.")
    ] = False,
    replaces: Annotated[
        Path | None,
        typer.Option(
            help="The data folder that was in use: whom it erased is not brought back.",
            metavar="DIR",
            exists=True,
            file_okay=False,
            show_default="the configured one",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a data folder of a backup, as it was at a moment; nothing is overwritten.

    Checks every file, cuts the journal behind the last whole entry, and makes the stores agree.
    """
    from roomtone.runtime import commands

    job = commands.restore(
        source,
        data=data,
        at=at,
        keep_stores=keep_stores,
        replaces=replaces,
        as_json=as_json,
    )
    raise typer.Exit(asyncio.run(job))


@operating_app.command(epilog=EPILOG)
def backfill(
    to: Annotated[str, typer.Option(help="Store to write into, as in influxdb://…", metavar="URL")],
    start: Annotated[
        str | None,
        typer.Option("--from", help="From when on, as 2026-01-31T12:00:00Z.", show_default="all"),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to-time", help="Up to when.", show_default="now")
    ] = None,
    measurement: Annotated[
        list[str] | None,
        typer.Option(help="Only this one; may be repeated.", show_default="all of them"),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Copy history from the series store into another one, such as an InfluxDB.

    Points are read and written page by page, beside a running server or without one. Doing it
    again changes nothing, so what was broken off is made whole by running it once more. 1 when
    the target refused some points for good.
    """
    from roomtone.runtime import series_commands

    job = series_commands.backfill(
        to, start=start, end=end, only=measurement or (), data=data, as_json=as_json
    )
    raise typer.Exit(asyncio.run(job))


@operating_app.command(epilog=EPILOG)
def query(
    what: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A saved query, a file of Flux, or - for its text."),
    ] = None,
    data: Data = None,
    show: Annotated[bool, typer.Option("--flux", help="Print the query's Flux instead.")] = False,
    as_json: Json = False,
) -> None:
    """Answer a query in Flux from the series store, with the rows an InfluxDB would give.

    Without a name the saved queries are listed. What is understood of Flux: from, range, filter
    with ==, !=, and, or, and limit.
    """
    from roomtone.runtime import series_commands

    raise typer.Exit(
        asyncio.run(series_commands.query(what, data=data, show=show, as_json=as_json))
    )


@db_app.command("upgrade", epilog=EPILOG)
def db_upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 where one is behind.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Bring every SQL store up to this release, in place, and say what was done.

    The server does so when it starts; this is for whoever wants to see it first. Safe to run twice.
    A file that holds data is kept as it was beside itself.
    """
    from roomtone.runtime import database_commands
    from roomtone.runtime.loading import load

    job = database_commands.upgrade(load({"data": data}), check=check, as_json=as_json)
    raise typer.Exit(asyncio.run(job))


@db_app.command("import", epilog=EPILOG)
def db_import(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A native export, or the predecessor's SQLite file."),
    ],
    bot: Annotated[
        str, typer.Option(help="Whose conversations these are, where the file does not say.")
    ] = "companion",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and count all of it; write nothing.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take in our own native export (a file or a dataset's folder), or a companion's database.

    Ids stay where they are free. A second time nothing is added. What cannot be taken is told with
    its reason, and the command ends with 1. Nobody's consent comes with it: training stays off.
    """
    from roomtone.runtime import database_commands
    from roomtone.runtime.loading import load

    job = database_commands.take_in(
        load({"data": data}), file, bot=bot, dry_run=dry_run, as_json=as_json
    )
    raise typer.Exit(asyncio.run(job))


@config_app.command("show", epilog=EPILOG)
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value is from.")] = False,
    as_json: Json = False,
) -> None:
    """Show every setting, its value and what it means.

    Flags go before environment variables (ROOMTONE_SERVER__PORT), these before ./roomtone.toml,
    that before ~/.config/roomtone/config.toml, and that before the defaults.
    """
    from roomtone.runtime import commands

    commands.config_show(origin=origin, as_json=as_json)


@keys_app.command("create", epilog=EPILOG)
def keys_create(
    scope: Annotated[
        str, typer.Option(help="What it may: ingest, read, review, export, admin; with commas.")
    ],
    project: Annotated[str, typer.Option(help="For which project.")] = "default",
    name: Annotated[str, typer.Option(help="What it is for, to tell it by.")] = "",
    expires: Annotated[
        str | None,
        typer.Option(help="When it is over: 90d, 12h, 2027-01-31.", show_default="never"),
    ] = None,
    line: Annotated[
        bool, typer.Option("--line", help="Also print its line for access.keys, without a secret.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once. From the first one on, every request needs a key.

    A project is an installation of its own inside the data folder: its key sees nothing else. A
    running server knows a new key within a second.
    """
    from roomtone.runtime import key_commands
    from roomtone.runtime.loading import load

    key_commands.create(
        load({"data": data}),
        scope=scope,
        project=project,
        name=name,
        expires=expires,
        line=line,
        as_json=as_json,
    )


@keys_app.command("list", epilog=EPILOG)
def keys_list(
    project: Annotated[
        str | None, typer.Option(help="Of this project only.", show_default="all")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the keys, the newest first: what each may, and when it was last used; never a secret."""
    from roomtone.runtime import key_commands
    from roomtone.runtime.loading import load

    key_commands.listing(load({"data": data}), project=project, as_json=as_json)


@keys_app.command("revoke", epilog=EPILOG)
def keys_revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` tells.")],
    data: Data = None,
) -> None:
    """End a key. Running servers turn it away within two seconds, and cut what it holds open."""
    from roomtone.runtime import key_commands
    from roomtone.runtime.loading import load

    key_commands.revoke(load({"data": data}), id)


operating_app.add_typer(enrich_app, name="enrich")
operating_app.add_typer(db_app, name="db")
operating_app.add_typer(keys_app, name="keys")
operating_app.add_typer(config_app, name="config")
