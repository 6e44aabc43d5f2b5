"""Label noise of rows for KTO: every emoji taken for a rating, beside ratings alone, by the judge.

    python -m benchmarks contamination [--quick]

Two corpora in which it is known what a person thought of each reply. What is drawn is drawn from
seeds; both ways get the same reactions and go through the same export (`exports/kto.py`), so that
they differ only in what is taken for a rating.

*Labelled*: the frozen third of our own cases (`training/reactions/README.md`), from which nothing
was learnt; each is a reaction with its talk and what it meant. *Real dialogues*: replies whose
satisfaction people rated (USS), which who reacts rates; replies to what DailyDialog calls sad,
afraid, angry or happy, which who reacts feels with; opinions in Topical-Chat, with which who
reacts agrees; farewells and thanks of DailyDialog, to which who reacts nods. Their emoji are drawn
from those that the cases we learnt from have for the same meaning.

The truth: a rating says what its person thought (in the real dialogues: what people thought is
first, the emoji follows it), except that of the replies somebody disliked one in twenty gets a kind
rating all the same, out of courtesy; no judge can know it. What is no rating says nothing of the
reply: whether it was liked is drawn, 1 to 1. Where something is drawn, figures are means of DRAWS.

A row is wrong where its label is not what the person thought.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._rated import SETS
from roomtone.models.judge import Judge
from roomtone.reactions import Case, Judgement, Said, rated
from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation, KeptMessage, KeptReaction
from roomtone.training_rows import SURE, Excluded, ExportOptions
from training.reactions import case, frozen, rows

SEED = 17
COURTESY = 0.05
SWEEP = (0.0, 0.6, 0.8, 0.85, 0.9, 0.95)
BAR, MOONSHOT = 5, 10
DRAWS = 50
EACH = 400  # reactions of each meaning in real dialogues
AT = datetime(2026, 1, 1, tzinfo=UTC)

_OPINION = re.compile(r"\b(i (?:think|love|agree|believe|feel)|in my opinion|should)\b", re.I)
_PARTING = re.compile(r"\b(good ?bye|bye|see you|good night|thank you|thanks|take care)\b", re.I)
_FELT = ("sadness", "fear", "anger", "happiness", "happy", "sad")


class Known(NamedTuple):
    """A reaction with its talk, what it meant, and how likely its person liked the reply."""

    case: Case
    meaning: str
    liked: float


class Made(NamedTuple):
    """What one way gave: rows, how many stand on no rating, the share of wrong ones by draw."""

    rows: int
    others: int
    noises: list[float]

    @property
    def noise(self) -> float:
        return sum(self.noises) / len(self.noises)


def run(data: Path, quick: bool) -> None:
    """Print both corpora."""
    show("labelled: the frozen third", labelled(4 if quick else 1))
    real = dialogues(data, EACH // 5 if quick else EACH)
    if real:
        show("real dialogues", real)
    else:
        print("the real dialogues are not there; say where with --data")


def show(name: str, corpus: Sequence[Known]) -> None:
    """Both ways on one corpus."""
    meant = Counter(one.meaning for one in corpus)
    print(f"\n{name}: {len(corpus)} reactions, {dict(meant)}")
    judged = Judge().judge([one.case for one in corpus])
    naive = outcome(corpus, None)
    print("\n| | rows | label noise | from … to | rows on no rating | naive / this |")
    print("|---|---|---|---|---|---|")
    line("every emoji is a rating", naive, naive)
    for least in SWEEP:
        name = "ours, as shipped" if least == SURE else "ours"
        line(f"{name}: sure of {least:g}", outcome(corpus, judged, least), naive)
    truth = [rating_of(one) for one in corpus]
    line("a judge that is always right", outcome(corpus, truth), naive)
    taken = Counter(
        known.meaning
        for known, word in zip(corpus, judged, strict=True)
        if word.meaning == "RATING" and word.confidence >= SURE
    )
    print(f"\ntaken for ratings at {SURE:g}, by what they are: {dict(taken)}")


def line(name: str, made: Made, naive: Made) -> None:
    times = naive.noise / made.noise if made.noise else float("inf")
    low, high = min(made.noises), max(made.noises)
    cells = (made.rows, f"{made.noise:.3f}", f"{low:.3f} … {high:.3f}", made.others, f"{times:.1f}")
    print(f"| {name} | {' | '.join(map(str, cells))} |")


def outcome(corpus: Sequence[Known], judged: Sequence[Judgement] | None, least: float = 0) -> Made:
    """Rows for KTO; without judgements every emoji is taken for a rating."""
    export, options = plugins.export("kto"), ExportOptions(min_confidence=least)
    labels: list[tuple[bool, Known]] = []
    for place, one in enumerate(corpus):
        talk = conversation(place + 1, one, None if judged is None else judged[place])
        for row in export.rows(talk, options, Excluded()):
            labels.append((row.label, one))  # type: ignore[attr-defined]
    noises = []
    for draw in range(DRAWS):
        dice = random.Random(f"{SEED} {draw}")
        thought = {one.case.id: dice.random() < one.liked for one in corpus}
        wrong = sum(label != thought[one.case.id] for label, one in labels)
        noises.append(wrong / len(labels) if labels else float("nan"))
    others = sum(one.meaning != "RATING" for _, one in labels)
    return Made(len(labels), others, noises)


def rating_of(one: Known) -> Judgement:
    """What a judge would say that is always right and always sure."""
    return Judgement(probabilities={}, meaning=one.meaning, confidence=1.0, reasoning="")


def conversation(id: int, one: Known, judged: Judgement | None) -> KeptConversation:
    """The talk as it would be kept, with its one reaction."""
    said = [*one.case.before, Said("bot", one.case.reply)]
    messages = [
        KeptMessage(n, id, f"t{n}", "assistant" if who == "bot" else "user", text, n)
        for n, (who, text) in enumerate(said)
    ]
    messages[-1] = KeptMessage(len(said), id, "last", "assistant", one.case.reply, len(said))
    meaning: Any = "RATING" if judged is None else judged.meaning or ""
    reaction = KeptReaction(
        turn="last",
        emoji=one.case.emoji,
        at=AT,
        meaning=meaning,
        state="judged",
        by="person" if judged is None else "model",
        confidence=1.0 if judged is None else judged.confidence,
        score=None,
    )
    return KeptConversation(
        id=id, session=f"s{id}", bot="b", user="u", started_ms=0, ended_ms=len(said),
        messages=messages, reactions=[reaction],
    )  # fmt: skip


# -- corpora -----------------------------------------------------------------------------------


def labelled(step: int = 1) -> list[Known]:
    """The frozen cases on a bot's replies, with what their people thought."""
    on_bots = [row for row in rows() if frozen(row) and row["target_is"] == "bot"][::step]
    tones = Counter(_kind(row["emoji"]) for row in on_bots if row["meaning"] == "RATING")
    polite = min(1.0, tones[False] / (1 - COURTESY) * COURTESY / max(tones[True], 1))
    liked = {True: 1 - polite, False: 0.0, None: 0.5}
    return [
        Known(
            case(row),
            row["meaning"],
            liked[_kind(row["emoji"])] if row["meaning"] == "RATING" else 0.5,
        )
        for row in on_bots
    ]


