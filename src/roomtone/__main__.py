"""The command line: what runs and takes in, what looks and tells, and what operates."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from roomtone import __version__
from roomtone.errors import RoomtoneError
from roomtone.operating import operating_app
from roomtone.options import (
    CANNOT,
    EPILOG,
    OK,
    Budget,
    Columns,
    Data,
    Host,
    Json,
    Port,
    Session,
    Url,
    parse_columns,
    parse_speed,
)
from roomtone.rights import people_app
from roomtone.teaching import teaching_app

# What is heavy (NumPy, the engine, the web) is imported inside the commands: `--help` is instant.

app = typer.Typer(
    name="roomtone",
    help="Hears how a conversation feels: live engagement, and alerts when a room is being lost.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # which joins the lines of a paragraph
    context_settings={"help_option_names": ["-h", "--help"]},
)


def say_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(__version__)
        raise typer.Exit(OK)


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Hears how a conversation feels: live engagement, and alerts when a room is being lost.

    Try it: roomtone demo
    """
    from roomtone.runtime import logs

    logs.configure()  # to standard error: what is answered stands alone on standard output


@app.command(epilog=EPILOG)
def demo(
    speed: Annotated[float, typer.Option(help="How much faster time passes.", min=0.1, max=20)] = 1,
    port: Port = None,
    host: Host = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the dashboard.")] = False,
    data: Data = None,
    seed: Annotated[int, typer.Option(help="Another seed is another crowd.")] = 1,
) -> None:
    """Show a server with a crowd that does not exist streaming in.

    A keynote, three chats and bots that people talk to, ten minutes old when you look; half a
    minute later the keynote goes wrong, and after that some room every six minutes. Nothing leaves
    this machine, and what was kept is deleted at the end unless you name a folder with --data. If
    the port is busy the next free one is taken.
    """
    from roomtone.runtime.loading import load
    from roomtone.web import serving

    settings = load({"server.port": port, "server.host": host, "data": data})
    keep = data is not None
    with serving.demo_folder(settings, keep=keep) as chosen:
        job = serving.demo(chosen, speed=speed, seed=seed, open_browser=open_browser, keep=keep)
        serving.run(job)


@app.command(epilog=EPILOG)
def serve(
    data: Data = None,
    port: Port = None,
    host: Host = None,
    insecure: Annotated[
        bool | None,
        typer.Option(
            "--insecure", help="Listen where other machines reach; nobody is asked who they are."
        ),
    ] = None,
    role: Annotated[str, typer.Option(help="all; or web, engine, worker, over Redis.")] = "all",
    standby: Annotated[bool, typer.Option("--standby", help="Engine: wait for its turn.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens.")] = False,
) -> None:
    """Run the server: events in at POST /v1/events, the dashboard at /, the API at /docs.

    All is kept in the data folder. Ctrl-C or SIGTERM end it; nothing acknowledged is ever lost.
    """
    from roomtone.runtime.loading import load
    from roomtone.web import serving

    flags = {"data": data, "server.port": port, "server.host": host, "server.insecure": insecure}
    flags["cluster.standby"] = standby or None
    serving.run(serving.serve(load(flags), role=role, verbose=verbose))


