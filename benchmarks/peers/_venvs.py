"""Each peer in a virtual environment of its own, made from a file of pinned versions."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = tuple(sorted(path.stem for path in (HERE / "requirements").glob("*.txt")))


def folder() -> Path:
    """Where they lie: `.peers` beside the benchmarks, or where BENCHMARK_PEERS says."""
    return Path(os.environ.get("BENCHMARK_PEERS") or ROOT / ".peers")


def python(name: str) -> Path:
    """A peer's interpreter. Raises RuntimeError where it is not set up."""
    path = folder() / name / "bin" / "python"
    if not path.exists():
        raise RuntimeError(f"{name} is not set up; run: python -m benchmarks.peers setup {name}")
    return path


def set_up(name: str) -> None:
    """Make a peer's environment, or bring it to the pinned versions."""
    where = folder() / name
    if not (where / "bin" / "python").exists():
        venv.create(where, with_pip=True)
    command = [str(where / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*command, "-r", str(HERE / "requirements" / f"{name}.txt")], check=True)
    subprocess.run([str(where / "bin" / "python"), "-c", "pass"], check=True)
    print(f"{name}: set up in {where}", file=sys.stderr)
