"""What is wrong with the servers that the settings name: PostgreSQL, InfluxDB, Redis, Discord."""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from roomtone import migrations
from roomtone.errors import RoomtoneError
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock
from roomtone.runtime.config import Settings
from roomtone.runtime.doctor_influx import Found as Found
from roomtone.runtime.doctor_influx import examine_influx, influx_urls
from roomtone.runtime.masking import mask

PATIENCE_S = 5.0
"""How long a server is waited for; one that is well answers in milliseconds."""

CLOCKS_APART_S = 2.0
"""Beyond this, times of the database and of this machine cannot be compared."""

OLDEST_POSTGRES = 140_000
OLDEST_REDIS = (6, 2)
MANY_PENDING = 10_000
FEW_CONNECTIONS = 12  # what one process may open, and a little

_OURS = ("schema", "pool", "timeout", "edition", "chunk_hours")
_SOURCE = ("mode", "channels", "group", "consumer", "idle_s", "count", "start")


def examine_servers(settings: Settings, clock: Clock) -> list[Found]:
    """All findings about the servers that these settings name; none where they name none."""

    async def look() -> list[Found]:
        found = []
        for url, users in _postgres_urls(settings).items():
            found += [result async for result in _postgres(url, users, clock)]
        measurements = plugins.measurements(settings)
        for url, users in influx_urls(settings).items():
            found += [r async for r in examine_influx(url, users, measurements, clock)]
        for url, (users, durable) in _redis_urls(settings).items():
            found += [result async for result in _redis(url, users, durable=durable)]
        for url in settings.sources.listen:
            if _scheme(url) == "discord":
                found += await _discord(url)
        return found

    return asyncio.run(look())


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.partition("+")[0]


def _postgres_urls(settings: Settings) -> dict[str, str]:
    urls: dict[str, list[str]] = {}
    for name, url in (("series", settings.series_url), ("archive", settings.archive_url)):
        if _scheme(url) in ("postgresql", "postgres"):
            urls.setdefault(url, []).append(name)
    return {url: " and ".join(names) for url, names in urls.items()}


def _redis_urls(settings: Settings) -> dict[str, tuple[str, bool]]:
    """Each with what it is used for, and whether what it holds must outlive it."""
    urls: dict[str, tuple[str, bool]] = {}
    for url in settings.sources.listen:
        if _scheme(url) in ("redis", "rediss"):
            durable = dict(parse_qsl(urlsplit(url).query)).get("mode", "streams") == "streams"
            urls[url] = ("events", durable)
    for use, url in (("news", settings.channels.news), ("documents", settings.channels.documents)):
        if _scheme(url) in ("redis", "rediss"):
            urls.setdefault(url, (use, False))
    return urls


