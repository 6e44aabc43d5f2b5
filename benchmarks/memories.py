"""Memories: are a question's evidence turns among the first k recalled (LoCoMo); how fast is it.

    python -m benchmarks memories [--data DIR] [--quick]

DIR holds `locomo/` (CC BY-NC 4.0: measured on, never shipped). A memory is one turn: what was said,
the caption of a picture that was shown with it, who said it and when. A question asks all turns of
its conversation. Recall @k is the share of a question's evidence turns among the first k, its mean
over all questions that name a turn, of all five categories; evidence that names no turn is left
out. `semantic` is the vector of a turn with the one before it and the one after it.

Weights of the hybrid: as shipped, over all turns and over those that a search finds first; and
chosen by leave-one-conversation-out, when each conversation is measured with the weights that are
best on the others.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from roomtone.errors import RoomtoneError
from roomtone.ports import EmbeddingModel
from roomtone.retrieval import WEIGHTS, Candidates, Weights, held, rank, told, words_of
from roomtone.runtime import plugins

CUTS = (5, 10, 25, 50)
QUOTED = {
    "recency, quoted": (".002",),
    "BM25, quoted": (".509", ".588", ".669", ".717"),
    "TF-IDF, quoted": (".494",),
    "DRAGON (LoCoMo's paper), quoted": (".567", ".662", ".767", ".827"),
}
BAR = f"{'bar':36}{'.600':>9}{'.700':>9}\n{'moonshot':36}{'.660':>9}{'.780':>9}"

MEANING, SHARE = (0.3, 0.5, 0.7, 0.9), (0.0, 0.5)  # of `semantic`; 0 is `content` alone
BESIDE, SESSION = ((0.0, 0.0), (0.2, 0.1), (0.3, 0.15), (0.4, 0.2)), (0.0, 0.15, 0.3, 0.45)
CHOSEN_AT = (0, 1)  # weights are those with the best mean of recall @5 and @10


class Unit(NamedTuple):
    """A turn: its id, who said what in which session, and when that was."""

    id: str
    who: str
    text: str
    session: str
    when: str


class Talk(NamedTuple):
    """A conversation's turns; its questions with the places of their evidence and category."""

    name: str
    units: list[Unit]
    questions: list[tuple[str, list[int], int]]


def run(data: Path, quick: bool) -> None:
    """Print every table."""
    talks = locomo(data / "locomo" / "locomo_dev.json")[: 1 if quick else None]
    asked = sum(len(talk.questions) for talk in talks)
    turns = sum(len(talk.units) for talk in talks)
    print(f"LoCoMo, {len(talks)} conversations, {turns:,} turns, {asked:,} questions: recall")
    print(f"{'':36}" + "".join(f"{f'@{cut}':>9}" for cut in CUTS) + "   @5 by category 1 to 5")
    for label, figures in QUOTED.items():
        print(f"{label:36}" + "".join(f"{one:>9}" for one in figures))
    line("recency", talks, [np.tile(np.arange(len(t.units)), (len(t.questions), 1)) for t in talks])
    words = [parts_of(talk, {}) for talk in talks]
    line("words (BM25 over stems)", talks, [one["words"] for one in words])
    line("words, beside, session", talks, [scores(one, WEIGHTS, 0.0) for one in words])
    for name in ("hashed", "minilm"):
        try:
            model = plugins.embedding(f"{name}://")
        except RoomtoneError as error:
            print(f"{name}: {error}")
            continue
        hybrid(name, model, talks)
    print(BAR)


def hybrid(name: str, model: EmbeddingModel, talks: Sequence[Talk]) -> None:
    """One embedder alone, in the shipped order, and with weights left to the other talks."""
    begun = time.process_time()
    near = [similarities(model, talk) for talk in talks]
    texts = sum(2 * len(talk.units) + len(talk.questions) for talk in talks)
    spent = (time.process_time() - begun) / texts * 1e3
    line(f"{name}: content", talks, [one["content"] for one in near])
    line(f"{name}: semantic", talks, [one["semantic"] for one in near])
    parts = [parts_of(talk, one) for talk, one in zip(talks, near, strict=True)]
    line(f"{name}: hybrid, as shipped", talks, [scores(one, WEIGHTS, 0.5) for one in parts])
    for nearest, by_words in ((80, 0), (200, 0), (80, 80)):
        some = [pooled(one, nearest, by_words) for one in parts]
        more = f", {by_words} by words" if by_words else ""
        line(f"{name}: of the nearest {nearest}{more}", talks, some)
    if len(talks) > 1:
        left_out(name, talks, parts)
    print(f"{'':36} {spent:.1f} ms a text, one thread")


def locomo(path: Path) -> list[Talk]:
    """The conversations of the file."""
    talks = []
    for raw in json.loads(path.read_text(encoding="utf-8")):
        talk = raw["conversation"]
        units = list(_units(talk))
        places = {unit.id: place for place, unit in enumerate(units)}
        questions = []
        for one in raw["qa"]:
            named = re.findall(r"D\d+:\d+", " ".join(one.get("evidence", [])))
            evidence = sorted({places[name] for name in named if name in places})
            if evidence:
                questions.append((one["question"], evidence, one["category"]))
        talks.append(Talk(raw["sample_id"], units, questions))
    return talks


def _units(talk: Mapping[str, Any]) -> Iterator[Unit]:
    names = [name for name in talk if re.fullmatch(r"session_\d+", name)]
    for name in sorted(names, key=lambda one: int(one.split("_")[1])):
        for turn in talk[name]:
            text = f"{turn['text']} {turn.get('blip_caption', '')}".strip()
            yield Unit(turn["dia_id"], turn["speaker"], text, name, talk[f"{name}_date_time"])


