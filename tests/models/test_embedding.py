"""Texts become vectors: what is spelt alike is near, whatever comes gives a row."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _minilm, _network
from roomtone.models._wordpiece import WordPiece
from roomtone.models.embedding import Hashed, Local, MiniLM
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

RECORDED = Path(__file__).parents[1] / "recordings" / "wordpiece.jsonl"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    """The encoder, loaded once."""
    return MiniLM()


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


def test_minilm_keeps_the_contract(minilm: MiniLM) -> None:
    """The same as hashed vectors: shapes, lengths, company; surrogates and zeros do no harm."""
    check_embedding_model(minilm)


def test_minilm_knows_meaning(minilm: MiniLM) -> None:
    """Other words for the same thing are nearer than the same words for another."""
    dog, puppy, bank = minilm.embed(
        ["My dog barks at night", "The puppy is loud in the evening", "My bank charges at night"]
    )

    assert dog @ puppy > dog @ bank


def test_long_texts_are_read_at_both_ends(minilm: MiniLM) -> None:
    """What stands last counts as well, and nobody waits for a book."""
    bread, bees = minilm.embed(["how to bake bread", "how bees find flowers"])
    (book,) = minilm.embed(
        ["bake the bread " * 80 + "so and so " * 2_000 + "bees and flowers " * 70]
    )

    assert book @ bread > 0.2 and book @ bees > 0.2


def test_vectors_are_as_they_were(minilm: MiniLM) -> None:
    """A few numbers written down once, within what one processor differs from another."""
    (row,) = minilm.embed(["The puppy is loud in the evening"])

    assert np.allclose(row[:4], [-0.0043, -0.0026, 0.0905, 0.0537], atol=0.02)


def test_without_the_extra_local_is_hashed_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name tells which; who asks for the encoder by name hears what to install."""
    assert Local().name == MiniLM.name
    real = importlib.util.find_spec

    def lacking(name: str) -> object:
        return None if name == "onnxruntime" else real(name)

    monkeypatch.setattr(_network, "find_spec", lacking)

    assert (Local().name, Local().dim) == (Hashed.name, 384)
    assert np.array_equal(Local().embed(["hello"]), Hashed().embed(["hello"]))
    with pytest.raises(MissingExtra, match=r"roomtone\[models\]"):
        MiniLM()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not the one meant is never run, whatever it is."""
    monkeypatch.setattr(_minilm, "WEIGHTS", "0" * 64)

    assert Local().name == Hashed.name
    with pytest.raises(BadConfig, match="force-reinstall"):
        MiniLM()


def test_word_pieces_are_those_of_the_reference() -> None:
    """Accents, ideographs, emoji, controls: the ids that `tokenizers` gave, byte for byte."""
    lines = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    texts = [line["text"] for line in lines]

    assert len(lines) > 70
    assert WordPiece().ids(texts) == [line["ids"] for line in lines]


def test_marks_of_the_model_are_read_as_they_are_written() -> None:
    """A stranger's "[SEP]" is five characters, and none of them ends anything."""
    (ids,) = WordPiece().ids(["[SEP] [CLS] [MASK]"])

    assert ids.count(101) == ids.count(102) == 1 and 103 not in ids


def test_ids_have_a_bound() -> None:
    """However long the text, no more ids than asked for, and the end is marked."""
    for text in ("word " * 50_000, "x" * 1_000_000, "\ud800" * 9, "語" * 5_000):
        (ids,) = WordPiece().ids([text], most=16)
        assert len(ids) <= 16 and ids[0] == 101 and ids[-1] == 102
