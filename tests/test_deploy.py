"""What is in deploy/ speaks of what exists: metrics, ports, programs, settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

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
