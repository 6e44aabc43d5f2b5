"""Check digits of cards, accounts and national numbers: what tells them from any other number."""

from __future__ import annotations

import string
from datetime import date

_CARDS = (  # first and last beginning, and how many digits in all
    *(("4", "4", (13, 16, 19)), ("51", "55", (16,)), ("2221", "2720", (16,))),
    *(("34", "34", (15,)), ("37", "37", (15,)), ("300", "305", (14, 16)), ("36", "36", (14, 16))),
    *(("38", "39", (14, 16)), ("6011", "6011", (16, 19)), ("644", "659", (16, 19))),
    *(("3528", "3589", (16, 19)), ("62", "62", (16, 17, 18, 19)), ("2200", "2204", (16, 19))),
    *(("60", "60", (16,)), ("81", "82", (16,)), ("508", "508", (16,)), ("9792", "9792", (16,))),
    *(("5018", "5018", (13, 15, 16, 19)), ("5020", "5020", (13, 15, 16, 19))),
    *(("5038", "5038", (13, 15, 16, 19)), ("5893", "5893", (13, 15, 16, 19))),
    *(("6304", "6304", (13, 15, 16, 19)), ("6759", "6763", (13, 15, 16, 19))),
    *(("5066", "5067", (16,)), ("6362", "6362", (16,)), ("4571", "4571", (16,))),
)

_IBANS = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28
EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26
IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28
NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25
SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBANS.split()}
"""How many letters and digits an account number has, by its country."""

