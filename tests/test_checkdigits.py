"""Check digits accept what authorities publish as examples, and nothing that is one digit off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roomtone import checkdigits as c

GOOD: list[tuple[Callable[[str], bool], str]] = [
    (c.card, "4111111111111111"),
    (c.card, "5555555555554444"),
    (c.card, "378282246310005"),
    (c.card, "6011111111111117"),
    (c.card, "30569309025904"),
    (c.card, "3530111333300000"),
    (c.card, "2223003122003222"),
    (c.iban, "GB82WEST12345698765432"),
    (c.iban, "FI2112345600000785"),
    (c.iban, "FR1420041010050500013M02606"),
    (c.iban, "NO9386011117947"),
    (c.iban, "MT84MALT011000012345MTLCAST001S"),
    (c.hetu, "131052-308T"),
    (c.cpf, "52998224725"),
    (c.bsn, "111222333"),
    (c.dni, "12345678Z"),
    (c.fiscal, "RSSMRA85T10A562S"),
    (c.nir, "255081416802538"),
    (c.personnummer, "8112189876"),
    (c.norwegian, "01010750160"),
    (c.pesel, "44051401359"),
    (c.belgian, "85073003328"),
    (c.chinese, "11010519491231002X"),
    (c.turkish, "10000000146"),
    (c.rut, "30686957K"[:8] + "4"),
    (c.nhs, "9434765919"),
    (c.german_tax, "86095742719"),
    (c.isbn, "9780306406157"),
    (c.aadhaar, "234123412346"),
]


@pytest.mark.parametrize(("fits", "code"), GOOD, ids=lambda it: getattr(it, "__name__", it))
def test_what_is_published_fits(fits: Callable[[str], bool], code: str) -> None:
    """The examples of authorities and networks are taken."""
    assert fits(code)


@pytest.mark.parametrize(("fits", "code"), GOOD, ids=lambda it: getattr(it, "__name__", it))
def test_a_digit_off_does_not_fit(fits: Callable[[str], bool], code: str) -> None:
    """Whatever digit of the last four is one more, the check digit tells."""
    places = [i for i in range(len(code) - 4, len(code)) if code[i].isdigit()]
    others = [code[:i] + str((int(code[i]) + 1) % 10) + code[i + 1 :] for i in places]

    assert places and not any(fits(other) for other in others)


def test_an_account_has_the_length_of_its_country() -> None:
    """A fitting remainder is not enough."""
    assert len(c.IBAN_LENGTHS) >= 80
    assert not c.iban("GB82WEST1234569876543") and not c.iban("XX82WEST12345698765432")


def test_days_that_never_were_are_no_birthdays() -> None:
    """Numbers that hold a day of birth hold one of the calendar."""
    assert c.cpr("0112701234") and not c.cpr("3102701234")
    assert c.korean("8001011234567") and not c.korean("8013011234567")
    assert c.us("123456788") and not c.us("666456788") and not c.us("123006788")
    assert c.uk("AB123456C") and not c.uk("BG123456C")
