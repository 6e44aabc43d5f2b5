"""Finds phone numbers: international, as countries write their own, and what is said to be one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roomtone.checkdigits import isbn
from roomtone.folded import Found

_COUNTRIES_TEXT = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64
65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228
229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252
253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352
353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389
420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670
672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852
853 855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973
974 975 976 977 979 992 993 994 995 996 998
"""
_COUNTRIES = frozenset(_COUNTRIES_TEXT.split())
# A run of groups of digits, each looked at once; what it is is told afterwards.
_RUN = re.compile(r"(?<![A-Za-z0-9_.,:/$€£¥#&=+-])(?<!\d[ ])[+(]{0,2}\d++(?:[ .\-/()]{1,3}\d++)*+")
_GROUP = re.compile(r"\d+")
_INTERNATIONAL = re.compile(
    r"(?<![\w+])(?:\+|(?<!\d)00[ ]?(?=[1-9]))[ ]?\(?(\d++(?:[ .\-/()]{1,3}\d++)*+)(?![\w%])"
)
_CONTEXT = re.compile(
    r"phone|\bcall|\btext(?:ed|ing)?\b|\btel\b|\btel[.:]|\bcell\b|mobile|cellulare|zadzwoń"
    r"|hit me up|numéro|whats ?app|signal"
    r"|\bsms\b|\bfax"
    r"|\bring\b|\bmsg\b|number|\bnumer|nummer|\bnúmero|\bnumero|handy|telefon|anruf|ruf\b|puh"
    r"|soita|soitta"
    r"|téléphone|portable|appel|tél|llam|móvil|movil|ligue|celular|zap\b|teléfono|ring mig|ringa"
    r"|\bwa\.me"
    r"|звон|номер|телефон|电话|電話|手机|手機|号码|전화|번호|dial|reach me|imessage|viber|hotline",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"(?:#|\border|\bticket|invoice|rechnung|tracking|parcel|isbn|issn|\bsku\b|serial|seri(?:e"
    r"|al)|\bpart\b"
    r"|\bcase\b|\bid\b|\bids\b|model|version|\bref\b|reference|best?ell|tilaus|pedido|commande"
    r"|account no"
    r"|article|\bpr\b|issue|build|\bbug\b|\bkey\b|score|patent|\bpid\b|timestamp|unix|epoch"
    r"|lot(?:to|tery)"
    r"|\bvat\b|\bean\b|\bupc\b|barcode|\bdoi\b|\bseed\b|hash|port|scor|\bpi\b|π|commit"
    r"|rfc)[^.!?]{0,24}\Z",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\s?(?:[$€£¥₹₽%]|usd|eur|gbp|dollars?|euros?|pounds?|bucks|coins?|points|pts|xp)\b"
)
_ASCENDING = "01234567890"
_LEAD = 48  # characters before a number in which it is said what it is

_SHAPES = re.compile(  # of national numbers, whole
    r"(?:1[ .-]?)?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4}"  # North America
    r"|(?:1 )?[2-9]\d\d [2-9]\d\d[ -]\d{4}"
    r"|\(\d{2}\)[ ]?9?[ ]?\d{4}[ -]?\d{4}"  # Brazil, Argentina
    r"|\d{2}[ ]9\d{4}-\d{4}"
    r"|8[ -]?\(?[3489]\d\d\)?[ -]?\d{3}[ -]?\d\d[ -]?\d\d"  # Russia, Kazakhstan
    r"|1[3-9]\d{9}|1[3-9]\d[ -]\d{4}[ -]\d{4}"  # China
    r"|[6-9]\d{4}[ -]\d{5}"  # India
    r"|\(0\d{1,4}\)[ ./-]?\d[\d ./-]{4,11}\d"
)
_TRUNK = re.compile(r"0[1-9]\d{0,9}(?:[ .\-/]{1,3}\d{2,8})*")
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d{4}|\d\d)(?!\d)|\d{4}-\d\d-\d\d"
)
_SPAN = re.compile(r"(?:19|20)\d\d\s?[-/]\s?(?:19|20)?\d\d\Z")


def find(text: str, lower: str) -> Iterator[Found]:
    """Phone numbers in a folded text. Prices, dates, versions and ids are none."""
    if "+" in text or "00" in text:
        for m in _INTERNATIONAL.finditer(text):
            digits = "".join(_GROUP.findall(m[1]))
            if _abroad(m[0], digits) and not _MONEY.match(lower, m.end()):
                yield Found(m.start(), m.end(), "phone", "international", _plain(digits))
    for m in _RUN.finditer(text):
        digits = "".join(_GROUP.findall(m[0]))
        if 7 <= len(digits) <= 40 and _ends(text, m.end()) and not _MONEY.match(lower, m.end()):
            yield from _of_run(text, lower, m, digits)


def _of_run(text: str, lower: str, m: re.Match[str], digits: str) -> Iterator[Found]:
    before = lower[max(0, m.start() - _LEAD) : m.start()]
    said = _CONTEXT.search(before) is not None
    if not said and _AGAINST.search(before):
        return
    start, run = m.start(), m[0]
    if run.startswith("+"):
        return
    if run.startswith("(") and ")" not in run:
        start, run = start + 1, run[1:]
    if rule := _national(run, digits, said):
        yield Found(start, m.end(), "phone", rule, _plain(digits))
        return
    if len(digits) > 12:  # several numbers in a row
        for part in re.finditer(r"(?<!\S)\S++(?: \S++){0,4}?(?= {1,3}|\Z)", run):
            of_part = "".join(_GROUP.findall(part[0]))
            if 9 <= len(of_part) <= 12 and _national(part[0], of_part, False):
                at = start + part.start()
                yield Found(at, at + len(part[0]), "phone", "in a row", _plain(of_part))


def _national(run: str, digits: str, said: bool) -> str:
    """Which rule takes these digits for a phone number; "" for none."""
    if _DATE.match(run) or _SPAN.match(run) or digits in _ASCENDING or len(set(digits)) == 1:
        return ""
    if _SHAPES.fullmatch(run):
        bare = run.isdigit()
        return "national" if said or not bare or len(run) == 11 else ""
    if (
        9 <= len(digits) <= 12
        and _TRUNK.fullmatch(run)
        and not (
            ("-" in run and isbn(digits))
            or ("." in run and len(set(map(len, run.split(".")))) == 1 == len(run[0]))
        )
    ):
        return "trunk"
    groups = _GROUP.findall(run)
    fits = 7 <= len(digits) <= 13 and len(groups) <= 6
    if said and fits and all(len(group) > 1 for group in groups[1:]):
        return "said to be one"
    return ""


def _abroad(run: str, digits: str) -> bool:
    """Whether a country has such numbers; `+1000000` is an amount."""
    known = any(digits[:length] in _COUNTRIES for length in (1, 2, 3))
    fits = known and 8 <= len(digits) <= 15 and not digits.endswith("00000")
    if run.lstrip().startswith("00"):
        return fits and len(digits) >= 10
    if digits.startswith("1"):
        return fits and (len(digits) == 11 and digits[1] in "23456789")
    return fits


def _ends(text: str, at: int) -> bool:
    """Whether nothing follows that makes it something else: letters, an hour, an equation."""
    after = text[at : at + 2]
    if not after:
        return True
    if (after[0].isalnum() and after[0] < "\u3000") or after[0] in "_%°":
        return False
    return not (after[0] in ":,=*^x" and after[1:].isdigit())


def _plain(digits: str) -> str:
    return digits.lstrip("0")
