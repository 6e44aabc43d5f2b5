"""Of what cannot be read it is known whom it names, and nothing is kept that hides that."""

from __future__ import annotations

from roomtone.unread import MOST_SAMPLE, sample, users_in


def test_people_are_found_where_nothing_can_be_read() -> None:
    """In our words and in those of the documents, however the JSON is broken."""
    raw = b'[{"user": "ann"}, {"userId":"b", "user_id" : "c\\"d"}, {"author":"\\u00e9", "text": "x'

    assert users_in(raw) == {"ann", "b", 'c"d', "é"}
    assert users_in(b'{"user": "\xa3\xff", "author": "ann"}') == {"ann"}, "a name in broken bytes"
    assert users_in(b'{"user": 5, "users": "eve", "user": "cut off') == set()


def test_what_would_hide_whose_it_is_is_not_kept() -> None:
    """A text whose name is cut off could not be found when its person is erased."""
    text = b'{"text":"' + b"x" * MOST_SAMPLE
    assert sample(text + b'","user":"ann"}') == b""
    assert sample(b'{"user":"ann",' + text) == (b'{"user":"ann",' + text)[:MOST_SAMPLE]
    assert sample(b'{"text":"short","user":"ann"}') == b'{"text":"short","user":"ann"}'
    assert len(sample(b"\xff" * 9_000)) == MOST_SAMPLE
