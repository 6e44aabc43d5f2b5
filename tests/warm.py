"""Starts `roomtone` in processes of their own that need not import everything anew."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.warm_modules"])


class Program:
    """`roomtone` with these words, as from a shell, in a fork of a process that has its modules.

    What it says goes to the end of the files `out` and `err`.
    """

    def __init__(
        self,
        words: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str],
        out: Path,
        err: Path,
        stdin: Path = Path(os.devnull),
    ) -> None:
        self._out, self._from = out, out.stat().st_size if out.exists() else 0
        files = [str(stdin), str(out), str(err)]
        self._process = _forks.Process(target=_run, args=(words, str(cwd), dict(env), files))
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, or None while it runs; -9 where it was killed."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        self._process.join(timeout_s)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(["roomtone"], timeout_s)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def first_line(self, within_s: float = 60.0) -> str:
        """The first line that it said; what there is of it when it ends before."""
        begun = time.monotonic()
        while True:
            ended = self.poll() is not None
            said = self._out.read_bytes()[self._from :].decode() if self._out.exists() else ""
            if "\n" in said or ended or time.monotonic() - begun > within_s:
                return said.partition("\n")[0]
            time.sleep(0.02)


def run(
    words: tuple[str, ...],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: str = "",
    timeout_s: float = 100,
) -> subprocess.CompletedProcess[str]:
    """A command from its start to its end, with what it said."""
    with tempfile.TemporaryDirectory() as folder:
        said, out, err = (Path(folder) / name for name in ("in", "out", "err"))
        said.write_text(stdin)
        program = Program(words, cwd=cwd, env=env, out=out, err=err, stdin=said)
        try:
            status = program.wait(timeout_s)
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(words, status, out.read_text(), err.read_text())


def _run(words: tuple[str, ...], cwd: str, env: dict[str, str], files: list[str]) -> None:
    """In the fork: what a shell does before it starts a program, and the program."""
    for number, path in enumerate(files):
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
        os.dup2(os.open(path, how), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["roomtone", *words]
    from roomtone.__main__ import main

    main()
