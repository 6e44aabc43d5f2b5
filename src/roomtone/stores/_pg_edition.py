"""What the server has of TimescaleDB, and the SQL that makes use of each edition."""

from __future__ import annotations

from typing import Any, Literal

Edition = Literal["none", "apache", "timescale"]
"""No TimescaleDB; its Apache edition (hypertables alone); its community edition (all of it)."""

_RANK = {"none": 0, "apache": 1, "timescale": 2}
FIXED = {"alerts": "time", "interventions": "timestamp", "agent_performance": "time"}
"""The fixed tables that are hypertables, and the column they are cut by."""
MONTH_MS = 30 * 86_400_000
CHUNKS = {60: 7, 3600: 90}
"""How many times the chunk of the points a chunk of minutes and of hours is long."""


async def probe(connection: Any, most: Edition | None) -> Edition:
    """What there is, or the lesser that was asked for."""
    if most == "none":
        return "none"
    version = await connection.fetchval(
        "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
    )
    if version is None:
        return "none"
    licence = await connection.fetchval("SELECT current_setting('timescaledb.license', true)")
    found: Edition = "timescale" if licence == "timescale" else "apache"
    return found if most is None or _RANK[found] <= _RANK[most] else most


async def install(connection: Any, schema: str = "") -> None:
    """Create the extension where the server offers it, has it loaded, and lets this user.

    There is one for the whole database: it must not go into a schema that is ours alone.

    To be called under the lock that migrations hold: of two that install at once one would fail.
    What is not allowed is no failure: then tables are plain. Without being preloaded the
    extension would end the connection, so that is asked first.
    """
    offered = await connection.fetchval(
        "SELECT count(*) FROM pg_available_extensions "
        "WHERE name = 'timescaledb' AND installed_version IS NULL"
    )
    loaded = await connection.fetchval("SELECT count(*) FROM pg_settings WHERE name = $1", _LOADED)
    if not (offered and loaded):
        return
    await connection.execute("SAVEPOINT extension")
    try:
        where = " SCHEMA public" if schema else ""
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS timescaledb{where}")
    except Exception as error:
        if getattr(error, "sqlstate", None) is None:  # the connection broke: that is a failure
            raise
        await connection.execute("ROLLBACK TO SAVEPOINT extension")
    else:
        await connection.execute("RELEASE SAVEPOINT extension")


_LOADED = "timescaledb.disable_load"  # a setting of the part that is loaded with the server


def hypertable_sql(table: str, column: str, chunk_ms: int) -> str:
    """Make a table a hypertable, moving what is in it; nothing where it is one already."""
    return (
        f"SELECT create_hypertable('{table}', '{column}', if_not_exists => TRUE, "
        f"migrate_data => TRUE, create_default_indexes => FALSE, "
        f"chunk_time_interval => INTERVAL '{chunk_ms // 1000} seconds')"
    )
