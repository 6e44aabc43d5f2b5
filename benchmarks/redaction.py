"""Personal data in texts: precision and recall on labelled sentences, cost, and real chats.

    python -m benchmarks redaction [--data DIR] [--quick]

`redaction_set/` holds the sentences. `templates.txt` was known while the rules were written: each
of its templates with each value of its kind. `held_out.txt` was written by hand, in another style,
before anything was measured on it. A finding is right when it is of the kind and covers the whole
value with at most two characters more on each side; beside it stands how many values were left with
any character showing, whatever kind was said. Presidio is run with its pattern recognisers beside
it where it is installed.
"""

from __future__ import annotations

import csv
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from roomtone.folded import Folded
from roomtone.personal import KINDS, find
from roomtone.redaction import Redactor

HERE = Path(__file__).parent / "redaction_set"
LOOSE = 2  # characters more on each side
_MARK = re.compile(r"\{(\w+)\|((?:[^{}]|\{[^|}]*\})*)\}")
_HOLE = re.compile(r"\{(\w+)\}")

Span = tuple[int, int, str]
Finder = Callable[[str], Sequence[Span]]


class Sentence(NamedTuple):
    """A text, and where in it what personal data stands."""

    text: str
    spans: tuple[Span, ...]


def marked(line: str) -> Sentence:
    """A line with its marks read.

    >>> marked("to {email|a@b.com}!")
    Sentence(text='to a@b.com!', spans=((3, 10, 'email'),))
    """
    text, spans, at = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[at : mark.start()]
        spans.append((len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        at = mark.end()
    return Sentence(text + line[at:], tuple(spans))


def held_out() -> list[Sentence]:
    """The half written by hand."""
    lines = (HERE / "held_out.txt").read_text(encoding="utf-8").splitlines()
    return [marked(line) for line in lines if line and not line.startswith("# ")]


def templates() -> list[Sentence]:
    """The half made by rule."""
    made: list[Sentence] = []
    values: list[str] = []
    for line in (HERE / "templates.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("! "):
            values = line.partition(":")[2].strip().split(" | ")
        elif line and not line.startswith("# "):
            for value in values:
                filled = _HOLE.sub(lambda hole, v=value: f"{{{hole[1]}|{v}}}", line)
                sentence = marked(filled)
                real = tuple(span for span in sentence.spans if span[2] != "none")
                made.append(Sentence(sentence.text, real))
    return made


def ours(text: str) -> list[Span]:
    """What our rules find."""
    folded = Folded(text)
    places = folded.places
    return [(places[one.start], places[one.end], one.kind) for one in find(folded)]


class Score(NamedTuple):
    """Of a kind: right findings, all findings, labelled values, values of which something shows."""

    right: int
    found: int
    labelled: int
    shown: int

    def row(self) -> str:
        precision = self.right / self.found if self.found else float("nan")
        recall = self.right / self.labelled if self.labelled else float("nan")
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        return f"{precision:9.3f} {recall:9.3f} {f1:9.3f} {self.labelled:9} {self.shown:9}"


def scored(sentences: Sequence[Sentence], finder: Finder) -> dict[str, Score]:
    """By kind, and `all`."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for text, spans in sentences:
        findings = list(finder(text))
        found.update(kind for _, _, kind in findings)
        covered = {place for start, end, _ in findings for place in range(start, end)}
        for start, end, kind in spans:
            labelled[kind] += 1
            shown[kind] += not covered.issuperset(
                place for place in range(start, end) if not text[place].isspace()
            )
            right[kind] += any(
                start - LOOSE <= a <= start and end <= b <= end + LOOSE and kind == its
                for a, b, its in findings
            )
    kinds = [kind for kind in KINDS if labelled[kind] or found[kind]]
    scores = {k: Score(right[k], found[k], labelled[k], shown[k]) for k in kinds}
    scores["all"] = Score(right.total(), found.total(), labelled.total(), shown.total())
    return scores


def run(data: Path, quick: bool) -> None:
    """Print every table."""
    finders: dict[str, Finder] = {"ours": ours}
    second = _presidio()
    if second is None:
        print("Presidio is not installed: its columns are left out (pip install 'roomtone[pii]')")
    else:
        finders["Presidio"] = second
    for half, sentences in (("templates", templates()), ("held out", held_out())):
        for name, finder in finders.items():
            print(f"\n{half}, {name}: {len(sentences)} sentences")
            print(f"{'':10} {'precision':>9} {'recall':>9} {'F1':>9} {'labelled':>9} {'left':>9}")
            for kind, score in scored(sentences, finder).items():
                print(f"{kind:10} {score.row()}")
        if quick:
            missed(sentences)
    texts = [text for half in (templates(), held_out()) for text, _ in half]
    for name, finder in finders.items():
        print(f"{name}: {_us(finder, texts):.1f} us a sentence of these")
    chats(data, quick)


def missed(sentences: Sequence[Sentence]) -> None:
    """What was not found as it is labelled, and what is not labelled as it was found."""
    for text, spans in sentences:
        if set(spans) != set(ours(text)):
            said = [(kind, text[a:b]) for a, b, kind in ours(text)]
            print(f"  {text!r}: {said}, not {[(k, text[a:b]) for a, b, k in spans]}")


def _us(finder: Callable[[str], object], texts: Sequence[str]) -> float:
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        for text in texts:
            finder(text)
        best = min(best, time.perf_counter() - begun)
    return best / len(texts) * 1e6


def _presidio() -> Finder | None:
    try:
        from roomtone.models.presidio import Presidio

        known = Presidio()
    except Exception as exc:  # said aloud by the caller
        print(exc)
        return None
    return lambda text: [(one.start, one.end, one.kind) for one in known(text)]


# -- real chats -----------------------------------------------------------------------------------


def chats(data: Path, quick: bool) -> None:
    """How often each kind is found in chats in which hardly anything is personal, and the cost."""
    print(f"\n{'':14} {'messages':>9} {'us':>6}   found in 10,000 messages")
    for name, texts in {"topical_chat": _topical, "meld": _meld, "goemotions": _goemotions}.items():
        some = list(texts(data))[: 5_000 if quick else 60_000]
        if not some:
            print(f"{name:14} not here")
            continue
        redactor = Redactor(b"benchmark")
        us = _us(Redactor(b"cost").cleaned, some[:20_000])
        for text in some:
            _, findings = redactor.clean(text)
            if quick:
                for one in findings:
                    print(
                        f"  {one.kind}, {one.rule}: {text[one.start : one.end]!r} in {text[:90]!r}"
                    )
        rates = {kind: many / len(some) * 10_000 for kind, many in redactor.report().items()}
        told = ", ".join(f"{kind} {rate:.1f}" for kind, rate in rates.items()) or "nothing"
        print(f"{name:14} {len(some):9,} {us:6.2f}   {told}")


def _topical(data: Path) -> Iterator[str]:
    for path in sorted((data / "topical_chat").rglob("*.json")):
        try:
            yield from _said(json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            continue


def _said(value: object) -> Iterator[str]:
    """Every text of more than two words in some JSON."""
    if isinstance(value, str):
        for line in value.splitlines():
            if line.count(" ") > 2:
                yield line
    elif isinstance(value, dict):
        for one in value.values():
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)


def _meld(data: Path) -> Iterator[str]:
    for path in sorted((data / "meld_emorynlp").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from (row["Utterance"] for row in csv.DictReader(file) if row.get("Utterance"))


def _goemotions(data: Path) -> Iterator[str]:
    for path in sorted((data / "goemotions").rglob("*.[tc]sv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line.split("\t")[0]
