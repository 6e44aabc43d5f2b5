"""Checks of the code's own shape: first sentences, sizes, mirrors, families, hosts."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "roomtone"
TESTS = ROOT / "tests"
FAMILIES = ("signals", "detectors", "sources", "stores", "channels", "models", "exports")
FOLDERS = {*FAMILIES, "runtime", "web", "migrations", "queries"}  # the last one: Flux
UNBORN = {"utils", "common", "helpers", "core", "base", "manager", "service", "handler"}

MODULES = sorted(SOURCE.rglob("*.py"))
CODE = sorted([*MODULES, *TESTS.rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def parsed():
    """All code of the project, read and parsed once: the text and its tree, by path."""
    texts = {path: path.read_text() for path in CODE}
    return {path: (text, ast.parse(text)) for path, text in texts.items()}


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_file_opens_with_one_sentence(parsed):
    """The first line says what the file is for, so that a listing reads as a map."""
    lines = {
        name(path): (ast.get_docstring(tree) or "").partition("\n")[0]
        for path, (_, tree) in parsed.items()
    }

    assert lines and not {n: x for n, x in lines.items() if not x.endswith(".") or len(x) > 100}


def test_files_and_functions_fit_the_eye(parsed):
    """A file is read in one sitting, a function on one screen."""
    long = [name(path) for path, (text, _) in parsed.items() if len(text.splitlines()) > 400]
    high = [
        f"{name(path)}: {function.name}"
        for path, (_, tree) in parsed.items()
        for function in functions(tree)
        if (function.end_lineno or 0) - function.lineno >= 70
    ]

    assert (long, high) == ([], [])


# A helper inside a family is tested through its members; migrations by one test of them all.
MIRRORED = [p for p in MODULES if not p.stem.startswith("_") and p.parent.name != "migrations"]


def test_every_module_has_its_mirror():
    """src/roomtone/signals/engagement.py is tested by tests/signals/test_engagement.py."""
    mirrors = [TESTS / p.relative_to(SOURCE).with_name(f"test_{p.name}") for p in MIRRORED]

    assert mirrors and not [name(mirror) for mirror in mirrors if not mirror.exists()]


def test_the_command_line_has_its_mirror():
    """`__main__` is the one dunder that does something, and migrations are tested as a chain."""
    assert (TESTS / "test_main.py").exists()
    assert (TESTS / "test_migrations.py").exists()


def test_folders_are_families_two_levels_deep():
    """A folder holds members, not folders, and every folder is one we meant."""
    folders = {p for p in SOURCE.rglob("*") if p.is_dir() and p.name != "__pycache__"}
    own = {p for p in folders if "static" not in p.relative_to(SOURCE).parts}

    assert {str(p.relative_to(SOURCE)) for p in own} == FOLDERS


def test_nothing_is_named_after_nothing():
    """No `utils` and its kin: a file is named after what it knows."""
    assert not [p for p in MODULES if p.stem.lstrip("_") in UNBORN]


def test_tests_speak(parsed):
    """Every test says in a sentence what holds."""
    tests = [
        (path, function)
        for path, (_, tree) in parsed.items()
        if path.is_relative_to(TESTS) and path.name.startswith("test_")
        for function in functions(tree)
        if function.name.startswith("test_")
    ]
    silent = [
        f"{name(path)}: {test.name}"
        for path, test in tests
        if not (ast.get_docstring(test) or "").partition("\n")[0].endswith((".", "?", "!"))
    ]

    assert len(tests) > 1000 and silent == []


def test_imports_flow_as_drawn():
    """The contracts in .importlinter hold: layers, purity, members by name."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout


def siblings() -> list[tuple[Path, str]]:
    """Imports of one member of a family by another, except of its underscored helpers."""
    found = []
    for family in FAMILIES:
        for path in (SOURCE / family).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module:
                    parts = node.module.split(".")
                    ours = parts[:1] == ["roomtone"] and len(parts) == 3 and parts[1] in FAMILIES
                    if ours and (parts[1] != family or not parts[2].startswith("_")):
                        found.append((path, node.module))
    return found


def test_members_do_not_know_each_other():
    """A member imports its family's helpers at most, never a sibling or another family."""
    assert siblings() == []


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=30)
    if done.returncode != 0:
        pytest.skip("not a git checkout: nothing is tracked here")
    return [ROOT / p for p in done.stdout.decode().split("\0") if p and (ROOT / p).is_file()]


def test_no_file_is_a_link():
    """A link leads elsewhere on another machine, or nowhere."""
    done = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout: nothing is tracked here")

    assert [line for line in done.stdout.splitlines() if line.startswith("120000")] == []


def test_no_file_names_a_package_registry():
    """Locks and pages serve whoever installs from a mirror: no host of a registry in any file."""
    hosts = [
        "files." + "pythonhosted" + ".org",
        "pypi." + "org/simple",
        "registry." + "npmjs" + ".org",
        "registry." + "yarnpkg" + ".com",
    ]
    pattern = re.compile("|".join(re.escape(host) for host in hosts).encode())

    assert [name(path) for path in tracked() if pattern.search(path.read_bytes())] == []


def test_no_file_names_a_machine_of_ours():
    """Paths of the machines this was made on mean nothing to anybody else."""
    folders = ["work", "opt/rt", "root", "home/[a-z]"]
    pattern = re.compile(rb"(?<![\w.:~/-])/(" + "|".join(folders).encode() + rb")[/\w]")
    texts = [p for p in tracked() if p.suffix in (".py", ".md", ".toml", ".ts", ".tsx", ".lock")]

    assert [name(path) for path in texts if pattern.search(path.read_bytes())] == []


def test_versions_agree():
    """The package, its metadata and the dashboard are of one version."""
    import json
    import tomllib

    import roomtone

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    page = json.loads((ROOT / "dashboard" / "package.json").read_text())["version"]

    assert roomtone.__version__ == project == page
