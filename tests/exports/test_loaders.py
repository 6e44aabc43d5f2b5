"""What is exported is loaded by the libraries that it is meant for, as the folder is made."""

from __future__ import annotations

import csv
import importlib.util
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from roomtone.runtime import plugins
from roomtone.runtime.export_files import Staging
from roomtone.runtime.export_finish import finish
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.exporting import Exporting
from roomtone.runtime.trial import with_trl
from roomtone.training_data import KeptConversation
from tests.exported import START_MS, reaction, revision, talk
from tests.runtime.kept import NOON, KeptArchive

os.environ["HF_HUB_OFFLINE"] = "1"  # read when their libraries are imported

HARD = "=1+1 \u2028 \u0085 \0 \U0001f600 'quoted', \"twice\"\r\n-end"
WIDE = {"native"}  # its objects have other fields in each row: a table cannot be guessed from lines


def talks() -> list[KeptConversation]:
    """Twelve people's, each with all that any format is made of."""
    told: dict[int, dict[str, Any]] = {
        0: {"emotion": "joy", "voice_pitch": 180.5, "agent_outputs": '{"mood": ["calm"]}'},
        1: {"quality_score": 0.9, "memory_context": '[{"content": "likes tea"}]'},
        3: {"quality_score": 0.7},
    }
    return [
        talk(
            f"{HARD} {id}",
            f"New {id} {HARD}",
            f"And then, {id}?",
            f"It went on and on, {id} times.",
            id=id,
            user=f"person {id}",
            language="en",
            told=told,
            reactions=[reaction(seconds=200), reaction("t1", "👎" if id % 2 else "❤️")],
            revisions=[revision(f"Old {id} {HARD}", f"New {id} {HARD}")],
        )
        for id in range(1, 13)
    ]


async def made(
    format: str, folder: Path, file: str | None = None, people: Any = None, split: Any = None
) -> Path:
    """A dataset's folder, as `roomtone export` makes it."""
    split = split or {"train": 0.7, "test": 0.3}
    plan = Plan(format=format, split=split, seed=2, file=file, redact=False, dedupe=False)
    staging = Staging(folder, single=False)
    archive: Any = KeptArchive(people or talks())
    work = Exporting(archive, plan, plugins.export(format), staging)
    await work.run()
    finish(work, NOON, lambda: None)
    return folder


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The library, with a cache of its own."""
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    datasets.disable_progress_bars()
    datasets.config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("cache")
    yield datasets


@pytest.mark.parametrize("format", [*plugins.MEMBERS["exports"]])
@pytest.mark.parametrize("file", ["jsonl", "parquet"])
async def test_datasets_loads_the_folder(
    tmp_path: Path, datasets: Any, format: str, file: str
) -> None:
    """Both parts, by the card that lies in it, with as many rows as the manifest says."""
    if (format, file) in {(name, "jsonl") for name in WIDE}:
        pytest.skip("rows of any shape are read line by line, or as Parquet")
    folder = await made(format, tmp_path / format, file)
    loaded = datasets.load_dataset(str(folder))

    assert set(loaded) == {"train", "test"}
    assert all(len(part) for part in loaded.values())
    row = plugins.export(format)
    ids = {"conversation_id", "message_id"} if row.traceable else set()
    assert ids <= set(loaded["train"].column_names)
    assert (ids or {"conversation_id"}) & set(loaded["train"].column_names) == ids


async def test_what_was_said_comes_out_as_it_was(tmp_path: Path, datasets: Any) -> None:
    """To the last odd character, in lines and in columns alike."""
    for file in ("jsonl", "parquet"):
        folder = await made("sft", tmp_path / file, file)
        loaded = datasets.load_dataset(str(folder), split="train+test")
        said = {row["conversation_id"]: row["messages"][0]["content"] for row in loaded}

        assert said == {id: f"{HARD} {id}" for id in range(1, 13)}


async def test_rows_of_another_export_are_not_taken_for_these(
    tmp_path: Path, datasets: Any
) -> None:
    """The library keeps what it read by the folder's name: who withdrew since would still be in."""
    everybody, fewer = talks(), talks()[:5]
    for number, people in enumerate((everybody, fewer)):
        folder = await made("sft", tmp_path / str(number) / "talks", people=people)
        loaded = datasets.load_dataset(str(folder), split="train+test")

        assert loaded.num_rows == len(people)


async def test_a_column_may_be_empty_for_long(tmp_path: Path, datasets: Any) -> None:
    """What it holds is told on the card, and not guessed from the first rows."""
    silent = [talk("Hi " * 400, id=id, user="ann") for id in range(1, 9_000)]
    silent[0].messages[0] = replace(silent[0].messages[0], at_ms=START_MS + 123)
    spoken = talk("Hello", id=9_000, user="ann", told={0: {"voice_pitch": 180.5}})
    folder = await made("jsonl", tmp_path / "silent", people=[*silent, spoken], split={"train": 1})
    loaded = datasets.load_dataset(str(folder), split="train")

    assert loaded[-1]["voice_pitch"] == 180.5
    assert loaded[0]["at"] - loaded[1]["at"] == timedelta(milliseconds=123)


