"""The documentation cannot lag: what exists is described, what is named exists, snippets run."""

import ast
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from roomtone import events, points, ports
from roomtone.__main__ import app
from roomtone.alerts import AlertType, Severity
from roomtone.runtime import catalogue, plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.loading import environment_name, keys, trace
from roomtone.sources.chatlog import ALIASES
from roomtone.training_rows import REASONS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ROOMTONE_")}
CLEAN["PYTHONPATH"] = str(ROOT / "src")  # from whatever folder: what is read here is what runs


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""

    def walk(command, words: list[str]) -> Iterator[tuple[str, list[str]]]:
        if hasattr(command, "commands"):
            for word, inner in command.commands.items():
                yield from walk(inner, [*words, word])
        else:
            options = [o for p in command.params for o in p.opts if o.startswith("--")]
            yield " ".join(words), options

    yield from walk(typer.main.get_command(app), ["roomtone"])


@pytest.mark.parametrize(("command", "options"), list(commands()), ids=lambda v: str(v)[:20])
def test_every_command_and_option_is_described(command, options):
    """Each command has its section, and each option is named in it."""
    text = read("docs/commands.md")
    section = re.search(rf"^## {command}$(.*?)(?=^## |\Z)", text, re.M | re.S)

    assert section, f"docs/commands.md has no section {command}"
    assert [o for o in options if o not in section[1] and o != "--help"] == []


def test_every_setting_is_described_with_its_default(monkeypatch, tmp_path):
    """One row each: the key, the default, the reason; and how to set it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for variable in [v for v in os.environ if v.startswith("ROOMTONE_")]:
        monkeypatch.delenv(variable)
    text = read("docs/configuration.md")
    for setting in trace():
        value = str(setting.value).lower() if isinstance(setting.value, bool) else setting.value
        shown = f"`{value}`" if value != "" else "empty"
        assert f"| `{setting.key}` | {shown} | {setting.description} |" in text

    documented = set(re.findall(r"^\| `([\w.]+)` \|", text, re.M))
    assert documented == keys().keys()
    assert environment_name("server.port") in text


def test_every_measurement_is_described_as_it_is_declared():
    """The page is what `make catalogue` writes; run it after a measurement changed."""
    text = read("docs/measurements.md")
    declared = plugins.measurements(Settings())

    assert catalogue.fill(text, declared) == text
    assert sorted(catalogue.marked(text)) == sorted(one.name for one in declared)


def test_every_alert_and_level_is_described():
    """Types, severities and levels, by their names."""
    text = read("docs/measurements.md")
    words = [*AlertType.__args__, *Severity.__args__, *(word for _, word in points.LEVELS)]

    assert [word for word in words if word not in text] == []


def test_every_event_and_its_fields_are_on_the_wires_page():
    """The types and their fields, as the decoder knows them."""
    text = read("docs/wire.md")
    for kind in events.EVENT_TYPES:
        assert f"`{kind.__struct_config__.tag}`" in text
        assert [f for f in kind.__struct_fields__ if f"`{f}`" not in text] == []


def test_every_port_and_member_is_described():
    """Each protocol and each member stands on the page of its family."""
    text = read("docs/extending/README.md")
    protocols = [
        node.name
        for path in Path(ports.__file__).parent.glob("ports*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    ]

    assert [p for p in protocols if f"`{p}`" not in text] == []
    for family, members in plugins.MEMBERS.items():
        assert f"`roomtone.{family}`" in text
        assert [m for m in members if f"`{m}`" not in text] == []


def test_every_column_name_that_is_guessed_is_described():
    """What `ingest` finds by itself stands in its table."""
    text = read("docs/commands.md")
    for field in ("at", "user", "text", "session", "id", "type"):
        row = re.search(rf"^\| `{field}` \| (.*) \|$", text, re.M)
        assert row
        assert set(ALIASES[field]) <= set(re.findall(r"`(\w+)`", row[1]))


def test_every_file_of_the_vocabulary_is_on_the_map():
    """The architecture page names every top-level file and every member."""
    text = read("docs/architecture.md")
    source = ROOT / "src" / "roomtone"
    files = [p.name for p in source.glob("*.py") if not p.name.startswith("__")]

    assert [f for f in files if f"`{f}`" not in text] == []
    for family in ("signals", "detectors", "sources", "stores", "channels", "models", "exports"):
        row = re.search(rf"^\| `{family}/` \| (.*?) \|", text, re.M)
        known = {m for f, ms in plugins.MEMBERS.items() if f.split(".")[0] == family for m in ms}
        assert row
        assert set(re.findall(r"`(\w+)`", row[1])) == known


def test_every_decision_is_in_the_index():
    """A decision that nobody finds was not recorded."""
    index = read("docs/decisions/README.md")
    records = [p.name for p in (DOCS / "decisions").glob("*.md") if p.name != "README.md"]

    assert [r for r in records if f"]({r})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    """Every relative link points at a file that is here, every anchor at a heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), f"{name(page)} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{name(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_targets_that_are_named_exist(page):
    """Paths of our own in backticks, and `make` targets, are real."""
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    folders = ("src/", "tests/", "docs/", "benchmarks/", "dashboard/src", "requirements/")
    folders += ("runtime/", "web/", "signals/", "detectors/", "sources/", "stores/", "channels/")
    folders += ("models/", "exports/", "training/")
    for path in re.findall(r"`([\w./-]+\.(?:py|tsx|ts|md|toml|lock))`", text):
        if path.startswith(folders) and "/x/" not in path:
            places = (ROOT / path, ROOT / "src" / "roomtone" / path)
            assert any(p.exists() for p in places), f"{name(page)} names {path}"
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert target in targets


