"""A dataset tried out: read, learnt from by the smallest model, held against not learning."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from roomtone.errors import BadEvent, MissingExtra
from roomtone.runtime.trial_models import Bigrams, Linear, hashed

MOST_ROWS = 20_000
"""Rows of a part that are looked at: enough to see whether anything can be learnt."""

LEAST_ROWS = 10
"""With fewer nothing can be said."""

HELD_OUT = 5
"""Where there is no part to test with, every fifth conversation is held out."""

COMMANDS = {"sft": "sft", "prompt_completion": "sft", "kto": "kto", "dpo": "dpo"}
"""Formats that TRL trains on from its own command line."""

_NAME = re.compile(r"(train|validation|test)-\d+-of-\d+\.(jsonl|json|parquet)")
Line = dict[str, Any]


class Trial(msgspec.Struct, kw_only=True):
    """What came of it. `score` and `without` are of rows that were not learnt from: with the
    smallest model, and with none (the most frequent answer, the mean, words by themselves)."""

    kind: str
    rows: dict[str, int]
    learnt: int
    tested: int
    measure: str
    score: float
    without: float
    better: bool
    advice: list[str] = []


def tried(folder: Path) -> Trial:
    """Learn from a folder's rows, or a file's. Raises BadEvent with what to do instead."""
    parts = _parts(folder)
    rows = {name: len(lines) for name, lines in parts.items()}
    train = parts.pop("train" if "train" in parts else next(iter(parts)))
    test = parts.get("test") or parts.get("validation")
    if not test:
        train, test = _held_out(train)
    if len(train) < LEAST_ROWS or not test:
        raise BadEvent(
            f"{folder} has {sum(rows.values())} rows, too few to learn from; export more of them"
        )
    kind, learn = _kind(train[0])
    trial = learn(train, test)
    return msgspec.structs.replace(trial, kind=kind, rows=rows)


def with_trl(folder: Path) -> dict[str, Any]:
    """What TRL says of a folder: loaded by `datasets`, into a cache that is deleted again."""
    missing = [name for name in ("datasets", "trl") if importlib.util.find_spec(name) is None]
    if missing or not folder.is_dir():
        why = f"{' and '.join(missing)} not installed" if missing else "it is no folder"
        return {"looked": False, "why": why}
    import datasets
    from trl.data_utils import is_conversational

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset(str(folder), cache_dir=cache)
        part = next(iter(loaded.values()))
        return {
            "looked": True,
            "rows": {str(name): one.num_rows for name, one in loaded.items()},
            "columns": list(part.column_names),
            "conversational": bool(is_conversational(part[0])),
        }


def command(folder: Path, format: str) -> str:
    """What trains on it, as it is typed; "" where TRL has no trainer for it."""
    if format not in COMMANDS:
        return ""
    named = shlex.quote(str(folder))
    return f"trl {COMMANDS[format]} --model_name_or_path MODEL --dataset_name {named}"


def format_of(folder: Path) -> str:
    """The format by its manifest; "" where there is none."""
    try:
        told = msgspec.json.decode((folder / "manifest.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return ""
    return str(told.get("format", "")) if isinstance(told, dict) else ""


# -- rows ----------------------------------------------------------------------------------------


def _parts(folder: Path) -> dict[str, list[Line]]:
    """Rows by part: of a folder of ours, or of a single file."""
    if folder.is_file():
        named = [("train", folder)]
    else:
        found = sorted(folder.glob("data/*"))
        named = [(m[1], path) for path in found if (m := _NAME.fullmatch(path.name))]
    if not named:
        raise BadEvent(
            f"{folder} holds no rows as JSON or Parquet; make some with: roomtone export --out DIR"
        )
    parts: dict[str, list[Line]] = {}
    for part, path in named:
        own = parts.setdefault(part, [])
        for line in _lines(path):
            if len(own) == MOST_ROWS:
                break
            own.append(line)
    return {part: lines for part, lines in parts.items() if lines} or {"train": []}


def _lines(path: Path) -> Iterator[Line]:
    try:
        if path.suffix == ".parquet":
            yield from _columns(path)
        elif path.suffix == ".json":
            yield from msgspec.json.decode(path.read_bytes(), type=list[Line])
        elif path.suffix in (".jsonl", ".ndjson"):
            decoder = msgspec.json.Decoder(Line)
            with path.open("rb") as file:
                yield from map(decoder.decode, file)
        else:
            raise BadEvent(f"{path.name} is read by spreadsheets; export with --file jsonl instead")
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadEvent(f"{path} is no file of rows: {error}; export it again") from None
    except OSError as error:
        raise BadEvent(f"{path} cannot be read: {error.strerror}; is it yours?") from None


def _columns(path: Path) -> Iterator[Line]:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(1_000):
        yield from batch.to_pylist()


def _held_out(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Parted by conversation, so that nothing is tested with what it was learnt from."""
    places: dict[Any, int] = {}
    train: list[Line] = []
    test: list[Line] = []
    for number, line in enumerate(lines):
        own = line.get("conversation_id", number)
        place = places.setdefault(own, len(places))
        (test if place % HELD_OUT == HELD_OUT - 1 else train).append(line)
    return train, test


# -- what is learnt ------------------------------------------------------------------------------

