"""A format says what it is, and a row of it can always be traced."""

from __future__ import annotations

import re

from hypothesis import given, settings

from roomtone.ports_exports import Export
from roomtone.runtime import plugins
from roomtone.training_data import KeptConversation
from roomtone.training_rows import REASONS, Excluded, ExportOptions, Row
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


def test_a_format_needs_nothing_beside_its_rows() -> None:
    """Unless it says otherwise."""

    class Plain(Export):
        name = title = phrase = made_of = trainable_by = "plain"
        row = Row

    assert Plain().beside("talks", {"train": ["data/train.jsonl"]}) == {}
