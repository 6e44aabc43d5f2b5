"""The vocabulary of feelings: whole, rolled up without gaps, and open to other vocabularies."""

import doctest
import math

import pytest

from roomtone import emotions
from roomtone.emotions import (
    ALIASES,
    EKMAN,
    EKMAN_OF,
    GROUP_OF,
    GROUPS,
    LABELS,
    UNSURE,
    Reading,
    canonical,
    mixed,
    reading,
    valence,
)

OTHERS = {
    "Cardiff-11": "anger anticipation disgust fear joy love optimism pessimism sadness surprise "
    "trust",
    "DailyDialog": "no_emotion anger disgust fear happiness sadness surprise",
    "MELD": "neutral joy surprise anger sadness disgust fear",
    "EmoryNLP": "Joyful Neutral Powerful Mad Scared Peaceful Sad",
    "EmpatheticDialogues": "afraid angry annoyed anticipating anxious apprehensive ashamed caring "
    "confident content devastated disappointed disgusted embarrassed excited faithful furious "
    "grateful guilty hopeful impressed jealous joyful lonely nostalgic prepared proud sad "
    "sentimental surprised terrified trusting",
    "companions": "happy sad angry excited calm anxious neutral frustrated curious playful",
}


def test_the_examples_in_the_docstrings_hold():
    """They are the manual."""
    result = doctest.testmod(emotions)

    assert result.attempted > 10
    assert result.failed == 0


def test_the_vocabulary_is_rolled_up_without_gaps():
    """Each of the 28 labels belongs to one coarse label and to one group."""
    assert len(LABELS) == len(set(LABELS)) == 28
    for table, names in ((EKMAN_OF, EKMAN), (GROUP_OF, GROUPS)):
        assert sorted(label for labels in table.values() for label in labels) == sorted(LABELS)
        assert tuple(table) == names
    assert set(EKMAN) <= set(LABELS)


@pytest.mark.parametrize("vocabulary", OTHERS)
def test_other_vocabularies_are_understood(vocabulary):
    """Every label of the vocabularies that others use has a canonical one."""
    assert [word for word in OTHERS[vocabulary].split() if canonical(word) is None] == []


def test_aliases_lead_to_labels_and_hide_none():
    """An alias is never itself a label, and leads to one."""
    assert not ALIASES.keys() & set(LABELS)
    assert set(ALIASES.values()) <= {*LABELS, UNSURE}


@pytest.mark.parametrize(
    ("primary", "counts"), [(0.5, 0.20), (0.80, 0.20), (0.81, 0.15), (0.95, 0.15), (0.96, 0.10)]
)
def test_a_feeling_beside_a_strong_one_needs_less(primary, counts):
    """The bound falls in two steps, and is itself enough."""
    scores = {"joy": primary, "love": counts, "pride": counts - 0.001}

    assert mixed("joy", scores) == (("love", counts),)


def test_three_feelings_at_most_the_strongest_first():
    """Equal ones by name, so that the order never changes."""
    scores = {"joy": 0.5, "fear": 0.3, "anger": 0.3, "grief": 0.4, "love": 0.29}

    assert [label for label, _ in mixed("joy", scores)] == ["grief", "anger", "fear"]


@pytest.mark.parametrize("number", [math.nan, -1.0, 7.0, math.inf])
def test_numbers_out_of_range_come_inside(number):
    """An intensity of 7 is 1, and what is no number is 0."""
    one = reading("happy", intensity=number, confidence=number, scores={"happy": number})

    assert one.intensity == one.confidence == one.scores["joy"] == (1.0 if number > 1 else 0.0)


def test_what_a_source_called_it_is_kept():
    """The raw label stays beside the canonical one, also where it means nothing to us."""
    assert reading("Excited").raw == "Excited"
    assert reading("Excited").labels == ("excitement",)
    assert (reading("zen").primary, reading("zen").raw) == (UNSURE, "zen")


def test_valence_runs_from_bad_to_good():
    """Neutral and ambiguous feelings are in the middle."""
    assert valence({"grief": 1.0}) == -1.0
    assert valence({"curiosity": 0.5, "neutral": 0.5}) == 0.0
    assert valence({"love": 0.2, "neutral": 0.2}) == 0.5


def test_a_reading_of_nothing_is_neutral():
    """The documents' defaults: neutral, 0.0, 0.0."""
    assert (Reading().primary, Reading().intensity, Reading().confidence) == ("neutral", 0.0, 0.0)
    assert (Reading().ekman, Reading().group) == ("neutral", "neutral")
