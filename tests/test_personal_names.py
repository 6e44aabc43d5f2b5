"""Known people are found by every name they go by."""

from __future__ import annotations

import pytest

from roomtone.folded import Folded
from roomtone.personal_names import Names, introduced


def found(names: object, text: str) -> list[tuple[str, str]]:
    folded = Folded(text)
    return [(folded.text[m.start : m.end], m.value) for m in Names(names).find(folded)]  # type: ignore[arg-type]


def test_a_person_has_one_name_whatever_they_are_called() -> None:
    """Id, whole name and its parts come to the same, where it is said whose they are."""
    whose = {"Mikko Virtanen": "u77", "mikko_v": "u77"}

    assert {value for _, value in found(whose, "Mikko (mikko_v), or MIKKO VIRTANEN")} == {"u77"}


@pytest.mark.parametrize(
    "text", ["anna!", "ANNA", "Anna's", "annas Buch", "ＡＮＮＡ", "an\u200bna"]
)
def test_names_are_found_as_people_write_them(text: str) -> None:
    """In any case, with an ending, in wide letters and with invisible ones inside."""
    assert found(["Anna"], text)


@pytest.mark.parametrize("text", ["Annapurna", "savanna", "hanna", "bananna"])
def test_names_inside_words_are_left(text: str) -> None:
    """A name is a word of its own."""
    assert found(["Anna"], text) == []


def test_names_in_scripts_without_spaces_are_found_anywhere() -> None:
    """Nothing stands between a name and what follows."""
    assert found(["田中"], "昨日田中さんと話した") == [("田中", "田中")]


def test_names_that_are_words_count_as_they_are_written() -> None:
    """`Will` is a person, `will` is not; what everybody is called is nobody."""
    assert found(["Will"], "will Will come?") == [("Will", "will")]
    assert found(["user", "bot", "x"], "the user and the bot: x") == []


def test_many_names_are_looked_up_by_their_words() -> None:
    """A crowd's names cost as much as a few's."""
    crowd = [f"person{i} surname{i}" for i in range(500)]

    assert found(crowd, "then Person77 SURNAME77 came") == [
        ("Person77", "person77 surname77"),
        ("Person77 SURNAME77", "person77 surname77"),
        ("SURNAME77", "person77 surname77"),
    ]


@pytest.mark.parametrize(
    "text", ["my name is Peter Parker", "Ich heiße Peter Parker", "je m'appelle Peter Parker"]
)
def test_who_says_their_name_is_found(text: str) -> None:
    """Strangers are found where they introduce themselves."""
    assert [m.value for m in introduced(Folded(text).text)] == ["peter parker"]


def test_no_name_follows_every_is() -> None:
    """A small letter begins no name."""
    assert list(introduced("my name is on the list")) == []
