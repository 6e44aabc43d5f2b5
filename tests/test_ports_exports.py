"""A format says what it is, and a row of it can always be traced."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from roomtone.ports_exports import Export
from roomtone.runtime import plugins
from roomtone.training_data import BESIDE, KeptConversation, KeptMessage
from roomtone.training_rows import REASONS, Excluded, ExportOptions, Row, encoded, lines
from tests.exported import conversations

FORMATS = {one.name: one for one in plugins.exports()}


def test_every_format_is_known_by_its_name() -> None:
    """As it is asked for on the command line, with a sentence that says what a row is."""
    assert list(FORMATS) == list(plugins.MEMBERS["exports"])
    assert all(re.fullmatch(r"[a-z_]+", name) for name in FORMATS)
    assert all(one.phrase and one.made_of and one.trainable_by for one in FORMATS.values())
    assert all(one.file in plugins.MEMBERS["exports.files"] for one in FORMATS.values())


@given(conversations())
@settings(max_examples=100)
def test_no_conversation_makes_a_format_stumble(one: KeptConversation) -> None:
    """Rows are of the declared type and say whose they are; all reasons have their words."""
    for export in FORMATS.values():
        excluded = Excluded()
        rows: list[Row] = list(export.rows(one, ExportOptions(min_quality=0.5), excluded))

        assert all(type(row) is export.row for row in rows)
        assert all(row.conversation_id == one.id for row in rows)
        assert set(excluded.messages) <= set(REASONS)


def as_needed(one: KeptConversation, needs: Collection[str]) -> KeptConversation:
    """A conversation of which nothing is known that is not needed."""
    places = {"id", "conversation", "turn", "role", "content", "at_ms"}
    read = [name for name in KeptMessage.__struct_fields__ if name in places or name in needs]
    messages = [KeptMessage(**{name: getattr(m, name) for name in read}) for m in one.messages]
    beside: dict[str, Any] = {name: [] for name in BESIDE if name not in needs}
    return replace(one, messages=messages, **beside)


@given(conversations())
@settings(max_examples=100)
def test_a_format_reads_only_what_it_says_it_needs(one: KeptConversation) -> None:
    """Without all else its rows are the same, and so is what it leaves out."""
    for export in FORMATS.values():
        if export.needs is None:
            continue
        assert set(export.needs) & {*KeptMessage.__struct_fields__, *BESIDE}
        whole, part = Excluded(), Excluded()
        rows = list(export.rows(one, ExportOptions(min_quality=0.5), whole))
        less = list(export.rows(as_needed(one, export.needs), ExportOptions(min_quality=0.5), part))

        assert [encoded(row) for row in less] == [encoded(row) for row in rows], export.name
        assert part.messages == whole.messages


@given(conversations())
@settings(max_examples=20)
def test_rows_that_are_lines_already_make_the_same_file(one: KeptConversation) -> None:
    """To the byte, for every format in every kind of file."""
    for export in FORMATS.values():
        rows = list(export.rows(one, ExportOptions(), Excluded()))
        for kind in plugins.MEMBERS["exports.files"]:
            first, second = (plugins.row_file(kind, export.row) for _ in range(2))
            if rows:
                assert second.take(lines(rows)) == first.add(rows), (export.name, kind)
            assert second.close() == first.close()


def test_a_format_needs_nothing_beside_its_rows() -> None:
    """Unless it says otherwise."""

    class Plain(Export):
        name = title = phrase = made_of = trainable_by = "plain"
        row = Row

    assert Plain().beside("talks", {"train": ["data/train.jsonl"]}) == {}