@app.command(epilog=EPILOG)
def ingest(
    file: Annotated[
        str,
        typer.Argument(
            help="A file, a .gz file, - for standard input, or NAME://… of an installed source."
        ),
    ],
    columns: Columns = None,
    session: Session = None,
    to: Annotated[
        str | None,
        typer.Option(help="Running server to send to.", show_default="this machine's, port 8003"),
    ] = None,
    data: Data = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="As events of this moment, not as history on its own time."),
    ] = False,
    bot: Annotated[
        str | None,
        typer.Option(help="The file holds dialogues (JSON, JSON lines, CSV): turns of this bot."),
    ] = None,
    begin: Annotated[
        datetime | None,
        typer.Option(
            help="When the first of such dialogues was, in UTC: they hold no times.",
            show_default="2025-01-01",
        ),
    ] = None,
    recall: Annotated[
        bool,
        typer.Option("--recall", help="Look into memory for each turn, as its bot would have."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Take a file of events in: JSON lines as on the wire, or a chat log as CSV or JSON lines.

    As history each session runs on its own time and gives the points it would have given live.
    Lines without an id get one made of what they say, so taking a file in twice counts it once.
    Ends with how many were accepted, known already and refused, and why; 1 if any was refused.
    """
    from roomtone.runtime import commands

    job = commands.Ingest(
        file,
        columns=parse_columns(columns),
        session=session,
        to=to,
        data=data,
        live=live,
        bot=bot,
        begin=None if begin is None else begin.replace(tzinfo=UTC),
        recall=recall,
    )
    raise typer.Exit(asyncio.run(job.run(as_json=as_json)))


@app.command(epilog=EPILOG)
def replay(
    file: Annotated[
        str, typer.Argument(help="A file as for `ingest`, or the folder of a journal.")
    ],
    speed: Annotated[str, typer.Option(help="Times as fast as it happened, or max.")] = "max",
    columns: Columns = None,
    session: Session = None,
    alarms_per_hour: Budget = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="One object per line: kind point, alert or summary."),
    ] = False,
) -> None:
    """Play a recording through the engine again: scores every 5 s, alerts, a summary per session.

    No server and no data folder is needed, and nothing is kept. The same input gives the same
    output to the byte; a journal gives the points of the live run that wrote it.
    """
    from roomtone.runtime import commands

    job = commands.Replay(
        file,
        columns=parse_columns(columns),
        session=session,
        speed=parse_speed(speed),
        alarms_per_hour=alarms_per_hour,
    )
    raise typer.Exit(job.run(as_json=as_json))


@app.command(epilog=EPILOG)
def emotion(
    file: Annotated[
        str, typer.Argument(help="A file, a .gz file, or - for standard input: a text per line.")
    ],
    model: Annotated[str, typer.Option(help="Which model reads.", metavar="URL")] = "local://",
) -> None:
    """Read what texts feel like: a text per line in, a JSON reading per line out.

    Needs no server and nothing but what is installed. A line of a pipe is answered as soon as it
    is there. What cannot be told, as in most languages but English, is called unsure.
    """
    from roomtone.runtime import reading

    reading.emotion(file, model, sys.stdout.write)
    sys.stdout.flush()


@app.command(epilog=EPILOG)
def explain(
    session: Annotated[str, typer.Argument(help="The session's id.")],
    at: Annotated[
        str | None,
        typer.Option(help="When, as 2026-01-31T12:00:00Z.", show_default="the last tick"),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a session's score apart: raw, normalised, weight, contribution, what would raise it.

    Asks the running server, or reads a data folder that no server has open (--data).
    """
    from roomtone.runtime import commands

    asyncio.run(commands.explain(session, at, url=url, data=data, as_json=as_json))


@app.command(epilog=EPILOG)
def sessions(
    url: Url = None,
    data: Data = None,
    limit: Annotated[int, typer.Option(help="At most this many.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List the sessions: live ones first, those in trouble at the top.

    Asks the running server, or reads a data folder that no server has open (--data).
    """
    from roomtone.runtime import commands

    asyncio.run(commands.sessions(url=url, data=data, limit=limit, as_json=as_json))


@app.command(epilog=EPILOG)
def alerts(
    session: Annotated[str | None, typer.Option(help="Of this session only.")] = None,
    url: Url = None,
    data: Data = None,
    limit: Annotated[int, typer.Option(help="At most this many.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List what was noticed, the newest first.

    Asks the running server, or reads a data folder that no server has open (--data).
    """
    from roomtone.runtime import commands

    asyncio.run(commands.alerts(session, url=url, data=data, limit=limit, as_json=as_json))


@app.command(epilog=EPILOG)
def conversations(
    bot: Annotated[str | None, typer.Option(help="Of this bot only.")] = None,
    user: Annotated[str | None, typer.Option(help="Of this person only.")] = None,
    search: Annotated[str, typer.Option(help="Part of a session, bot or person.")] = "",
    limit: Annotated[int, typer.Option(help="At most this many.", min=1, max=100_000)] = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List conversations, the one that went on last first.

    Reads the stores of the data folder or of the settings, whether a server runs or not.
    """
    from roomtone.runtime import looking
    from roomtone.runtime.loading import load

    asked = {"bot": bot, "user": user, "search": search, "limit": limit}
    asyncio.run(looking.conversations(load({"data": data}), asked, as_json=as_json))


@app.command(epilog=EPILOG)
def person(
    user: Annotated[str, typer.Argument(help="The person, as turns name them.")],
    tz: Annotated[str, typer.Option(help="Time zone of days and hours.")] = "UTC",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show one person: relationships, days in a row, hours of the day, newest conversations.

    Reads the stores of the data folder or of the settings, whether a server runs or not.
    """
    from roomtone.runtime import looking
    from roomtone.runtime.loading import load

    asyncio.run(looking.person(load({"data": data}), user, tz=tz, as_json=as_json))


@app.command(epilog=EPILOG)
def coverage(
    bot: Annotated[
        str | None, typer.Option(help="Of this bot only.", show_default="the ten that talk most")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show which measurements the newest turns of each bot really gave, and what is missing.

    Reads the stores of the data folder or of the settings, whether a server runs or not.
    """
    from roomtone.runtime import looking
    from roomtone.runtime.loading import load

    asyncio.run(looking.coverage(load({"data": data}), bot=bot, as_json=as_json))


app.add_typer(teaching_app)
app.add_typer(operating_app)
app.add_typer(people_app, name="people")


def main() -> Any:
    """Run the command line; every error is one sentence and an exit code."""
    try:
        return app()
    except RoomtoneError as error:
        reason: object = error
    except FileNotFoundError as error:
        reason = f"there is no {error.filename}; check the path"
    except IsADirectoryError as error:
        reason = f"{error.filename} is a folder; name a file in it"
    except PermissionError as error:
        reason = f"{error.filename} may not be read or written by this user; change its permissions"
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; that is no error of ours
        sys.exit(OK)
    from roomtone.runtime.terminal import complain

    complain(str(reason))
    sys.exit(CANNOT)


if __name__ == "__main__":
    main()