Learn = Callable[[list[Line], list[Line]], Trial]


def _kind(line: Mapping[str, Any]) -> tuple[str, Learn]:
    """What rows with these columns can teach."""
    for kind, needed, learn in _KINDS:
        if all(name in line for name in needed):
            return kind, learn
    raise BadEvent(f"rows of {', '.join(list(line)[:5])} … teach nothing that is known here; "
                   "choose another --format")  # fmt: skip


def _labels(train: list[Line], test: list[Line], text: str, label: str) -> Trial:
    known = [line for line in train if line[label] not in (None, "")]
    counts = Counter(line[label] for line in known)
    if len(counts) < 2:
        raise BadEvent("all rows have one label; nothing can be told apart: export more of them")
    classes = {name: place for place, (name, _) in enumerate(counts.most_common())}
    model = Linear(len(classes))
    model.classify([(_features(line, text), classes[line[label]]) for line in known])
    asked = [line for line in test if line[label] not in (None, "")]
    right = [
        classes.get(line[label]) == int(np.argmax(model.score(_features(line, text))))
        for line in asked
    ]
    usual = [line[label] == counts.most_common(1)[0][0] for line in asked]
    advice = _lopsided(counts) if label == "label" and set(counts) == {True, False} else []
    return _trial("accuracy", known, asked, _mean(right), _mean(usual), advice=advice)


def _lopsided(counts: Mapping[bool, int]) -> list[str]:
    """TRL's advice: good and bad weigh between 1 : 1 and 4 : 3 in all."""
    good, bad = counts[True], counts[False]
    if 1 <= good / bad <= 4 / 3:
        return []
    if good > bad:
        return [f"{good} good to {bad} bad: train with --undesirable_weight {good / bad:.2f}"]
    return [f"{good} good to {bad} bad: train with --desirable_weight {bad / good:.2f}"]


def _numbers(train: list[Line], test: list[Line], text: str, number: str) -> Trial:
    known = [line for line in train if line[number] is not None]
    asked = [line for line in test if line[number] is not None]
    if not known:
        raise BadEvent("no row has a number to learn; export with another --format")
    model = Linear(1)
    model.regress([(_features(line, text), float(line[number])) for line in known])
    mean = _mean([line[number] for line in known])
    off = [abs(float(model.score(_features(line, text))[0]) - line[number]) for line in asked]
    usual = [abs(mean - line[number]) for line in asked]
    return _trial("mean error", known, asked, _mean(off), _mean(usual), less=True)


def _pairs(train: list[Line], test: list[Line], chosen: str, rejected: str) -> Trial:
    model = Linear(1)
    both = [
        [(hashed(_text(line[chosen])), hashed(_text(line[rejected]))) for line in lines]
        for lines in (train, test)
    ]
    model.prefer(both[0])
    right = [float(model.score(a)[0]) > float(model.score(b)[0]) for a, b in both[1]]
    return _trial("accuracy", train, test, _mean(right), 0.5)


def _words(train: list[Line], test: list[Line], text: str) -> Trial:
    model = Bigrams()
    for line in train:
        model.learn(_text(line[text]))
    held = [_text(line[text]) for line in test]
    return _trial(
        "perplexity",
        train,
        test,
        model.perplexity(held),
        model.perplexity(held, mix=0.0),
        less=True,
    )


_KINDS: list[tuple[str, tuple[str, ...], Learn]] = [
    ("liked", ("completion", "label"), lambda a, b: _labels(a, b, "completion", "label")),
    ("better", ("chosen", "rejected"), lambda a, b: _pairs(a, b, "chosen", "rejected")),
    (
        "better",
        ("preferred_output", "non_preferred_output"),
        lambda a, b: _pairs(a, b, "preferred_output", "non_preferred_output"),
    ),
    ("score", ("completion", "score"), lambda a, b: _numbers(a, b, "completion", "score")),
    ("quality", ("reply", "words"), lambda a, b: _numbers(a, b, "reply", "quality_score")),
    ("feeling", ("text", "label"), lambda a, b: _labels(a, b, "text", "label")),
    ("voice", ("text", "voice_pitch"), lambda a, b: _labels(a, b, "text", "voice_emotion")),
    *(
        ("words", (name,), lambda a, b, name=name: _words(a, b, name))
        for name in ("messages", "conversations", "completion", "content", "text")
    ),
]


def _features(line: Line, text: str) -> Any:
    asked = line["prompt"][-1:] if text == "completion" and "prompt" in line else ""
    return hashed(_text(line[text]), _text(asked))


def _text(value: Any) -> str:
    """The words of a value: a text, or of messages those of the bot, or else all."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    said = [one for one in value if isinstance(one, dict)]
    own = [one for one in said if one.get("role", one.get("from")) in ("assistant", "gpt")]
    return "\n".join(str(one.get("content", one.get("value", ""))) for one in own or said)


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _trial(
    measure: str,
    train: list[Line],
    test: list[Line],
    score: float,
    without: float,
    *,
    less: bool = False,
    advice: list[str] | None = None,
) -> Trial:
    return Trial(
        kind="",
        rows={},
        learnt=len(train),
        tested=len(test),
        measure=measure,
        score=round(score, 4),
        without=round(without, 4),
        better=score < without if less else score > without,
        advice=advice or [],
    )
