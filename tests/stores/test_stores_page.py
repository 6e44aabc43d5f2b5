"""The SQL that the page of stores shows runs, and finds what is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import numpy as np
import pytest

from roomtone.contracts import an_alert
from roomtone.contracts_archive import a_turn
from roomtone.records import JournalSegment
from roomtone.runtime import plugins
from roomtone.stores.postgres import PostgreSQL

PAGE = Path(__file__).parents[2] / "docs" / "stores.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def columns(sql: str) -> int:
    """How many columns a query of the page asks for."""
    return re.sub(r"\([^)]*\)", "", sql.partition("FROM")[0]).count(",") + 1


@pytest.mark.servers
@pytest.mark.parametrize("sql", QUERIES, ids=["session", "panel", "alerts", "turns", "journal"])
async def test_the_sql_of_the_page_finds_rows(server_url: str, sql: str) -> None:
    """On PostgreSQL and on TimescaleDB, with Grafana's filter put in as Grafana does."""
    now = datetime.now(UTC).replace(microsecond=0)
    engagement = plugins.gauges(seed_weights=False)[0].measurement
    store = PostgreSQL(server_url)
    await store.open([engagement])
    names = np.array(["standup"], dtype=object)
    for ago in (300, 295, 120, 5):
        fields = {name: np.array([0.5]) for name in engagement.fields}
        at = now - timedelta(seconds=ago)
        block = engagement.block(at, np.arange(1), {"session": names}, **fields)
        await store.write([block])
    alert = msgspec.structs.replace(an_alert(0, "standup"), time=now)
    await store.add_alerts([alert])
    segment = JournalSegment(
        journal="/j", base=0, end=1, first_arrival=now, last_arrival=now, entries=1, events=1
    )
    felt: dict[str, dict[str, float | str]] = {"user_emotion": {"emotion": "joy", "intensity": 0.5}}
    await store.add_turns([a_turn(0, "t", "standup", values=felt)])
    await store.note_segments("/j", [segment], first=0)
    await store.close()
    asked = re.sub(
        r"\$__timeFilter\(([\w.]+)\)",
        rf"\1 BETWEEN '{now - timedelta(hours=1)}' AND '{now + timedelta(seconds=1)}'",
        sql,
    )
    connection = await asyncpg.connect(server_url)
    rows = await connection.fetch(asked)
    await connection.close()

    assert rows
    assert all(len(row) == columns(sql) for row in rows)
    assert "standup" in asked or rows[0][0] is not None
