"""The local judge: the documents' cases, its conventions, its honesty, texts that attack it."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from roomtone.errors import BadConfig
from roomtone.models._conventions import scores, told_by
from roomtone.models.judge import Judge
from roomtone.reactions import MEANINGS, Case, Judgement, Said
from roomtone.testing import check_judge
from tests.models.attacks import ATTACKS, places

JUDGE = Judge()


def talk(emoji: str, reply: str, asked: str = "", **more: object) -> Case:
    before = (Said("user", asked),) if asked else ()
    return Case(id="1", emoji=emoji, reply=reply, before=before, **more)  # type: ignore[arg-type]


def judged(case: Case) -> Judgement:
    return JUDGE.judge([case])[0]


def test_it_does_what_every_judge_does() -> None:
    """The contract, with texts that break things."""
    check_judge(JUDGE)


ENTANGLED = (
    "Quantum entanglement is when two particles share one state: measure one, and you know at once "
    "what you will find at the other, however far away it is."
)
OCEAN = "Absolutely! The ocean is stunning with its waves and marine life."
PET = "I'm so sorry to hear that. Losing a pet is incredibly difficult."


@pytest.mark.parametrize(
    ("case", "meaning"),
    [
        (talk("❤️", "Ocean is beautiful"), "AGREEMENT"),
        (talk("❤️", f"Here's my explanation. {ENTANGLED}", "Can you explain it?"), "RATING"),
        (talk("😢", "Your pet passed away"), "EMOTIONAL"),
        (talk("👍", "How's your day?"), "CONVERSATIONAL"),
    ],
)
def test_the_four_cases_of_the_documents(case: Case, meaning: str) -> None:
    """Each is read as the documents read it, and not only as the likeliest."""
    assert judged(case).meaning == meaning


def test_the_first_worked_example_is_a_rating_with_its_numbers() -> None:
    """A heart on an explanation that was asked for: .95 and 1.0."""
    word = judged(talk("❤️", ENTANGLED, "Can you explain quantum entanglement?"))

    assert (word.meaning, word.satisfaction, word.score) == ("RATING", 0.95, 1.0)


@pytest.mark.parametrize(
    ("emoji", "reply", "asked", "meaning"),
    [
        ("❤️", OCEAN, "Do you think the ocean is beautiful?", "AGREEMENT"),
        ("😢", PET, "My pet just passed away...", "EMOTIONAL"),
    ],
)
def test_the_other_worked_examples_are_no_ratings(
    emoji: str, reply: str, asked: str, meaning: str
) -> None:
    """What is no rating has no number, not even 0."""
    word = judged(talk(emoji, reply, asked))

    assert (word.meaning, word.satisfaction, word.score) == (meaning, None, None)


def test_the_same_emoji_means_what_the_talk_says() -> None:
    """A heart in all four."""
    found = {
        judged(talk("❤️", reply, asked)).meaning
        for reply, asked in (
            ("Boil them for seven minutes, then cool them in ice water.", "How do I boil eggs?"),
            (OCEAN, "Do you think the ocean is beautiful?"),
            (PET, "My cat died last night"),
            ("Good night! See you tomorrow.", "good night"),
        )
    }

    assert found == set(MEANINGS)


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("Kannst du mir erklären, was Inflation ist?", "Inflation heißt, dass die Preise steigen, "
         "weil mehr Geld auf gleich viele Waren trifft."),
        ("Tu peux m'expliquer ce qu'est l'inflation ?", "C'est la hausse générale des prix : avec "
         "la même somme, on achète moins de choses."),
        ("¿Puedes explicarme qué es la inflación?", "Es la subida general de los precios: con el "
         "mismo dinero se compran menos cosas."),
        ("インフレとは何か説明してください", "物価が上がり、同じお金で買える物が減ることです。"),
    ],
)  # fmt: skip
def test_other_languages_do_not_fall_apart(asked: str, reply: str) -> None:
    """A question and its answer are known as such."""
    assert judged(talk("👍", reply, asked)).meaning == "RATING"


def test_a_persons_message_is_not_rated() -> None:
    """Whoever wrote it, the bot is not what is judged."""
    case = talk("❤️", ENTANGLED, "Can you explain it?", target_is="other")

    assert judged(case).probabilities["RATING"] < 0.2


def test_who_always_gives_it_says_less_by_it() -> None:
    """The same heart weighs less in probability and in score, and never more."""
    words = [
        judged(talk("❤️", ENTANGLED, "Can you explain it?", share_by_user=share))
        for share in (None, 0.05, 0.4, 0.9)
    ]
    ratings = [word.probabilities["RATING"] for word in words]

    assert ratings[0] == ratings[1] > ratings[2] > ratings[3]
    assert "often" in words[3].reasoning
    assert scores("❤️", told_by(talk("❤️", "x", share_by_user=0.9)))[1] < 0.7
    assert told_by(talk("❤️", "x", share_by_user=float("nan"))) == 1.0


def test_many_of_one_mind_make_surer_and_a_quarrel_less_sure() -> None:
    """Disagreement is said, not averaged away."""
    alone, crowd, mixed = (
        judged(talk("❤️", ENTANGLED, "Can you explain it?", others=others))
        for others in ((), ("👍", "🔥", "❤️", "🎉"), ("👎",))
    )

    assert crowd.confidence > alone.confidence > mixed.confidence
    assert "other kind" in mixed.reasoning


def test_what_comes_later_counts() -> None:
    """Thanks make a rating likelier, as does a complaint."""

    def rating(*after: Said) -> float:
        return judged(talk("👍", "Hold the button.", after=after)).probabilities["RATING"]

    assert rating(Said("user", "thanks, that worked!")) > rating()
    assert rating(Said("user", "that is wrong, it doesn't work")) > rating()


@pytest.mark.parametrize("emoji", ["❤️", "💯", "👎", "🎉"])
def test_a_long_talk_in_which_nothing_was_asked_for_is_not_rated(emoji: str) -> None:
    """However long both are, and whatever words of asking stand in them."""
    told = ("I never knew how much work went into that bridge, and which of the two firms had the "
            "idea nobody can say any more, they were both gone when it opened.")  # fmt: skip
    reply = ("Same here, and I think it is the best one we have. I walk across it every morning, "
             "it hums when the wind comes from the sea.")  # fmt: skip

    assert judged(talk(emoji, reply, told)).probabilities["RATING"] < 0.5


def test_unsure_is_said_and_a_person_decides() -> None:
    """Nothing to go by: no meaning, no number, and both guesses named."""
    word = judged(talk("🦖", "It has been on the shelf since the shop opened."))

    assert word.meaning is None and word.probabilities
    assert (word.satisfaction, word.score) == (None, None)
    assert word.reasoning.startswith("Not sure")


@pytest.mark.parametrize("case", [talk("", "hello"), talk("❤️", " \n"), talk("\0", "x")])
def test_without_an_emoji_or_a_text_nothing_is_said(case: Case) -> None:
    """No probabilities out of nothing."""
    assert (judged(case).meaning, judged(case).probabilities) == (None, {})


def test_the_reason_holds_no_text_of_the_talk() -> None:
    """It is made of our words alone, so it can be shown and logged."""
    secret = "zanzibar"
    word = judged(
        talk("❤️", f"{secret} is how it works.", f"explain {secret}", after=(Said("user", secret),))
    )

    assert secret not in word.reasoning and word.reasoning.endswith(".")


def test_attacks_in_texts_move_it_hardly() -> None:
    """Orders to a model are only words here: at most a tenth of the verdicts change sides."""
    changed = asked = 0
    for attack in ATTACKS:
        for clean, attacked in places(attack):
            asked += 1
            changed += judged(clean).meaning not in (judged(attacked).meaning, None)

    assert len(ATTACKS) >= 30 and asked >= 60
    assert changed <= asked / 10


def test_the_weights_fit_what_they_were_learnt_with() -> None:
    """Readings of emotion and meaning are facts here: new weights of theirs ask for new ones."""
    place = files("roomtone.models")
    with (place / "judge.npz").open("rb") as file, np.load(file) as arrays:
        digest = arrays["made_with"].tobytes()
    sums = [
        sha256((place / f"{one}.npz").read_bytes()).digest() for one in ("emotion", "coherence")
    ]

    assert digest == b"".join(sums), "run python -m training.reactions"
    data = (place / "judge.npz").read_bytes()
    assert len(data) < 50_000
    assert sha256(data).hexdigest() in (place / "judge.md").read_text(encoding="utf-8")


def test_an_address_is_refused() -> None:
    """There is nothing to reach."""
    with pytest.raises(BadConfig, match="local://"):
        Judge("local://elsewhere")


def test_weights_of_ones_own_are_taken_by_their_path(tmp_path: Path) -> None:
    """The same file judges the same, and its version tells it from ours."""
    mine = tmp_path / "my weights.npz"
    mine.write_bytes((files("roomtone.models") / "judge.npz").read_bytes())
    case = talk("❤️", ENTANGLED, "Can you explain it?")
    word = Judge(f"local://{mine}").judge([case])[0]

    assert word.probabilities == judged(case).probabilities
    assert word.version.startswith("1-") and judged(case).version == "1"


@pytest.mark.parametrize("data", [None, b"", b"PK\x03\x04junk", b"\x93NUMPY"])
def test_what_is_no_weights_is_refused(data: bytes | None, tmp_path: Path) -> None:
    """At once, and it says how to make some."""
    path = tmp_path / "judge.npz"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadConfig, match=r"training\.reactions"):
        Judge(f"local://{path}")


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A row too few would shift every fact."""
    with (files("roomtone.models") / "judge.npz").open("rb") as file, np.load(file) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    np.savez(tmp_path / "judge.npz", **{**of, "weights": of["weights"][:-1]})
    with pytest.raises(BadConfig, match="ValueError"):
        Judge(f"local://{tmp_path / 'judge.npz'}")
