"""Memories are weighed by rules that are written down: limits hold, and demotion lowers rank."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.memories import (
    DAYS,
    choose,
    expiry,
    facts,
    first_place,
    importance,
    is_stale,
    placed,
    standing,
    training_relevance,
)
from roomtone.records import TIERS, Memory

NOW = START + timedelta(days=1)


def with_(memory: Memory, **fields: object) -> Memory:
    return msgspec.structs.replace(memory, **fields)


found_memories = st.lists(
    st.tuples(
        st.sampled_from(TIERS),
        st.sampled_from((0.0, 0.3, 0.3001, 0.5, 0.9, -0.2)),
        st.integers(0, 40),
        st.booleans(),
        st.integers(0, 3),
    ),
    max_size=40,
    unique_by=lambda one: one[2],
)


@settings(max_examples=60)
@given(found_memories, st.randoms())
def test_at_most_two_of_a_tier_and_five_in_all_the_same_each_time(rows, random):
    """Whatever is found, in whatever order: limits hold, ties are decided, the best come first."""
    found: dict[str, list[tuple[Memory, float]]] = {tier: [] for tier in TIERS}
    for tier, near, number, hidden, text in rows:
        fields = {"tier": tier, "hidden": hidden, "content": f"text {text if text else number}"}
        found[tier].append((with_(a_memory(number), at=START, **fields), near))
    chosen = choose(found, NOW)
    shuffled = {tier: random.sample(those, len(those)) for tier, those in found.items()}

    assert choose(shuffled, NOW) == chosen
    tiers = [one.memory.tier for one in chosen]
    assert len(chosen) <= 5 and all(tiers.count(tier) <= 2 for tier in TIERS)
    assert [one.score for one in chosen] == sorted((one.score for one in chosen), reverse=True)
    assert not any(one.memory.hidden or one.similarity <= 0 for one in chosen)
    assert len({one.memory.content for one in chosen}) == len(chosen)
    if any(near > 0 and not m.hidden for those in found.values() for m, near in those):
        assert chosen


def test_what_is_moved_down_ranks_lower():
    """Of two that are equally near, the one that was of no use comes last, and later goes out."""
    good = with_(a_memory(1), at=START, tier="temporary", used=3, answered=6, helped=2.4, judged=3)
    noise = with_(a_memory(2), at=START, tier="temporary", answered=6)
    place = placed(noise, NOW)
    assert (
        place is not None and place.tier == "sub_temporary" and "none of 6 answers" in place.reason
    )
    demoted = with_(noise, tier=place.tier, reason=place.reason, expires=place.expires)

    assert standing(good, NOW) > standing(noise, NOW) > standing(demoted, NOW)
    first, second = choose({"temporary": [(good, 0.5)], "sub_temporary": [(demoted, 0.52)]}, NOW)
    assert (first.memory, second.memory) == (good, demoted)
    assert "moved down" in second.why and demoted.expires == NOW + timedelta(days=10)


def test_harm_moves_down_and_use_moves_up():
    """By the mean of what people said next; a person's word stands against it."""
    harmful = with_(a_memory(1), tier="permanent", used=3, accesses=3, helped=-1.5, judged=3)
    useful = with_(a_memory(2), tier="session", used=2, accesses=2, helped=1.0, judged=2)

    down, up = placed(harmful, NOW), placed(useful, NOW)
    assert down is not None and (down.tier, down.expires) == ("temporary", expiry("temporary", NOW))
    assert "(-0.50)" in down.reason
    assert up is not None and (up.tier, up.expires) == ("sub_temporary", NOW + timedelta(days=10))
    assert placed(with_(harmful, verified=True), NOW) is None
    assert placed(with_(harmful, judged=2), NOW) is None, "two turns say little"
    assert placed(with_(useful, tier="permanent"), NOW) is None, "there is nothing above"
    assert placed(with_(a_memory(3), tier="personal", answered=99), NOW) is None
    assert placed(with_(harmful, tier="personal"), NOW).tier == "temporary"  # type: ignore[union-attr]
    assert placed(with_(useful, helped=-1.0), NOW) is None, "what does harm is not moved up"


def test_freshness_halves_and_use_makes_it_last():
    """An old memory counts for less than a new one, and for more where answers drew on it."""
    old = with_(a_memory(1), at=NOW - timedelta(days=15), tier="temporary")
    new = with_(old, at=NOW)
    assert standing(new, NOW) > standing(with_(old, used=3, answered=6), NOW) > standing(old, NOW)
    assert standing(new, NOW) - standing(old, NOW) == pytest.approx(0.9 * 0.15 / 2)


@pytest.mark.parametrize(
    ("worth", "tier"),
    [
        (0.9, "permanent"),
        (0.89, "temporary"),
        (0.5, "sub_temporary"),
        (0.49, "session"),
        (0, "session"),
    ],
)
def test_new_memories_are_placed_by_importance(worth, tier):
    """The cut-offs are those of the documents' predecessor; what is personal is kept for good."""
    place = first_place(worth, "", START)
    days = DAYS[tier]

    assert place.tier == tier and f"{worth:.2f}" in place.reason
    assert place.expires == (None if days is None else START + timedelta(days=days))
    assert first_place(worth, "name", START)[0] == "personal"


def test_facts_are_statements_of_a_person_about_himself():
    """Questions, and what only looks like one, are none; long and odd texts end."""
    assert facts("My name is Ann, and my best friend is called Bo.") == {
        "name": "ann",
        "best friend": "bo",
    }
    assert facts("I am allergic to nuts; I'm allergic to cats") == {
        "allergy nuts": "nuts",
        "allergy cats": "cats",
    }
    assert facts("my sister is a doctor. Is my name is a song? call me later") == {}
    assert facts("I'm from " * 50_000) is not None
    assert importance("x" * 400_000, intensity=1.0, mixed=3, personal=True) <= 1.0


def test_what_is_bound_to_a_time_is_stale_after_it():
    """Tomorrow is over the day after; what was replaced or expired is stale at once."""
    tomorrow = with_(a_memory(1), content="my exam is tomorrow", at=START)

    assert not is_stale(tomorrow, START + timedelta(days=1))
    assert is_stale(tomorrow, START + timedelta(days=3))
    assert not is_stale(with_(tomorrow, content="I like tea"), START + timedelta(days=300))
    assert is_stale(with_(tomorrow, superseded_by="x"), START)
    assert is_stale(with_(tomorrow, expires=START), START)


def test_training_relevance_needs_a_quality():
    """What was not measured is not guessed."""
    memory = with_(a_memory(1), importance=1.0, emotion="joy", verified=True)

    assert training_relevance(memory, None) is None
    assert training_relevance(memory, 1.0) == 1.0
    assert training_relevance(a_memory(1), 0.6) == 0.45
