"""A reaction counts once, where it stands, until it is taken back; and a replay says the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roomtone import reacting
from roomtone.contracts import START
from roomtone.engine import Output
from roomtone.events import Event, Message, Reaction
from roomtone.reacting import Reacting
from roomtone.signals.feedback import Feedback
from roomtone.verdicts import Meaning, ReactionJudged, ReactionReview, Ruling

T0 = round(START.timestamp() * 1000)


def react(emoji: str = "❤️", at: float = 0, **more: Any) -> Reaction:
    told = {"session": "s", "user": "ann", "bot": "luna", "target": "t1"}
    return Reaction(emoji=emoji, at=START + timedelta(seconds=at), **{**told, **more})


def judge(
    state: Reacting, meaning: Meaning | None = "RATING", version: str = "1", **more: Any
) -> ReactionJudged:
    """A word on the reaction that has waited longest, or on the newest."""
    (held,) = state.to_judge(1) or [next(reversed(state.known.held.values()))]
    ruling = Ruling(
        meaning=meaning,
        confidence=0.9,
        satisfaction=0.95 if meaning == "RATING" else None,
        score=1.0 if meaning == "RATING" else None,
        version=version,
    )
    return ReactionJudged(session="s", of=held.of, verdict=ruling, reply="yes", **more)


def after(state: Reacting, *events: Event, at: int = 60) -> Output:
    """What these events give at a tick."""
    for event in events:
        state.apply(event, T0 + at * 1000)
    return state.take(at)


def rows(out: Output, gone: bool = False) -> list[tuple[str, dict[str, float]]]:
    blocks = out.gone if gone else out.blocks
    return [(p.measurement, dict(p.fields)) for block in blocks for p in block.points()]


@pytest.fixture
def state() -> Reacting:
    return Reacting([Feedback()])


def test_a_rating_stands_at_the_time_of_the_reaction(state: Reacting) -> None:
    """Whenever it was judged; with the documents' tags, and true where there is a rating."""
    waiting = after(state, react(at=5))
    out = after(state, judge(state), at=9_000)
    (block,) = out.blocks
    (point,) = block.points()

    assert [one.state for one in waiting.reactions] == ["waiting"]
    assert point.time == START + timedelta(seconds=5)
    assert point.tags == {
        "bot": "luna",
        "user_id": "ann",
        "reaction_emoji": "❤️",
        "feedback_type": "emoji_reaction",
    }
    assert (point.fields["user_reaction_score"], point.fields["satisfaction_score"]) == (1.0, 0.95)
    assert point.fields["has_user_feedback"] == 1.0
    assert point.texts["meaning"] == "RATING"
    assert [one.state for one in out.reactions] == ["judged"]


def test_what_is_no_rating_leaves_no_zero(state: Reacting) -> None:
    """Agreement and feelings have rows of their own: the mean of satisfaction is of ratings."""
    meanings: list[Meaning | None] = ["RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL", None]
    for n in range(len(meanings)):
        state.apply(react(target=f"x{n}", at=n), T0)
    for meaning in meanings:
        state.apply(judge(state, meaning), T0)
    out = state.take(5)

    assert sorted(name for name, _ in rows(out)) == [
        "reaction_emotion",
        "reaction_engagement",
        "reaction_engagement",
        "user_feedback",
    ]
    scores = [f["satisfaction_score"] for _, f in rows(out) if "satisfaction_score" in f]
    assert scores == [0.95]
    assert [one.state for one in out.reactions].count("review") == 1


def test_of_two_judgements_the_first_counts(state: Reacting) -> None:
    """Unless it is judged again on purpose, by another model or version."""
    state.apply(react(), T0)
    first = after(state, judge(state))
    second = after(state, judge(state, "EMOTIONAL"))
    same = after(state, judge(state, "EMOTIONAL", again=True))
    other = after(state, judge(state, "EMOTIONAL", version="2", again=True))

    assert [name for name, _ in rows(first)] == ["user_feedback"]
    assert not second.blocks and not second.reactions
    assert not same.blocks
    assert [name for name, _ in rows(other)] == ["reaction_emotion"]
    assert "user_feedback" in [name for name, _ in rows(other, gone=True)]


def test_what_is_taken_back_is_gone(state: Reacting) -> None:
    """Before it was judged, nothing was to be asked; afterwards, its points go. Again is new."""
    early = after(state, react(), react(action="remove", at=1))
    assert not state.waiting
    assert early.reactions[-1].state == "retracted"
    assert not early.blocks and not early.gone

    state.apply(react(at=2), T0)
    told = after(state, judge(state))
    gone = after(state, react(action="remove", at=3))
    again = after(state, react(at=4))

    assert [name for name, _ in rows(told)] == ["user_feedback"]
    assert "user_feedback" in [name for name, _ in rows(gone, gone=True)]
    assert not gone.blocks
    assert again.reactions[0].of.id != told.reactions[0].of.id
    late = ReactionJudged(session="s", of=told.reactions[0].of, verdict=Ruling(meaning="RATING"))
    assert not after(state, late).blocks, "a word that comes after it was taken back says nothing"


