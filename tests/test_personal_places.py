"""Where people live and when they were born is found where the words around say so."""

from __future__ import annotations

import pytest

from roomtone.folded import Folded
from roomtone.personal import find


def found(text: str) -> list[tuple[str, str]]:
    folded = Folded(text)
    return [(one.kind, folded.text[one.start : one.end]) for one in find(folded)]


@pytest.mark.parametrize(
    ("text", "kind", "whole"),
    [
        ("12 Baker Street, London NW1 6XE", "address", "12 Baker Street, London NW1 6XE"),
        ("i live at 12 baker street now", "address", "12 baker street"),
        ("Send it to 1600 Pennsylvania Ave", "address", "1600 Pennsylvania Ave"),
        ("Hauptstraße 5, 10115 Berlin", "address", "Hauptstraße 5, 10115 Berlin"),
        ("12 rue de la Paix, 75002 Paris", "address", "12 rue de la Paix, 75002 Paris"),
        ("Calle de Alcalá 45", "address", "Calle de Alcalá 45"),
        ("Mannerheimintie 12 B 4, 00100 Helsinki", "address",
        "Mannerheimintie 12 B 4, 00100 Helsinki"),
        ("ул. Ленина, д. 5", "address", "ул. Ленина, д. 5"),
        ("near SW1A 1AA", "address", "SW1A 1AA"),
        ("zip code is 90210", "address", "90210"),
        ("60.1699, 24.9384", "location", "60.1699, 24.9384"),
        ("40°26'46\"N 79°58'56\"W", "location", "40°26'46\"N 79°58'56\"W"),
        ("born on 3 May 1990 in", "birthday", "3 May 1990"),
        ("DOB: 03/05/90", "birthday", "03/05/90"),
        ("ich bin am 3. Mai 1990 geboren, geboren am 3.5.1990", "birthday", "3.5.1990"),
        ("生日是1990年5月3日", "birthday", "1990年5月3日"),
    ],
)  # fmt: skip
def test_places_and_days_are_found_whole(text: str, kind: str, whole: str) -> None:
    """With the house, the town and its code where they stand beside."""
    assert (kind, whole) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "2 blocks down the road",
        "on 3 May 1990 we met",
        "born in 1990",
        "I have 5 Way too many",
        "(0.1234, 0.5678)",
        "12.5, 13.5",
        "90210 was a series",
        "5 ways to do it",
        "it's 12°C",
        "the year 1990",
        "room 12",
        "my birthday is soon",
        "3 avenue",
        "Mozart was born in 1756",
    ],
)
def test_other_numbers_are_left(text: str) -> None:
    """Roads nobody lives in, days of anything else, and points of no globe."""
    assert found(text) == []
