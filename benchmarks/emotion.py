"""Emotion from text: GoEmotions dev, strange dialogues, emoji, calibration, size and speed.

    python -m benchmarks emotion [--data DIR] [--quick]

DIR holds `goemotions/` and, each left out where it is missing, `meld_emorynlp/`,
`dailydialog_reccon/`, `emotag1200/` and `emoji_sentiment_ranking/`, which are measured on only.
The n-grams and their thresholds are as shipped: made from the training split, by cross-validation.
What joins the network of the extra `models` to them was learnt from development lines too: each
of these is read by what was learnt without its fifth, which `training.emotion_network` wrote.
What MELD's own training split can add is measured, too, and thrown away; without --quick.
Rivals whose packages are here (vaderSentiment, nrclex) are run on the same lines; all others
are quoted, and marked so.
"""

from __future__ import annotations

import csv
import importlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _meld
from roomtone.emotions import EKMAN, GROUPS, LABELS, UNSURE, Reading, canonical, ekman, group
from roomtone.models import _minilm
from roomtone.models.emotion import Emotion, Local, MiniLM

HEADS = (("original", LABELS), ("ekman", EKMAN), ("group", GROUPS))
QUOTED = """\
BERT-base, published            .460          .640          .690          quoted; 440 MB
BERT, a public re-run           .503          .624          .700          quoted
RoBERTa-large, published        .51-.53                                   quoted; 1.4 GB
TF-IDF + logistic regression    .458          .575          .654          quoted, own run; 10 MB
majority                        .018                                      quoted, own run"""
LEXICONS = {
    "vaderSentiment.vaderSentiment": f"{'VADER':32}{'':28}{'.444':14}quoted",
    "nrclex": f"{'NRCLex':32}{'':14}{'.269':28}quoted",
}
# In these dialogues a question, a nod or a kind word is neutral.
CALM = {"approval", "curiosity", "confusion", "realization", "caring", "desire"}
FOLDS = Path(__file__).parents[1] / "training" / "emotion_network_folds.npz"
CONTEXT = (0.1, 0.2, 0.3)  # how much what the same person felt before is added to what is read


def run(data: Path, quick: bool) -> None:
    """Print every table, and again what the extra `models` makes of it where it is installed."""
    texts, truth = goemotions(data / "goemotions", "dev")
    models = [Emotion()]
    if Local().model == MiniLM.model:
        models.append(MiniLM())
    readings = [unseen(model, texts) for model in models]
    quality(models, readings, texts, truth)
    for model, own in zip(models, readings, strict=True):
        print(f"\n{model.model}")
        calibration(own, truth[0])
        dialogues(model, data)
        if (data / "meld_emorynlp").exists():
            taught(model, data, quick)
        emoji(model, data)
        cost(model, texts, 1 if quick or isinstance(model, MiniLM) else 5)


def goemotions(folder: Path, split: str) -> tuple[list[str], list[Any]]:
    """The texts, and of each head which labels are true."""
    texts: list[str] = []
    truth = []
    for head, labels in HEADS:
        names = (folder / head / "labels.txt").read_text().split()
        lines = (folder / head / f"{split}.tsv").read_text(encoding="utf-8").split("\n")
        rows = [line.split("\t") for line in lines if line]
        texts = [row[0] for row in rows]
        marks = np.zeros((len(rows), len(labels)), bool)
        for i, row in enumerate(rows):
            marks[i, [labels.index(names[int(one)]) for one in row[1].split(",")]] = True
        truth.append(marks)
    return texts, truth


def marked(said: Iterable[Sequence[str]], labels: Sequence[str]) -> Any:
    """Labels in words as columns."""
    rows = list(said)
    marks = np.zeros((len(rows), len(labels)), bool)
    for i, row in enumerate(rows):
        marks[i, [labels.index(one) for one in row]] = True
    return marks


def f1(said: Any, truth: Any) -> tuple[float, float]:
    """Macro and micro F1."""
    hits, both = (said & truth).sum(0), said.sum(0) + truth.sum(0)
    macro = float(np.mean(2 * hits / np.maximum(both, 1)))
    return macro, float(2 * hits.sum() / max(1, both.sum()))


