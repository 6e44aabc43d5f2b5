"""Finds numbers that are somebody's: cards, accounts, national numbers; addresses of machines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from roomtone import checkdigits
from roomtone.folded import Found

_RUN = re.compile(r"(?<![\w])(?<!\d[.,])\d++(?:[ .-]{1,2}\d++)*+(?!\w)")
_GROUP = re.compile(r"\d+")
_MOST_GROUPS = 40
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9]{2})")
_ACCOUNT = re.compile(r"(?:[ -]{0,2}[A-Za-z0-9]){11,30}")
_TYPED = re.compile(r"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{2,4}){3,8}(?!\w)")

_V4 = re.compile(r"(?<![\w.])(?<!\d[,-])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-]|\.\d)")
_V6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::{1,2}[0-9A-Fa-f]{1,4}){2,7}(?:\.\d{1,3}){0,3}(?![\w:])"
)
_VERSION = re.compile(
    r"(?:\bv|version|\bver\.?|build|firmware|release|patch|upgrade[d]?(?: to)?|updated?(?: to)?"
    r"|section|§"
    r"|chapter|figure|driver|kernel|\bsdk|python|chrome|firefox|windows)[ :=]{0,2}(?:\w+ )?\Z",
    re.IGNORECASE,
)
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-])"
)


class _Id(NamedTuple):
    """A kind of national number: how it is written, what checks it, what must be said before it."""

    rule: str
    shape: re.Pattern[str]
    fits: Callable[[str], bool]
    said: re.Pattern[str] | None = None


def _ids() -> list[_Id]:
    def shaped(shape: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w.+-])(?:{shape})(?![\w-]|\.\d)", re.IGNORECASE)

    def said(words: str) -> re.Pattern[str]:
        return re.compile(rf"(?:{words})\D{{0,24}}\Z", re.IGNORECASE)

    c = checkdigits
    return [
        _Id("us", shaped(r"\d{3}-\d{2}-\d{4}"), c.us),
        _Id("us", shaped(r"\d{3}[ .]?\d{2}[ .]?\d{4}"), c.us, said("ssn|social security|itin")),
        _Id("uk", shaped(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), c.uk),
        _Id("fi", shaped(r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Y]"), c.hetu),
        _Id("br", shaped(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), c.cpf),
        _Id("br", shaped(r"\d{11}"), c.cpf, said("cpf")),
        _Id("nl", shaped(r"\d{4}[ .]?\d{2}[ .]?\d{3}|\d{3}[ .]\d{3}[ .]\d{3}"), c.bsn,
            said("bsn|burgerservice|sofi")),
        _Id("es", shaped(r"\d{8}[ -]?[A-Z]|[XYZ][ -]?\d{7}[ -]?[A-Z]"), c.dni),
        _Id("it", shaped(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"), c.fiscal),
        _Id("fr", shaped(r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"), c.nir),
        _Id("se", shaped(r"(?:19|20)?\d{6}[-+]\d{4}"), lambda d: c.personnummer(d[-10:])),
        _Id("dk", shaped(r"\d{6}-\d{4}"), c.cpr),
        _Id("no", shaped(r"\d{6} ?\d{5}"), c.norwegian),
        _Id("pl", shaped(r"\d{11}"), c.pesel),
        _Id("be", shaped(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"), c.belgian),
        _Id("in", shaped(r"\d{4} \d{4} \d{4}"), c.aadhaar),
        _Id("in", shaped(r"\d{12}"), c.aadhaar, said("aadhaar|aadhar")),
        _Id("in", shaped(r"[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z]"), bool, said(r"\bpan\b")),
        _Id("cn", shaped(r"\d{17}[\dX]"), c.chinese),
        _Id("kr", shaped(r"\d{6}-[1-8]\d{6}"), c.korean),
        _Id("tr", shaped(r"[1-9]\d{10}"), c.turkish, said(r"\btc\b|kimlik|t\.c\.")),
        _Id("cl", shaped(r"\d{1,2}\.\d{3}\.\d{3}-[\dK]"), c.rut),
        _Id("gb", shaped(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), c.nhs, said("nhs")),
        _Id("de", shaped(r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), c.german_tax,
            said("steuer-?id|steueridentifikation|identifikationsnummer|steuernummer|idnr|tax id")),
        _Id("ca", shaped(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), c.luhn, said(r"\bsin\b|social insurance")),
        _Id("device", shaped(r"\d{2}-?\d{6}-?\d{6}-?\d"), c.luhn, said("imei")),
        _Id("document", shaped(r"(?=[A-Z]{0,3}\d)[A-Z0-9]{6,12}"), bool, said(
            r"passport|reisepass|ausweis(?:nummer)?|pasaporte|passeport|passaporto"
            r"|driver'?s?'? licen[cs]e"
            r"|driving licen[cs]e|führerschein|id card|personalausweis|passi(?:n numero)?"
            r"|licence plate"
        )),
    ]  # fmt: skip


_IDS = _ids()


def find(text: str, lower: str) -> Iterator[Found]:
    """Cards, accounts, national numbers, and addresses of machines in a folded text."""
    digits = sum(map(text.count, "0123456789")) if len(text) < 400 else 99
    if digits >= 13:
        yield from _cards(text)
    if digits >= 8:
        yield from _accounts(text, lower)
    if digits >= 6:
        yield from _national(text)
    if text.count(".") >= 3:
        yield from _fourth(text)
    if text.count(":") >= 2:
        yield from _sixth(text)
    if text.count(":") >= 5 or text.count("-") >= 5 or text.count(".") >= 2:
        for m in _MAC.finditer(text):
            value = re.sub(r"[:.-]", "", m[0]).lower()
            if len(set(value)) > 1 and any(c.isdigit() for c in value):
                yield Found(m.start(), m.end(), "mac", "mac", value)


def _cards(text: str) -> Iterator[Found]:
    """Also where other numbers stand beside: any groups in a row may be the card's."""
    for run in _RUN.finditer(text):
        groups = [(m.start() + run.start(), m[0]) for m in _GROUP.finditer(run[0])]
        if sum(len(group) for _, group in groups) < 13:
            continue
        first = 0
        while first < len(groups):
            found = _card_from(groups, first)
            if found:
                last, value = found
                at, group = groups[last]
                yield Found(groups[first][0], at + len(group), "card", "card", value)
                first = last
            first += 1


