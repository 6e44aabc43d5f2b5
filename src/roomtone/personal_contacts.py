"""Finds e-mail addresses, also those written in words, and the names people have on networks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roomtone.folded import Found
from roomtone.stems import COMMON

_LOCAL = r"[\w.+&'*/=?^{|}~!#$-]"
# Possessive, and only where a run begins: each character is looked at once.
_EMAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++(?:@|%40)[\w-]++(?:\.[\w-]++)++")
_QUOTED = re.compile(r'"[^"\n\0@]{1,64}"@[\w-]++(?:\.[\w-]++)++')
_END = re.compile(r"(?:[^\W\d_]{2,24}|xn--[a-z0-9-]+)\Z")

_AT = r"(?:at|@|ät|arroba|chiocciola|snabel-a|aapeli|собака)"
_DOT = r"(?:dot|punkt|punto|ponto|point|piste|prikk|punt|kropka|точка|\.)"
_TLD = (
    r"(?:com|net|org|edu|gov|info|io|me|co|app|dev|eu|uk|de|at|ch|fr|es|it|nl|be|fi|se|no|dk|pl"
    r"|pt|br"
    r"|ru|ua|cz|gr|tr|in|cn|jp|kr|au|nz|ca|us|ie|mx|ar|xyz|ai|tv|gg|biz)"
)
_MAILERS = (
    "gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|web|proton|protonmail|aol|live|msn|mail|"
    "yandex|fastmail|posteo|tutanota|zoho"
)
_ATS = re.compile(rf"\s*[\[({{<]\s*{_AT}\s*[\])}}>]\s*|\s+{_AT}\s+|(?<=\w)@(?=\w)", re.IGNORECASE)
_BEFORE = re.compile(rf"[\w.+-]+(?:\s+{_DOT}\s+[\w+-]+|\s*[\[(]{_DOT}[\])]\s*[\w+-]+)*\Z", re.I)
_SPELT = rf"(?:\s*[\[({{]\s*{_DOT}\s*[\])}}]\s*|\s+{_DOT}\s+|\.)"
_AFTER = re.compile(rf"[\w-]{{1,63}}(?:{_SPELT}[\w-]{{1,63}}){{0,3}}?{_SPELT}{_TLD}(?![\w-])", re.I)
_MAILER = re.compile(rf"(?:{_MAILERS})\.{_TLD}(?![\w-])", re.I)
_SPELLING = re.compile(rf"\s*[\[({{<]\s*({_AT}|{_DOT})\s*[\])}}>]\s*|\s+({_AT}|{_DOT})\s+", re.I)
_WINDOW = 80
_TELLING = ("at ", "at)", "at]", "at}", "at>", "arroba", "chiocciola", "собака", "ät", "aapeli")

_HANDLE = re.compile(
    r"(?<![\w@/.+-])@(?=[\w.]*[^\W\d_])\w(?:[\w.-]{0,30}\w)?(?:@[\w-]+(?:\.[\w-]+)+)?(?![\w/(@])"
)
_CLOCK = re.compile(r"\d+(?:[.:]\d+)?(?:am|pm|h|uhr|k|m|x|hz|fps|p|usd|eur|gbp)?\Z", re.IGNORECASE)
_NOBODY_TEXT = """
everyone here channel all room team group admin admins mods moderators home work school property
staticmethod classmethod dataclass override overload abstractmethod cached_property media import
param params return returns author see since deprecated test before after bean autowired
component injectable input output keyframes font-face charset supports layer apply tailwind
include mixin extend use forward nullable notnull suppresswarnings functionalinterface
pytest.fixture fixture app.route app.get app.post router.get app lru_cache cache wraps
contextmanager container page namespace interface entity table column id service repository
controller state binding published objc main mainactor escaping available discardableresult
"""
_NOBODY = frozenset(_NOBODY_TEXT.split())
_MENTION = re.compile(r"<@!?(\d{15,20})>")
_KEPT = re.compile(r"<(?:@&|#|a?:\w{1,32}:|t:|/[\w -]{1,64}:)\d{1,20}(?::\w)?>")
_SNOWFLAKE = re.compile(r"(?<![\w.#-])\d{17,19}(?![\w-]|\.\d)")
_TAG = re.compile(r"(?<![\w.#@])[^\W\d][\w.]{1,31}#\d{4}(?!\w)")
_REDDIT = re.compile(r"(?<![\w./])/?u/([\w-]{3,20})(?![\w/])")
_PROFILE = re.compile(
    r"(?<![\w-])(?:www\.|m\.|mobile\.)?"
    r"(?:(?:twitter|x|instagram|facebook|fb|tiktok|github|gitlab|twitch|snapchat|threads|pinterest"
    r"|soundcloud|patreon|ko-fi|onlyfans|medium|steamcommunity|vk|last|mastodon)\.(?:com|tv|net"
    r"|fm|social)"
    r"|t\.me|bsky\.app|keybase\.io|wa\.me|paypal\.me|linkedin\.com|reddit\.com|youtube\.com)/"
    r"(?:in/|u/|user/|users/|profile/|id/|add/|profiles/|c/)?(@?[\w.-]*\w)",
    re.IGNORECASE,
)
_PAGES_TEXT = """
watch share sharer intent search explore home login settings hashtag status i about help legal
terms privacy jobs r p reel reels tv stories pub company school groups events marketplace shorts
playlist results feed channel post dp directory gaming download topics trending notifications
features pricing joinchat addstickers in u user profile id c
"""
_PAGES = frozenset(_PAGES_TEXT.split())
_EPOCH_MS = 1_420_070_400_000  # 2015, where Discord's and most other snowflakes begin
_LAST_MS = 2_240_524_800_000  # 2041


def find(text: str, lower: str) -> Iterator[Found]:
    """Addresses and names on networks in a folded text."""
    at = "@" in text
    if at or "%40" in text:
        yield from _emails(text, lower)
    if at or any(word in lower for word in _TELLING):
        yield from _in_words(text, lower)
    if at:
        yield from _handles(text, lower)
    if "u/" in lower:
        for m in _REDDIT.finditer(text):
            yield Found(m.start(), m.end(), "handle", "reddit", m[1].lower())
    if "/" in text and "." in text:
        for m in _PROFILE.finditer(text):
            name = m[1].lower().lstrip("@")
            if name not in _PAGES:
                yield Found(m.start(1), m.end(1), "handle", "profile", name)
    if "#" in text and ("discord" in lower or "tag" in lower or "add me" in lower):
        for m in _TAG.finditer(text):
            yield Found(m.start(), m.end(), "handle", "tag", m[0].lower())


def snowflakes(text: str) -> Iterator[Found]:
    """Ids of Discord and its kin, bare; those of channels, roles, emoji and times are nobody's."""
    kept = [m.span() for m in _KEPT.finditer(text)] if "<" in text else []
    for m in _SNOWFLAKE.finditer(text):
        since = (int(m[0]) >> 22) + _EPOCH_MS
        if since < _LAST_MS and not any(a <= m.start() < b for a, b in kept):
            yield Found(m.start(), m.end(), "handle", "snowflake", m[0])


