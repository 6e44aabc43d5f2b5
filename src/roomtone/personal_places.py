"""Finds where somebody lives or stands, and when somebody was born, where words around say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roomtone.folded import Found

_NAME = r"[A-ZÀ-ÖØ-Þ][\w'.-]{0,30}"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|#)\.? ?#?\w{1,6})?"
_TOWN = (
    rf"(?:,? {_NAME}(?: {_NAME}){{0,2}})?(?:,? (?:[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?"
    r"|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d))?"
)
_ENGLISH = re.compile(
    rf"(?<![\w.$€£#-])\d{{1,5}}[A-Za-z]? (?:(?:[NSEW]|North|South|East|West)\.? )?(?:(?:{_NAME}"
    rf"|\d{{1,3}}"
    r"(?:st|nd|rd|th)) ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd"
    r"|Court|Ct"
    r"|Square|Sq|Terrace|Place|Pl|Way|Close|Crescent|Gardens|Grove|Parkway|Pkwy|Highway|Hwy"
    r"|Circle|Cir"
    rf"|Trail|Mews|Row|Hill)\b\.?{_UNIT}{_TOWN}"
)
_SMALL = re.compile(
    r"(?<=\b)(?:live[sd]? (?:at|on|in)|address(?: is|:)?|moved to|come to|staying at|house is at"
    r"|home is"
    r"|deliver(?:ed)? to|ship(?:ped)? to|send it to|here'?s? at|i'?m at) "
    r"(\d{1,5}[a-z]? (?:[^\W\d_]{2,20} ){1,2}(?:street|avenue|road|lane|drive|boulevard|court"
    r"|square|terrace"
    r"|place|way|close|crescent|gardens|grove|st|ave|rd|ln|dr|blvd)\b)"
)
_CITY = r"(?:,? (?:[A-Z]-)?\d{4,5}(?: [A-Z]{2})?(?: [A-ZÀ-Þ][\w-]+)?)?"
_AFTER = re.compile(  # street and house, in one word with its kind
    r"(?<![\w-])(?:(?:[A-ZÀ-Þ][\w'.-]{1,20} ){0,2}[A-ZÀ-Þ][\w-]{1,30}?"
    r"(?:straße|strasse|str\.|weg|gasse|allee|platz|damm|ufer|ring|chaussee|katu|tie|kuja|polku"
    r"|raitti"
    r"|gatan|vägen|gränd|stigen|gata|veien|vei|vej|gade|straat|laan|plein|gracht|kade|dijk|singel)"
    r"|[A-ZÀ-Þ][\w-]{1,30} (?:Straße|Strasse|Str\.|Weg|Allee|Platz|Ring|Damm|Ufer))"
    rf" \d{{1,4}}(?: ?[A-Za-z](?: ?\d{{1,3}})?(?!\w)|(?!\w|[.,]\d)){_CITY}"
)
_TOTS = (
    r"(?:(?:de|du|des|d'|la|le|les|l'|del|della|dei|di|do|da|dos|das|los|las|san|santa|são"
    r"|dell')[ ]?)"
)
_ROMANCE = re.compile(
    rf"(?<![\w.-])(?:\d{{1,4}}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin"
    rf"|impasse"
    rf"|allée|quai|cours|route) {_TOTS}{{0,3}}{_NAME}(?:[ -]{_TOTS}{{0,2}}{_NAME}){{0,3}}"
    rf"|(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda?\.|[Pp]laza|[Pp]aseo|[Rr]ua|[Tt]ravessa|[Aa]v\."
    rf"|[Vv]ia|[Vv]iale"
    rf"|[Pp]iazza|[Cc]orso|[Pp]raça|[Uu]l\.|[Aa]l\."
    rf"|ulica) ?{_TOTS}{{0,3}}{_NAME}(?: {_TOTS}{{0,2}}{_NAME}){{0,3}}"
    rf",? (?:n[º°.o]{{1,2}} ?)?\d{{1,5}}(?:/\d{{1,4}})?(?![\w%]|[.,:]\d))"
    rf"(?:,? (?:\d{{5}}|\d{{2}}-\d{{3}})(?: {_NAME})?)?"
)
_RUSSIAN = re.compile(
    r"(?<!\w)(?:ул\.|улица|улице|просп\.|проспект|пр-т|пер\.|переулок|бульвар)"
    r" ?[\w-]{2,30}(?: [\w-]{2,30})?,? (?:д\.|дом)? ?\d{1,4}[а-я]?(?:,? (?:к\.|корп\.|кв\."
    r"|квартира) ?\d{1,4}){0,2}"
)
_DENSE = re.compile(
    r"[\u4e00-\u9fff]{2,6}[都道府县縣市区區][\u4e00-\u9fff]{1,12}?[路街町村道丁目巷]{1,2}\d{1,4}[号號番弄-][\d号號番-]{0,8}"
)
_UK_CODE = re.compile(
    r"(?<![\w-])(?:GIR 0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]"
    r"|[A-HK-Y]\d[ABEHMNPRV-Y]) \d[ABD-HJLNP-UW-Z]{2})(?![\w-])"
)
_CA_CODE = re.compile(
    r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d(?![\w-])"
)
_SAID_CODE = re.compile(
    r"(?:\bzip(?: ?code)?|post(?:al)? ?code|\bplz|postleitzahl|code postal|código postal|\bcep"
    r"|codice postale"
    r"|\bcap|postinumero|postnummer|pin ?code|индекс|邮编|郵便番号)(?: is| ist| est| es| é|:|=| on"
    r"| är)*:? ?"
    r"(\d{4} ?[A-Z]{2}(?!\w)|\d{5}(?:-\d{3,4})?|\d{3}-\d{4}|\d{3} ?\d{2,3}|\d{4}"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w)",
    re.IGNORECASE,
)

_PAIR = re.compile(
    r"(?<![\w.,])(?<!\d, )([+-]?\d{1,2}\.\d{3,15})°?\s?([NS]?)\s?[,;/ ]\s?"
    r"([+-]?\d{1,3}\.\d{3,15})°?\s?([EW]?)(?![\w.]|,? ?\d)"
)
_DEGREES = re.compile(
    r"\d{1,3}°\s?\d{1,2}\s?['′]\s?(?:\d{1,2}(?:\.\d{1,6})?\s?(?:\"|″|''))?\s?[NSEWO]"
    r"(?:[,;]?\s?\d{1,3}°\s?\d{1,2}\s?['′]\s?(?:\d{1,2}(?:\.\d{1,6})?\s?(?:\"|″|''))?\s?[NSEWO])?"
)
_WHERE = re.compile(
    r"geo:|lat|lon|lng|gps|coord|koord|maps|location|position|@\Z|\bat\b|here", re.I
)

_MONTH = (
    r"(?:jan|feb|mar|mär|maa|apr|avr|abr|may|mai|maj|mag|jun|juin|jul|juil|aug|août|ago|sep|set"
    r"|oct|okt"
    r"|out|ott|nov|dec|dez|déc|dic|des|ene|fév|gen|giu|lug|tammi|helmi|huhti|touko|kesä|heinä|elo"
    r"|syys"
    r"|loka|marras|joulu|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек)[^\W\d_]{0,10}\.?"
)
_YEAR = r"(?:19|20)\d\d"
_DAY = re.compile(
    rf"\d{{1,2}}[./-]\d{{1,2}}[./-](?:{_YEAR}|\d\d)(?!\d)|{_YEAR}[./-]\d{{1,2}}[./-]\d{{1,2}}(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?(?:\s(?:of|de"
    rf"|di))?\s{_MONTH}(?:,?\s(?:de(?:l)?\s)?{_YEAR}(?!\d))?"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s{_YEAR}(?!\d))?(?!\d)"
    rf"|{_YEAR}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?日|\d{{1,2}}\.\d{{1,2}}\.(?!\d)",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"\bborn\b|birth ?da(?:y|te)|date of birth|\bd\.?o\.?b\b|\bb-?day|geboren|\bgeb\."
    r"|geburts(?:tag|datum)"
    r"|\bnée? le|anniversaire|date de naissance|\bnac[ií]|fecha de nac|cumpleaños|\bnasci"
    r"|aniversário"
    r"|data de nasc|\bnat[oa] il|compleanno|data di nascita|syntynyt|synnyin|syntymä|synttärit"
    r"|\bfödd|födelsedag"
    r"|verjaardag|geboortedatum|urodz|родил|рожд|生日|出生|生まれ|誕生日",
    re.IGNORECASE,
)
_FAR = 32  # characters between the word and the day


def find(text: str, lower: str) -> Iterator[Found]:
    """Addresses, postal codes, coordinates and days of birth in a folded text."""
    if "°" in text or text.count(".") >= 2:
        yield from _coordinates(text)
    if any(word in lower for word in _BIRTH):
        yield from _births(text)
    for rule, telling, pattern in _STREETS:
        if telling and not any(word in lower for word in telling):
            continue
        for m in pattern.finditer(text):
            group = pattern.groups
            yield Found(m.start(group), m.end(group), "address", rule, _spaced(m[group]))


def _births(text: str) -> Iterator[Found]:
    for m in _BORN.finditer(text):
        day = _DAY.search(text, m.end(), m.end() + _FAR + 24)
        if day and day.start() - m.end() <= _FAR and "\0" not in text[m.end() : day.start()]:
            yield Found(day.start(), day.end(), "birthday", "born", day[0].lower())


# What stands in a text wherever the pattern behind it finds something: quicker looked for.
_BIRTH_TEXT = """
born birth dob d.o.b do.b d.ob bday b-day gebor geb. geburt née né anniversaire naissance nac cumple
nasc aniversário nat compleanno nascita synt synn föd verjaar geboorte urodz родил рожд 生日 出生
生まれ 誕生日
"""
_BIRTH = tuple(_BIRTH_TEXT.split())
_WAYS_TEXT = """
st avenue ave road rd lane ln drive dr boulevard blvd court ct square sq terrace place pl way close
crescent gardens grove parkway pkwy highway hwy circle cir trail mews row hill
"""
_WAYS = tuple(_WAYS_TEXT.split())
_KINDS_TEXT = """
str weg gasse allee platz damm ufer ring chaussee katu tie kuja polku raitti gatan vägen gränd
stigen gata veien vei vej gade straat laan plein gracht kade dijk singel
"""
_KINDS = tuple(_KINDS_TEXT.split())
_RUES_TEXT = """
rue avenue av. boulevard bd place chemin impasse allée quai cours route calle c/ avenida avda avd
plaza paseo rua travessa via piazza corso praça ul. al. ulica
"""
_RUES = tuple(_RUES_TEXT.split())
_CODES = ("zip", "post", "plz", "cep", "cap", "pin", "индекс", "邮编", "郵便", "code", "código")
_STREETS = (
    ("street", _WAYS, _ENGLISH),
    ("street", _WAYS, _SMALL),
    ("street", _KINDS, _AFTER),
    ("street", _RUES, _ROMANCE),
    ("street", ("ул", "п", "бульвар"), _RUSSIAN),
    ("street", tuple("路街町村道丁目巷"), _DENSE),
    ("postal code", (), _UK_CODE),
    ("postal code", (), _CA_CODE),
    ("postal code", _CODES, _SAID_CODE),
)


def _spaced(text: str) -> str:
    return " ".join(text.lower().replace(",", " ").split())


def _coordinates(text: str) -> Iterator[Found]:
    for m in _PAIR.finditer(text):
        latitude, longitude = float(m[1]), float(m[3])
        fine = min(len(m[1].partition(".")[2]), len(m[3].partition(".")[2]))
        named = bool(m[2] and m[4]) or _WHERE.search(text[max(0, m.start() - 24) : m.start()])
        far = abs(latitude) > 1 or abs(longitude) > 1
        if abs(latitude) <= 90 and abs(longitude) <= 180 and far and (named or fine >= 4):
            yield Found(m.start(), m.end(), "location", "degrees", f"{latitude},{longitude}")
    if "°" in text:
        for m in _DEGREES.finditer(text):
            yield Found(m.start(), m.end(), "location", "degrees", m[0])
