"""The command orders, waits as long as it was told to, and says how reactions stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from roomtone.errors import ServerError
from roomtone.runtime import enriching


def told(waiting: int = 0, **more: Any) -> dict[str, Any]:
    cost = {"today": {"calls": 1.5, "money": 0.25}, "calls_avoided": 7, "capped": False}
    return {
        "waiting": waiting,
        "waiting_for_target": 1,
        "again": 0,
        "meanings": {"RATING": 3},
        "needs_review": 2,
        "unanswered": {"target_unknown": 1},
        "cost": cost | more.pop("cost", {}),
        "trouble": "",
        **more,
    }


class Server:
    """A server that says these things one after another, the last one for good."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers, self.ordered, self.closed = list(answers), b"", False

    def post(self, path: str, body: bytes) -> Any:
        self.ordered = body
        return {"queued": 4}

    def get(self, path: str) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        self.closed = True


Run = Callable[..., list[float]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def runs(server: Server, within_s: float = 60, **more: bool) -> list[float]:
        monkeypatch.setattr(enriching, "Remote", lambda url: server)
        waited: list[float] = []
        asked = {"again": False, "as_json": False, **more}
        enriching.reactions("http://x", within_s=within_s, wait=waited.append, **asked)
        return waited

    return runs


def test_it_waits_until_it_is_done(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Also for what is judged again; not for what waits for its message."""
    server = Server(told(9), told(1, again=3), told(1))

    assert len(run(server, again=True)) == 2
    said = capsys.readouterr()
    assert server.ordered == b'{"again":true}'
    assert server.closed
    assert "RATING" in said.out and "0.2500" in said.out
    assert "1 wait for their messages" in said.err + said.out


def test_it_does_not_wait_for_ever(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor for what a day may not cost."""
    assert len(run(Server(told(9)), within_s=2)) == 4
    assert run(Server(told(9, cost={"capped": True}))) == []
    assert "what a day may cost" in "".join(capsys.readouterr())
    run(Server(told(1)), as_json=True)
    assert '"queued":4' in capsys.readouterr().out


def test_a_judge_that_is_unwell_is_told(run: Run) -> None:
    """As an error that ends in where to look."""
    with pytest.raises(ServerError, match="see /readyz"):
        run(Server(told(9, trouble="nobody answers")))
