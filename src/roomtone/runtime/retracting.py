"""What is to be written and what to be taken back, of outputs that wait together for a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from roomtone.engine import Output
from roomtone.points import Block

_Place = tuple[str, int, tuple[str, ...]]


def settled(outs: Iterable[Output], blocks: Iterable[tuple[Output, Block]]) -> list[Block]:
    """The blocks of these outputs without the rows that a later output takes back.

    `blocks` are (output, block) in their order. So all that is gone can be taken back first and
    then all the rest be written: the store ends as if each had been done in its turn.
    """
    order = {id(out): place for place, out in enumerate(outs)}
    gone: dict[_Place, int] = {}
    for out in outs:
        for block in out.gone:
            for place in _places(block):
                gone[place] = order[id(out)]
    if not gone:
        return [block for _, block in blocks]
    kept = []
    for out, block in blocks:
        stays = [gone.get(place, -1) <= order[id(out)] for place in _places(block)]
        # Of one output the points are those that hold: what it takes back was told before it.
        kept.append(block if all(stays) else rows_of(block, np.array(stays, bool)))
    return [block for block in kept if len(block)]


def _places(block: Block) -> list[_Place]:
    names = sorted(block.tags)
    return [
        (
            block.measurement,
            round(block.time_of(row).timestamp() * 1000),
            tuple(str(block.tags[name][row]) for name in names),
        )
        for row in range(len(block))
    ]


def rows_of(block: Block, stays: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Block:
    """Those of a block's rows that stay."""
    return replace(
        block,
        tags={name: column[stays] for name, column in block.tags.items()},
        fields={name: column[stays] for name, column in block.fields.items()},
        texts={name: column[stays] for name, column in block.texts.items()},
        times=None if block.times is None else block.times[stays],
        slots=block.slots[stays] if len(block.slots) else block.slots,
    )
