"""The documents' checklist for production: ports, health, migrations, logs, no leftovers."""

from __future__ import annotations

import ast
import json
import re
import sqlite3
from pathlib import Path

import pytest
import structlog

from roomtone.runtime import logs
from roomtone.runtime.config import Log, Settings
from roomtone.runtime.loading import keys
from roomtone.runtime.pipeline import Pipeline
from tests.web.conftest import Site, house, message, site  # noqa: F401 (fixtures)

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "roomtone"
LEFT = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|lorem ipsum|not implemented"
    r"|NotImplementedError|console\.log",
    re.I | re.A,
)
CODE = sorted([*SOURCE.rglob("*.py"), *(ROOT / "dashboard" / "src").rglob("*.ts*")])


def test_ports_are_those_of_the_documents():
    """8003 without being told; the rest are compose's, where they are checked too."""
    assert Settings().server.port == 8003
    assert Settings().server.host == "127.0.0.1"


async def test_health_is_told_in_detail(site: Site) -> None:  # noqa: F811
    """Every address that the documents and load balancers ask answers, with each part by name."""
    await site.say(message())
    for path in ("/healthz", "/readyz", "/health", "/metrics", "/docs", "/openapi.json"):
        assert (await site.client.get(path)).status_code == 200, path
    components = (await site.get("/health"))["components"]

    assert {"journal", "stores", "clock", "loops", "web"} <= components.keys()


async def test_migrations_run_by_themselves_and_twice_do_no_harm(tmp_path: Path) -> None:
    """A fresh folder gets its tables at the first start; the second changes nothing."""
    schemas = []
    for _ in range(2):
        pipeline = await Pipeline.open(Settings(data=tmp_path))
        await pipeline.stop()
        with sqlite3.connect(tmp_path / "roomtone.db") as database:
            schemas.append(
                database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            )
            version = database.execute("SELECT version_num FROM alembic_version").fetchone()

    assert schemas[0] == schemas[1] and len(schemas[0]) > 5
    newest = max(p.name[1:4] for p in (SOURCE / "migrations").glob("v*.py"))
    assert version == (newest,)


def left(path: Path) -> str:
    """What there is in a file that should not be; empty where there is nothing."""
    text = path.read_text(encoding="utf-8")
    if found := LEFT.search(text):
        return found.group()
    if path.suffix == ".py":
        calls = [n.func for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
        for call in calls:
            if isinstance(call, ast.Name) and call.id in ("print", "breakpoint"):
                return call.id
    return ""


def test_nothing_is_left_to_be_done() -> None:
    """No reminder, no placeholder, no function that does nothing yet, no print for debugging."""
    assert len(CODE) > 500
    assert {str(p.relative_to(ROOT)): left(p) for p in CODE if left(p)} == {}


def test_logging_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    """One object per line where nobody sits at a terminal, at the level that is set."""
    logs.configure(Log(format="json", level="info"))
    structlog.get_logger().info("here", count=1)
    structlog.get_logger().debug("not here")
    logs.configure()
    (line,) = capsys.readouterr().err.splitlines()

    assert json.loads(line)["event"] == "here"


def test_every_setting_can_come_from_the_environment() -> None:
    """And no default holds a password."""
    assert len(keys()) >= 20
    assert "password" not in json.dumps(Settings().model_dump(mode="json")).lower()