async def test_pandas_reads_each_kind_of_file(tmp_path: Path) -> None:
    """Numbers as numbers, times as times, and every text whole."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    read = {
        "jsonl": lambda path: pandas.read_json(path, lines=True),
        "json": pandas.read_json,
        "csv": pandas.read_csv,
        "parquet": pandas.read_parquet,
    }
    for file, reader in read.items():
        folder = await made("jsonl", tmp_path / file, file)
        (path,) = folder.glob(f"data/train-*.{file}")
        table = reader(path)
        first = table[table["index"] == 0].iloc[0]

        assert len(table) % 4 == 0
        assert first["voice_pitch"] == 180.5
        assert pandas.to_datetime(table["at"]).dt.year.eq(2026).all()
        expected = f"{HARD} {first['conversation_id']}"
        if file == "csv":
            expected = "'" + expected.replace("\0", "\ufffd")
        assert first["content"] == expected


async def test_the_standard_library_reads_the_table(tmp_path: Path) -> None:
    """With as many cells in each row as there are names."""
    folder = await made("csv", tmp_path / "csv")
    (path,) = folder.glob("data/train-*.csv")
    with path.open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)

    assert rows and {len(row) for row in rows} == {len(names)}


def tokenizer() -> Any:
    """Bytes as tokens and a template with turns: made here, as nothing is fetched."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>", "<user>", "<assistant>", "<system>"]
    words = special + sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=special[3:],
    )
    fast.chat_template = (
        "{{ bos_token }}{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{{ eos_token }}"
        "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return fast


async def test_trl_knows_its_formats(tmp_path: Path, datasets: Any) -> None:
    """They are conversations to it, templates take them, pairs come apart into labels."""
    pytest.importorskip("trl", reason="trl is not installed; run: make trainers")
    from trl.data_utils import (
        is_conversational,
        maybe_apply_chat_template,
        maybe_unpair_preference_dataset,
    )

    tokens = tokenizer()
    rows = {}
    for format in ("sft", "prompt_completion", "kto", "dpo"):
        folder = await made(format, tmp_path / format)
        rows[format] = datasets.load_dataset(str(folder), split="train")
        assert is_conversational(rows[format][0])
    plain = {name: maybe_apply_chat_template(one[0], tokens) for name, one in rows.items()}
    unpaired = maybe_unpair_preference_dataset(rows["dpo"])

    told = with_trl(tmp_path / "kto")

    assert told["conversational"] and told["rows"]["train"] == rows["kto"].num_rows
    assert plain["sft"]["text"].startswith("<s><user>=1+1 \u2028")
    assert plain["kto"]["prompt"].endswith("</s><assistant>")
    assert plain["kto"]["completion"].endswith("</s>")
    assert isinstance(plain["kto"]["label"], bool)
    assert plain["prompt_completion"]["prompt"].endswith("<assistant>")
    assert plain["dpo"]["chosen"].startswith("New") and plain["dpo"]["rejected"].startswith("Old")
    assert sorted(set(unpaired["label"])) == [False, True]
    assert unpaired.num_rows == 2 * rows["dpo"].num_rows


@pytest.mark.skipif(
    not (importlib.util.find_spec("torch") and importlib.util.find_spec("trl")),
    reason="torch or trl is not installed; run: make trainers",
)
async def test_trainers_prepare_our_rows(tmp_path: Path, datasets: Any) -> None:
    """TRL's own KTO, DPO and SFT trainers tokenize them for a tiny model."""
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import (
        DPOConfig,
        DPOTrainer,
        KTOConfig,
        KTOTrainer,
        SFTConfig,
        SFTTrainer,
    )

    tokens = tokenizer()
    tiny = LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
    )
    common = {"output_dir": str(tmp_path / "out"), "use_cpu": True, "bf16": False, "report_to": []}
    rounds: list[tuple[str, Any, Any, set[str]]] = [
        ("kto", KTOTrainer, KTOConfig, {"prompt_ids", "completion_ids"}),
        ("dpo", DPOTrainer, DPOConfig, {"prompt_ids", "chosen_ids", "rejected_ids"}),
        ("sft", SFTTrainer, SFTConfig, {"input_ids"}),
        ("prompt_completion", SFTTrainer, SFTConfig, {"input_ids"}),
    ]
    for format, trainer, config, columns in rounds:
        folder = await made(format, tmp_path / format)
        rows = datasets.load_dataset(str(folder), split="train")
        more = {"ref_model": LlamaForCausalLM(tiny)} if format in ("kto", "dpo") else {}
        prepared = trainer(
            model=LlamaForCausalLM(tiny),
            args=config(**common),
            train_dataset=rows,
            processing_class=tokens,
            **more,
        ).train_dataset

        assert prepared.num_rows == rows.num_rows
        assert columns <= set(prepared.column_names)
        first = prepared[0].get("prompt_ids") or prepared[0]["input_ids"]
        assert tokens.decode(first).startswith("<s><user>=1+1 \u2028 \u0085 \0")