def unseen(model: Emotion, texts: list[str]) -> list[Reading]:
    """Readings of all development lines, none by what was learnt from that line."""
    if not isinstance(model, MiniLM):
        return list(model.read(texts))
    with np.load(FOLDS, allow_pickle=False) as arrays:
        of = {name: arrays[name].astype(np.float64) for name in arrays.files}
    fold, shipped = of.pop("fold"), model._parts
    readings: dict[int, Reading] = {}
    for one in range(len(of["cuts"])):
        model._parts = shipped._replace(**{name: array[one] for name, array in of.items()})
        rows = np.flatnonzero(fold == one).tolist()
        readings |= zip(rows, model.read([texts[row] for row in rows]), strict=True)
    model._parts = shipped
    return [readings[row] for row in range(len(texts))]


def quality(
    models: Sequence[Emotion], readings: Sequence[list[Reading]], texts: list[str], truth: list[Any]
) -> None:
    """GoEmotions dev, beside others."""
    print(f"GoEmotions dev, {len(texts):,} lines: macro-F1 (micro-F1)")
    print(f"{'':32}{'28 labels':14}{'Ekman 7':14}{'group 4':14}")
    for model, own in zip(models, readings, strict=True):
        cells = "".join(f"{f'{macro:.3f} ({micro:.3f})':14}" for macro, micro in scored(own, truth))
        print(f"{model.model:32}{cells}{weight(model) / 1e6:.2f} MB")
    print(QUOTED)
    print(rival("vaderSentiment.vaderSentiment", vader, texts, truth))
    print(rival("nrclex", nrc, texts, truth))


def scored(readings: Sequence[Reading], truth: list[Any]) -> list[tuple[float, float]]:
    """Macro and micro F1 of 28 labels, Ekman's seven and the four groups."""
    said = (
        [one.labels for one in readings],
        [one.ekman_labels for one in readings],
        [one.group_labels for one in readings],
    )
    heads = zip(HEADS, said, truth, strict=True)
    return [f1(marked(own, labels), true) for (_, labels), own, true in heads]


def weight(model: Emotion) -> int:
    """Bytes of the files that a model reads."""
    folder = files("roomtone.models")
    own = [folder / "emotion.npz"]
    if isinstance(model, MiniLM):
        own += [folder / "emotion_network.npz", folder / "wordpiece.txt.gz", _minilm.weights_path()]
    return sum(len(one.read_bytes()) for one in own)


def rival(module: str, judge: Any, texts: list[str], truth: list[Any]) -> str:
    """A lexicon's line: measured where its package is here, else quoted."""
    try:
        loaded = importlib.import_module(module)
    except ImportError:
        return LEXICONS[module]
    return str(judge(loaded, texts, truth))


def vader(loaded: Any, texts: list[str], truth: list[Any]) -> str:
    """Sentiment by its own cuts of .05; it knows no ambiguity."""
    judge = loaded.SentimentIntensityAnalyzer()
    began = time.process_time()
    compound = [judge.polarity_scores(text)["compound"] for text in texts]
    each = (time.process_time() - began) / len(texts) * 1e3
    words = ["positive" if c >= 0.05 else "negative" if c <= -0.05 else "neutral" for c in compound]
    macro, micro = f1(marked([[word] for word in words], GROUPS), truth[2])
    return f"{'VADER, run here':32}{'':28}{f'{macro:.3f} ({micro:.3f})':14}{each:.3f} ms"


def nrc(loaded: Any, texts: list[str], truth: list[Any]) -> str:
    """Every feeling that any word of a line stands for; neutral where there is none.

    Words are given to it as they stand: its own way of cutting and reducing them downloads data.
    """
    began = time.process_time()
    said = []
    for text in texts:
        found = loaded.NRCLex()
        found.load_token_list(re.findall(r"[a-z']+", text.lower()))
        own = [e for e, n in found.raw_emotion_scores.items() if n and e in EKMAN]
        said.append(own or ["neutral"])
    each = (time.process_time() - began) / len(texts) * 1e3
    macro, micro = f1(marked(said, EKMAN), truth[1])
    return f"{'NRCLex, run here':32}{'':14}{f'{macro:.3f} ({micro:.3f})':14}{'':14}{each:.3f} ms"