def test_names_of_the_earlier_documents_are_where_we_say():
    """The map from the documents names tests and functions that exist."""
    page = read("docs/from-the-documents.md")
    for row in re.findall(r"^\| (`test_.*?) \| `(tests/[^`]+)` \|$", page, re.M):
        text = read(row[1])
        assert [t for t in re.findall(r"`(test_\w+)`", row[0]) if f"def {t}(" not in text] == []

    for names, path in re.findall(r"^\| ([a-z][^`|]+) \| `(dashboard/[^`]+)` \|$", page, re.M):
        text = read(path)
        assert [n for n in names.split(", ") if f"'{n}'" not in text] == []


def snippets(page: Path, language: str) -> str:
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S
    )
    return "\n\n".join(blocks)


@pytest.mark.parametrize("page", sorted((DOCS / "extending").glob("[!R]*.md")), ids=name)
def test_the_examples_of_extending_run(page, tmp_path):
    """Each page's example, put together, runs and passes its own checks."""
    code = snippets(page, "python")
    assert "assert" in code or "check_" in code
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=CLEAN,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stderr


def test_the_first_events_of_the_readme_arrive(tmp_path):
    """All three ways, as they stand there, against a server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    page = ROOT / "README.md"
    shell, code = snippets(page, "bash"), snippets(page, "python")
    roomtone = f"{sys.executable} -m roomtone"
    env = {**CLEAN, "ROOMTONE_SERVER__PORT": str(port), "XDG_CONFIG_HOME": str(tmp_path)}
    (tmp_path / "chat.csv").write_text("author,message,published_at\nann,hi,2026-01-01T12:00:00Z\n")
    server = subprocess.Popen(
        [sys.executable, "-m", "roomtone", "serve"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert str(port) in server.stdout.readline()
        said = ""
        for command in (
            [
                "bash",
                "-ec",
                re.sub(r"^roomtone", roomtone, shell.replace("8003", str(port)), flags=re.M),
            ],
            [sys.executable, "-c", code.replace("8003", str(port))],
            [sys.executable, "-m", "roomtone", "sessions"],
        ):
            done = subprocess.run(
                command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240
            )
            assert done.returncode == 0, done.stderr
            said += done.stdout
    finally:
        server.terminate()
        server.communicate(timeout=30)

    assert said.count('"accepted":1') == 2
    assert said.count("1 accepted, 0 duplicates, 0 refused") == 2
    assert re.search(r"^standup +live", said, re.M)


def test_every_format_and_reason_is_described():
    """A row of the table for each format, and each reason why something is left out."""
    text = read("docs/exports.md")
    formats = set(re.findall(r"^\| `(\w+)` \|", text, re.M))

    assert set(plugins.MEMBERS["exports"]) <= formats
    assert [reason for reason in REASONS if f"`{reason}`" not in text] == []
