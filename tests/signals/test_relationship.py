"""A relationship is read from its store, moved by turns, and an estimate never poses as it."""

from __future__ import annotations

import pytest

from roomtone.heard import Context
from roomtone.signals.relationship import Relationship
from roomtone.turns import Heard, Pair
from tests.signals.turned import heard, pair, read

LEVELS = ("trust_level", "affection_level", "attunement_level")


def good(one: Heard, overall: float = 0.75) -> Heard:
    """With a quality that an earlier signal gave."""
    one.values["conversation_quality"] = {"overall": overall}
    return one


def test_a_row_shows_what_the_store_had() -> None:
    """.8, .6 and .7 come as they were; only the next turn shows what this one changed."""
    own = pair()
    (row,) = Relationship().update(good(heard(own)))
    (after,) = Relationship().update(good(heard(own)))

    assert [row.fields[name] for name in LEVELS] == [0.8, 0.6, 0.7]
    assert row.texts["source"] == "store"
    assert row.texts["reason"] == "GOOD"
    assert row.fields["interaction_quality"] == pytest.approx(0.7)
    assert after.fields["trust_level"] == pytest.approx(0.8 + row.fields["trust_change"])


def test_a_new_pair_begins_at_the_defaults_and_is_kept_from_then_on() -> None:
    """The first row says default; the turn moved it, so the next one is the store's."""
    own = pair(trust=0.4, affection=0.35, attunement=0.45, source="default")
    (first,) = Relationship().update(good(heard(own)))
    (second,) = Relationship().update(good(heard(own)))

    assert [first.texts["source"], second.texts["source"]] == ["default", "store"]


def test_an_estimate_moves_nothing_and_says_so() -> None:
    """While the store is away the pair's own scores stay unknown."""
    own = Pair(bot="luna", user="ann", turns=4)
    one = good(heard(own, user_emotion=read("joy", intensity=0.5), context=Context(mode="general")))
    (row,) = Relationship().update(one)

    assert row.texts["source"] == "estimate"
    assert row.fields["trust_level"] == pytest.approx(0.5 + 0.08 + 0.1)
    assert row.fields["affection_level"] == pytest.approx(0.5)
    assert own.trust is None
    assert "trust_change" not in row.fields


def test_anger_lowers_an_estimate() -> None:
    """By a tenth of its strength."""
    own = Pair(bot="luna", user="ann")
    (row,) = Relationship().update(heard(own, user_emotion=read("annoyance", intensity=1.0)))

    assert row.fields["trust_level"] == pytest.approx(0.4)


def test_scores_stay_within_their_scale() -> None:
    """However often it goes well, or badly."""
    for overall, end in ((0.9, 1.0), (0.1, 0.0)):
        own = pair()
        for _ in range(100):
            Relationship().update(good(heard(own), overall))

        assert own.trust == own.affection == own.attunement == end


def test_a_person_whom_nobody_names_has_no_relationship() -> None:
    """There is nobody whose it could be."""
    assert list(Relationship().update(good(heard(user=None)))) == []