def calibration(readings: Sequence[Reading], truth: Any) -> None:
    """How often the primary label is among those that people gave, by how sure it was."""
    right = np.array(
        [r.primary != UNSURE and truth[i, LABELS.index(r.primary)] for i, r in enumerate(readings)]
    )
    sure = np.array([one.confidence for one in readings])
    unsure = np.array([one.primary == UNSURE for one in readings])
    print(
        f"\nprimary label right {right[~unsure].mean():.3f}; "
        f"unsure {unsure.mean():.4f} of the lines"
    )
    gap = 0.0
    for low in np.arange(0, 1, 0.1):
        here = (sure >= low) & (sure < low + 0.1 + (low > 0.89)) & ~unsure
        if here.any():
            gap += here.mean() * abs(sure[here].mean() - right[here].mean())
            print(
                f"  confidence {sure[here].mean():.2f}: "
                f"right {right[here].mean():.2f} of {here.sum():,}"
            )
    print(f"  expected calibration error {gap:.3f}")


def dialogues(model: Emotion, data: Path) -> None:
    """Weighted F1 on dialogues that the model never saw, without and with what was felt before."""
    found = {"MELD dev": meld, "EmoryNLP dev, as Ekman": emory, "DailyDialog dev": daily}
    print(
        "\nweighted F1 of 7 labels, nothing learnt from them; trained on MELD, quoted: "
        "majority .313, TF-IDF .539, RoBERTa .626"
    )
    for name, read in found.items():
        try:
            talks = read(data)
        except FileNotFoundError:
            print(f"{name:26}not here")
            continue
        truth = [label for talk in talks for _, _, label in talk]
        plain = [one for talk in talks for one in spoken(model, talk)]
        cells = []
        for share in (0.0, *CONTEXT):
            said = [one for talk in carried(talks, plain, share) for one in talk]
            cells.append(f"{share:g}: {weighted(said, truth):.3f}")
        print(f"{name:26}{len(truth):>6,} lines; share of before  " + "  ".join(cells))


Talk = _meld.Talk


def spoken(model: Emotion, talk: Talk) -> list[Any]:
    """The seven scores of each line: sums over the labels of each."""
    out = []
    for one in model.read([text for _, text, _ in talk]):
        scores = np.zeros(len(EKMAN))
        for label, score in one.scores.items():
            scores[EKMAN.index("neutral" if label in CALM else ekman(label))] += score
        out.append(scores)
    return out


def carried(talks: Sequence[Talk], scores: Sequence[Any], share: float) -> Iterable[list[str]]:
    """Labels where each speaker's own past counts for a share, halved with every line."""
    rest = iter(scores)
    for talk in talks:
        before: dict[str, Any] = defaultdict(lambda: np.zeros(len(EKMAN)))
        said = []
        for speaker, _, _ in talk:
            own = next(rest)
            seen = own + share * before[speaker]
            before[speaker] = 0.5 * before[speaker] + own
            said.append(EKMAN[int(seen.argmax())])
        yield said


def weighted(said: Sequence[str], truth: Sequence[str]) -> float:
    """F1 of each label, weighted by how often it is true."""
    own, true = np.array(said), np.array(truth)
    total = 0.0
    for label in set(truth):
        hits = ((own == label) & (true == label)).sum()
        total += 2 * hits / ((own == label).sum() + (true == label).sum()) * (true == label).mean()
    return float(total)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def meld(data: Path) -> list[Talk]:
    return _meld.talks(data, "dev")


