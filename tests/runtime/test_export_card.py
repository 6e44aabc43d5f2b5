"""A card's head is what Hugging Face reads; its body does nothing that a stranger's name says."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.export_card import contamination, plain
from roomtone.runtime.export_plan import Filters, Plan
from tests.runtime.kept import KeptArchive, conversation
from tests.runtime.test_exporting import made

HOSTILE = 'evil"\n---\nlicense: mit\n# <script>alert(1)</script> [x](javascript:y)'


async def test_the_head_is_yaml_that_says_which_files_are_which(tmp_path: Path) -> None:
    """Also where the name is made to break out of it."""
    import yaml

    archive = KeptArchive([conversation(id, f"p{id}") for id in range(1, 40)])
    split = {"train": 0.5, "validation": 0.5}
    plan = Plan(format="kto", name=HOSTILE, split=split, filters=Filters(bot="luna"))
    told = await made(archive, plan, tmp_path / "set")
    text = (tmp_path / "set" / "README.md").read_text()
    head = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))

    assert head["license"] == "other" and head["language"] == ["en"]
    assert head["pretty_name"].startswith('evil" ---') and "\n" not in head["pretty_name"]
    assert head["size_categories"] == ["n<1K"] and {"roomtone", "kto"} <= set(head["tags"])
    columns = {one["name"]: one for one in head["dataset_info"]["features"]}
    assert columns["label"]["dtype"] == "bool"
    assert [one["name"] for one in columns["prompt"]["list"]] == ["role", "content"]
    (config,) = head["configs"]
    assert config["version"].startswith("1.0.")
    assert config["data_files"] == [
        {"split": "train", "path": "data/train-*.jsonl"},
        {"split": "validation", "path": "data/validation-*.jsonl"},
    ]
    body = text.split("\n---\n", 1)[1]
    assert "<script>" not in body and "[x](" not in body
    for words in (
        "reactions that agree",
        f"consent {told['counts']['people']}",
        f"{told['counts']['rows']:,}",
        "SHA-256",
    ):
        assert words in body


async def test_a_manifest_says_what_was_left_out_and_names_nobody(tmp_path: Path) -> None:
    """Hashes and rows of every file, seed, filters, the ids, who agreed on what basis."""
    archive = KeptArchive([conversation(id, f"person {id}") for id in range(1, 40)])
    told = await made(archive, Plan(format="kto", seed=7), tmp_path / "set")
    text = (tmp_path / "set" / "manifest.json").read_text()

    assert "person 1" not in text
    assert told["seed"] == 7 and told["roomtone"] and told["ranges"] == [(1, 39)]
    assert told["contamination"]["left_out"] == sum(told["contamination"]["reasons"].values()) > 0
    assert sum(one["rows"] for one in told["files"]) == told["counts"]["rows"]
    assert all(len(one["sha256"]) == 64 and one["bytes"] for one in told["files"])
    assert contamination({"agreement": 3, "no_prompt": 5}, 7)["left_out"] == 3


def test_marks_of_markdown_are_only_characters() -> None:
    """Control characters are nothing at all."""
    assert plain("a|b\n# c\u202e") == "a\\|b \\# c "
