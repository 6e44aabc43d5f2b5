"""A message is found with those before it while it is recent, and whoever it answers."""

from __future__ import annotations

import pytest

from roomtone import overheard
from roomtone.events import Message
from roomtone.overheard import BEFORE, EACH, Overheard, line_of


def said(text: str, user: str = "ann", role: str = "user", **more: str) -> Message:
    return Message(session="s", user=user, role=role, text=text, id=text, **more)  # type: ignore[arg-type]


def test_a_message_is_found_with_the_five_before_it() -> None:
    """Exactly those five, the oldest first, and whom it answers."""
    heard = Overheard()
    for n in range(9):
        heard.hear(said(f"m{n}", user="ann" if n % 2 else "bob"), n)
    heard.hear(said("answer", user="luna", role="bot", reply_to="m5"), 9)
    heard.hear(said("later"), 10)

    around = heard.around("s", "answer")
    assert around is not None
    assert [one.text for one in around.before] == [f"m{n}" for n in range(9 - BEFORE, 9)]
    assert around.answers == "ann"
    assert [one.text for one in heard.after("s", "answer", 5)] == ["later"]
    assert heard.around("s", "none") is heard.around("elsewhere", "answer") is None


def test_what_is_remembered_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many of each session, and the sessions that are silent longest go first."""
    monkeypatch.setattr(overheard, "MOST", 3 * EACH)
    heard = Overheard()
    for session in "abcd":
        for n in range(2 * EACH):
            heard.hear(Message(session=session, id=str(n), text="x" * 9_999), n)

    assert heard.around("a", str(2 * EACH - 1)) is None
    assert heard.around("b", "0") is None
    kept = heard.around("b", str(2 * EACH - 1))
    assert kept is not None
    assert len(kept.message.text) == overheard.MOST_CHARS
    again = Overheard()
    again.restore(heard.snapshot())
    assert again.snapshot() == heard.snapshot()


def test_who_is_who_depends_on_who_looks() -> None:
    """The one who reacted is `user`, the bot `bot`, everybody else `other`."""
    heard = Overheard()
    heard.hear(said("hi"), 0)
    heard.hear(said("hello", user="luna", role="bot"), 1)
    around = heard.around("s", "hello")
    assert around is not None
    (hi,) = around.before

    assert [line_of(hi, who).who for who in ("ann", "bob", "")] == ["user", "other", "other"]
    assert line_of(around.message, "luna").who == "bot"
