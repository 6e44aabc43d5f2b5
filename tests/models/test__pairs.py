"""Texts are cut into words and sentences, and compared by them."""

from __future__ import annotations

import numpy as np
import pytest

from roomtone.heard import ends
from roomtone.models._pairs import MOST_CHARS, Text, Words, facts, grams, hash_of


def known() -> Words:
    """Three words, of which two are near."""
    near = {"dog": (1.0, 0.0), "cat": (0.8, 0.6), "bank": (0.0, -1.0)}
    by_hash = {hash_of(word): vector for word, vector in near.items()}
    ids = sorted(by_hash)
    return Words(np.array(ids), np.array([by_hash[one] for one in ids]), np.full(3, 0.9))


def test_a_text_is_cut_once() -> None:
    """Sentences, words, questions; curly marks count as straight ones."""
    text = Text("I’m here. Is the DOG in?", known())

    assert text.spoken == ["i'm", "here", "is", "the", "dog", "in"]
    assert text.sentences[-1] == ["is", "the", "dog", "in", "?"]
    assert text.ends_asking
    assert text.content == {"here", "dog"}
    assert text.known == pytest.approx(1 / 6)


def test_near_words_make_near_texts() -> None:
    """The cosine of the sums of their vectors is among the facts, and 0 where nothing is known."""
    words = known()
    nothing = Text("", words)
    cat, bank, gone = (
        facts(Text(said, words), Text("a dog", words), nothing, words)
        for said in ("my cat", "my bank", "qwz")
    )

    assert 0.8 in cat.round(6)
    assert cat.max() > 0
    assert 0.8 not in bank.round(6)
    assert np.isfinite(gone).all()


def test_grams_say_where_they_stand() -> None:
    """Each once; the text before asks, so the message's words are marked for it."""
    words = known()
    found = list(grams(Text("no no. yes", words), Text("a dog?", words)))

    assert len(found) == len(set(found))
    assert {"m < no", "l < yes", "p ? >", "q yes"} <= set(found)


def test_a_long_text_is_read_at_both_ends() -> None:
    """Nothing longer goes on."""
    assert len(ends("x" * 10_000, MOST_CHARS)) == MOST_CHARS + 1
    assert ends("short", MOST_CHARS) == "short"