def _emails(text: str, lower: str) -> Iterator[Found]:
    for m in _EMAIL.finditer(text):
        start, end = m.span()
        at = m[0].rindex("@") if "@" in m[0] else m[0].rindex("%40")
        local = m[0][:at]
        bare = re.split(r"[=?&/|]|'(?=\w)", local)[-1].lstrip(".-+'*!#$%^{}~") if local else ""
        if not bare:
            continue
        start += at - len(bare)
        if text[start - 1 : start] == "@" and not text[start - 2 : start - 1].isalnum():
            continue  # @name@host, of Mastodon
        labels = text[m.start() + at : end].split(".")
        while len(labels) > 1 and not _END.match(labels[-1]):
            end -= len(labels.pop()) + 1
        if len(labels) > 1:
            value = lower[start:end].replace("%40", "@")
            yield Found(start, end, "email", "address", value)
    if '"@' in text:
        for m in _QUOTED.finditer(text):
            yield Found(m.start(), m.end(), "email", "address", m[0].lower())


def _in_words(text: str, lower: str) -> Iterator[Found]:
    """`name at domain dot com`: around each `at`, no further than a window."""
    for m in _ATS.finditer(lower):
        before = _BEFORE.search(lower[max(0, m.start() - _WINDOW) : m.start()])
        if before is None:
            continue
        spaced = m[0].strip().isalpha()
        after = _AFTER.match(lower[m.end() : m.end() + _WINDOW])
        if after is None:
            continue
        plain = "." in after[0] and not _SPELLING.search(after[0])
        if spaced and plain and (not _MAILER.match(after[0]) or before[0] in _VERBS):
            continue
        if spaced and re.search(r"\s(?:point|dot)\s+(?:in|me|it|no|be|at|us)\Z", after[0]):
            continue  # "at one point in the 1960s"
        if spaced and before[0] in COMMON and before[0] != "me":
            continue
        start = m.start() - len(before[0])
        end = m.end() + after.end()
        yield Found(start, end, "email", "in words", _said(lower[start:end]))


_VERBS_TEXT = """
look looking is work works working down meet sign log login check available one people team
"""
_VERBS = COMMON | frozenset(_VERBS_TEXT.split())


def _said(words: str) -> str:
    """What an address in words amounts to."""

    def sign(m: re.Match[str]) -> str:
        word = m[1] or m[2]
        return "." if re.fullmatch(_DOT, word, re.I) else "@"

    return re.sub(r"\s+", "", _SPELLING.sub(sign, words))


def _handles(text: str, lower: str) -> Iterator[Found]:
    for m in _MENTION.finditer(text):
        yield Found(m.start(), m.end(), "handle", "mention", m[1])
    for m in _HANDLE.finditer(text):
        name = lower[m.start() + 1 : m.end()]
        if name not in _NOBODY and not _CLOCK.match(name):
            yield Found(m.start(), m.end(), "handle", "name", name)