def _card_from(groups: list[tuple[int, str]], first: int) -> tuple[int, str] | None:
    digits = ""
    for last in range(first, min(len(groups), first + 19)):
        digits += groups[last][1]
        if len(digits) > 19:
            return None
        if len(digits) >= 13 and checkdigits.card(digits):
            return last, digits
    return None


def _accounts(text: str, lower: str) -> Iterator[Found]:
    for m in _IBAN.finditer(text):
        length = checkdigits.IBAN_LENGTHS.get(m[0][:2].upper())
        if length is None:
            continue
        rest = _ACCOUNT.match(text, m.end())
        if rest is None:
            continue
        ends = [i + 1 for i, char in enumerate(rest[0]) if char.isalnum()]
        if len(ends) >= length - 4:
            end = m.end() + ends[length - 5]
            code = re.sub(r"[ -]", "", text[m.start() : end]).upper()
            whole = end == len(text) or not text[end].isalnum()
            if whole and checkdigits.iban(code):
                yield Found(m.start(), end, "iban", "iban", code)
                continue
        typed = _TYPED.match(text, m.start())
        if typed and "iban" in lower[max(0, m.start() - 24) : m.start()]:
            value = re.sub(r"[ -]", "", typed[0]).upper()
            yield Found(m.start(), typed.end(), "iban", "said to be one", value)


def _national(text: str) -> Iterator[Found]:
    for one in _IDS:
        for m in one.shape.finditer(text):
            value = re.sub(r"[ .+-]", "", m[0]).upper()
            code = m[0].upper() if one.rule == "fi" else value
            if one.said and not one.said.search(text[max(0, m.start() - 48) : m.start()]):
                continue
            if one.fits(code):
                yield Found(m.start(), m.end(), "id", one.rule, value)


def _fourth(text: str) -> Iterator[Found]:
    for m in _V4.finditer(text):
        try:
            address = IPv4Address(m[0])
        except ValueError:
            continue
        masks = m[0].startswith(("255.", "0.", "127."))
        if not masks and not _VERSION.search(text[max(0, m.start() - 24) : m.start()]):
            yield Found(m.start(), m.end(), "ip", "v4", str(address))


def _sixth(text: str) -> Iterator[Found]:
    for m in _V6.finditer(text):
        start = m.start()
        if text[max(0, start - 2) : start] == "::":
            continue
        try:
            address = ip_address(m[0])
        except ValueError:
            continue
        long = m[0].count(":") >= 4 or re.match(
            r"(?i)2[0-9a-f]{3}:|fe[89ab][0-9a-f]:|f[cd]..:", m[0]
        )
        if isinstance(address, IPv6Address) and long and not address.is_loopback:
            yield Found(start, m.end(), "ip", "v6", str(address))