def dialogues(data: Path, each: int) -> list[Known]:
    """Real talks, so many reactions of each meaning at most; none where they are missing."""
    if not (data / "uss").is_dir() or not (data / "dailydialog_reccon").is_dir():
        return []
    dice = random.Random(SEED)
    emoji = spoken()
    found: list[Known] = []
    sources = (_rated(data), _opinions(data), *_daily(data))
    names = ("RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL")
    for meaning, talks in zip(names, sources, strict=True):
        some = list(talks)
        dice.shuffle(some)
        for before, reply, liked in some[:each]:
            kind = None if liked is None else liked or dice.random() < COURTESY
            choice = [one for one in emoji[meaning] if kind is None or kind == _kind(one)]
            told = Case(
                id=str(len(found)),
                emoji=dice.choice(choice),
                reply=reply,
                before=tuple(before[-5:]),
            )
            found.append(Known(told, meaning, 0.5 if liked is None else float(liked)))
    return found


def _kind(emoji: str) -> bool | None:
    score = rated(emoji)[1]
    return None if score == 0.5 else score > 0.5


def spoken() -> dict[str, list[str]]:
    """The emoji that the cases we learnt from have for each meaning, as often as they have them."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows():
        if not frozen(row):
            found[row["meaning"]].append(row["emoji"])
    return found


Talk = tuple[list[Said], str, bool | None]


def _rated(data: Path) -> Iterator[Talk]:
    """Replies of USS that people were content with, or not; the rating stands on what the user
    said next."""
    for name in ("USS MWOZ", "USS CCPE"):
        for one in SETS[name](data):
            past: list[Said] = []
            for turn, then in zip(one.turns, one.turns[1:], strict=False):
                if turn.message:
                    past.append(Said("user", turn.message))
                if not turn.reply:
                    continue
                if turn.message and then.rating is not None and not 2.5 < then.rating < 3.5:
                    yield list(past), turn.reply, then.rating > 3
                past.append(Said("bot", turn.reply))


def _opinions(data: Path) -> Iterator[Talk]:
    """Messages of Topical-Chat that hold an opinion, and answer no question."""
    for one in SETS["Topical-Chat turns"](data)[:3000]:
        past: list[Said] = []
        for turn in one.turns:
            if not turn.message or not turn.reply:
                continue
            past.append(Said("user", turn.message))
            asked = "?" in turn.message or "?" in turn.reply
            if _OPINION.search(turn.reply) and not asked and len(past) > 2:
                yield list(past), turn.reply, None
            past.append(Said("bot", turn.reply))


def _daily(data: Path) -> tuple[list[Talk], list[Talk]]:
    """Of DailyDialog what answers a feeling, and what parts."""
    felt: list[Talk] = []
    parting: list[Talk] = []
    for path in sorted((data / "dailydialog_reccon").rglob("dailydialog_*.json")):
        for talk, *_ in json.loads(path.read_text(encoding="utf-8")).values():
            said = [one["utterance"].replace(" .", ".").replace(" ,", ",") for one in talk]
            sides = [Said("user" if n % 2 else "bot", text) for n, text in enumerate(said)]
            for n in range(2, len(said)):
                who = [Said("bot" if side.who == sides[n].who else "user", side.text)
                       for side in sides[: n + 1]]  # fmt: skip
                if n == len(said) - 1 and _PARTING.search(said[n]):
                    parting.append((who[:n], said[n], None))
                elif talk[n - 1]["emotion"] in _FELT and "?" not in said[n - 1]:
                    felt.append((who[:n], said[n], None))
    return felt, parting
