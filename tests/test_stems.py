"""Words meet in their other forms, and in scripts that part them by nothing."""

from __future__ import annotations

import numpy as np
import pytest

from roomtone.stems import COMMON, MOST_CHARS, numbered, stem, stems


@pytest.mark.parametrize(
    "forms",
    [
        ("hike", "hikes", "hiking", "hiked"),
        ("stop", "stopped", "stopping", "stops"),
        ("family", "families"),
        ("adopt", "adopted", "adopting"),
        ("class", "classes"),
        ("quick", "quickly"),
    ],
)
def test_forms_of_a_word_meet(forms: tuple[str, ...]) -> None:
    """The English endings that come most often are taken off."""
    assert len({stem(form) for form in forms}) == 1


def test_short_and_strange_words_stay() -> None:
    """What has no English ending, or no letters, is matched as it is."""
    for word in ("bus", "is", "red", "2023", "x86s", "straße", "работы"):
        assert stem(word) == word


def test_common_words_and_accents_go() -> None:
    """They tell nothing apart; whoever types without accents finds what has them."""
    assert stems("What is it that you do?") == []
    assert stems("Café Zoë") == stems("cafe zoe")
    assert {"the", "t", "ve"} <= COMMON


def test_scripts_without_spaces_are_matched_by_pairs() -> None:
    """A name inside a longer run is found."""
    assert set(stems("東京")) <= set(stems("私は東京に住んでいる"))
    assert stems("猫") == ["猫"]


def test_a_text_has_a_bound() -> None:
    """However long it is, only its beginning is cut into words."""
    assert len(stems("wörd " * 100_000)) <= MOST_CHARS // 4
    assert stems("\0 \ud800 \n") in ([], ["\ud800"])


def test_numbers_of_many_texts_are_those_of_each() -> None:
    """Whatever they are made of: plain, accented, dense, with what parts them, or empty."""
    pool = ["The dog barked", "", "a the", "été", "東京タワー", "nul\0 dog", "Running RUNS run 3"]
    for first in range(len(pool)):
        texts = pool[first:] + pool[: first // 2]
        numbers, ends = numbered(texts, len)
        assert numbers.tolist() == [len(one) for text in texts for one in stems(text)]
        assert np.diff(ends, prepend=0).tolist() == [len(stems(text)) for text in texts]
    assert [part.tolist() for part in numbered([], len)] == [[], []]
