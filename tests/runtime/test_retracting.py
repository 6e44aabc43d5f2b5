"""Outputs that wait together end in a store as if each had been written in its turn."""

from __future__ import annotations

from roomtone.contracts import REMARK, remark
from roomtone.engine import Output
from roomtone.points import Block
from roomtone.runtime.retracting import settled


def rows(*seconds: float) -> Block:
    return REMARK.gather([remark(at, 0.5, source="s") for at in seconds])


def told(outs: list[Output]) -> list[float]:
    blocks = [(out, block) for out in outs for block in out.blocks]
    kept = settled(outs, blocks)
    first = rows(0).time.timestamp()
    return [point.time.timestamp() - first for block in kept for point in block.points()]


def test_what_a_later_output_takes_back_is_not_written() -> None:
    """One row of a block goes, the others stay."""
    outs = [Output(5, [rows(0, 1, 2)]), Output(10, [rows(3)], gone=[rows(1)])]

    assert told(outs) == [0, 2, 3]


def test_what_is_written_afterwards_is() -> None:
    """Taken back and told anew, in the same output or in a later one."""
    outs = [
        Output(5, [rows(0)]),
        Output(10, [rows(1)], gone=[rows(0), rows(1)]),
        Output(15, [rows(0)]),
    ]

    assert told(outs) == [1, 0]
    assert told([Output(5, [rows(0)])]) == [0]
