"""With a network beside the n-grams tone is read better; without the extra nothing is missed."""

from __future__ import annotations

import hashlib
import random
from importlib.resources import files

import numpy as np
import pytest

from roomtone.emotions import LABELS, UNSURE
from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _minilm, _network, emotion
from roomtone.models.emotion import Emotion, Local, MiniLM
from roomtone.runtime import plugins
from roomtone.testing import check_emotion_model

PLAIN = {
    "Thank you so much for your help!": "gratitude",
    "I love you more than anything": "love",
    "LOL that is hilarious": "amusement",
    "I apologize, I feel so guilty for what I did": "remorse",
    "This makes me so angry": "anger",
    "I miss him, I cried all night, so sad": "sadness",
    "How does that work? I wonder why": "curiosity",
    "The train leaves at nine from platform two": "neutral",
}
FOREIGN = ["Estoy muy feliz de verte hoy", "Ich bin so traurig heute", "Мне так грустно сегодня"]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    """Loaded once."""
    return MiniLM()


def test_it_keeps_the_contract_of_a_model(model: MiniLM) -> None:
    """What holds for every model holds for this one."""
    check_emotion_model(model)


def test_plain_english_is_read(model: MiniLM) -> None:
    """What anybody would say of the line is the likeliest label, and the reading says who read."""
    readings = model.read(list(PLAIN))

    assert [one.primary for one in readings] == list(PLAIN.values())
    assert {(one.model, one.version) for one in readings} == {("goemotions-minilm", "1")}


def test_order_of_words_matters_to_it(model: MiniLM) -> None:
    """Who reads sentences tells these two apart, made of the same words."""
    one, two = model.features(
        ["the dog bit the man, not the cat", "the man bit the cat, not the dog"]
    )

    assert np.linalg.norm(one - two) > 0.1


def test_other_languages_stay_unsure(model: MiniLM) -> None:
    """The network is not asked of what was not understood; emoji still speak."""
    for one in model.read(FOREIGN):
        assert one.primary == UNSURE
        assert one.confidence < 0.2
        assert one.labels == one.ekman_labels == one.group_labels == ()
    assert [one.primary for one in model.read(["😂", f"{FOREIGN[1]} 😢"])] == [
        "amusement",
        "sadness",
    ]


def test_company_changes_nothing(model: MiniLM) -> None:
    """Alone, in a crowd, in another order: equal to the last digit; long texts are cut."""
    texts = [*PLAIN, *FOREIGN, "", "😂", "a" * 5000, "so happy " * 3000, "oh no " * 60]
    alone = [model.read([text])[0] for text in texts]
    order = random.Random(1).sample(range(len(texts)), len(texts))

    assert model.read(texts) == alone
    assert model.read([texts[i] for i in order]) == [alone[i] for i in order]


def test_of_a_long_text_both_ends_count(model: MiniLM) -> None:
    """What stands in the middle of a thousand words is not looked at."""
    middle = "word " * 2_000
    one, two, three = model.features([f"a {middle} b", f"a {middle} word b", f"a {middle} sad"])

    assert (one == two).all()
    assert (one != three).any()


def test_without_the_extra_the_ngrams_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """`local://` gives the same as before; who asks for the network is told what to install."""
    monkeypatch.setattr(_network, "find_spec", lambda _: None)
    model = plugins.emotion("local://")

    assert model.read(list(PLAIN)) == Emotion().read(list(PLAIN))
    with pytest.raises(MissingExtra, match="pip install"):
        plugins.emotion("minilm://")


def test_other_weights_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that was tuned for others would say anything."""
    monkeypatch.setattr(_minilm, "WEIGHTS", "0" * 64)

    assert plugins.emotion("local://").read(["thanks"])[0].model == Emotion.model
    with pytest.raises(BadConfig, match="force-reinstall"):
        plugins.emotion("minilm://")


def test_members_have_their_names(model: MiniLM) -> None:
    """The best there is, either by its name, and no address for any."""
    assert Local().model == MiniLM.model
    assert Local().read(["thanks"]) == model.read(["thanks"])
    assert type(plugins.emotion("local://")) is Local
    assert type(plugins.emotion("minilm://")) is MiniLM
    assert type(plugins.emotion("hashed://")) is Emotion
    with pytest.raises(BadConfig, match="no address"):
        plugins.emotion("minilm://host")


def test_nothing_is_loaded_before_it_is_needed() -> None:
    """What nobody understands costs no network; the first English line does."""
    fresh = MiniLM()

    fresh.read(FOREIGN)
    assert fresh._encoder is None
    fresh.read(["thanks"])
    assert fresh._encoder is not None


def test_both_readers_count(model: MiniLM) -> None:
    """The log odds are those of the network and of the n-grams, each with its weight."""
    of = emotion.parts()
    text = "I was afraid of the exam, and it went well"
    shares = [np.array(list(one.read([text])[0].scores.values())) for one in (Emotion(), model)]
    hashed, both = [np.log(one / (1 - one))[: len(LABELS)] for one in shares]
    network = model.features([text])[0].astype(float) @ of.heads + of.bias
    joined = of.network * network + of.shift
    joined[: len(LABELS)] += of.hashed[: len(LABELS)] * hashed

    np.testing.assert_allclose(both, joined[: len(LABELS)], atol=0.3)  # scores have four digits
    assert (of.network[: len(LABELS)] > 0).all()


def test_the_card_names_the_file_that_is_shipped() -> None:
    """Its size, which is small, and its digest."""
    data = (files("roomtone.models") / emotion.NETWORK).read_bytes()
    card = (files("roomtone.models") / "emotion_network.md").read_text(encoding="utf-8")

    assert len(data) < 1_000_000
    assert f"{len(data):,} bytes" in card
    assert hashlib.sha256(data).hexdigest() in card
