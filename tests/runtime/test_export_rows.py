"""Rows are made in order, known again, cleaned, and what is left out is counted by its reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from roomtone.duplicates import Duplicates
from roomtone.runtime import plugins
from roomtone.runtime.export_files import Staging
from roomtone.runtime.export_plan import Plan
from roomtone.runtime.export_rows import CONTAMINATION, Maker, report, text_of
from roomtone.training_data import KeptConversation, KeptMessage
from roomtone.training_rows import REASONS, Chat
from tests.runtime.kept import conversation


class Seen:
    """Knows texts that are equal."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def seen(self, text: str, before: str = "") -> str:
        text = f"{before}\n{text}"
        known = text in self.texts
        self.texts.add(text)
        return "exact_duplicate" if known else ""


class Hider:
    """Calls every tea a drink."""

    def __init__(self) -> None:
        self.found = 0

    def clean(self, one: KeptConversation) -> KeptConversation:
        self.found += sum(message.content.count("tea") for message in one.messages)
        messages = [
            replace(message, content=message.content.replace("tea", "[drink]"))
            for message in one.messages
        ]
        return replace(one, messages=messages)

    def report(self) -> dict[str, int]:
        return {"drink": self.found}

    def restore(self, report: Mapping[str, int]) -> None:
        self.found = report["drink"]


def maker(tmp_path: Path, format: str, **more: object) -> Maker:
    staging = Staging(tmp_path / "set", single=True)
    staging.begin()
    return Maker(Plan(format=format), plugins.export(format), staging, **more)  # type: ignore[arg-type]


def written(made: Maker) -> bytes:
    made.staging.close()
    return b"".join(path.read_bytes() for _, _, _, path, _ in made.staging.staged())


def test_a_row_that_is_there_already_is_left_out_and_counted(tmp_path: Path) -> None:
    """By row; but of messages whole conversations, as a talk without its greetings is none."""
    for format, left_out in (("sft", 1), ("jsonl", 4)):
        made = maker(tmp_path / format, format, known=Seen())
        one = conversation(1)
        twin = replace(one, id=9, user="bob", session="other")
        made.take([one, twin, conversation(2)])

        assert made.excluded.messages["exact_duplicate"] == left_out
        assert made.excluded.conversations["exact_duplicate"] == 1
        assert made.people == {"ann"}
        assert b'"conversation_id":9' not in written(made)


def test_replies_of_one_long_talk_are_no_duplicates_of_each_other(tmp_path: Path) -> None:
    """Each stands in the prompt of the next; but the same talk again is one."""
    one = conversation(1)
    one.reactions = []
    one.messages = [
        KeptMessage(n, 1, f"t{n // 2}", "assistant" if n % 2 else "user", text, n)
        for n in range(20)
        for text in [" ".join(f"word{n * 16 + i}" for i in range(16))]
    ]
    for format in ("prompt_completion", "reward"):
        one.messages = [replace(message, quality_score=0.5) for message in one.messages]
        made = maker(tmp_path / format, format, known=Duplicates())
        made.take([one])
        assert (made.rows, made.excluded.messages) == (10, {})
        made.take([replace(one, id=9)])
        assert made.rows == 10 and made.excluded.messages == {"exact_duplicate": 10}


def test_what_is_asked_of_replies_reaches_the_format(tmp_path: Path) -> None:
    """A system prompt, how much is read, and how good a reply must be, by which formula."""
    plan = Plan(
        format="prompt_completion",
        min_reply_quality=0.5,
        quality="v2",
        system="Be kind.",
        context=1,
    )
    one = conversation(1)
    one.messages = [
        replace(m, quality_score=0.1 if m.id % 4 else 0.9, quality_v2=0.9 if m.id % 4 else 0.1)
        for m in one.messages
    ]
    staging = Staging(tmp_path / "set", single=True)
    staging.begin()
    made = Maker(plan, plugins.export(plan.format), staging)
    made.take([one])
    rows = [msgspec.json.decode(line) for line in written(made).splitlines()]

    assert rows and all(len(row["prompt"]) == 2 for row in rows)
    assert {row["prompt"][0]["content"] for row in rows} == {"Be kind."}
    assert all(row["message_id"] % 4 for row in rows)
    assert made.rows + made.excluded.messages.get("low_quality", 0) == len(one.messages) // 2


def test_personal_data_is_replaced_before_rows_are_made(tmp_path: Path) -> None:
    """And counted by its kind."""
    made = maker(tmp_path, "jsonl", cleaner=Hider())
    made.take([conversation(id) for id in range(1, 20)])
    out = written(made)

    assert b"tea" not in out and out.count(b"[drink]") == made.redactions["drink"] > 0


def test_what_is_no_rating_is_counted_by_what_it_is(tmp_path: Path) -> None:
    """Of rows for KTO; labels are counted too."""
    made = maker(tmp_path, "kto")
    made.take([conversation(id) for id in range(1, 60)])
    reasons = made.excluded.messages

    assert {"agreement", "emotional", "conversational", "unsure"} <= reasons.keys()
    assert sum(made.labels.values()) == made.rows == written(made).count(b"\n")
    assert set(CONTAMINATION) <= REASONS.keys()
    assert all(one["words"] for one in report(made.excluded))


def test_counts_go_on_where_they_were_left(tmp_path: Path) -> None:
    """In two halves it is the same as at once."""
    talks = [conversation(id, f"p{id % 5}") for id in range(1, 30)]
    whole = maker(tmp_path / "a", "kto", cleaner=Hider())
    whole.take(talks)
    first = maker(tmp_path / "b", "kto", cleaner=Hider())
    first.take(talks[:11])
    second = Maker(first.plan, first.export, first.staging, cleaner=Hider())
    second.restore(first.tally(), first.people, first.ranges.runs(), first.kept.runs())
    second.take(talks[11:])

    assert second.tally() == whole.tally()
    assert second.people == whole.people and second.ranges.runs() == whole.ranges.runs()
    assert second.kept.runs() == whole.kept.runs()
    assert written(second) == written(whole)


def test_a_rows_text_is_what_is_learnt_from_it() -> None:
    """Not who said it in which session."""
    export = plugins.export("sft")
    from roomtone.training_rows import Excluded, ExportOptions

    one = conversation(1)
    (row,) = export.rows(one, ExportOptions(), Excluded())
    (other,) = export.rows(replace(one, id=5, session="x", user="y"), ExportOptions(), Excluded())

    assert text_of(row) == text_of(other) == "\n".join(m.content for m in one.messages)
    assert text_of(Chat("user", "a")) == "a"
