"""A wheel holds everything: the dashboard, the migrations, and word that it is typed."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
STATIC = "roomtone/web/static/"

# A page that loads more than this before it shows anything feels slow on a phone.
MOST_SCRIPT = 200_000


def load_hook() -> ModuleType:
    """hatch_build.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hatch_build"] = module
    spec.loader.exec_module(module)
    return module


hook = load_hook()


def hatchling(kind: str, source: Path, target: Path, **environment: str) -> Path:
    """Build a wheel or an sdist of a source tree into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(
        command,
        cwd=source,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def dashboard() -> None:
    """Skip where the dashboard is not built and cannot be."""
    if not hook.is_fresh(ROOT) and hook.find_npm() is None:
        if os.environ.get("CI"):
            pytest.fail("no npm here: the dashboard was not built; install Node.js 20.19 or newer")
        pytest.skip("no npm here, and the dashboard was not built")


@pytest.fixture(scope="module")
def wheel(dashboard: None, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this tree, opened."""
    target = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(hatchling("wheel", ROOT, target, ROOMTONE_REQUIRE_DASHBOARD="1"))


def test_the_wheel_holds_the_dashboard(wheel: zipfile.ZipFile) -> None:
    """Its page, and every file that the page names."""
    names = wheel.namelist()
    page = wheel.read(f"{STATIC}index.html").decode()
    named = re.findall(r'(?:src|href)="/([^"]+)"', page)

    assert any(name.endswith(".js") for name in named)
    assert [name for name in named if STATIC + name not in names] == []


def test_the_wheel_holds_types_and_migrations(wheel: zipfile.ZipFile) -> None:
    """The marker file for type checkers, and each step of the tables' history."""
    names = wheel.namelist()
    steps = sorted(path.name for path in (ROOT / "src/roomtone/migrations").glob("v*.py"))

    assert "roomtone/py.typed" in names
    assert steps
    assert [one for one in steps if f"roomtone/migrations/{one}" not in names] == []


def test_the_wheel_holds_the_weights_and_their_card(wheel: zipfile.ZipFile) -> None:
    """As they lie in the tree; the card holds the attribution that the data's licence asks for."""
    for name in (
        "emotion.npz",
        "emotion.md",
        "coherence.npz",
        "coherence.md",
        "emotion_network.npz",
        "emotion_network.md",
        "coherence_network.npz",
        "coherence_network.md",
        "wordpiece.txt.gz",
        "judge.npz",
        "judge.md",
    ):
        own = (ROOT / "src/roomtone/models" / name).read_bytes()
        assert wheel.read(f"roomtone/models/{name}") == own


def test_the_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests, no sources of the dashboard, no leftovers."""
    strangers = [
        name
        for name in wheel.namelist()
        if not name.startswith(("roomtone/", "roomtone-")) or "__pycache__" in name
    ]

    assert strangers == []


def test_the_page_is_light(wheel: zipfile.ZipFile) -> None:
    """What a browser loads before the first paint, compressed as a server sends it."""
    page = wheel.read(f"{STATIC}index.html").decode()
    scripts = re.findall(r'(?:src|href)="/([^"]+\.js)"', page)
    size = sum(len(gzip.compress(wheel.read(STATIC + name))) for name in scripts)

    assert 0 < size <= MOST_SCRIPT


def test_the_page_runs_no_inline_script(wheel: zipfile.ZipFile) -> None:
    """A strict policy forbids them, so one would break the page; and nothing comes from afar."""
    page = wheel.read(f"{STATIC}index.html").decode()

    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page) == []


def test_an_sdist_makes_the_same_wheel_without_node(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """The sdist carries the built dashboard; who installs from it needs no node."""
    archive = hatchling("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as tar:
        # The first releases of Python 3.11 know no filters.
        tar.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (source,) = (path.parent for path in tmp_path.glob("*/PKG-INFO"))
    empty = tmp_path / "no-programs"
    empty.mkdir()
    needed = {"ROOMTONE_REQUIRE_DASHBOARD": "1", "ROOMTONE_REQUIRE_COMPILED": "0"}
    again = hatchling("wheel", source, tmp_path / "again", PATH=str(empty), **needed)

    # There is no compiler on that path either: the loops are in Python there.
    compiled = {made(source) for source in hook.LOOPS}
    assert again.name.endswith("-py3-none-any.whl")
    assert contents(zipfile.ZipFile(again)) == [n for n in contents(wheel) if n not in compiled]


def made(source: Path) -> str:
    """What a wheel calls a compiled source."""
    return str(hook.compiled(source).relative_to("src"))


def contents(wheel: zipfile.ZipFile) -> list[str]:
    return sorted(wheel.namelist())


def test_the_wheel_holds_compiled_loops(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Those that are imported out of it, and it is for this Python and this kind of machine."""
    if not os.environ.get("CI") and not all(hook.is_compiled(ROOT, one) for one in hook.LOOPS):
        pytest.skip("the loops are not compiled here")
    assert [source for source in hook.LOOPS if made(source) not in wheel.namelist()] == []
    assert [name for name in wheel.namelist() if name.endswith(".c")] == []
    assert not str(wheel.filename).endswith("-any.whl")

    wheel.extractall(tmp_path)
    shown = (
        "import importlib, sys; [print(importlib.import_module(n).__file__) for n in sys.argv[1:]]"
    )
    names = [".".join(source.with_suffix("").parts[1:]) for source in hook.LOOPS]
    told = subprocess.run(
        [sys.executable, "-c", shown, *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert told.stdout.split() == [str(tmp_path / made(s)) for s in hook.LOOPS], told.stderr


def test_what_does_not_compile_says_why(tmp_path: Path) -> None:
    """The last lines of the compiler, and nothing is left in the tree."""
    for loops in hook.LOOPS:
        source = tmp_path / loops
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("int main(void) { return no_such_name; }\n")

        with pytest.raises(hook.CannotBuild, match="no_such_name"):
            hook.compile_loops(tmp_path, loops)
        assert not hook.is_compiled(tmp_path, loops)
        assert [path for path in source.parent.iterdir() if path.is_file()] == [source]
        source.unlink()


def tree(folder: Path) -> Path:
    """A source tree with a built dashboard that is newer than its only source."""
    page = folder / "src/roomtone/web/static/index.html"
    source = folder / "dashboard/src/main.tsx"
    for path, stamp in ((source, 1_000), (page, 2_000)):
        path.parent.mkdir(parents=True)
        path.write_text("")
        os.utime(path, (stamp, stamp))
    return folder


def test_a_fresh_dashboard_is_taken_as_it_is(tmp_path: Path) -> None:
    """Building twice would cost ten seconds for nothing."""
    assert hook.is_fresh(tree(tmp_path))


def test_a_changed_source_makes_the_dashboard_stale(tmp_path: Path) -> None:
    """A wheel must not ship yesterday's screens."""
    root = tree(tmp_path)
    os.utime(root / "dashboard/src/main.tsx", (3_000, 3_000))

    assert not hook.is_fresh(root)


def test_an_old_node_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vite does not start on it."""
    for name, text in (("node", "echo v18.19.0"), ("npm", "exit 1")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    assert shutil.which("node") == str(tmp_path / "node")

    assert hook.find_npm() is None


def test_what_cannot_be_built_says_why(tmp_path: Path) -> None:
    """Without the dashboard's sources there is nothing to build from."""
    with pytest.raises(hook.CannotBuild, match="sources are not here"):
        hook.build(tmp_path, print)
