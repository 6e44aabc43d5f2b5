"""Phone numbers are found as people write them; other numbers are left."""

from __future__ import annotations

import pytest

from roomtone.folded import Folded
from roomtone.personal import find


def found(text: str) -> list[tuple[str, str]]:
    folded = Folded(text)
    return [(one.kind, folded.text[one.start : one.end]) for one in find(folded)]


@pytest.mark.parametrize(
    "number",
    [
        "+1 415 555 2671", "+1-415-555-2671", "(415) 555-2671", "415-555-2671", "415.555.2671",
        "1-415-555-2671", "+44 20 7946 0958", "07911 123456", "020 7946 0958", "+49 (0)30 1234567",
        "0171/1234567", "030 12345678", "06 12 34 56 78", "+33 6 12 34 56 78", "040 123 4567",
        "0401234567", "+358401234567", "00358 40 1234567", "070-123 45 67", "06-12345678",
        "(11) 91234-5678", "8 (912) 345-67-89", "138 1234 5678", "13812345678", "090-1234-5678",
        "010-1234-5678", "98765 43210", "0412 345 678", "+91 98765 43210", "+86 138 1234 5678",
    ],
)  # fmt: skip
def test_numbers_are_found_without_a_word(number: str) -> None:
    """International ones, and those that only phones have in their country."""
    assert found(f"so {number}, then") == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "call me 555-1234", "text 4155552671 please", "mein Handy: 1761234567", "móvil 612 345 678",
        "WhatsApp 612345678", "телефон 9123456789", "soita 4512345",
    ],
)  # fmt: skip
def test_others_are_found_where_it_is_said(text: str) -> None:
    """Bare digits are a phone's where somebody says so."""
    assert [kind for kind, _ in found(text)] == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "it was $1,234,567.89", "in 2019-2024", "on 2024-01-02 10:30", "01.02.2024 15 people came",
        "v10.15.7.1", "order 0012345678", "ticket #123456789", "ISBN 0-306-40615-2",
        "1700000000", "1700000000123", "score 123456789", "3.14159265358979", "2^31 = 2147483648",
        "+1000000 points", "+10000000", "0.123456789", "the first 1234567890 digits", "10 000 000",
        "192.168.0.1", "123456789", "0123456789", "9:30-17:00", "1,000,000,000", "0x1234567890",
        "rgb(255, 255, 255)", "1920x1080", "16-25 40-60", "it has 1234567 views",
        "1234567890 views",
    ],
)  # fmt: skip
def test_other_numbers_are_left(text: str) -> None:
    """Prices, dates, versions, ids, books and sums are no phones."""
    assert [one for one in found(text) if one[0] == "phone"] == []
