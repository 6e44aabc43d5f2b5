"""What is learnt to be said is whole conversations, without replies that were not good."""

from __future__ import annotations

from roomtone.exports.sft import SFT
from tests.exported import exported, pairs, talk


def test_a_conversation_is_a_row() -> None:
    """From the person's first message to the last reply; a question without one is cut off."""
    (row,), excluded = exported(SFT(), talk("Hi", "Hello!", "Bye", "See you", "Oh"), system="Be.")

    assert list(pairs(row.messages)) == [
        ("system", "Be."),
        ("user", "Hi"),
        ("assistant", "Hello!"),
        ("user", "Bye"),
        ("assistant", "See you"),
    ]
    assert (row.conversation_id, row.message_id, excluded) == (7, 103, {})


def test_a_poor_reply_is_in_no_row() -> None:
    """It ends a stretch; what follows begins anew, with the person's next message."""
    told = {1: {"quality_score": 0.9}, 3: {"quality_score": 0.4}, 5: {"quality_score": 0.8}}
    rows, excluded = exported(SFT(), talk("a", "b", "c", "d", "e", "f", told=told), min_quality=0.7)

    assert ["".join(m.content for m in row.messages) for row in rows] == ["ab", "ef"]
    assert excluded == {"low_quality": 1}


def test_a_disliked_reply_is_in_no_row() -> None:
    """Whatever its quality is said to be."""
    rows, excluded = exported(SFT(), talk("a", "b", told={1: {"user_feedback": 1.8}}))

    assert (rows, excluded) == ([], {"disliked": 1})


def test_roles_take_turns() -> None:
    """Many templates refuse two messages of one role in a row: they become one."""
    one = talk("a", "", "b", "c")
    one.messages[2:2] = []
    (row,), excluded = exported(SFT(), one)

    assert list(pairs(row.messages)) == [("user", "b"), ("assistant", "c")]
    assert excluded == {"empty_text": 1}


def test_a_long_conversation_is_several_rows() -> None:
    """None is longer than was asked, and none is lost."""
    rows, _ = exported(SFT(), talk(*"abcdefgh"), context=4)

    assert ["".join(m.content for m in row.messages) for row in rows] == ["abcd", "efgh"]
    assert len(exported(SFT(), talk(*"abcdefgh"), context=0)[0]) == 1


def test_a_reply_to_what_is_gone_is_in_no_row() -> None:
    """Its message was deleted: it would stand there as an answer to another one."""
    one = talk("a", "b", "gone", "d", "e", "f")
    del one.messages[2]
    rows, excluded = exported(SFT(), one)

    assert "d" not in [m.content for row in rows for m in row.messages]
    assert sum(len(row.messages) for row in rows) == 4
    assert excluded == {"no_prompt": 1}
