"""What a judge looks at: a reaction with its talk as named numbers, the same for every judge."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from roomtone.emoji_types import character, kind
from roomtone.heard import ends
from roomtone.models import _acts, _cues
from roomtone.models._senses import senses
from roomtone.reactions import Case

MOST_CHARS = 2_000  # of a text, half at either end
EARLIER = 3  # messages before the last one that are looked at

_LISTED = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.M)
_CODE = re.compile(r"`|\{|\}|\b\w+\(|https?://|\w+\.\w+\(|[=<>]{1,2}|\\")
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"[.!?…。！？؟।]+(?:\s|$)|[。！？؟।]")
_ASKING = re.compile(r"[?？؟]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_MINE = """
i i'm i'd i've i'll me my mine ich mich mir mein je j'ai moi mon yo mi eu meu io mio ik mij я мне
мой
"""
_YOURS = """
you your you're you've you'll u yourself du dich dir dein deine ihr tu te toi ton ta vous votre tú
ti usted você seu sua tuo tua jij jou jouw ty ci ciebie ты тебе тебя твой вы вам sen senin sana
"""
_BETTER = """
better best nicer nicest worse worst prettier prettiest cooler coolest tastier greatest greater
funnier smarter overrated underrated besser beste bester bestes schöner schönste schlechter mieux
meilleur meilleure pire mejor mejores peor melhor pior migliore meglio peggio beter mooier lepszy
lepsza lepsze gorszy лучше лучший хуже красивее
"""
_I, _YOU = frozenset(_MINE.split()), frozenset(_YOURS.split())
_COMPARED = frozenset(_BETTER.split())
_OR = frozenset(("or", "oder", "ou", "o", "of", "lub", "czy", "или", "yoksa"))
_BY_ITSELF = ("delivers", "refuses")  # what tells that something was asked for
_OPENINGS = frozenset(
    ("agrees", "acknowledges", "view", "greets", "comfort", "delivers", "refuses", "life", "fact")
)
MOST_OF_CHOICE = 12  # words of "this or that?"

Facts = dict[str, float]


def facts(case: Case) -> Facts:
    """Named numbers of a case, most of them 0 to 1; what is not there is left out."""
    found: Facts = {"bias": 1.0}
    sign = _emoji(case, found)
    last, earlier = _before(case)
    reply = _cut(case.reply)
    said = _text("reply", reply, found)
    asked = _text("asked", last, found) if last else {}
    wants = _wants(last, found)
    _opens(reply, found)
    _choice(last, found)
    if earlier:
        for cue, often in _cues.count(earlier).items():
            found[f"earlier {cue}"] = 0.5 * _grow(often)
    later = " ".join(_cut(one.text) for one in case.after[:2] if one.who != "bot")
    if later:
        _text("later", later, found)
    if not last:
        found["nothing before"] = 1.0
        found |= {f"nothing before, {cue}": 1.0 for cue in _BY_ITSELF if cue in said}
    _together(found, said, asked, wants, sign, reply, last)
    if case.target_is != "bot":
        found["not the bot's"] = 1.0
    if not case.is_addressee:
        found["not addressed"] = 1.0
    return found


def _emoji(case: Case, found: Facts) -> float:
    known = kind(case.emoji)
    found[f"type {known.type}"] = 1.0
    found[f"emoji {character(case.emoji)}"] = 0.5
    found["kind"] = max(known.polarity, 0.0)
    found["unkind"] = max(-known.polarity, 0.0)
    return known.polarity


def _before(case: Case) -> tuple[str, str]:
    """The last message of a person before the one reacted to, and what stands before that."""
    before = list(case.before)
    spare: list[str] = []
    while before and before[-1].who == "bot" and case.target_is == "bot":
        spare.insert(0, before.pop().text)  # the bot spoke twice
    last = before.pop().text if before else ""
    rest = [one.text for one in before[-EARLIER:]] + spare
    return _cut(last), " \n".join(map(_cut, rest))


def _choice(last: str, found: Facts) -> None:
    """Whether the message before asks which is better, or for one of two."""
    words = _cues.tokens(last)
    if not _ASKING.search(last):
        return
    if not _COMPARED.isdisjoint(words):
        found["asked compares"] = 1.0
    if len(words) <= MOST_OF_CHOICE and not _OR.isdisjoint(words[1:-1]):
        found["asked this or that"] = 1.0


def _wants(last: str, found: Facts) -> _acts.Asked:
    """What the message before asks for, sentence by sentence."""
    wants = _acts.asked(last)
    if wants.requests:
        found["asked requests"] = _grow(wants.requests)
    if wants.last:
        found[f"asked closes with {wants.last}"] = 1.0
    if wants.nothing:
        found["nothing asked"] = 1.0
    return wants


def _opens(reply: str, found: Facts) -> None:
    """How the message opens: who nods, agrees or speaks of oneself first serves nobody."""
    cues, first = _acts.opening(reply)
    found |= {f"reply opens {cue}": 1.0 for cue in cues if cue in _OPENINGS}
    if not _I.isdisjoint(_cues.tokens(first)[:1]):
        found["reply opens with me"] = 1.0
    if first.endswith("!"):
        found["reply opens loud"] = 1.0


def _cut(text: str) -> str:
    return ends(text, MOST_CHARS)


def _text(slot: str, text: str, found: Facts) -> Mapping[str, int]:
    """What is in one text, under its slot's name; returns the cues."""
    cues = _cues.count(text)
    for cue, often in cues.items():
        found[f"{slot} {cue}"] = _grow(often)
    if slot != "later":
        for name, value in senses().of(text).items():
            found[f"{slot} {name}"] = value
    words = _cues.tokens(text)
    many = max(len(words) - words.count("?") - words.count("!"), len(_WIDE.findall(text)) // 2)
    found[f"{slot} length"] = min(math.log1p(many) / 4.0, 1.25)
    sentences = [one for one in _SENTENCE.split(text) if one.strip()]
    found[f"{slot} sentences"] = min(len(sentences), 6) / 6
    if _ASKING.search(text):
        found[f"{slot} has a question"] = 1.0
    if text.rstrip(" \"')*_").endswith(("?", "？", "؟")):
        found[f"{slot} ends in a question"] = 1.0
        if len(sentences) <= 1:
            found[f"{slot} is a question"] = 1.0
    if "!" in text or "！" in text:
        found[f"{slot} exclaims"] = _grow(text.count("!") + text.count("！"))
    if _DIGIT.search(text):
        found[f"{slot} has figures"] = 1.0
    if _CODE.search(text) or len(_LISTED.findall(text)) > 1:
        found[f"{slot} has code or lists"] = 1.0
    found[f"{slot} commas"] = _grow(sum(map(text.count, ",;:，、；：")), 6)
    if many:
        found[f"{slot} of me"] = min(4.0 * sum(word in _I for word in words) / (many + 4), 1.0)
        found[f"{slot} of you"] = min(4.0 * sum(word in _YOU for word in words) / (many + 4), 1.0)
    return cues


def _together(
    found: Facts,
    said: Mapping[str, int],
    asked: Mapping[str, int],
    wants: _acts.Asked,
    sign: float,
    reply: str,
    last: str,
) -> None:
    """What counts only together: what was asked, what came, and how kind the emoji is."""
    views, self_ = asked.get("asks_view", 0), asked.get("asks_you", 0)
    has: Facts = {
        "asked for something": _grow(asked.get("asks", 0)) if not views and not self_ else 0.0,
        "asked of the bot itself": _grow(asked.get("asks_you", 0)),
        "asked for a view": _grow(asked.get("asks_view", 0)),
        "told of life": _grow(asked.get("life", 0)),
        "comfort": _grow(said.get("comfort", 0)),
        "nothing asked": float(wants.nothing),
        "a request": min(wants.requests, 1.0),
        "a view": _grow(said.get("view", 0) + said.get("agrees", 0)),
        "a refusal": _grow(said.get("refuses", 0)),
        "an answer": _grow(said.get("delivers", 0)),
        "courtesy": _grow(said.get("greets", 0) + said.get("acknowledges", 0)),
        "life": _grow(said.get("life", 0)),
    }
    size = found["reply length"]
    has["much"] = max(size - 0.5, 0.0) * 2
    has["little"] = max(0.6 - size, 0.0) * 2
    for name, value in has.items():
        if value and sign:
            found[f"{'kind' if sign > 0 else 'unkind'} at {name}"] = value * abs(sign)
    for first, second in _PAIRS:
        if has[first] and has[second]:
            found[f"{first} and {second}"] = has[first] * has[second]
    if has["asked for something"] and not has["comfort"] and not has["courtesy"]:
        found["asked, and plainly answered"] = has["asked for something"]
    shared = _shared(last, reply)
    if shared:
        found["speaks of what was asked"] = shared
    if has["asked for something"] and not shared:
        found["speaks of something else"] = has["asked for something"]


_PAIRS = (
    ("asked for something", "much"),
    ("asked for something", "little"),
    ("asked for something", "comfort"),
    ("asked for something", "a view"),
    ("asked for something", "a refusal"),
    ("asked for something", "courtesy"),
    ("asked for a view", "a view"),
    ("asked for something", "an answer"),
    ("asked of the bot itself", "little"),
    ("told of life", "comfort"),
    ("told of life", "much"),
    ("courtesy", "little"),
    ("comfort", "much"),
    ("a view", "comfort"),
    ("a view", "little"),
    ("nothing asked", "much"),
    ("a request", "much"),
)


def _shared(one: str, other: str) -> float:
    """The share of the longer words of one text that are in the other, by their first letters."""
    old = {word[:5] for word in _cues.tokens(one) if len(word) > 3}
    new = {word[:5] for word in _cues.tokens(other) if len(word) > 3}
    return len(old & new) / len(old) if old else 0.0


def _grow(often: float, most: int = 3) -> float:
    """0, then quickly towards 1.

    >>> [round(_grow(n), 2) for n in range(4)]
    [0.0, 0.5, 0.79, 1.0]
    """
    return min(math.log1p(often) / math.log1p(most), 1.0)
