"""Texts become vectors: what is spelt alike is near, whatever comes gives a row."""

from __future__ import annotations

import numpy as np
import pytest

from roomtone.errors import BadConfig
from roomtone.models.embedding import Hashed
from roomtone.runtime import plugins
from roomtone.testing import check_embedding_model

GOLDEN = (
    [64, 88, 106, 115, 148, 151, 162, 188, 191, 217, 231, 242, 254, 275, 304, 342],
    [
        -0.22939999401569366,
        -0.22939999401569366,
        0.22939999401569366,
        -0.22939999401569366,
        -0.22939999401569366,
        -0.22939999401569366,
        0.22939999401569366,
        -0.22939999401569366,
        -0.22939999401569366,
        -0.45879998803138733,
        -0.22939999401569366,
        0.22939999401569366,
        0.22939999401569366,
        -0.22939999401569366,
        0.22939999401569366,
        -0.22939999401569366,
    ],
)


def test_hashed_vectors_keep_the_contract() -> None:
    """Shapes, lengths, and that the company of a text changes nothing."""
    check_embedding_model(Hashed())


def test_what_is_spelt_alike_is_near() -> None:
    """Other forms of the same words are nearer than other words of the same shape."""
    asked, same, other = Hashed().embed(
        [
            "When did Anna adopt the puppies?",
            "Anna said that she had adopted a puppy",
            "Maria said that he had sold a bicycle",
        ]
    )

    assert asked @ same > 0.2 > 2 * abs(asked @ other)


def test_common_words_count_little() -> None:
    """A text of nothing but common words is near to another by them, and far from content."""
    one, two, three = Hashed().embed(
        ["what is it that you do", "what is it that you paint", "paint brushes"]
    )

    assert two @ three > one @ three
    assert one.any()


def test_hashed_vectors_are_the_same_on_every_machine() -> None:
    """A few numbers written down once: stores keep vectors longer than processes live."""
    (row,) = Hashed().embed(["roomtone"])
    places = np.flatnonzero(row)

    assert row[places].round(4).tolist() == GOLDEN[1]
    assert places.tolist() == GOLDEN[0]


def test_an_address_is_refused() -> None:
    """Nothing is asked of anybody, so an address would be a misunderstanding."""
    with pytest.raises(BadConfig, match="write hashed://"):
        Hashed("hashed://host:1/")


def test_the_member_is_chosen_by_scheme() -> None:
    """`hashed://` is this one, by the settings' word."""
    assert plugins.embedding("hashed://").name == "ngrams-hashed"
