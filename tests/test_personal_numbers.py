"""Cards, accounts, national numbers and machines are told by their checks from other numbers."""

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
        ("4111 1111 1111 1111 123", "card", "4111 1111 1111 1111"),
        ("card 4111-1111-1111-1111!", "card", "4111-1111-1111-1111"),
        ("12 378282246310005", "card", "378282246310005"),
        ("de89370400440532013000", "iban", "de89370400440532013000"),
        ("to GB82 WEST 1234 5698 7654 32 now", "iban", "GB82 WEST 1234 5698 7654 32"),
        ("IBAN: DE88 3704 0044 0532 0130 00", "iban", "DE88 3704 0044 0532 0130 00"),
        ("ping 203.0.113.77 please", "ip", "203.0.113.77"),
        ("http://203.0.113.77:8080/", "ip", "203.0.113.77"),
        ("2001:db8:85a3::8a2e:370:7334 up", "ip", "2001:db8:85a3::8a2e:370:7334"),
        ("fe80::1ff:fe23:4567:890a", "ip", "fe80::1ff:fe23:4567:890a"),
        ("mac 00:1A:2B:3C:4D:5E", "mac", "00:1A:2B:3C:4D:5E"),
        ("00-1a-2b-3c-4d-5e", "mac", "00-1a-2b-3c-4d-5e"),
        ("ssn 123-45-6788", "id", "123-45-6788"),
        ("AB 12 34 56 C is mine", "id", "AB 12 34 56 C"),
        ("hetu 131052-308T", "id", "131052-308T"),
        ("529.982.247-25", "id", "529.982.247-25"),
        ("BSN 111222333", "id", "111222333"),
        ("DNI 12345678Z", "id", "12345678Z"),
        ("RSSMRA85T10A562S", "id", "RSSMRA85T10A562S"),
        ("passport number: X1234567", "id", "X1234567"),
    ],
)
def test_numbers_of_somebody_are_found_whole(text: str, kind: str, whole: str) -> None:
    """Wherever other digits stand beside."""
    assert (kind, whole) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "1234 5678 1234 5670", "4111 1111 1111 1112", "GB99 WEST 1234 5698 7654 32", "127.0.0.1",
        "0.0.0.0", "255.255.255.0", "version 10.0.19.1", "v1.2.3.4", "999.1.2.3", "std::vector",
        "a[1::2]", "12:30:45", "10:30:00:00:00", "::1", "111222333", "passport control",
        "666-12-3456", "131052-308U", "12345678A", "dead::beef",
    ],
)  # fmt: skip
def test_other_numbers_are_left(text: str) -> None:
    """What does not fit its check, versions, code, and the machine one sits at."""
    assert found(text) == []
