"""A real server with its demo crowd, a real Chromium, and four ways to look at a page."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
PAGE = ROOT / "src" / "roomtone" / "web" / "static" / "index.html"

# Chromium as root in a closed network: without these it looks for hosts that it cannot reach.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
START_S = 30


def missing(what: str) -> None:
    """Skip aloud, but never where everything should be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium.

    What takes a minute of real time begins first; the demo's first alert is waited for last.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Where a test stands among all: before the others, among them, or after them."""
    if item.path == Path(__file__).with_name("test_redis.py"):
        return -1
    return int("noticed" in getattr(item, "fixturenames", ()))


@dataclass
class Site:
    """A running server: its address, and how to send it something."""

    url: str

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """POST JSON (or bytes as they are); returns the answer, also when it is a refusal."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            return dict(json.load(refusal))

    def get(self, path: str) -> dict[str, Any]:
        """GET a JSON answer."""
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return dict(json.load(answer))


def start(command: str, folder: Path) -> Iterator[Site]:
    """Run a server of our own until the tests are done."""
    if not PAGE.is_file():
        missing("the dashboard is not built; run: make dashboard")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [command, "--port", str(port), "--data", str(folder / "data")]
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "roomtone", *arguments],
            cwd=folder,
            # What is set for the tests, or for a server of the developer's, is not this one's.
            env={k: v for k, v in os.environ.items() if not k.startswith("ROOMTONE_")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        site = Site(f"http://127.0.0.1:{port}")
        wait_for(site, server, log)
        yield site
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def catch_up(site: Site) -> None:
    """Until the demo has played its past: what is sent before would count as ten minutes old."""
    for frame in frames(site, "session:keynote"):
        if frame["topic"] == "server" or "t" not in frame:
            continue
        newest = frame["t"][-1:] if isinstance(frame["t"], list) else [frame["t"]]
        if newest and newest[0] > time.time() - 15:
            return


def frames(site: Site, topics: str) -> Iterator[dict[str, Any]]:
    """What the server pushes, as it comes; gives up after a minute and a half."""
    give_up = time.monotonic() + 90
    with urllib.request.urlopen(f"{site.url}/v1/stream?topics={topics}", timeout=20) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                yield dict(json.loads(line[6:]))
            if time.monotonic() > give_up:
                pytest.fail(f"nothing fitting was pushed on {topics} in 90 s")


def wait_for(site: Site, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers, at most half a minute."""
    for _ in range(START_S * 10):
        try:
            site.get("/healthz")
            return
        except OSError:
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


def wait_for_part(site: Site, name: str) -> None:
    """Until /readyz says that this part is well; gives up after half a minute."""
    for _ in range(START_S * 10):
        if any(part["name"] == name and part["ok"] for part in site.get("/readyz")["parts"]):
            return
        time.sleep(0.1)
    pytest.fail(f"{name} did not come up: {site.get('/readyz')}")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the demo's crowd streaming in."""
    for site in start("demo", tmp_path_factory.mktemp("demo")):
        catch_up(site)
        yield site


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that nobody has sent anything to."""
    yield from start("serve", tmp_path_factory.mktemp("quiet"))


@pytest.fixture(scope="session")
def chatted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a few turns that are remembered, and reactions to them that were judged."""
    from tests.browser import chats  # it needs what is declared here

    folder = tmp_path_factory.mktemp("chatted")
    (folder / "roomtone.toml").write_text("reactions.every_s = 0.2\n")
    for site in start("serve", folder):
        chats.tell(site)
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing("there is no Chromium here; install Debian's package chromium")
    if not AXE.is_file():
        missing("axe-core is not there; run: npm ci, in dashboard/")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Looker:
    """One page at one size and theme, and everything that went wrong on it."""

    page: Any
    scheme: str
    width: int
    shots: Path
    trouble: list[str] = field(default_factory=list)

    def visit(self, site: Site, path: str) -> Any:
        """Open an address and wait until the page stands."""
        self.page.goto(site.url + path)
        self.page.wait_for_selector("main")
        return self.page

    def shot(self, name: str) -> None:
        """Keep what it looks like."""
        self.page.screenshot(path=self.shots / f"{name}-{self.scheme}-{self.width}.png")

    def findings(self) -> list[str]:
        """What axe finds that would keep somebody from using the page, one line each."""
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"
        )
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def look(chromium: Any, scheme: str, width: int, shots: Path) -> Iterator[Looker]:
    """A page that notes every error and every dialog."""
    size = {"width": width, "height": 844 if width < 500 else 900}
    context = chromium.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
    )
    context.add_init_script(path=AXE)
    page = context.new_page()
    looker = Looker(page, scheme, width, shots)
    page.on("pageerror", lambda error: looker.trouble.append(f"error: {error}"))
    page.on(
        "console",
        lambda line: line.type == "error" and looker.trouble.append(f"console: {line.text}"),
    )

    def dismiss(dialog: Any) -> None:
        looker.trouble.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.set_default_timeout(20_000)
    yield looker
    context.close()
    assert looker.trouble == []


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: ROOMTONE_SCREENSHOTS, or a folder that pytest keeps for a while."""
    named = os.environ.get("ROOMTONE_SCREENSHOTS")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=LOOKS, ids=lambda one: f"{one[0]}-{one[1]}")
def looker(request: pytest.FixtureRequest, chromium: Any, shots: Path) -> Iterator[Looker]:
    """Light and dark, wide and on a phone."""
    yield from look(chromium, *request.param, shots)


@pytest.fixture
def wide(chromium: Any, shots: Path) -> Iterator[Looker]:
    """One look is enough where the question is what happens, not how it looks."""
    yield from look(chromium, "light", 1440, shots)


@pytest.fixture(scope="session")
def noticed(demo: Site) -> dict[str, Any]:
    """The demo's first alert on the keynote; it comes within a minute."""
    for frame in frames(demo, "alerts"):
        for alert in [*frame.get("alerts", []), frame.get("alert", {})]:
            if alert.get("session") == "keynote" and alert["type"] != "RECOVERED":
                return dict(alert)
    raise AssertionError("the stream ended")
