"""A heart given to everything says little; what people think of a message is one number."""

from __future__ import annotations

import pytest

from roomtone.opinions import MOST_EMOJI, NEUTRAL, Habits, boost, pooled


def liberal() -> Habits:
    """Ann gives hearts to everything; Bob gave one, among much else."""
    habits = Habits()
    for n in range(40):
        habits.gave("ann", "❤")
        habits.gave("bob", "❤" if n == 0 else "👍" if n % 2 else "😂")
    return habits


def test_a_liberal_persons_heart_moves_the_score_less() -> None:
    """By the information in it, which is what is rare about it."""
    habits = liberal()
    moved = [pooled([(0.95, habits.weight(who, "❤"))]).satisfaction for who in ("ann", "bob")]

    assert NEUTRAL < moved[0] < moved[1] < 0.95
    assert habits.share("ann", "❤") == 1.0
    assert habits.share("carl", "❤") is None


def test_corrections_take_the_weight_from_an_emoji() -> None:
    """After twenty times "that was no rating", the next one hardly counts as one."""
    habits = liberal()
    before = habits.weight("ann", "❤")
    for _ in range(20):
        habits.corrected("ann", "❤", "AGREEMENT")

    assert habits.weight("ann", "❤") == pytest.approx(before * 4 / 24, abs=1e-4)
    assert habits.weight("bob", "❤") > before


def test_of_a_reaction_the_last_word_counts() -> None:
    """Said again, or changed, it is still one correction; taken back, it is none."""
    habits, once = liberal(), liberal()
    before = None
    for word in ("AGREEMENT", "AGREEMENT", "RATING", "AGREEMENT"):
        habits.corrected("ann", "❤", word, before)
        before = word
    once.corrected("ann", "❤", "AGREEMENT")
    assert habits.weight("ann", "❤") == once.weight("ann", "❤")
    habits.corrected("ann", "❤", None, before)

    assert habits.weight("ann", "❤") == liberal().weight("ann", "❤")


def test_habits_come_back_as_they_were() -> None:
    """A restored one goes on the same, to the bit."""
    one, other = liberal(), Habits()
    other.restore(one.snapshot())
    for habits in (one, other):
        habits.gave("ann", "👎")

    assert one.snapshot() == other.snapshot()
    assert one.weight("ann", "👎") == other.weight("ann", "👎")


def test_habits_have_a_bound() -> None:
    """Somebody who invents emoji has no more of them remembered than others."""
    habits = Habits()
    for n in range(2 * MOST_EMOJI):
        habits.gave("eve", f"e{n}")

    assert habits.share("eve", "e0") == 0.0
    assert habits.share("eve", f"e{2 * MOST_EMOJI - 1}") == pytest.approx(1 / MOST_EMOJI)


def test_people_are_pooled_and_their_disagreement_is_told() -> None:
    """Three hearts are more certain than one; a heart and a tear are no mild liking."""
    one, three = pooled([(0.95, 0.6)]), pooled([(0.95, 0.6)] * 3)
    torn = pooled([(0.95, 0.6), (0.15, 0.6)])

    assert three.satisfaction > one.satisfaction
    assert three.certainty > one.certainty
    assert (one.split, torn.split, torn.people) == (0.0, 1.0, 2)


@pytest.mark.parametrize(("count", "gain"), [(0, 0.0), (2, 0.0), (3, 0.1), (4, 0.1), (5, 0.2)])
def test_reactions_raise_engagement_by_the_documents_steps(count: int, gain: float) -> None:
    """From three .1, from five .2; in a long talk it takes more of them."""
    assert boost(count, 10) == gain
    assert boost(count, 1000) <= gain / 10
