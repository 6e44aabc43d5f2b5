"""The simulator finds nothing in the engine, and finds every mistake that is planted there."""

import os
import subprocess
import sys

import pytest

from roomtone import effects, engine, recent, state
from roomtone.engine import Engine
from roomtone.rooms import LATE_S, Rooms
from roomtone.runtime.journal_ids import IdMemory
from roomtone.signals import engagement
from tests.each_way import plainly
from tests.faults import plan, simulator
from tests.faults.simulator import Divergence, explain, simulate

QUICK, FULL, PLAIN = 15, 2_000, 300
LOOK = 60
"""In how many seeds a planted mistake must be found."""


def test_many_seeds_and_no_divergence(each_way):
    """Fifteen seeds here; `make faults` runs two thousand, in two processes, and some in Python."""
    if "ROOMTONE_FAULT_ROUNDS" not in os.environ:
        for seed in range(QUICK):
            check(seed)
        return
    share = (FULL if each_way == "compiled" else PLAIN) // 2
    runs = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.simulator"),
                *("--seeds", f"{share}", "--first", f"{share * n}"),
                *(["--plainly"] if each_way == "plain" else []),
            ]
        )
        for n in range(2)
    ]
    assert [run.wait() for run in runs] == [0, 0]


def check(seed: int) -> None:
    try:
        assert simulate(seed).checked > 0
    except Divergence as error:
        pytest.fail(explain(seed, error))


def test_a_seed_always_makes_the_same_life():
    """A failure that could not be run again would be worth nothing."""
    assert plan.make(3) == plan.make(3)
    assert plan.make(3) != plan.make(4)
    assert simulate(3).given == simulate(3).given


# -- mistakes, planted ---------------------------------------------------------------------------


def a_window_off_by_one(patch):
    real = recent.read
    patch.setattr(recent, "read", lambda rooms, now, slots=None: real(rooms, now + 1, slots))


def a_vote_changed_counts_twice(patch):
    real = Rooms.vote

    def vote(self, room, poll, user, second):
        again = user is not None and user in room.polls.get(poll, ())
        known = real(self, room, poll, user, second)
        self.columns["voters"][room.slot] += again
        return known

    patch.setattr(Rooms, "vote", vote)


def what_comes_too_late_counts(patch):
    patch.setattr(engine, "LATE_S", LATE_S + 5)


def a_repeat_counts(patch):
    patch.setattr(IdMemory, "known", lambda self, digests: [False] * len(digests))


def what_was_taken_back_stays(patch):
    patch.setattr(effects, "_unreact", lambda rooms, room, key: None)


def who_is_back_has_left_all_the_same(patch):
    real = Rooms._enter

    def enter(self, room, user, second, *, joined):
        room.gone.pop(user, None)
        real(self, room, user, second, joined=joined)

    patch.setattr(Rooms, "_enter", enter)


def who_left_is_still_active(patch):
    patch.setattr(Rooms, "_rest", lambda self, room, user: None)


def a_session_ends_a_tick_late(patch):
    real = Rooms.idle
    patch.setattr(Rooms, "idle", lambda self, now, after_s: real(self, now, after_s + 5))


def who_was_here_is_forgotten(patch):
    patch.setattr(Rooms, "seat", lambda self, room, people: None)


def a_snapshot_loses_who_reacted(patch):
    real = state._room_out
    patch.setattr(state, "_room_out", lambda room: [*real(room)[:5], [], *real(room)[6:]])


def a_weight_is_another(patch):
    patch.setattr(engagement, "POLLS", 0.2500001)


def a_gap_is_silence(patch):
    patch.setattr(Engine, "gap", lambda self, start, end: None)


MISTAKES = [
    a_window_off_by_one,
    a_vote_changed_counts_twice,
    what_comes_too_late_counts,
    a_repeat_counts,
    what_was_taken_back_stays,
    who_is_back_has_left_all_the_same,
    who_left_is_still_active,
    a_session_ends_a_tick_late,
    who_was_here_is_forgotten,
    a_snapshot_loses_who_reacted,
    a_weight_is_another,
    a_gap_is_silence,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_planted_mistake_is_found(mistake, monkeypatch):
    """A checker that cannot fail proves nothing: each of these is noticed within a few seeds."""
    plainly(monkeypatch)  # what is compiled cannot be mistaken in these ways
    real = plan.make
    if mistake is a_repeat_counts:  # the model of the journal cannot make this one
        monkeypatch.setattr(simulator, "make", lambda seed: _through_the_journal(real(seed)))
    mistake(monkeypatch)

    for seed in range(LOOK):
        try:
            simulate(seed)
        except Divergence:
            return
    pytest.fail(f"not found in {LOOK} seeds")


def _through_the_journal(made):
    return plan.Plan(made.seed, made.idle_s, True, made.watched, made.end_ms, made.steps)


def test_a_failing_seed_is_told_with_a_shorter_way_to_see_it(monkeypatch):
    """The command that is printed runs the seed again, with few of its steps."""
    plainly(monkeypatch)
    what_was_taken_back_stays(monkeypatch)
    for seed in range(LOOK):
        try:
            simulate(seed)
        except Divergence as error:
            told = explain(seed, error)
            break
    assert f"--seed {seed} --keep" in told
    kept = [int(step) for step in told.rpartition(" ")[2].split(",")]
    assert len(kept) < len(plan.make(seed).steps) / 4
    with pytest.raises(Divergence):
        simulate(seed, kept)
    monkeypatch.undo()
    simulate(seed, kept)