def without(url: str, options: tuple[str, ...]) -> str:
    """A URL without the options that are ours and not the driver's."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in options]
    return urlunsplit(parts._replace(query=urlencode(kept)))


# -- PostgreSQL --------------------------------------------------------------------------------


async def _postgres(url: str, users: str, clock: Clock) -> AsyncIterator[Found]:
    name = f"PostgreSQL ({users})"
    try:
        import asyncpg
    except ImportError:
        yield Found(name, False, "asyncpg is missing", "pip install 'roomtone[postgres]'")
        return
    parts = urlsplit(url)
    dsn = without(urlunsplit(parts._replace(scheme="postgresql")), _OURS)
    schema = dict(parse_qsl(parts.query)).get("schema", "")
    try:
        async with asyncio.timeout(PATIENCE_S):
            connection = await asyncpg.connect(dsn, timeout=PATIENCE_S)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as e:
        yield Found(name, False, mask(f"{_where(url)}: {_reason(e)}"), _postgres_remedy(e, parts))
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            for found in await _look_at_postgres(connection, name, clock, schema):
                yield found
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        yield Found(name, False, mask(_reason(error)), "see the server's log")
    finally:
        connection.terminate()


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or ''}{parts.path}".rstrip(":")


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {PATIENCE_S:.0f} s"
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def _postgres_remedy(error: BaseException, parts: Any) -> str:
    state = str(getattr(error, "sqlstate", "") or "")
    if state.startswith("28"):
        return "mend user and password in the URL, or the server's pg_hba.conf"
    if state == "3D000":
        return f"create the database: createdb {parts.path.lstrip('/') or 'roomtone'}"
    if state == "53300":
        return "raise max_connections, or lower pool= in the URL"
    if state == "57P03":
        return "it is starting or stopping; ask again in a moment"
    return "start the server, and check host and port in the URL"


async def _look_at_postgres(connection: Any, name: str, clock: Clock, schema: str) -> list[Found]:
    own = await connection.fetchval(
        "SELECT quote_ident(coalesce($1, current_schema()))", schema or None
    )
    row = await connection.fetchrow(
        "SELECT current_setting('server_version_num')::int AS version, "
        "current_setting('server_version') AS said, pg_is_in_recovery() AS replica, "
        "current_setting('default_transaction_read_only') = 'on' AS read_only, "
        "CASE WHEN to_regnamespace($1) IS NULL "
        "THEN has_database_privilege(current_database(), 'CREATE') "
        "ELSE has_schema_privilege(to_regnamespace($1), 'CREATE') END AS may_create, "
        "extract(epoch FROM clock_timestamp())::float8 AS now, "
        "pg_database_size(current_database()) AS bytes, "
        "current_setting('max_connections')::int AS most, "
        "(SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL) AS used, "
        "(SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescale, "
        "current_setting('timescaledb.license', true) AS licence, "
        "to_regclass($1 || '.alembic_version') IS NOT NULL AS made",
        own,
    )
    apart = abs(row["now"] - clock.now_ms() / 1000)
    edition = f"TimescaleDB {row['timescale']} ({row['licence']})" if row["timescale"] else "plain"
    stands_at = None
    if row["made"]:
        stands_at = await connection.fetchval(f"SELECT version_num FROM {own}.alembic_version")
    free = row["most"] - row["used"]
    return [
        Found(
            name,
            row["version"] >= OLDEST_POSTGRES,
            f"{row['said'].split()[0]}, {edition}, {row['bytes'] / 1e6:,.0f} MB",
            "upgrade it to PostgreSQL 14 or newer",
        ),
        Found(
            f"{name}: writing",
            not row["replica"] and not row["read_only"],
            "a replica" if row["replica"] else "read only" if row["read_only"] else "allowed",
            "name the primary in the URL"
            if row["replica"]
            else "take default_transaction_read_only off for this user or database",
        ),
        Found(
            f"{name}: tables",
            bool(row["may_create"]) or stands_at == _head(),
            "may be created" if row["may_create"] else "may not be created by this user",
            f"GRANT CREATE ON SCHEMA {own} TO the user of the URL, or start once as the owner",
        ),
        _migrated(name, stands_at),
        Found(
            f"{name}: clock",
            apart <= CLOCKS_APART_S,
            f"{apart:.1f} s apart from this machine's",
            "set both clocks by NTP: history is kept and dropped by them",
        ),
        Found(
            f"{name}: connections",
            free >= FEW_CONNECTIONS,
            f"{free} of {row['most']} are free",
            "raise max_connections, or lower pool= in the URL",
        ),
    ]


def _head() -> str:
    """The newest migration of this release, by its file's name."""
    names = [module.name for module in pkgutil.iter_modules(migrations.__path__)]
    return max(name[1:4] for name in names if name[:1] == "v" and name[1:4].isdigit())


def _migrated(name: str, stands_at: str | None) -> Found:
    head = _head()
    if stands_at is None:
        return Found(f"{name}: schema", True, "not made yet; the first start makes it")
    if stands_at == head:
        return Found(f"{name}: schema", True, f"at migration {head}, as this release")
    if stands_at < head:
        detail = f"at migration {stands_at}; the next start brings it to {head}"
        return Found(f"{name}: schema", True, detail)
    detail = f"at migration {stands_at}, this release knows up to {head}"
    return Found(f"{name}: schema", False, detail, "use the release that wrote it, or a newer one")


# -- Redis -------------------------------------------------------------------------------------


