"""Finds what opens doors: keys and tokens by their shape, passwords by what is said before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roomtone.folded import Found

_SHAPES = re.compile(
    r"(?<![\w-])(?:"
    r"sk-[A-Za-z0-9_-]{16,}+|(?:sk|pk|rk)_(?:live|test)_\w{10,}+|gh[pousr]_[A-Za-z0-9]{20,}+"
    r"|github_pat_\w{22,}+|glpat-[\w-]{16,}+|xox[abeoprs]-[\w-]{10,}+|xapp-[\w-]{10,}+"
    r"|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}+|AIza[\w-]{30,}+|ya29\.[\w-]{20,}+|GOCSPX-[\w-]{20,}+"
    r"|hf_[A-Za-z0-9]{20,}+|npm_[A-Za-z0-9]{30,}+|pypi-[\w-]{40,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+"
    r"|dop_v1_[a-f0-9]{40,}+|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|gsk_\w{20,}+|xai-\w{20,}+"
    r"|r8_\w{30,}+|whsec_[\w+/=]{20,}+|sq0(?:atp|csp)-[\w-]{20,}+|lin_api_\w{30,}+|dapi[a-f0-9]{32}"
    r"|rk_\w{24,}+|EAA[A-Za-z0-9]{40,}+|AGE-SECRET-KEY-1[A-Z0-9]{40,}+|tskey-[\w-]{20,}+"
    r"|\d{8,10}:AA[\w-]{32,}+|[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}+"
    r"|eyJ[\w-]{8,}+\.eyJ?[\w-]{2,}+\.[\w-]*+|ssh-(?:rsa|ed25519|dss) AAAA[\w+/=]{20,}+"
    r"|0x[0-9a-fA-F]{64}"
    r")"
)
_BEARER = re.compile(r"(?<!\w)(?:bearer|basic|token)\s+([\w.~+/-]{16,}+=*)", re.IGNORECASE)
_USERINFO = re.compile(r"://([^\s:/@'\"<>\0]*+:[^\s/@'\"<>\0]++|[^\s:/@'\"<>\0]++)@")
_QUERY = re.compile(r"[?&;#]([\w.%-]{1,40})=([^&\s#;\"'<>\0)]{4,}+)")
_OPENS = re.compile(
    r"(?:^|[_.-])(?:token|key|apikey|api|sig|signature|password|passwd|pwd|pass|secret|auth|jwt|otp"
    r"|session|sessionid|sid|credential|credentials|code|ticket|nonce|hash|hmac|accesstoken|idtoken"
    r"|refreshtoken|authtoken|sessiontoken|security-token|invite|reset|pin)\Z",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"/(?:reset|verify|confirm|invite|magic|token|unsubscribe|activate|auth|login|webhooks|services"
    r"|hooks?|password)[\w-]{0,24}/((?:[\w-]{1,24}/){0,2}[\w-]{20,}+)",
    re.IGNORECASE,
)
_SURE = (
    r"pass ?word|pw|passwd|pwd|passphrase|pass ?code|passwort|kennwort|mot de passe|contraseña"
    r"|clave"
    r"|senha"
    r"|salasana|lösenord|wachtwoord|hasło|adgangskode|passord|пароль|密码|密碼|パスワード|비밀번호"
    r"|api[ _-]?key|secret[ _-]?key|private[ _-]?key|access[ _-]?key|access[ _-]?token"
    r"|client[ _-]?secret"
    r"|auth[ _-]?token|bot[ _-]?token|refresh[ _-]?token|encryption[ _-]?key|recovery[ _-]?key"
)
_LOOSE = r"secret|token|auth|key|login|pin(?: code| number)?|otp|cvv2?|cvc2?|security code"
_GIVEN = re.compile(
    rf"(?:\b|_|(?<=\d))(?P<word>(?P<sure>{_SURE})|{_LOOSE})[\"'`]?(?P<by>"
    r"\s{0,2}(?:=>?|:=?|->|→|：)\s{0,2}|\s(?:is|was|ist|lautet|est|es|é|on|är|is nu|to)(?:\s?:)?\s)"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;<>\0]{3,200})",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?:verification|one[- ]time|otp|login|2fa|two[- ]factor|authentication|security|sms|access"
    r"|confirmation|door|gate|entry|alarm|bestätigungs|sicherheits|vahvistus)\s?-?(?:code|pin"
    r"|koodi)"
    r"\s?(?:is|ist|on|:|=)?\s{0,2}([\dA-Z]{4,8}|\d{3}[ -]\d{3})\b",
    re.IGNORECASE,
)
_NOT_TEXT = """
none null nil true false required optional wrong right correct incorrect invalid expired
forgotten lost gone broken missing empty changed reset needed there here that this what not
undefined hidden secure weak strong too very just still always never already also only string
your their mine the a an in on at it so to yes no same different bad good fine easy hard str int
bytes bool float any
"""
_NOT = frozenset(_NOT_TEXT.split())
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_FINISH = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_SHAPED = re.compile(
    r"sk[-_]|[pr]k_|gh[pousr]_|github_pat|glpat|xox|xapp-|A[KRS]IA|AROA|AIDA|AIza|ya29|GOCSPX|hf_"
    r"|npm_"
    r"|pypi-|SG\.|dop_v1|shp|gsk_|xai-|r8_|whsec|sq0|lin_api|dapi|EAA|AGE-|tskey|:AA|eyJ|ssh-|0x"
    r"|[MNO][\w-]{22}"
)
_WORDS_TEXT = """
pass pwd kennwort contraseña clave senha salasana lösenord wachtwoord hasło adgangskode пароль 密码
密碼 パスワード 비밀번호 key token secret auth login pin otp cvv cvc security pw
"""
_WORDS = tuple(_WORDS_TEXT.split())


def find(text: str, lower: str) -> Iterator[Found]:
    """Keys, tokens and passwords in a folded text; of addresses only the part that opens."""
    if "-----BEGIN" in text:
        yield from _blocks(text)
    if _SHAPED.search(text):
        for m in _SHAPES.finditer(text):
            yield _secret(m, 0, "shape")
    if "://" in text or "www." in lower:
        yield from _in_links(text)
    if ("bearer" in lower or "basic" in lower or "token" in lower) and not text.isalpha():
        for m in _BEARER.finditer(text):
            if _mixed(m[1]):
                yield _secret(m, 1, "bearer")
    if any(word in lower for word in _WORDS):
        yield from _given(text)
    if "code" in lower or "koodi" in lower or "pin" in lower:
        for m in _CODE.finditer(text):
            if any(c.isdigit() for c in m[1]):
                yield _secret(m, 1, "code")


def _secret(m: re.Match[str], group: int, rule: str) -> Found:
    return Found(m.start(group), m.end(group), "secret", rule, m[group])


def _mixed(value: str) -> bool:
    """Whether it has digits or signs among its letters, as no word has."""
    return any(c.isdigit() or c in "+/=_!$%&*#@^~" for c in value)


def _blocks(text: str) -> Iterator[Found]:
    """A private key from its first line to its last; to the end of the text where none is."""
    at = 0
    while begun := _BEGIN.search(text, at):
        done = _FINISH.search(text, begun.end())
        at = done.end() if done else len(text)
        barrier = text.find("\0", begun.start(), at)
        end = at if barrier < 0 else barrier
        yield Found(begun.start(), end, "secret", "block", text[begun.start() : end])


def _in_links(text: str) -> Iterator[Found]:
    for m in _USERINFO.finditer(text):
        yield _secret(m, 1, "in a link")
    for m in _QUERY.finditer(text):
        word = m[1].rpartition("%")[2]
        weak = word.lower() in (
            "code",
            "key",
            "api",
            "hash",
            "id",
            "pin",
            "reset",
            "invite",
            "ticket",
        )
        if _OPENS.search(word) and (not weak or (len(m[2]) >= 8 and _mixed(m[2]))):
            yield _secret(m, 2, "in a link")
    for m in _PATH.finditer(text):
        if any(c.isdigit() for c in m[1]):
            yield _secret(m, 1, "in a link")


def _given(text: str) -> Iterator[Found]:
    """What is said to be a password: plainly after `:` and `=`, else only what is no word."""
    for m in _GIVEN.finditer(text):
        value = m["value"] if m["quote"] else m["value"].rstrip(".?)]}")
        if "?" in text[: m.start()] and "=" in m["by"]:  # in a link: up to the next of its words
            value = value.partition("&")[0]
        sure = m["sure"] is not None
        said = m["by"].strip().rstrip(":").isalpha()
        if len(value) < 3 or value.lower() in _NOT or value.startswith(("[", "{", "$", "<", "(")):
            continue
        digits = sum(c.isdigit() for c in value)
        pin = m["word"].lower().startswith(("pin", "cv", "otp", "security"))
        if pin:
            told = value.isdigit() and 3 <= len(value) <= 8
        elif sure and (not said or m["quote"]):
            told = len(value) >= 4
        elif sure:
            told = _mixed(value) and len(value) >= 4 and not value.startswith("@")
        else:
            told = digits >= 2 and len(value) >= 8 and any(c.isalpha() for c in value)
            told = told and "://" not in value
        if told:
            start = m.start("value")
            yield Found(start, start + len(value), "secret", "given", value)
