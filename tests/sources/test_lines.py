"""Lines are bounded, and ids follow from what records say."""

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.sources._lines import BLOCK, MAX_LINE, Lines, StableIds


def test_line_ends_and_byte_order_mark_are_left_out():
    """A file from Windows reads like one from anywhere else."""
    lines = Lines(io.BytesIO(b"\xef\xbb\xbfone\r\ntwo\nthree"))

    assert [line for line, _ in lines] == [b"one", b"two", b"three"]
    assert (lines.number, lines.position) == (3, 17)


def test_a_line_without_end_is_cut_and_the_next_one_is_whole():
    """A file without line feeds never comes into memory whole."""
    lines = list(Lines(io.BytesIO(b"x" * (3 * MAX_LINE) + b"\nnext\n")))

    assert [(len(line), cut) for line, cut in lines] == [(MAX_LINE + 1, True), (4, False)]


def test_utf16_is_named():
    """Excel's `Unicode text` is refused with the remedy, not line by line."""
    for read in (iter, Lines.blocks):
        with pytest.raises(BadEvent, match="UTF-16; save it as UTF-8"):
            list(read(Lines(io.BytesIO("ab\n".encode("utf-16")))))


class Trickle(io.BytesIO):
    """A stream of which a few bytes come at a time, as through a pipe."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(7)


def apart(lines: Lines) -> list[tuple[bytes, bool]]:
    """What the blocks of lines hold, line by line."""
    told = []
    for block, cut in lines.blocks():
        *others, last = block.removesuffix(b"\n").split(b"\n")
        told += [(line.rstrip(b"\r\n"), False) for line in others]
        told.append((last.rstrip(b"\r\n"), cut))
    return told


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12)).map(b"\n".join))
@example(b"\xef\xbb\xbfone\r\n\n\ntwo\n")
@example(b"x" * 11 + b"\n" + b"y" * 10 + b"\n" + b"z" * 30 + b"\nend")
def test_blocks_hold_the_lines_that_one_by_one_come(data):
    """However many bytes come at once, lines, what is cut, their number and the place agree."""
    one_by_one = Lines(io.BytesIO(data), most=10)
    try:
        expected = list(one_by_one)
    except BadEvent:
        return
    trickling = Lines(Trickle(data), most=10)

    assert apart(trickling) == expected
    assert (trickling.number, trickling.position) == (one_by_one.number, one_by_one.position)


def test_a_long_line_over_blocks_is_cut_where_it_was():
    """Neither the largest line that may be, nor one byte more, depends on where a block ends."""
    for extra in (0, 1, BLOCK):
        data = b"a\n" * 1000 + b"x" * (MAX_LINE + extra) + b"\nnext\n"

        assert apart(Lines(io.BytesIO(data))) == list(Lines(io.BytesIO(data)))


def test_equal_records_have_ids_of_their_own_and_the_same_in_the_next_run():
    """Two equal lines are two events; the same file read again gives the same two ids."""
    first, second = StableIds(), StableIds()
    ids = [first.make("s", "ann", "hi"), first.make("s", "ann", "hi"), first.make("s", "a", "nnhi")]

    assert len(set(ids)) == 3
    assert ids[:2] == [second.make("s", "ann", "hi"), second.make("s", "ann", "hi")]


def test_ids_remember_a_bounded_number_of_records():
    """A log of a million lines costs no more than the bound."""
    ids = StableIds(remembered=10)
    for number in range(1000):
        ids.make(str(number))

    assert len(ids._new) + len(ids._old) <= 20
