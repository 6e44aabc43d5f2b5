"""Messages of many conversations as columns: what a million of them are exported from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from roomtone.training_data import KeptConversation, KeptMessage

FIELDS = KeptMessage.__struct_fields__


class KeptColumns(msgspec.Struct, frozen=True):
    """Messages in the order of their conversations, a column for each field that was asked for.

    `counts` are how many each conversation has, at least one; the conversations stand here
    without their messages, and without what would have to be recounted of those that were read.
    """

    conversations: Sequence[KeptConversation]
    counts: Sequence[int]
    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return sum(self.counts)


def columns_of(
    conversations: Sequence[KeptConversation], needs: Collection[str] | None = None
) -> KeptColumns:
    """The same of conversations with their messages; without messages they are left out.

    >>> said = KeptMessage(1, 7, "a", "user", "Hi", 0)
    >>> columns_of([KeptConversation(7, "s", "luna", "ann", 0, 0, messages=[said])]).counts
    [1]
    """
    talks = [one for one in conversations if one.messages]
    found: list[KeptMessage] = []
    for one in talks:
        found += one.messages
    columns = {
        name: list(map(attrgetter(name), found))
        for name in FIELDS
        if needs is None or name in needs or name == "id"
    }
    return KeptColumns(talks, [len(one.messages) for one in talks], columns)