_VERHOEFF_D = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_VERHOEFF_P = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL_ODD = dict(
    zip(
        string.digits + string.ascii_uppercase,
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)


def luhn(digits: str) -> bool:
    """Whether the last digit fits the others, as on cards.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        twice = int(digit) * (1 + place % 2)
        total += twice - 9 * (twice > 9)
    return total % 10 == 0


def card(digits: str) -> bool:
    """Whether it begins as an issuer's cards do, is as long as they are, and its last digit fits.

    >>> card("378282246310005"), card("1234567812345670")
    (True, False)
    """
    if not 13 <= len(digits) <= 19 or not luhn(digits):
        return False
    return any(
        len(digits) in lengths and first <= digits[: len(first)] <= last
        for first, last, lengths in _CARDS
    )


def iban(code: str) -> bool:
    """Whether it is as long as its country's are, and its remainder by 97 is 1.

    >>> iban("DE89370400440532013000"), iban("DE88370400440532013000")
    (True, False)
    """
    if IBAN_LENGTHS.get(code[:2]) != len(code) or not code.isascii():
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def a_day(year: int, month: int, day: int) -> bool:
    """Whether there was such a day since 1850."""
    try:
        return 1850 <= date(year, month, day).year <= 2100
    except ValueError:
        return False


def weighed(digits: str, weights: tuple[int, ...], modulus: int) -> int:
    """The remainder of the sum of digits times weights."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % modulus


def us(digits: str) -> bool:
    """A number of the United States' social security that was ever given out."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in ("000", "666") or group == "00" or serial == "0000":
        return False
    return area < "900"


def uk(code: str) -> bool:
    """A national insurance number of the United Kingdom."""
    return not (
        code[:2] in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
        or code[0] in "DFIQUV"
        or code[1] in "DFIQUVO"
    )


def hetu(code: str) -> bool:
    """A Finnish personal identity code: a day, a sign of the century, and a fitting last sign.

    >>> hetu("131052-308T"), hetu("131052-308U")
    (True, False)
    """
    day, month, year = int(code[:2]), int(code[2:4]), int(code[4:6])
    century = 1800 if code[6] == "+" else 2000 if code[6] in "ABCDEF" else 1900
    rest = int(code[:6] + code[7:10]) % 31
    return a_day(century + year, month, day) and _HETU[rest] == code[10]


def cpf(digits: str) -> bool:
    """A Brazilian number of a person.

    >>> cpf("52998224725"), cpf("11111111111")
    (True, False)
    """
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        rest = sum(int(d) * (length + 1 - i) for i, d in enumerate(digits[:length])) * 10 % 11 % 10
        if rest != int(digits[length]):
            return False
    return True


def bsn(digits: str) -> bool:
    """A Dutch citizen service number."""
    return digits != "0" * 9 and weighed(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0


def dni(code: str) -> bool:
    """A Spanish identity number, or one of a foreigner.

    >>> dni("12345678Z"), dni("X1234567L"), dni("12345678A")
    (True, True, False)
    """
    digits = code[:-1].translate({88: "0", 89: "1", 90: "2"})
    return digits.isdigit() and _DNI[int(digits) % 23] == code[-1]


def fiscal(code: str) -> bool:
    """An Italian fiscal code of a person.

    >>> fiscal("RSSMRA85T10A562S"), fiscal("RSSMRA85T10A562T")
    (True, False)
    """
    total = 0
    for place, char in enumerate(code[:15]):
        even = int(char) if char.isdigit() else ord(char) - 65
        total += even if place % 2 else _FISCAL_ODD[char]
    return chr(65 + total % 26) == code[15]


def nir(digits: str) -> bool:
    """A French social security number with its key."""
    return digits[0] in "12" and 97 - int(digits[:13]) % 97 == int(digits[13:])


def personnummer(digits: str) -> bool:
    """A Swedish personal number: ten digits, the day and a fitting last digit."""
    month, day = int(digits[2:4]), int(digits[4:6])
    return a_day(2000, month, day if day < 60 else day - 60) and luhn(digits)


def cpr(digits: str) -> bool:
    """A Danish personal number: nothing but the day can be checked."""
    return a_day(2000 + int(digits[4:6]) % 4, int(digits[2:4]), int(digits[:2]))


def norwegian(digits: str) -> bool:
    """A Norwegian birth number: a day and two fitting digits."""
    day, month = int(digits[:2]), int(digits[2:4])
    return (
        a_day(2000, month, day if day < 40 else day - 40)
        and weighed(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11) == 0
        and weighed(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11) == 0
    )


def pesel(digits: str) -> bool:
    """A Polish number of a person: a day and a fitting last digit."""
    month = int(digits[2:4]) % 20
    return (
        a_day(2000 + int(digits[:2]) % 100, month, int(digits[4:6]))
        and weighed(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10) == 0
    )


def belgian(digits: str) -> bool:
    """A Belgian national number."""
    return any(97 - int(c + digits[:9]) % 97 == int(digits[9:]) for c in ("", "2"))


def aadhaar(digits: str) -> bool:
    """An Indian number of a resident (Verhoeff's check)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return digits[0] > "1" and check == 0


def chinese(code: str) -> bool:
    """A Chinese resident's number: a day and a fitting last sign.

    >>> chinese("11010519491231002X")
    True
    """
    rest = weighed(code[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), 11)
    day = a_day(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    return day and "10X98765432"[rest] == code[17]


def korean(digits: str) -> bool:
    """A Korean resident's number: since 2020 nothing but the day can be checked."""
    return a_day(2000, int(digits[2:4]), int(digits[4:6])) and digits[6] in "12345678"


def turkish(digits: str) -> bool:
    """A Turkish identity number: two fitting digits."""
    ten = [int(d) for d in digits]
    tenth = (7 * sum(ten[0:9:2]) - sum(ten[1:8:2])) % 10
    return digits[0] != "0" and tenth == ten[9] and sum(ten[:10]) % 10 == ten[10]


def rut(code: str) -> bool:
    """A Chilean number of a person or a firm."""
    rest = sum(int(d) * (2 + i % 6) for i, d in enumerate(reversed(code[:-1]))) % 11
    return "0K987654321"[rest] == code[-1]


def nhs(digits: str) -> bool:
    """A number of the British health service."""
    return weighed(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 11) == 0


def german_tax(digits: str) -> bool:
    """A German tax number of a person."""
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return digits[0] != "0" and (11 - product) % 10 == int(digits[10])


def isbn(code: str) -> bool:
    """Whether it is the number of a book, which is nobody's.

    >>> isbn("0306406152"), isbn("9780306406157"), isbn("0401234567")
    (True, True, False)
    """
    if len(code) == 10:
        values = [10 if c in "Xx" else int(c) for c in code]
        return sum(v * (10 - i) for i, v in enumerate(values)) % 11 == 0
    if len(code) == 13 and code[:3] in ("978", "979"):
        return weighed(code, (1, 3) * 6 + (1,), 10) == 0
    return False