def taught(model: Emotion, data: Path, quick: bool) -> None:
    """MELD again, with what its own training split can tell; nothing of it is kept."""
    sides = [_meld.talks(data, split) for split in ("train", "dev")]
    seven = [
        (np.array([one for talk in of for one in spoken(model, talk)]), _meld.truth(of))
        for of in sides
    ]
    print(f"{'MELD dev':26}{_meld.shifted(seven[0], seven[1])}")
    if not quick:
        print(f"{'':26}{_meld.head(model, data)}")


def emory(data: Path) -> list[Talk]:
    talks: dict[str, Talk] = defaultdict(list)
    for row in rows(data / "meld_emorynlp/data/emorynlp/emorynlp_dev_final.csv"):
        key = f"{row['Season']}/{row['Episode']}/{row['Scene_ID']}"
        label = ekman(canonical(row["Emotion"]) or UNSURE)
        talks[key].append((row["Speaker"], row["Utterance"], label))
    return list(talks.values())


def daily(data: Path) -> list[Talk]:
    path = data / "dailydialog_reccon/data/original_annotation/dailydialog_valid.json"
    talks = []
    for talk in json.loads(path.read_text(encoding="utf-8")).values():
        lines = [line for part in talk for line in part]
        talks.append(
            [
                (one["speaker"], one["utterance"], ekman(canonical(one["emotion"]) or UNSURE))
                for one in lines
            ]
        )
    return talks


def emoji(model: Emotion, data: Path) -> None:
    """Single emoji against what people say of them."""
    path = data / "emotag1200/EmoTag1200.csv"
    if path.exists():
        six = [label for label in EKMAN if label != "neutral"]
        judged = [(row["emoji"], {label: float(row[label]) for label in six}) for row in rows(path)]
        strong = [(e, max(s, key=lambda one: s[one])) for e, s in judged if max(s.values()) >= 0.5]
        read = model.read([e for e, _ in strong])
        known = [
            (one, label)
            for one, (_, label) in zip(read, strong, strict=True)
            if one.primary != UNSURE
        ]
        right = sum(one.ekman == label for one, label in known)
        print(
            f"\nEmoTag1200: of {len(strong)} emoji with a clear feeling "
            f"{len(known)} are read, {right} as people do"
        )
    path = data / "emoji_sentiment_ranking/Emoji_Sentiment_Data_v1.0.csv"
    if path.exists():
        clear = []
        for row in rows(path):
            lean = (int(row["Positive"]) - int(row["Negative"])) / int(row["Occurrences"])
            if int(row["Occurrences"]) >= 100 and abs(lean) >= 0.2:
                clear.append((row["Emoji"], "positive" if lean > 0 else "negative"))
        read = model.read([e for e, _ in clear])
        known = [
            (one, lean) for one, (_, lean) in zip(read, clear, strict=True) if one.primary != UNSURE
        ]
        right = sum(group(one.primary) == lean for one, lean in known)
        print(
            f"Emoji Sentiment Ranking: of {len(clear)} that lean clearly "
            f"{len(known)} are read, {right} as people do"
        )


def cost(model: Emotion, texts: list[str], reps: int) -> None:
    """CPU of one core: alone, in batches, and a text of fifty thousand words."""
    began = time.process_time()
    type(model)().read(["Thank you!"])
    loading = (time.process_time() - began) * 1e3
    alone: list[float] = []
    batch: list[float] = []
    for rep in range(reps):
        began = time.process_time()
        for text in texts[rep * 1000 : rep * 1000 + 1000]:  # none is met twice
            model.read([text])
        alone.append((time.process_time() - began) / 1000 * 1e3)
        began = time.process_time()
        model.read(texts)
        batch.append((time.process_time() - began) / len(texts) * 1e3)
    began = time.process_time()
    model.read(["word " * 50_000])
    long = (time.process_time() - began) * 1e3
    one, many = float(np.median(alone)), float(np.median(batch))
    print(
        f"\nloading {loading:.0f} ms; a message alone {one:.3f} ms, in a batch {many:.3f} ms, "
        f"{1e3 / many:,.0f} messages a second and core; one of 50,000 words {long:.1f} ms"
    )