async def _redis(url: str, users: str, *, durable: bool) -> AsyncIterator[Found]:
    name = f"Redis ({users})"
    try:
        from redis.asyncio import Redis
        from redis.exceptions import RedisError
    except ImportError:
        yield Found(name, False, "redis is missing", "pip install 'roomtone[redis]'")
        return
    parts = urlsplit(without(url, _SOURCE))
    login, at, hosts = parts.netloc.rpartition("@")
    for host in hosts.split(","):
        own = f"{name[:-1]} at {host})" if "," in hosts else name
        asked = urlunsplit(parts._replace(netloc=f"{login}{at}{host or 'localhost'}"))
        try:
            client = Redis.from_url(
                asked, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S
            )
        except ValueError as error:
            yield Found(own, False, mask(str(error)), "mend the URL: redis://:PASSWORD@host:6379/0")
            continue
        try:
            async with asyncio.timeout(PATIENCE_S):
                info = await client.info()
                policy = info.get("maxmemory_policy", "")
            for found in _look_at_redis(own, info, policy, durable=durable):
                yield found
        except (OSError, TimeoutError, RedisError) as error:
            reason = _reason(error)
            yield Found(own, False, mask(f"{host}: {reason}"), _redis_remedy(reason))
        finally:
            await client.aclose()
    if durable:
        async for found in _group(url, name):
            yield found


def _redis_remedy(reason: str) -> str:
    lowered = reason.lower()
    if "auth" in lowered or "password" in lowered or "wrongpass" in lowered:
        return "put user and password into the URL: redis://USER:PASSWORD@host:6379/0"
    if "permission" in lowered or "noperm" in lowered:
        return "allow this user INFO, and what docs/redis.md lists"
    if "loading" in lowered:
        return "it is reading its data; ask again in a moment"
    return "start the server, and check host and port in the URL"


def _look_at_redis(
    name: str, info: Mapping[str, Any], policy: str, *, durable: bool
) -> Iterator[Found]:
    version = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    yield Found(
        name,
        numbers >= OLDEST_REDIS,
        f"{version}, {used / 1e6:,.0f} MB used",
        "upgrade it to 6.2 or newer: the Streams commands used here came with it",
    )
    master = info.get("role") == "master"
    yield Found(
        f"{name}: role",
        master,
        str(info.get("role")),
        "name the master in the URL, or both hosts with a comma between",
    )
    if not durable:
        return
    evicts = most > 0 and policy != "noeviction"
    yield Found(
        f"{name}: memory",
        not evicts,
        f"{policy}, {'no limit' if not most else f'at most {most / 1e6:,.0f} MB'}",
        "set maxmemory-policy to noeviction: any other drops a whole stream, with the events "
        "that nobody has read",
    )
    yield Found(
        f"{name}: persistence",
        bool(info.get("aof_enabled")),
        "append-only file" if info.get("aof_enabled") else "no append-only file",
        "set appendonly yes: a restart of Redis loses what nobody has read yet; what was read is "
        "in the journal",
    )


async def _group(url: str, name: str) -> AsyncIterator[Found]:
    """What waits in the consumer group, by the source's own look."""
    try:
        feed = plugins.load("sources", _scheme(url))(url)
        try:
            async with asyncio.timeout(PATIENCE_S):
                seen = await feed.look()
        finally:
            await feed.close()
    except (RoomtoneError, OSError, TimeoutError):
        return  # why it cannot be asked was said above
    waiting = seen.get("pending", 0) + seen.get("lag", 0)
    yield Found(
        f"{name}: group",
        waiting < MANY_PENDING and not seen.get("lost"),
        f"{seen.get('lag', 0):,} not yet read, {seen.get('pending', 0):,} not acknowledged, "
        f"{seen.get('lost', 0):,} trimmed unread",
        "see that a server listens (sources.listen) and its journal takes events; raise the "
        "producers' MAXLEN where entries are trimmed unread",
    )


# -- Discord -----------------------------------------------------------------------------------


async def _discord(url: str) -> list[Found]:
    """Token, intents and sign-ins, as Discord's HTTP tells them: its gateway is left alone."""
    try:
        async with asyncio.timeout(4 * PATIENCE_S):  # it is far away, and asked three things
            seen = await plugins.load("sources", "discord")(url).examine()
    except (RoomtoneError, OSError, TimeoutError) as error:
        text = _reason(error)
        wrong, _, remedy = text.partition("; ")
        return [Found("Discord", False, mask(wrong), remedy or "ask again in a minute")]
    return [Found(f"Discord: {what}", *how) for what, *how in seen]
