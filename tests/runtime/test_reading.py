"""Lines in, readings out: one for each, at once, whatever stands in them."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import pytest

from roomtone.emotions import Reading
from roomtone.errors import BadEvent, UnknownMember
from roomtone.runtime import reading
from roomtone.runtime.reading import BLOCK, MAX_LINE, blocks, emotion, read_file


class Lengths:
    """A model whose answer tells what it was asked."""

    def read(self, texts):
        return [Reading(raw=text[:9], version=str(len(text))) for text in texts]


def lines(data: bytes) -> list[str]:
    return [line for found, _ in blocks(io.BytesIO(data)) for line in found]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\n\r\nb", ["a", "", "b"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        (b"\xff\n", ["\ufffd"]),
        ("\u2028 one line\n".encode(), ["\u2028 one line"]),
    ],
)
def test_a_line_is_what_ends_in_a_line_feed(data, said):
    """Empty ones count, the last needs no end, and bytes that are no text are replaced."""
    assert lines(data) == said


def test_lines_longer_than_a_block_are_whole():
    """And those beyond a million characters are cut, not refused."""
    whole = b"a" * (3 * BLOCK) + b"\nb\n" + b"c" * (MAX_LINE + 3 * BLOCK) + b"\nd"

    assert [len(line) for line in lines(whole)] == [3 * BLOCK, 1, MAX_LINE, 1]


def test_utf_16_is_named():
    """It would read as one line of nonsense."""
    with pytest.raises(BadEvent, match="save it as UTF-8"):
        lines("a\n".encode("utf-16"))


def test_a_line_of_a_pipe_is_answered_at_once():
    """The answer is there before the next line is asked for."""
    there, away = os.pipe()
    with open(there, "rb", closefd=True) as stream:
        found = blocks(stream)
        os.write(away, b"one\ntw")
        assert next(found)[0] == ["one"]
        os.write(away, b"o\n")
        os.close(away)
        assert next(found)[0] == ["two"]
        assert next(found, None) is None


def test_every_line_has_its_answer(tmp_path: Path):
    """Of a plain and of a packed file, in the order of the lines."""
    text = "".join(f"{'x' * n}\n" for n in range(3000))
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        said: list[str] = []

        assert read_file(str(path), Lengths(), said.append) == 3000
        answers = [json.loads(line) for line in "".join(said).splitlines()]
        assert [int(answer["version"]) for answer in answers] == list(range(3000))


def test_an_answer_holds_all_of_a_reading(tmp_path: Path):
    """Each field, mixed feelings by name, and the coarser names of the primary label."""
    path = tmp_path / "a.txt"
    path.write_text("Thank you so much!\n")
    said: list[str] = []
    emotion(str(path), "local://", said.append)
    answer = json.loads(said[0])

    assert answer.keys() == {*Reading.__struct_fields__, "ekman", "group"}
    assert (answer["primary"], answer["ekman"], answer["group"]) == ("gratitude", "joy", "positive")
    assert isinstance(answer["mixed"], dict)


def test_a_model_that_nobody_knows_is_named(tmp_path: Path):
    """The error says which there are."""
    with pytest.raises(UnknownMember, match="local"):
        emotion(str(tmp_path / "a.txt"), "nowhere://", reading.terminal.note)
