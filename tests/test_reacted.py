"""A reaction is kept whole, with what holds of it and who said so."""

from __future__ import annotations

import msgspec

from roomtone.contracts import START
from roomtone.contracts_reactions import a_reaction, judged
from roomtone.reacted import Held, ReactionRecord
from roomtone.verdicts import Ruling


def test_what_holds_is_a_persons_word_else_the_judges() -> None:
    """And nothing, where the judge was not sure."""
    of = a_reaction(0).of
    one = Held(of=of, arrival=0, state="judged", ruling=Ruling(meaning="RATING"))
    assert (one.kept().meaning, one.kept().by) == ("RATING", "model")
    one.state, one.said = "reviewed", "EMOTIONAL"
    assert (one.kept().meaning, one.kept().by) == ("EMOTIONAL", "person")
    one.state = "review"
    assert (one.kept().meaning, one.kept().by) == (None, "")


def test_a_record_survives_its_way_into_a_store() -> None:
    """As JSON and back; it stands at the time of the reaction."""
    record = judged(0, "RATING", 0.5)

    assert msgspec.json.decode(msgspec.json.encode(record), type=ReactionRecord) == record
    assert record.at == START
    assert record.confidence == 0.5
    assert a_reaction(1).confidence == 0.0
