"""The model in the package: sure of plain English and of emoji, unsure of what it cannot read."""

import doctest
import json
import random
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.emotions import EKMAN, EKMAN_OF, GROUPS, LABELS, UNSURE
from roomtone.errors import BadConfig
from roomtone.models import _weights, emotion
from roomtone.models.emotion import Emotion
from roomtone.testing import check_emotion_model

MODEL = Emotion()

PLAIN = {
    "Thank you so much for your help!": "gratitude",
    "I love you more than anything": "love",
    "LOL that is hilarious": "amusement",
    "I apologize, I feel so guilty for what I did": "remorse",
    "I'm really scared of what happens next": "fear",
    "This makes me so angry": "anger",
    "That is disgusting": "disgust",
    "I miss him, I cried all night, so sad": "sadness",
    "Wow, I did not expect that at all!": "surprise",
    "How does that work? I wonder why": "curiosity",
    "I hope everything will be fine": "optimism",
    "This is amazing work, well done": "admiration",
    "The train leaves at nine from platform two": "neutral",
}

# Two lines each, in the writer's own words; none of them holds an emoji.
FOREIGN = {
    "Spanish": ["Estoy muy feliz de verte hoy", "¿Por qué siempre me haces lo mismo?"],
    "French": ["Je suis tellement content aujourd'hui", "J'en ai vraiment marre de tout ça"],
    "German": ["Ich bin so traurig heute", "Vielen Dank für deine Hilfe"],
    "Italian": ["Sono molto felice per te", "Che schifo, non lo voglio vedere"],
    "Portuguese": ["Estou com muita saudade de você", "Que dia horrível, tudo deu errado"],
    "Dutch": ["Ik ben zo blij vandaag", "Wat een vreselijke dag was dat"],
    "Swedish": ["Jag är så ledsen just nu", "Tack så mycket för hjälpen"],
    "Polish": ["Jestem bardzo szczęśliwy", "Dlaczego to zrobiłeś?"],
    "Turkish": ["Çok mutluyum bugün", "Neden böyle yapıyorsun anlamıyorum"],
    "Indonesian": ["Saya sangat senang hari ini", "Kenapa kamu marah sama aku"],
    "Swahili": ["Ninafurahi sana kukuona leo", "Nina huzuni kubwa leo"],
    "Finnish": ["Olen tosi surullinen tänään", "Miksi teit noin?"],
    "Russian": ["Я очень рад тебя видеть", "Мне так грустно сегодня"],
    "Greek": ["Είμαι πολύ χαρούμενος σήμερα", "Φοβάμαι πολύ"],
    "Arabic": ["أنا سعيد جدا اليوم", "لماذا فعلت هذا بي"],
    "Hebrew": ["אני כל כך שמח היום", "זה מפחיד אותי"],
    "Hindi": ["मैं आज बहुत खुश हूँ", "यह बहुत बुरा हुआ"],
    "Japanese": ["今日はとても嬉しいです", "なんでこんなことをしたの"],
    "Korean": ["오늘 너무 행복해요", "정말 화가 나요"],
    "Chinese": ["我今天非常高兴", "你为什么这样做"],
    "Thai": ["ฉันมีความสุขมากวันนี้", "ฉันกลัวมาก"],
}


def primary(text: str) -> str:
    return MODEL.read([text])[0].primary


def test_it_keeps_the_contract_of_a_model():
    """What holds for every model holds for this one."""
    check_emotion_model(Emotion("local://"))


def test_the_example_in_the_docstring_holds():
    """It is the manual."""
    assert doctest.testmod(emotion).failed == 0


@pytest.mark.parametrize(("text", "label"), PLAIN.items())
def test_plain_english_is_read(text, label):
    """What anybody would say of the line is the likeliest label."""
    assert primary(text) == label


@pytest.mark.parametrize("language", FOREIGN)
def test_other_languages_are_not_guessed_at(language):
    """Unsure, with a confidence under a fifth, no label and no strength."""
    for one in MODEL.read(FOREIGN[language]):
        assert one.primary == UNSURE
        assert one.confidence < 0.2
        assert one.labels == one.ekman_labels == one.group_labels == one.mixed == ()
        assert one.intensity == one.valence == 0.0


@pytest.mark.parametrize("text", ["", " ", "\n", "\0", "qwrtz plmkn", "\u200d\ufe0f", "🍕🚲"])
def test_nothing_to_go_by_is_unsure(text):
    """No word that is known, no emoji: no claim."""
    assert primary(text) == UNSURE
    assert MODEL.read([text])[0].confidence < 0.2


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("😂😂", "amusement"),
        ("❤️", "love"),
        ("😢", "sadness"),
        ("😡", "anger"),
        ("🙏🏽", "gratitude"),
    ],
)
def test_emoji_speak_in_every_language(text, label):
    """Alone, and behind words that are not understood; skin tones change nothing."""
    assert primary(text) == label
    assert primary(f"Olen tosi tänään {text}") == label


def test_emoji_change_what_english_says():
    """The same words with another face are another message."""
    happy, sad = MODEL.read(["well that happened 😂", "well that happened 😢"])

    assert happy.scores["amusement"] > sad.scores["amusement"]
    assert sad.scores["sadness"] > happy.scores["sadness"]


def test_loudness_is_strength():
    """Capitals, drawn words and exclamation marks make it stronger, not longer lists of labels."""
    quiet, loud = MODEL.read(["this is so good", "THIS IS SOOOOO GOOD!!!"])

    assert loud.intensity > quiet.intensity