def test_a_person_has_the_last_word(state: Reacting) -> None:
    """It replaces what was told, and no model says otherwise afterwards."""
    state.apply(react(), T0)
    told = after(state, judge(state))
    of = told.reactions[0].of
    review = ReactionReview(session="s", of=of, meaning="AGREEMENT", by="eve")
    said = after(state, review)
    model = after(state, judge(state, "EMOTIONAL", version="3", again=True))

    (row,) = rows(said)
    assert row == ("reaction_engagement", {"count": 1.0, "meaning_confidence": 1.0})
    assert "user_feedback" in [name for name, _ in rows(said, gone=True)]
    record = said.reactions[0]
    assert (record.state, record.meaning, record.by) == ("reviewed", "AGREEMENT", "person")
    assert not model.blocks and not model.gone
    assert after(state, review).reactions[0].weight == record.weight, "said again, it counts once"
    skipped = after(state, ReactionReview(session="s", of=of, by="eve"))
    assert skipped.reactions[0].state == "skipped"
    assert not skipped.blocks


def test_a_message_of_a_room_is_found_at_once(state: Reacting) -> None:
    """Its text, whose it is, what was said before; a person's message is rated for no bot."""
    for id, user, role in (("m1", "ann", "user"), ("m2", "luna", "bot"), ("m3", "bob", "user")):
        message = Message(session="s", id=id, user=user, role=role, text=f"text of {id}", at=START)  # type: ignore[arg-type]
        assert not state.apply(message, T0)
    for target in ("m2", "m3"):
        state.apply(react(target=target, bot=None, at=7), T0)
    bots, bobs = state.to_judge(2)

    assert (bots.of.bot, bots.of.target_is, bots.reply, bots.latency_s) == (
        "luna",
        "bot",
        "text of m2",
        7.0,
    )
    assert [line.who for line in bots.before] == ["user"]
    assert bots.to_me
    assert bobs.of.target_is == "other"
    state.apply(judge(state), T0)
    out = after(state, judge(state))
    assert [name for name, _ in rows(out)] == ["user_feedback"]


def test_what_says_nothing_to_a_message_is_not_judged(state: Reacting) -> None:
    """Hearts that fly over a stage are the room's; the same told twice is one."""
    assert not state.apply(react(target=None, bot=None), T0)
    assert state.apply(react(), T0)
    assert not state.apply(react(at=1), T0)
    assert state.apply(react(user="bob"), T0)
    assert len(state.waiting) == 2


def test_two_in_one_moment_are_two_points(state: Reacting) -> None:
    """The same person and emoji on two messages, told with the same time."""
    for target in ("t1", "t2", "t3"):
        state.apply(react(target=target), T0)
    times = [one.of.ms for one in state.to_judge(9)]

    assert times == [T0, T0 + 1, T0 + 2]


def test_too_many_that_wait_are_kept_unanswered(
    state: Reacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest, with the reason."""
    monkeypatch.setattr(reacting, "MOST_WAITING", 3)
    out = after(state, *(react(target=f"t{n}", at=n) for n in range(5)))

    assert len(state.waiting) == 3
    assert [one.why for one in out.reactions if one.state == "unanswered"] == [
        reacting.TOO_MANY
    ] * 2


def test_one_that_nobody_remembers_is_looked_for(state: Reacting) -> None:
    """A removal of something forgotten is kept until somebody looked into the archive."""
    state.apply(react(action="remove"), T0)
    (lost,) = state.lost.values()
    state.apply(ReactionReview(session="s", of=lost, gone=True), T0)

    assert not state.lost
    assert not state.take(5).reactions


def test_a_restored_one_goes_on_the_same() -> None:
    """With what waits, what was heard, habits, and what was not taken yet."""
    one, other = Reacting([Feedback()]), Reacting([Feedback()])
    one.apply(Message(session="s", id="m", user="luna", role="bot", text="hi", at=START), T0)
    for target in ("m", "t1", "t2"):
        one.apply(react(target=target), T0)
    one.apply(judge(one), T0)
    other.restore(one.snapshot())
    assert other.snapshot() == one.snapshot()
    outs = []
    for state in (one, other):
        state.apply(react(action="remove", target="m"), T0)
        state.apply(judge(state), T0)
        outs.append(state.take(5))

    assert one.snapshot() == other.snapshot()
    assert outs[0].reactions == outs[1].reactions
    assert rows(outs[0]) == rows(outs[1])
    assert rows(outs[0], gone=True) == rows(outs[1], gone=True)


def test_one_that_is_forgotten_and_cannot_be_judged_again_stays(state: Reacting) -> None:
    """It was settled, and is in the archive: that a judge fails on it now takes nothing back."""
    after(state, react())
    told = judge(state)
    after(state, told)
    state.known.leave(state.known.held[told.of.id])
    del state.known.held[told.of.id]
    failed = ReactionJudged(session="s", of=told.of, why="judge_failed", again=True, revision=2)

    out = after(state, failed)

    assert not out.reactions and not rows(out, gone=True)
