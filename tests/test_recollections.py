"""What became of recalled memories is told from the answer, the clock and each other."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.recollections import congruence, contradicted, drew_on, look_back

REX = a_memory(1, content="My dog is called Rex", metadata={"fact dog": "rex"})
LATER = a_memory(2, content="my dog is called Bo now", metadata={"fact dog": "bo"})
TEA = a_memory(3, content="I drink green tea every morning")


def test_an_answer_draws_on_what_it_could_not_have_from_the_message():
    """Words that the person just said prove nothing; common words never do."""
    assert drew_on(REX, "guess who is ill", "Rex? Poor dog!")
    assert not drew_on(REX, "my dog Rex is ill", "Poor Rex, poor dog, called ill")
    assert not drew_on(TEA, "hello", "what a nice day that was")
    assert not drew_on(a_memory(4, content="the and you"), "x", "the and you")


def test_a_look_back_gives_shares_of_what_was_recalled():
    """Used, stale, repeated and contradicted, each of all that came; who was used, by id."""
    again = msgspec.structs.replace(TEA, id="again", content="Every morning I drink green tea!")
    exam = a_memory(5, content="exam tomorrow")
    now, recalled = START + timedelta(days=9), [REX, LATER, TEA, again, exam]
    found = look_back(recalled, "Hi", "Fancy green tea?", now)

    assert found is not None
    assert (found.used, found.stale, found.repeated, found.contradicted) == (0.4, 0.2, 0.2, 0.2)
    assert found.drew_on == (TEA.id, "again")
    assert look_back([], "Hi", "x", START) is None
    unanswered = look_back([REX], "Hi", None, START)
    assert unanswered is not None and unanswered.used is None, "no answer is not an unused memory"


def test_what_was_said_later_holds():
    """Of two that disagree about one thing the older is contradicted, in any order."""
    assert contradicted([LATER, REX]) == contradicted([REX, LATER]) == [REX]
    assert contradicted([REX, TEA]) == []
    gone = msgspec.structs.replace(TEA, superseded_by="x")
    assert contradicted([gone]) == [gone]


def test_congruence_is_a_share_of_what_was_felt():
    """Without a side, or without a feeling, there is none."""
    sad, glad, nothing = "sadness", "joy", ""

    assert congruence("negative", [sad, sad, glad, nothing]) == 0.6667
    assert congruence("ambiguous", [sad]) is congruence("negative", [nothing]) is None