def similarities(model: EmbeddingModel, talk: Talk) -> dict[str, Any]:
    """Cosines of each question to each turn, alone and with those beside it."""
    asked = model.embed([question for question, _, _ in talk.questions])
    alone = [told(one.text, who=one.who, when=one.when) for one in talk.units]
    exchanges = []
    for place, unit in enumerate(talk.units):
        near = talk.units[max(0, place - 1) : place + 2]
        said = [told(one.text, who=one.who) for one in near if one.session == unit.session]
        exchanges.append("\n".join(said))
    return {
        "content": asked @ model.embed(alone).T,
        "semantic": asked @ model.embed(exchanges).T,
    }


def parts_of(talk: Talk, near: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of every order, questions x turns, each as if it counted 1."""
    texts = [told(one.text, who=one.who, when=one.when) for one in talk.units]
    found: dict[str, list[Any]] = {}
    for place, (question, _, _) in enumerate(talk.questions):
        words = held(words_of(question), texts)
        for name in ("words", *near):
            some = Candidates(
                ids=[f"{i:05d}" for i in range(len(texts))],
                texts=texts,
                similarity={name: near[name][place]} if name in near else {},
                at=np.arange(len(texts), dtype=float),
                sessions=[one.session for one in talk.units],
                words=words if name == "words" else words._replace(counts=0 * words.counts),
            )
            for apart, beside in enumerate(((1.0,), (0.0, 1.0)), 1):
                parts = rank(
                    question, some, weights=Weights(1.0, 1.0, beside=beside, session=1.0)
                ).parts
                found.setdefault(f"{name} {apart}", []).append(parts["beside"])
            own = "words" if name == "words" else "meaning"
            found.setdefault(name, []).append(parts[own])
            if name == "words":
                found.setdefault("session", []).append(parts["session"])
    return {name: np.array(rows) for name, rows in found.items()}


def scores(parts: Mapping[str, Any], weights: Weights, semantic: float) -> Any:
    """The score that `rank` gives with these weights; `semantic` is that vector's share."""
    shares = {"words": weights.words}
    if "content" in parts:
        shares |= {
            "content": weights.meaning * (1 - semantic),
            "semantic": weights.meaning * semantic,
        }
    total = weights.session * parts["session"]
    for name, share in shares.items():
        if share:
            total = total + share * parts[name]
            for apart, beside in enumerate(weights.beside, 1):
                total = total + share * beside * parts[f"{name} {apart}"]
    return total


def pooled(parts: Mapping[str, Any], nearest: int, by_words: int) -> Any:
    """The shipped order of those alone that a search by vector finds, and one by words."""
    score = scores(parts, WEIGHTS, 0.5)
    found = _place(parts["content"]) < nearest
    if by_words:
        found |= _place(parts["words"]) < by_words
    return np.where(found, score, -1.0)


def _place(score: Any) -> Any:
    return np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1)


def recalls(talk: Talk, score: Any) -> Any:
    """Questions x CUTS: the share of the evidence among the first; equal scores, newest first."""
    order = np.argsort(-score[:, ::-1].round(9), axis=1, kind="stable")
    rows = []
    for (_, evidence, _), row in zip(talk.questions, order, strict=True):
        place = np.empty(len(row), int)
        place[len(row) - 1 - row] = np.arange(len(row))
        rows.append([(place[evidence] < cut).mean() for cut in CUTS])
    return np.array(rows)


def line(label: str, talks: Sequence[Talk], score: Sequence[Any]) -> Any:
    """Print one order's recall, and return it by question."""
    found = [recalls(talk, one) for talk, one in zip(talks, score, strict=True)]
    show(label, talks, np.concatenate(found))
    return found


def show(label: str, talks: Sequence[Talk], found: Any) -> None:
    """One line of the table: the mean over all questions, and by category."""
    kinds = np.array([kind for talk in talks for _, _, kind in talk.questions])
    by_kind = [found[kinds == kind, 0].mean() for kind in range(1, 6) if (kinds == kind).any()]
    cells = "".join(f"{number:9.3f}" for number in found.mean(axis=0))
    print(f"{label:36}{cells}   " + " ".join(f"{number:.2f}" for number in by_kind), flush=True)


def left_out(name: str, talks: Sequence[Talk], parts: Sequence[Mapping[str, Any]]) -> None:
    """Each conversation by the weights that are best on the others; and what those are."""
    grid = list(itertools.product(MEANING, SHARE, BESIDE, SESSION))
    kept = []  # weights x talks: recall by question
    for meaning, share, beside, session in grid:
        weights = Weights(meaning=meaning, beside=beside, session=session)
        kept.append(
            [recalls(t, scores(p, weights, share)) for t, p in zip(talks, parts, strict=True)]
        )
    chosen = []
    for out in range(len(talks)):
        means = [
            np.concatenate([one for place, one in enumerate(row) if place != out])[
                :, CHOSEN_AT
            ].mean()
            for row in kept
        ]
        chosen.append(int(np.argmax(means)))
    found = np.concatenate([kept[best][out] for out, best in enumerate(chosen)])
    show(f"{name}: hybrid, left out", talks, found)
    for best in sorted(set(chosen)):
        meaning, share, beside, session = grid[best]
        print(
            f"{'':36} {chosen.count(best)} of {len(talks)}: meaning {meaning}, of it semantic "
            f"{share}, beside {beside}, session {session}"
        )
