"""Texts leave without personal data, the same value by the same name, and cleaning is done once."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.folded import Found
from roomtone.redaction import KINDS, PLACEHOLDER, Redactor

KEY = b"of a dataset"
VALUES = (
    *("anna@example.com", "4111 1111 1111 1111", "DE89370400440532013000", "+358 40 1234567"),
    *("203.0.113.77", "2001:db8:85a3::8a2e:370:7334", "@anna_b", "sk-abcdefghijklmnop1234", "Anna"),
    *("131052-308T", "12 Baker Street", "60.1699, 24.9384", "00:1A:2B:3C:4D:5E", "0401234567"),
    *("<@123456789012345678>", "anna (at) web (dot) de", "https://x.io/?token=abcd1234efgh"),
    *("password: hunter2", "born 3.5.1990", "415-555-2671", "DE89 3704 0044 0532 0130 00"),
)
JOINTS = (
    "",
    " ",
    ",",
    ".",
    "-",
    "@",
    ":",
    "/",
    "\n",
    "\u200b",
    "\u00a0",
    "a",
    "7",
    "[",
    "]",
    "=",
    "+",
)


def test_a_value_has_one_name_in_a_dataset_and_another_in_the_next() -> None:
    """However it is written, wherever it stands."""
    one, other = Redactor(KEY), Redactor(b"of another")

    assert one.cleaned("Anna@Example.com") == one.cleaned("anna@example.com")
    assert one.cleaned("4111-1111-1111-1111") == one.cleaned("4111111111111111")
    assert one.cleaned("anna at gmail dot com") == one.cleaned("anna@gmail.com")
    assert one.cleaned("anna@example.com") != other.cleaned("anna@example.com")
    assert PLACEHOLDER.fullmatch(one.cleaned("anna@example.com"))


def test_findings_say_where_and_what_but_never_the_value() -> None:
    """A finding may be shown to anybody who may see that there was something."""
    text = "É\u0301 mail: anna@ex\u200bample.com!"
    cleaned, (finding,) = Redactor(KEY).clean(text)

    assert text[finding.start : finding.end] == "anna@ex\u200bample.com"
    assert (finding.kind, finding.rule) == ("email", "address")
    assert "anna" not in repr(finding) and cleaned.endswith(f"{finding.placeholder}!")


def test_all_that_are_one_redactor_count_together() -> None:
    """A conversation's own names are known to it alone; what is found is counted for all."""
    redactor = Redactor(KEY)
    talk = redactor.knowing({"Anna Berg": "u1", "annab": "u1"})

    assert talk.cleaned("Anna said hi to annab") == "{0} said hi to {0}".format(
        redactor.pseudonym("person", "u1")
    )
    assert redactor.cleaned("Anna, 0401234567") != "Anna, 0401234567"
    assert redactor.report() == {"phone": 1, "person": 2}
    assert redactor.by_rule() == {"person": {"known": 2}, "phone": {"trunk": 1}}


def test_only_the_kinds_that_are_wanted_are_replaced() -> None:
    """What is not personal in some dataset may stay."""
    redactor = Redactor(KEY, ["Anna"], kinds=("email",))

    assert redactor.cleaned("Anna 0401234567 a@b.com").startswith("Anna 0401234567 [EMAIL_")


def test_a_second_finder_adds_what_it_finds() -> None:
    """Another's findings are replaced, counted and named like ours."""

    def places(text: str) -> list[Found]:
        at = text.find("Berlin")
        return [Found(at, at + 6, "location", "gazetteer", "berlin")] if at >= 0 else []

    redactor = Redactor(KEY, second=places)

    assert redactor.cleaned("in Berlin now").startswith("in [LOCATION_")
    assert redactor.by_rule() == {"location": {"gazetteer": 1}}


def test_without_a_key_there_is_no_redactor() -> None:
    """Names that anybody could compute would give the values away."""
    with pytest.raises(ValueError, match="key"):
        Redactor(b"")


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(VALUES) | st.sampled_from(JOINTS) | st.text(max_size=4), max_size=9)
    .map("".join)
    .map(lambda text: text[:300])
)
def test_cleaning_again_changes_nothing(text: str) -> None:
    """Whatever stands beside whatever."""
    redactor = Redactor(KEY, ["Anna", "anna_b"])
    once, findings = redactor.clean(text)

    assert redactor.clean(once) == (once, ())
    assert redactor.cleaned(text) == once
    assert len(PLACEHOLDER.findall(once)) >= len(findings)


@settings(max_examples=200)
@given(st.sampled_from(VALUES), st.integers(0, 40), st.sampled_from(["\u200b", "\u2060", "\u00ad"]))
def test_no_part_of_a_value_is_left(value: str, at: int, sign: str) -> None:
    """Also where something invisible was put into it, in wide letters, or between words."""
    wide = value.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})
    parted = value[:at] + sign + value[at:]
    redactor = Redactor(KEY, ["Anna"])
    plain = PLACEHOLDER.sub("*", redactor.cleaned(f"so {value} then"))

    for text in (parted, wide):
        assert PLACEHOLDER.sub("*", redactor.cleaned(f"so {text} then")).replace(sign, "") == plain


HOSTILE = (
    *("a", "1", "1 ", "1.", "@", "a@", "a@a", "a.", "a@b.co", "+", "+1", ":", "a:", "1:", "-", "/"),
    *("?token=", "-----BEGIN RSA " + "PRIVATE KEY-----", "at dot ", " at ", "(at)", "0x", "sk-"),
    *("born ", "DE89", "4111 1111 ", "[EMAIL_", "password: ", "\u200b", "\u0301", "Anna", "<@",
      "://"),
    *("Baker ", "1 Baker ", "rue de la ", "eyJ", "u/", "my name is A", "1::", "00", "1-1-", "A B",
      "([{"),
    *("@a.", "%40", '"@', "https://a:", "1°1'", "月1日", "12 ", "0 1 2 ", "password is a1"),
)  # fmt: skip


def _seconds(text: str) -> float:
    best = 9.0
    for _ in range(3):
        begun = time.process_time()
        Redactor(KEY, ["Anna"]).cleaned(text)
        best = min(best, time.process_time() - begun)
    return best


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Eight times the text takes about eight times as long; squares would take 64 times."""
    some = piece * (700 // len(piece))

    assert _seconds("1@ pass " + some * 8) <= 24 * _seconds("1@ pass " + some) + 0.001


def test_pseudonyms_hardly_meet() -> None:
    """Of 20,000 addresses no more than a pair have the same name."""
    redactor = Redactor(KEY)
    names = {redactor.pseudonym("email", f"{random.Random(i).random()}") for i in range(20_000)}

    assert len(names) >= 19_998
    assert set(KINDS) == {
        kind for kind in KINDS if PLACEHOLDER.fullmatch(redactor.pseudonym(kind, ""))
    }
