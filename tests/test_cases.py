"""A case has the message, the five before it, and what came later; a judge's slip is seen."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from roomtone.cases import (
    cost_of,
    event_of,
    found_of,
    in_questions,
    in_turns,
    ruled,
    ruling_of,
    settled,
    told_before,
    wrong_with,
)
from roomtone.contracts import START
from roomtone.contracts_reactions import a_reaction
from roomtone.errors import BadConfig
from roomtone.reacted import Spent
from roomtone.reactions import Judgement
from roomtone.records import TurnRecord
from roomtone.runtime.config import Reactions

SURE = {"RATING": 0.7, "AGREEMENT": 0.1, "EMOTIONAL": 0.1, "CONVERSATIONAL": 0.1}


def turn(number: int, **more: Any) -> TurnRecord:
    told = {"id": f"t{number}", "session": "s", "bot": "luna", "user": "ann"}
    told |= {"message": f"question {number}", "reply": f"answer {number}"}
    return TurnRecord(at=START + timedelta(seconds=60 * number), **{**told, **more})


TURNS = [turn(n) for n in range(9, -1, -1)]  # newest first, as an archive gives them


def at(number: int, seconds: float = 30, **of: Any) -> Any:
    ms = round((START + timedelta(seconds=60 * number + seconds)).timestamp() * 1000)
    return a_reaction(0, of={"target": f"t{number}", "ms": ms, **of})


def word(meaning: Any = "RATING", confidence: float = 0.7, **more: Any) -> Judgement:
    told = {"probabilities": SURE, "reasoning": "so", "satisfaction": 0.95, "score": 1.0}
    return Judgement(meaning=meaning, confidence=confidence, **{**told, **more})


def test_the_five_before_are_the_five_latest() -> None:
    """Oldest first, ending with what was asked; and what came after, as second evidence."""
    found = in_turns(at(4), TURNS, 5)
    assert found is not None

    assert found.reply == "answer 4"
    assert [line.text for line in found.before] == [
        "question 2",
        "answer 2",
        "question 3",
        "answer 3",
        "question 4",
    ]
    assert [line.who for line in found.before] == ["user", "bot", "user", "bot", "user"]
    assert found.after[0].text == "question 5"
    assert (found.latency_s, found.to_me, found.of.target_is) == (30.0, True, "bot")
    assert found.case.before[0].text == "question 2"


def test_whoever_was_not_answered_is_told_from_who_was() -> None:
    """Another person's reaction is not the addressee's; a turn without a reply is a person's."""
    stranger = in_turns(at(4, user="eve"), TURNS, 5)
    person = in_turns(at(4), [turn(4, reply=None)], 5)
    assert stranger is not None and person is not None

    assert not stranger.to_me
    assert stranger.before[-1].who == "other"
    assert (person.of.target_is, person.reply) == ("user", "question 4")


def test_without_a_target_it_is_what_the_bot_said_last() -> None:
    """Before the reaction, to this person."""
    found = in_turns(at(4, target=""), TURNS, 5)

    assert found is not None
    assert found.reply == "answer 4"
    assert in_turns(at(4, target="none"), TURNS, 5) is None
    assert in_turns(at(4, target="", bot="sol"), TURNS, 5) is None
    assert found_of(at(4)) is None


@pytest.mark.parametrize(
    ("judgement", "word_of"),
    [
        (word("LIKE"), "no meaning"),
        (word(confidence=math.nan), "share"),
        (word(confidence=1.2), "share"),
        (word(satisfaction=7.0), "share"),
        (word(probabilities={"RATING": 0.5, "AGREEMENT": 0.1}), "sum"),
        (word(probabilities={"LIKE": 1.0}), "probability"),
        (word("AGREEMENT"), "likelier"),
    ],
)
def test_a_judge_that_contradicts_itself_is_not_believed(
    judgement: Judgement, word_of: str
) -> None:
    """Nor one that makes up a meaning, or a share that is none."""
    assert word_of in wrong_with(judgement)
    assert wrong_with(word()) == ""


def test_what_is_not_sure_enough_is_for_a_person() -> None:
    """And only a rating has numbers; prices are of a thousand tokens."""
    priced = word(tokens_in=1_000, tokens_out=500, calls=1)
    sure, unsure = (ruling_of(priced, least, 0.003, 0.015) for least in (0.5, 0.8))

    assert (sure.meaning, unsure.meaning) == ("RATING", None)
    assert sure.satisfaction == 0.95
    agreed = ruling_of(word("AGREEMENT", probabilities={}), 0.5, 0, 0)
    assert (agreed.satisfaction, agreed.score) == (None, None)
    spent = Spent(calls=1, tokens_in=1_000, tokens_out=500, money=0.003 + 0.0075)
    assert cost_of(sure) == spent


def test_a_word_is_known_for_the_same_however_often_it_is_told() -> None:
    """By the reaction's id; one that is judged again by another model has another."""
    found = in_turns(at(4), TURNS, 5)
    assert found is not None
    again = in_turns(at(4), TURNS, 5, again=True)
    assert again is not None
    ruling = ruling_of(word(), 0.5, 0, 0)

    assert event_of(found, ruling).id == event_of(found, ruling).id == f"{found.of.id}/judged"
    assert event_of(again, ruling).id == f"{found.of.id}/judged/local/1"
    assert found.mark("local/1").processing == "emoji_feedback"
    assert again.mark("local/2").processing == "emoji_feedback@local/2"
    assert event_of(found, None, "target_unknown").why == "target_unknown"


class Parted:
    """A judge that says which cases it is asked of together."""

    def __init__(self, parts: list[list[int]]) -> None:
        self.parts = parts

    def questions(self, cases: Any) -> list[list[int]]:
        return self.parts


def test_a_judge_says_what_one_call_answers() -> None:
    """One that says nothing answers all in one; one that forgets a case is told so."""
    found = [in_turns(at(n), TURNS, 5) for n in range(3)]
    assert in_questions(object(), found) == [found]  # type: ignore[list-item]
    assert in_questions(Parted([[2], [0, 1], []]), found) == [[found[2]], found[:2]]  # type: ignore[list-item]
    assert in_questions(Parted([]), []) == []
    for wrong in ([[0, 1]], [[0, 1, 2], [2]], [[0, 1, 3]]):
        with pytest.raises(BadConfig, match="mend the judge"):
            in_questions(Parted(wrong), found)  # type: ignore[arg-type]


def test_an_answer_that_was_written_down_is_told_as_it_was() -> None:
    """And the row that has it says what it means; one that is dead stays dead."""
    found = in_turns(at(4), TURNS, 5)
    assert found is not None
    ruling = ruling_of(word(), 0.5, 0, 0)
    told = event_of(found, ruling)
    mark = msgspec.structs.replace(found.mark("j/1"), answer=msgspec.json.encode(told).decode())

    assert told_before(mark, found) == told
    row = settled(mark, "answered", "me")
    assert (row.status, row.worker, row.meaning) == ("answered", "me", "RATING")
    assert settled(msgspec.structs.replace(mark, status="dead"), "done", "me").status == "dead"
    assert settled(found.mark("j/1"), "failed", "me").meaning == ""


def test_a_word_that_is_none_is_no_ruling() -> None:
    """A sound one is kept by the settings' rules."""
    rules = Reactions(least_confidence=0.8)
    assert ruled(word(), rules).meaning is None
    with pytest.raises(BadConfig, match="no meaning LIKE"):
        ruled(word("LIKE"), rules)
