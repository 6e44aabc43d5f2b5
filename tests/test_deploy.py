"""What is in deploy/ speaks of what exists: metrics, ports, programs, settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from roomtone.runtime.config import Settings
from roomtone.runtime.loading import environment_name, keys
from tests.plain_yaml import read_yaml
from tests.test_docs import commands

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_alert_rules_ask_for_metrics_that_exist():
    """Every metric in a rule is described on the metrics page, and every rule is too."""
    rules = read("deploy/prometheus/rules.yml")
    page = read("docs/metrics.md")
    asked = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\broomtone_\w+", rules)}

    assert len(asked) >= 8
    assert [name for name in sorted(asked) if f"| `{name}` |" not in page] == []
    named = re.findall(r"- alert: (\w+)", rules)
    assert named == re.findall(r"^\| `(Roomtone\w+)`", page, re.M)


def test_every_alert_says_what_to_do():
    """A page that does not say what to do wakes somebody up for nothing."""
    rules = re.split(r"- alert: ", read("deploy/prometheus/rules.yml"))[1:]

    for rule in rules:
        assert re.search(r"severity: (page|ticket)", rule)
        assert re.search(r'action: ".{20,}"', rule), rule


def test_prometheus_accepts_the_rules():
    """Its own checker reads them."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here; install Debian's prometheus to check the rules with it")
    done = subprocess.run(
        [promtool, "check", "rules", DEPLOY / "prometheus" / "rules.yml"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def compose() -> dict:
    return read_yaml(read("deploy/compose.yaml"))


def roomtones(compose: dict) -> dict[str, dict]:
    """The services that run our own image."""
    return {
        name: service
        for name, service in compose["services"].items()
        if str(service["image"]).startswith("roomtone:")
    }


def test_compose_has_the_parts_and_the_ports_of_the_documents(compose):
    """PostgreSQL 5437, Redis 6379, the API 8003, the page 3002, Grafana 3003; on this machine."""
    ports = {
        name: [port.split(":") for port in service.get("ports", [])]
        for name, service in compose["services"].items()
    }
    outside = {name: [int(p[1]) for p in its] for name, its in ports.items() if its}

    assert outside == {
        "timescale": [5437],
        "redis": [6379],
        "web": [8003],
        "web-ui": [3002],
        "prometheus": [9090],
        "grafana": [3003],
    }
    assert {p[0] for its in ports.values() for p in its} == {"127.0.0.1"}
    assert {"engine", "worker", "backup"} <= compose["services"].keys()


def test_compose_is_whole(compose):
    """Volumes are declared, dependencies exist and are healthy first, images have versions."""
    named = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }

    assert named == set(compose["volumes"])
    for name, service in compose["services"].items():
        assert ":" in service["image"] and "latest" not in service["image"], name
        assert service["restart"] == "unless-stopped", name
        for other, condition in service.get("depends_on", {}).items():
            assert "healthcheck" in compose["services"][other]
            assert condition == {"condition": "service_healthy"}
    assert set(ALLOWED) >= {key for s in compose["services"].values() for key in s}


ALLOWED = (
    *("image", "build", "restart", "init", "read_only", "tmpfs", "security_opt", "profiles"),
    *("stop_grace_period", "depends_on", "command", "environment", "volumes", "expose", "ports"),
    "healthcheck",
)
"""Keys of the compose specification that are used here; a typing error is none of them."""


def test_every_command_in_compose_and_units_is_one(compose):
    """Its words are a command's and its options."""
    words = [service["command"] for service in roomtones(compose).values()]
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.M)
        program, *rest = line.split()
        assert program == "/opt/roomtone/bin/roomtone"
        words.append(rest)
    known = dict(commands())

    assert len(words) >= 9
    for command, *rest in words:
        assert f"roomtone {command}" in known
        options = [word for word in rest if word.startswith("--")]
        assert [o for o in options if o not in known[f"roomtone {command}"]] == [], (command, rest)


def test_every_setting_in_compose_image_and_units_exists(compose):
    """A variable that nobody knows would keep the server from starting."""
    variables = {
        name
        for service in roomtones(compose).values()
        for name in service["environment"]
        if name.startswith("ROOMTONE_")
    }
    units = "".join(path.read_text() for path in (DEPLOY / "systemd").glob("*.service"))
    variables |= set(re.findall(r"\b(ROOMTONE_\w+)=", read("deploy/Dockerfile") + units))

    assert len(variables) >= 8
    assert variables <= {environment_name(key) for key in keys()}
    Settings(**nested(roomtones(compose)["worker"]["environment"]))


def nested(environment: dict[str, object]) -> dict:
    """The environment as `load` would read it, for the model to check the values."""
    made: dict = {}
    for name, value in environment.items():
        section, _, key = name.removeprefix("ROOMTONE_").lower().partition("__")
        made.setdefault(section, {})[key] = [value] if key == "listen" else value
    return made


def test_the_image_runs_as_nobody_and_says_how_it_is():
    """In stages, as a user without rights, with a check, and what it copies is there."""
    text = read("deploy/Dockerfile")
    last = text[text.rindex("\nFROM ") :]

    assert text.count("\nFROM ") >= 2
    assert re.search(r"^USER roomtone$", last, re.M) and "/readyz" in last
    assert last.index("USER roomtone") < last.index("ENTRYPOINT")
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert "latest" not in text


@pytest.mark.parametrize(
    "unit", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda p: p.name
)
def test_units_are_understood_by_systemd(unit, tmp_path):
    """`systemd-analyze verify` has nothing to say, once the program is there."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here; install systemd to have the units checked")
    text = unit.read_text().replace("/opt/roomtone/bin/roomtone", "/bin/true")
    copy = tmp_path / unit.name.replace("@.", "@8003.")
    copy.write_text(text)
    done = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if unit.stem.split("@")[0] in line]

    assert said == []


def test_the_run_books_commands_are_commands():
    """Every `roomtone` line of the run-book names a command with options that it has."""
    page = read("docs/operating.md")
    known = dict(commands())
    lines = [
        line.strip().removeprefix("/opt/roomtone/bin/")
        for block in re.findall(r"^```\n(.*?)^```", page, re.M | re.S)
        for line in block.splitlines()
        if re.match(r"\s*(/opt/roomtone/bin/)?roomtone ", line)
    ]

    assert len(lines) >= 8
    for line in lines:
        words = line.split()
        name = " ".join(words[:2])
        assert name in known, line
        options = [word for word in words if word.startswith("--")]
        assert [o for o in options if o not in known[name]] == [], line