def test_scores_are_complete():
    """All labels of the three heads, each between 0 and 1, for a sure and an unsure reading."""
    for one in MODEL.read(["thanks", "obrigado"]):
        assert tuple(one.scores) == LABELS
        assert tuple(one.ekman_scores) == EKMAN
        assert tuple(one.group_scores) == GROUPS
        for scores in (one.scores, one.ekman_scores, one.group_scores):
            assert all(0.0 <= score <= 1.0 for score in scores.values())


def test_company_changes_nothing():
    """Alone, in a crowd, in another order: equal to the last digit."""
    texts = [*PLAIN, *(line for lines in FOREIGN.values() for line in lines), "", "😂", "a" * 5000]
    alone = [MODEL.read([text])[0] for text in texts]
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)

    assert MODEL.read(texts) == alone
    assert MODEL.read([texts[i] for i in order]) == [alone[i] for i in order]
    assert Emotion().read(texts * 40) == alone * 40


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=60), max_size=5))
def test_no_text_makes_it_fail(texts):
    """Any characters at all, lone surrogates among them: a reading each, the same alone."""
    readings = MODEL.read(texts * 9)[: len(texts)]

    assert readings == [MODEL.read([text])[0] for text in texts]
    assert all(0.0 <= one.confidence <= 1.0 and 0.0 <= one.intensity <= 1.0 for one in readings)


PIECES = st.sampled_from(
    [
        *(
            "not",
            "don't",
            "never",
            "GOOD",
            "so",
            "sooooo",
            "AAAa",
            "I",
            "ok",
            "7",
            "007",
            "…",
            "!!!!!",
        ),
        *("!", "?!", ",", "'", "’", "[NAME]", " ", "  ", "\t", "\0", "\u3000", "\u2028", "\u1680"),
        *(
            "😂",
            "😂😂😂😂",
            "❤\ufe0f",
            "🙏🏽",
            "🤷\u200d♀\ufe0f",
            "‼",
            "\u200b",
            "\u200b" * 5,
            "\ud800",
        ),
        *("É", "ß", "İ", "Σς", "Ж", "漢字", "\U00020000", "ａ", "½", "ªµ", "happy", "Sad", "hate"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=30), st.booleans())
def test_one_alone_is_as_one_of_many(pieces, apart):
    """There are two ways through the features, for one text and for many; they are one model."""
    text = (" " if apart else "").join(pieces)
    crowd = [text, *PLAIN, text]
    assert len(crowd) > emotion.FEW

    first, *_, last = MODEL.read(crowd)

    assert [first] == [last] == MODEL.read([text])


@pytest.mark.parametrize("length", [0, 1, 2, 3, *range(398, 403), 1999, 2000, 2001])
def test_no_length_is_special(length):
    """Around every bound that chooses between ways."""
    text = ("I do not like that AT ALL 😡 it is soooo bad! " * 60)[:length]

    assert MODEL.read([text]) == MODEL.read([text] * 20)[-1:]


def test_long_texts_are_read_at_both_ends():
    """Fifty thousand words: what stands in their middle is not looked at, and costs nothing."""
    middle = "the table stands beside the window " * 10_000
    text = f"I hate this so much, I am furious! {middle}"

    assert MODEL.read([text]) == MODEL.read([text.replace("stands", "stands", 1)])
    assert MODEL.read([text[:1000] + "x" * 300_000 + text[-1000:]]) == MODEL.read([text])


def test_nothing_read_is_nothing_said():
    """No texts, no readings."""
    assert list(MODEL.read([])) == []


def test_an_address_is_refused():
    """The model has none; a mistyped URL must not be taken for it."""
    with pytest.raises(BadConfig, match="local://"):
        Emotion("local://elsewhere")


def test_a_coarser_label_knows_of_those_that_belong_to_it():
    """Any of several is true unless none is, each by itself; sums are whole, so rows are alike."""
    odds = np.random.default_rng(1).normal(-3, 2, (50, 39))
    told = _weights.any_of(odds)
    quiet = 1 / (1 + np.exp(odds[:, : len(LABELS)]))

    for i, one in enumerate(EKMAN):
        none = quiet[:, [LABELS.index(label) for label in EKMAN_OF[one]]].prod(axis=1)
        np.testing.assert_allclose(1 / (1 + np.exp(told[:, i])), none, atol=1e-4)
    assert all((_weights.any_of(odds[[i]])[0] == told[i]).all() for i in range(50))
    assert np.isfinite(_weights.any_of(np.array([[-1e3] * 39, [1e3] * 39]))).all()


def test_levels_weigh_a_coarser_label_and_what_belongs_to_it():
    """The fine labels stay as they are; the others are own x odds + told x any + shift."""
    odds = np.random.default_rng(1).normal(-3, 2, (5, 39))
    before = odds.copy()
    levels = np.random.default_rng(2).normal(size=(3, 11))

    out = _weights.levelled(odds, levels)

    assert (out[:, :28] == odds[:, :28]).all()
    assert (odds == before).all()
    whole = levels[0] * odds[:, 28:] + levels[1] * _weights.any_of(odds) + levels[2]
    np.testing.assert_allclose(out[:, 28:], whole)


def test_the_weights_are_small_and_described():
    """Under a megabyte, and the card beside them says whose data they are from."""
    folder = files("roomtone.models")
    card = (folder / "emotion.md").read_text(encoding="utf-8")

    import hashlib

    data = (folder / "emotion.npz").read_bytes()
    assert len(data) < 1_000_000
    assert hashlib.sha256(data).hexdigest() in card
    assert "CC BY 4.0" in card and "GoEmotions" in card


def test_a_reading_is_plain_json():
    """No number of NumPy's own slips through."""
    import msgspec

    assert json.loads(msgspec.json.encode(MODEL.read(["thanks"])[0]))["primary"] == "gratitude"
