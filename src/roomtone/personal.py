"""All rules by which personal data is found in a text, and a quick look that spares most texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from roomtone import (
    personal_contacts,
    personal_keys,
    personal_names,
    personal_numbers,
    personal_phones,
    personal_places,
)
from roomtone.folded import BARRIER, Folded, Found

KINDS = (
    *("secret", "email", "iban", "card", "id", "ip", "mac", "handle", "phone", "location"),
    *("birthday", "address", "person"),
)
"""What is found; where two claim the same place, the first of them names it."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_SIGNS = re.compile(r"[@＠﹫\d①-⑨⓪]")
_HIDDEN = re.compile(r"\w[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+\w")
_DIGIT = re.compile(r"\d")


def clear(text: str, lower: str) -> bool:
    """Whether no rule can find anything in a text as it is: true of most, and quickly told."""
    if _SIGNS.search(text):
        return False
    if (
        "pass" in lower
        or "token" in lower
        or "secret" in lower
        or "key" in lower
        or "pwd" in lower
        or "bearer" in lower
        or "----" in lower
        or "dot" in lower
        or "at)" in lower
        or "at]" in lower
        or "punkt" in lower
        or "punto" in lower
        or "arroba" in lower
        or "name" in lower
        or "naam" in lower
        or "nombre" in lower
        or "llamo" in lower
        or "nimeni" in lower
        or "nome" in lower
        or "chamo" in lower
        or "chiamo" in lower
        or "heter" in lower
        or "heet" in lower
        or "heiss" in lower
        or "appelle" in lower
        or "clave" in lower
        or "senha" in lower
        or "salasana" in lower
        or "wachtwoord" in lower
        or "kennwort" in lower
        or "adgangskode" in lower
        or ("/" in lower and ("." in lower or "u/" in lower))
    ):
        return False
    if text.isascii():
        return True
    return not (_HIDDEN.search(text) or _ABROAD.search(lower) or _STRANGE.search(text))


_ABROAD = re.compile(
    "contraseña|lösenord|hasło|пароль|密码|密碼|パスワード|비밀번호|heiß|зовут|nazywam|imię|adım|собака|точка"
)
_STRANGE = re.compile("[\u2024\uff01-\uff5e\U0001d400-\U0001d7ff]")  # letters in another dress


def find(folded: Folded, kinds: Collection[str] = KINDS) -> list[Found]:
    """What every rule finds, in order and apart: where some overlap they are one."""
    text, lower = folded.text, folded.lower
    found = [one for one in _all(text, lower) if one.kind in kinds]
    return merged(text, found)


def _all(text: str, lower: str) -> Iterator[Found]:
    yield from personal_contacts.find(text, lower)
    yield from personal_keys.find(text, lower)
    if any(word in lower for word in personal_names.INTRODUCING):
        yield from personal_names.introduced(text)
    if _DIGIT.search(text):
        yield from personal_numbers.find(text, lower)
        yield from personal_contacts.snowflakes(text)
        yield from personal_phones.find(text, lower)
        yield from personal_places.find(text, lower)


def merged(text: str, found: list[Found]) -> list[Found]:
    """The same, in order and apart; nothing reaches over what was replaced already."""
    if not found:
        return found
    whole: list[Found] = []
    for one in sorted(_uncrossed(text, found)):
        last = whole[-1] if whole else None
        if last is None or one.start >= last.end:
            whole.append(one)
            continue
        named = min(last, one, key=lambda it: (_RANK[it.kind], it.start - it.end))
        whole[-1] = named._replace(start=last.start, end=max(last.end, one.end))
    return whole


def _uncrossed(text: str, found: list[Found]) -> Iterator[Found]:
    for one in found:
        start, end = one.start, one.end
        while (barrier := text.find(BARRIER, start, end)) >= 0:
            if text[start:barrier].strip():
                yield one._replace(start=start, end=barrier)
            start = barrier + 1
        if text[start:end].strip():
            yield one._replace(start=start, end=end)
