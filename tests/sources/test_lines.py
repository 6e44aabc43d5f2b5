"""Lines are bounded, and ids follow from what records say."""

import io

import pytest

from roomtone.errors import BadEvent
from roomtone.sources._lines import MAX_LINE, Lines, StableIds


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
    with pytest.raises(BadEvent, match="UTF-16; save it as UTF-8"):
        list(Lines(io.BytesIO("ab\n".encode("utf-16"))))


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
