"""A person's word is an event; the latest holds, and who said nothing counts by the default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roomtone.consents import Agreed, ConsentGiven, words
from roomtone.events import check_names, decode, encode
from roomtone.training_data import Consent

AT = datetime(2026, 3, 1, tzinfo=UTC)


def word(granted: bool, purpose: str = "training", at: datetime = AT) -> Consent:
    return Consent(user="ann", purpose=purpose, granted=granted, at=at)


def test_consent_survives_the_wire() -> None:
    """With its purposes, its basis and who says so."""
    said = ConsentGiven(user="ann", purposes={"training": True, "memory": False}, by="form")

    assert decode(encode([said]))[0] == [said]


@pytest.mark.parametrize(
    "wrong", [b'"purposes":{}', b'"purposes":{"ads":true}', b'"purposes":{"memory":1}', b'"by":"x"']
)
def test_what_is_no_purpose_is_refused(wrong: bytes) -> None:
    """Nothing said, a purpose that nobody knows, and a number are no consent."""
    events, refusals, _ = decode(b'[{"type":"consent","user":"ann",%s}]' % wrong)

    assert events == [] and len(refusals) == 1


def test_a_basis_is_printable() -> None:
    """It ends up on pages and in cards of data sets."""
    said = ConsentGiven(user="ann", purposes={"memory": True}, basis="a\x00b")

    with pytest.raises(ValueError, match="control character"):
        check_names(said)


def test_each_purpose_becomes_a_word_of_its_own() -> None:
    """Dated by its sender, or else by its arrival."""
    said = ConsentGiven(user="ann", purposes={"memory": False, "analytics": True}, basis="contract")

    assert [(one.purpose, one.granted, one.at) for one in words(said, AT)] == [
        ("analytics", True, AT),
        ("memory", False, AT),
    ]


def test_the_later_word_holds_whatever_comes_first() -> None:
    """An old yes that arrives late does not undo a no."""
    agreed = Agreed()

    agreed.take([word(False, at=AT + timedelta(days=1)), word(True)])

    assert not agreed.allows("ann", "training")


def test_defaults_hold_for_whom_nobody_asked() -> None:
    """Measured and remembered, not learnt from; unless the settings want them asked."""
    agreed, strict = Agreed(), Agreed(ask=["memory"])

    assert [agreed.allows("ann", one) for one in ("analytics", "memory", "training")] == [
        True,
        True,
        False,
    ]
    assert not strict.allows("ann", "memory") and strict.allows("", "memory")
    assert strict.of("ann")["memory"] == {
        "granted": False,
        "at": None,
        "basis": "",
        "by": "",
        "asked": False,
    }


def test_who_is_forgotten_never_said_anything() -> None:
    """The others' words stay."""
    agreed = Agreed()
    agreed.take([word(True), Consent(user="bob", purpose="training", granted=True, at=AT)])

    agreed.forget("ann")

    assert [one.user for one in agreed] == ["bob"]
