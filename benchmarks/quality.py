"""Quality of conversations against people, and changes of topic: Spearman and F1.

    python -m benchmarks quality [--data DIR] [--quick]

DIR holds, each left out where it is missing, `fed/` (ratings of turns; of dialogues where a file
has them), `dstc9_interactive/`, `uss/`, `topical_chat/` and `tiage/`. Everything goes through the
product: turns, the models inside the package, `conversation_quality` by both formulas, and a
conversation's means. Nothing of the formula is fitted; its numbers were set by hand, in view of
these development splits, and `left out` is the check: weights of the five parts chosen on a grid
by the other sets alone, scored on the set that was left out. A rater of USS or Topical-Chat scores
a turn, of FED and DSTC9 a conversation.

`v1` and `v2` are the two qualities that a reply is kept with (`reply_quality.py`).

`length` is the documents' rule by the length of a reply, `reply` that length itself, `documents`
their whole formula. VADER is run on the user's messages where vaderSentiment is installed.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._rated import SETS, Rated, Said
from roomtone.conversations import Conversations
from roomtone.events import Turn, TurnRead
from roomtone.heard import Feeling
from roomtone.models.coherence import Coherence, Local, MiniLM
from roomtone.models.emotion import Emotion
from roomtone.signals import emotion, quality

AT = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 20_000  # turns
ROWS = ("overall", *quality.PARTS)
QUOTED = {
    "FED dialogues": "length .189, reply .246, VADER .548, best published .547; bar .55",
    "FED turns": "no bar; the dialogues are what has one",
    "DSTC9 dialogues": "length .009, reply .03-.09, VADER .082, best published .140; bar .12",
    "DSTC9 systems": "length -.38, VADER .955, best published .900; bar .95",
    "USS CCPE": "TF-IDF and LR, learnt from such turns, .26-.43; bar .40 (on SGD)",
    "USS MWOZ": "TF-IDF and LR, learnt from such turns, .26-.43; bar .40 (on SGD)",
    "USS SGD": "TF-IDF and LR, learnt from such turns, .26-.43; bar .40",
    "Topical-Chat turns": "reply .03-.08; bar .10",
}


Values = Mapping[str, float]


def run(data: Path, quick: bool) -> None:
    """Print every table."""
    every = 10 if quick else 1
    vectors: dict[str, tuple[list[Values], list[float]]] = {}
    for name, read in SETS.items():
        talks = read(data)[::every]
        if not talks:
            print(f"\n{name}: not here")
            continue
        measured = measure(talks)
        if "dialogues" in name:
            table(name, *of_dialogues(talks, measured))
            vectors[name] = of_dialogues(talks, measured)
            if any(talk.system for talk in talks):
                table(name.replace("dialogues", "systems"), *of_systems(talks, measured))
        else:
            table(name, *of_turns(talks, measured))
            vectors[name] = of_turns(talks, measured)
        replies(name, talks, measured)
    left_out(vectors)
    topics(data)


# -- through the product --------------------------------------------------------------------------


def measure(talks: Sequence[Rated]) -> list[list[dict[str, float]]]:
    """For each turn of each talk what is measured of it, by both formulas and by rules."""
    flat = [(n, i, said) for n, talk in enumerate(talks) for i, said in enumerate(talk.turns)]
    out: list[list[dict[str, float]]] = [[{} for _ in talk.turns] for talk in talks]
    own, seed = (
        Conversations([emotion.Emotion(), quality.Quality(formula)], idle_s=86_400)
        for formula in quality.FORMULAS
    )
    models = Emotion(), Coherence()
    sentiment = _vader()
    for start in range(0, len(flat), AT_ONCE):
        part = flat[start : start + AT_ONCE]
        turns = [_turn(n, i, said) for n, i, said in part]
        reads = _reads(turns, models)
        for kind, engine in (("", own), ("documents ", seed)):
            for now, (turn, read) in enumerate(zip(turns, reads, strict=True)):
                engine.apply([turn, read], 0)
                for output in engine.measuring(now):
                    for record in output.turns:
                        _keep(out, kind, record)
        for n, i, said in part:
            out[n][i].update(_rules(said, sentiment))
    return out


def _turn(talk: int, place: int, said: Said) -> Turn:
    return Turn(
        session=f"talk{talk}",
        id=f"{talk}/{place}",
        bot="bot",
        user=f"user{talk}",
        at=AT + timedelta(seconds=20 * place),
        message=said.message or None,
        reply=said.reply or None,
    )


def _reads(turns: Sequence[Turn], models: tuple[Emotion, Coherence]) -> list[TurnRead]:
    feels, hangs = models
    texts = list({text: 0 for turn in turns for text in (turn.message, turn.reply) if text})
    found = dict(zip(texts, feels.read(texts), strict=True))
    near = hangs.relevance([(turn.message or "", turn.reply or "") for turn in turns])
    reads = []
    for turn, relevance in zip(turns, near, strict=True):
        felt = {
            name: found[text]
            for name, text in (("user_emotion", turn.message), ("bot_emotion", turn.reply))
            if text
        }
        told = {
            name: Feeling(
                primary=one.primary,
                intensity=one.intensity,
                confidence=one.confidence,
                scores={label: score for label, score in one.scores.items() if score >= 0.05},
            )
            for name, one in felt.items()
        }
        user = felt.get("user_emotion")
        reads.append(
            TurnRead(
                session=turn.session,
                turn=turn.id or "",
                bot=turn.bot,
                user=turn.user,
                relevance=relevance,
                sentiment=user.valence if user else None,
                **told,
            )
        )
    return reads


def _keep(out: list[list[dict[str, float]]], kind: str, record: Any) -> None:
    talk, place = map(int, record.id.split("/"))
    values = record.values.get(quality.QUALITY.name, {})
    for name in ROWS if not kind else ("overall", "satisfaction_score"):
        if isinstance(values.get(name), float):
            out[talk][place][kind + name] = values[name]
    if not kind and record.quality is not None:
        out[talk][place]["v1"] = record.quality
    if not kind and record.before_quality is not None:
        out[talk][int(record.before.split("/")[1])]["v2"] = record.before_quality


def _rules(said: Said, sentiment: Callable[[str], float] | None) -> dict[str, float]:
    rules: dict[str, float] = {}
    if said.reply:
        rules["length"] = quality.seed_satisfaction(len(said.reply))
        rules["reply"] = math.log1p(len(said.reply))
    if said.message and sentiment is not None:
        rules["VADER"] = sentiment(said.message)
    return rules


def _vader() -> Callable[[str], float] | None:
    try:
        module = importlib.import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        return None
    analyser = module.SentimentIntensityAnalyzer()
    return lambda text: float(analyser.polarity_scores(text)["compound"])


# -- against people -------------------------------------------------------------------------------


def of_turns(
    talks: Sequence[Rated], measured: Sequence[Sequence[Values]]
) -> tuple[list[Values], list[float]]:
    """What was measured of each rated turn, and its rating."""
    both = [
        (values, said.rating)
        for talk, rows in zip(talks, measured, strict=True)
        for said, values in zip(talk.turns, rows, strict=True)
        if said.rating is not None
    ]
    return [values for values, _ in both], [rating for _, rating in both]


def replies(name: str, talks: Sequence[Rated], measured: Sequence[Sequence[Values]]) -> None:
    """Both qualities of a reply, on the replies that have both, and the first on all.

    USS rates how content its person is when he says something: that is of the reply before. Of
    conversations it is the means. The data tell of no times and no memories, so that `v1` has but
    the length and the confidence of the emotion.
    """
    rated: list[tuple[Values, float]] = []
    for talk, rows in zip(talks, measured, strict=True):
        if talk.rating is not None:
            rated.append((_means(rows), talk.rating))
        ratings = [said.rating for said in talk.turns]
        if name.startswith("USS"):
            ratings = [*ratings[1:], None]
        rated += [(row, one) for row, one in zip(rows, ratings, strict=True) if one is not None]
    both = [(row, rating) for row, rating in rated if "v1" in row and "v2" in row]
    alone = [(row, rating) for row, rating in rated if "v1" in row]
    print("  as what a reply is worth:")
    for key, some in (("v1", alone), ("v1", both), ("v2", both)):
        if len(some) > 2:
            value = spearman([row[key] for row, _ in some], [rating for _, rating in some])
            print(f"    {key:20} {value:6.3f}   of {len(some):,}")


def of_dialogues(
    talks: Sequence[Rated], measured: Sequence[Sequence[Values]]
) -> tuple[list[Values], list[float]]:
    """The means over each rated conversation, as the product keeps them, and its rating."""
    both = [
        (_means(rows), talk.rating)
        for talk, rows in zip(talks, measured, strict=True)
        if talk.rating is not None
    ]
    return [values for values, _ in both], [rating for _, rating in both]


def of_systems(
    talks: Sequence[Rated], measured: Sequence[Sequence[Values]]
) -> tuple[list[Values], list[float]]:
    """The means over the conversations of each system, and of their ratings."""
    rows: dict[str, list[Values]] = defaultdict(list)
    ratings: dict[str, list[float]] = defaultdict(list)
    for talk, values in zip(talks, measured, strict=True):
        if talk.rating is not None:
            rows[talk.system].append(_means(values))
            ratings[talk.system].append(talk.rating)
    return [_means(rows[one]) for one in rows], [float(np.mean(ratings[one])) for one in rows]


def _means(rows: Iterable[Values]) -> Values:
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            found[name].append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def table(name: str, rows: Sequence[Values], ratings: Sequence[float]) -> None:
    """Spearman of each number with the ratings, over the rows that have it."""
    print(f"\n{name}: {len(ratings):,} ratings. {QUOTED.get(name, '')}")
    for key in (*ROWS, "documents overall", "length", "reply", "VADER"):
        both = [(row[key], rating) for row, rating in zip(rows, ratings, strict=True) if key in row]
        if len(both) > 2:
            value = spearman(*zip(*both, strict=True))
            print(f"  {key:22} {value:6.3f}   of {len(both):,}")


def spearman(one: Sequence[float], two: Sequence[float]) -> float:
    """The correlation of ranks, ties in the middle; 0 where one side never changes.

    >>> round(spearman([1, 2, 3, 4], [1, 3, 2, 9]), 3), spearman([1, 1, 1], [1, 2, 3])
    (0.8, 0.0)
    """
    a, b = _ranks(one), _ranks(two)
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size else 0.0


def _ranks(values: Sequence[float]) -> Any:
    _, place, often = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(often) - (often - 1) / 2)[place]


def left_out(sets: Mapping[str, tuple[Sequence[Values], Sequence[float]]]) -> None:
    """Weights of the parts chosen by all other sets, scored on the one that was left out."""
    if len(sets) < 2:
        return
    choices = [
        dict(zip(quality.PARTS, weights, strict=True))
        for weights in product((0, 1, 2), (1, 2, 4), (0, 1, 2), (0, 1), (0, 1))
    ]
    scores = {name: [_weighed(one, *rated) for one in choices] for name, rated in sets.items()}
    print("\nweights chosen by the other sets, scored on the one left out:")
    for name in sets:
        others = [scores[other] for other in sets if other != name]
        at = max(range(len(choices)), key=lambda i: sum(column[i] for column in others))
        weights = " ".join(f"{part.split('_')[0]} {w}" for part, w in choices[at].items())
        print(f"  {name:22} {scores[name][at]:6.3f}   best {max(scores[name]):.3f}   {weights}")


def _weighed(
    weights: Mapping[str, float], rows: Sequence[Values], ratings: Sequence[float]
) -> float:
    told = [quality.overall({part: row.get(part) for part in weights}, weights) for row in rows]
    both = [(a, b) for a, b in zip(told, ratings, strict=True) if a is not None]
    return spearman(*zip(*both, strict=True))


# -- topics ---------------------------------------------------------------------------------------


def topics(data: Path) -> None:
    """F1 of the changes of topic on the development split, beside cosines of words."""
    folder = data / "tiage/data/personachat/anno"
    if not (folder / "dev").is_dir():
        print("\nTIAGE: not here")
        return
    model = Coherence()
    _, seen, truth = zip(*_changes(folder, "train", model), strict=True)
    cut = max(sorted(set(seen)), key=lambda at: f1([one <= at for one in seen], truth))
    read, near, real = zip(*_changes(folder, "dev", model), strict=True)
    print(f"\nTIAGE, changes of topic, {len(real):,} messages of dev; bar .60")
    print(f"  ours                   {f1([one >= 0.4 for one in read], real):.3f}")
    if Local().name == MiniLM.name:
        read, _, _ = zip(*_changes(folder, "dev", MiniLM()), strict=True)
        print(f"  with the extra models  {f1([one >= 0.4 for one in read], real):.3f}")
    print(f"  cosine of words        {f1([one <= cut for one in near], real):.3f}   cut from train")
    print(f"  every message          {f1([True] * len(real), real):.3f}")
    print("  quoted: cosine .379, logistic regression .559")


def _changes(folder: Path, split: str, model: Coherence) -> Iterator[tuple[float, float, bool]]:
    """Ours, the cosine with the message before, and the truth."""
    told = json.loads((folder / split / f"anno_{split}.json").read_text(encoding="utf-8"))
    for lines in told.values():
        texts = [text for text, _ in lines]
        before = list(pairwise(["", *texts[:-1]]))
        shifts = model.shift(before, texts[1:])
        for i, shift in enumerate(shifts, start=1):
            near = _cosine(texts[i - 1], texts[i])
            yield (0.0 if shift is None else shift), near, lines[i][1] == "1"


def _cosine(one: str, two: str) -> float:
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (one, two))
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


def f1(said: Sequence[bool], truth: Sequence[bool]) -> float:
    """F1 of what was said to be true.

    >>> f1([True, True, False], [True, False, True])
    0.5
    """
    hits = sum(a and b for a, b in zip(said, truth, strict=True))
    return 2 * hits / max(1, sum(said) + sum(truth))
