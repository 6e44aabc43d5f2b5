"""Finds the names of people who are known, and those by which people introduce themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from roomtone.folded import Folded, Found
from roomtone.stems import COMMON

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_WORD = re.compile(r"\w+")
_PART = re.compile(r"[^\W\d_][\w'-]*[^\W_]|[^\W\d_]")
_GENERIC_TEXT = """
user users bot guest anonymous anon admin me you system assistant human person someone somebody
nobody everyone unknown none null test tester customer client agent operator player speaker host
owner member mod moderator friend support
"""
_GENERIC = frozenset(_GENERIC_TEXT.split())
_ALSO_WORDS_TEXT = """
will may mark rose grace hope joy art bill frank jack rob pat sue sky summer autumn dawn faith
june april august violet lily daisy ivy iris ruby amber pearl star chase chance hunter mason
grant drew guy dean earl duke king prince max ray rich sunny angel love sandy olive ginger dick
bob gene miles reed clay cliff dale glen heath lane wade norm buddy bear wolf fox cat dog moon
sun storm happy lucky sweet dark light blue red green black white gray grey
"""
_ALSO_WORDS = frozenset(_ALSO_WORDS_TEXT.split())
_INTRODUCED = re.compile(
    r"(?:[Mm]y (?:full |first |last |real )?name(?:'s| is)|[Mm]ein Name ist|[Ii]ch hei(?:ß|ss)e"
    r"|[Jj]e m'appelle"
    r"|[Mm]e llamo|[Mm]i nombre es|[Nn]imeni on|[Mm]eu nome é|[Mm]e chamo|[Mm]i chiamo|[Jj]ag heter"
    r"|[Ii]k heet|[Mm]ijn naam is|[Nn]azywam się|[Mm]am na imię|[Мм]еня зовут|[Bb]enim adım)\s+"
    r"((?:[^\W\d_a-zà-öø-ÿ][\w'-]{1,24})(?:\s(?:(?:van|von|de|der|da|di|la|le|bin"
    r"|al)\s){0,2}[^\W\d_a-zà-öø-ÿ][\w'-]{1,24}){0,2})"
)
_MANY = 24


class Names:
    """The people of a conversation, by each name they go by.

    `names` are names, or names with whose they are: then all names of one person come to the same.
    Parts of a name of several words are names as well. What everybody may be called (`user`), and
    single letters, are none; a name that is also a word counts only as it was written.
    """

    __slots__ = ("_first", "_people", "_words")

    def __init__(self, names: Iterable[str] | Mapping[str, str] = ()) -> None:
        self._people: dict[str, tuple[str, str]] = {}  # by small letters: as written, whose
        for name in names:
            whose = names[name] if isinstance(names, Mapping) else name
            plain, lower = _plain(name)
            identity = _plain(whose)[1]
            self._add(plain, lower, identity)
            if " " in lower:
                for part in _PART.findall(plain):
                    if len(part) > 2 and part.lower() not in COMMON:
                        self._add(part, part.lower(), identity)
        self._words = len(self._people) > _MANY
        self._first: dict[str, list[str]] = {}
        if self._words:
            for lower in self._people:
                word = _WORD.search(lower)
                dense = word is None or _DENSE.search(lower)
                self._first.setdefault("" if dense else word[0], []).append(lower)  # type: ignore[index]

    def _add(self, plain: str, lower: str, identity: str) -> None:
        dense = _DENSE.match(lower)
        if lower not in _GENERIC and (len(lower) > 1 or (dense and len(lower) > 1)):
            self._people.setdefault(lower, (plain, identity))

    def __bool__(self) -> bool:
        return bool(self._people)

    def maybe(self, lower: str) -> list[str]:
        """Those of the names that may stand in a text of small letters; quick."""
        if not self._words:
            return [name for name in self._people if name in lower]
        words = {""}.union(_WORD.findall(lower))
        near = (self._first.get(word, ()) for word in words)
        return sorted(name for some in near for name in some if name in lower)

    def find(self, folded: Folded) -> Iterator[Found]:
        """The people named in a text."""
        for lower in self.maybe(folded.lower):
            plain, identity = self._people[lower]
            word = lower in COMMON or lower in _ALSO_WORDS
            if word and plain == lower:
                pattern = _as_written("@" + plain, False)
            else:
                pattern = _as_written(plain if word else lower, word)
            for m in pattern.finditer(folded.text if word else folded.lower):
                yield Found(m.start(), m.end(), "person", "known", identity)


def introduced(text: str) -> Iterator[Found]:
    """`My name is …`, in a dozen languages."""
    for m in _INTRODUCED.finditer(text):
        yield Found(m.start(1), m.end(1), "person", "introduced", m[1].lower())


INTRODUCING = ("name", "heiß", "heiss", "appelle", "llamo", "nombre", "nimeni", "nome", "chamo",
               "chiamo", "heter", "heet", "naam", "nazywam", "imię", "зовут", "adım")  # fmt: skip
"""What stands in every introduction."""


@lru_cache(maxsize=4_096)
def _as_written(name: str, exact: bool) -> re.Pattern[str]:
    """A name as whole words, with an English, German or Swedish ending; inside scripts that part no
    words, anywhere."""
    spaced = r"\s+".join(map(re.escape, name.split()))
    before = "" if _DENSE.match(name) or not name[:1].isalnum() else r"(?<![^\W_])"
    last = name[-1:]
    after = "" if _DENSE.match(last) or not last.isalnum() else r"(?:s(?![^\W_])|(?![^\W_]))"
    if exact:
        after = r"(?![^\W_])"
    return re.compile(f"{before}{spaced}{after}")


@lru_cache(maxsize=4_096)
def _plain(name: str) -> tuple[str, str]:
    plain = " ".join(Folded(name[:200]).text.replace("\0", " ").split())
    return plain, plain.lower()
