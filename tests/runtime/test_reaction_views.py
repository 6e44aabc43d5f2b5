"""What is told of reactions is what is kept of them, and labels are whole cases."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec

from roomtone.contracts import START
from roomtone.contracts_reactions import a_reaction, judged
from roomtone.listed import ListArchive
from roomtone.reacted import Mark, Spent
from roomtone.runtime.config import Reactions
from roomtone.runtime.reaction_views import gold, message_pooled, show_reaction, summary
from roomtone.training_data import Consent
from roomtone.verdicts import Line
from roomtone.web import reaction_models as models

STANDING = {
    "waiting": 2,
    "waiting_for_target": 1,
    "oldest_s": 3.5,
    "again": 0,
    "known": 4,
    "capped": False,
    "judge": "local/1",
    "trouble": "",
}


async def kept() -> ListArchive:
    archive = ListArchive()
    said = {"state": "reviewed", "said_by": "eve", "said_ms": 1}
    await archive.add_reactions(
        [
            a_reaction(1),
            judged(2, "RATING", 0.9, said="AGREEMENT", meaning="AGREEMENT", **said),
            judged(3, None, 0.4, said="RATING", meaning="RATING", **said),
            judged(4, "EMOTIONAL", 0.8, said="EMOTIONAL", meaning="EMOTIONAL", **said),
            a_reaction(5, state="retracted"),
        ]
    )
    return archive


def agreed(user: str, *, granted: bool = True, days: int = 0) -> Consent:
    at = datetime(2026, 3, 1 + days, tzinfo=UTC)
    return Consent(user=user, purpose="training", granted=granted, at=at)


def test_a_reaction_is_shown_whole() -> None:
    """By exactly the names of the model, before and after it was judged."""
    before = [Line(who="user", text="<b>")]
    for record in (a_reaction(1), judged(2, "RATING", 0.9, before=before, said_ms=1, said_by="e")):
        shown = show_reaction(record)
        assert models.Reaction.model_fields.keys() == shown.keys()
        assert models.Reaction.model_validate(shown).model_extra == {}
    assert models.Verdict.model_fields.keys() == shown["verdict"].keys()
    assert shown["before"] == [{"who": "user", "text": "<b>"}]


async def test_numbers_add_up() -> None:
    """How people agree with the model; what was spent, and what was spared."""
    archive = await kept()
    marks = await archive.claim([Mark(user="u", bot="b", point="p")], "w", START, START)
    cost = Spent(calls=0.25, tokens_in=10, money=0.5)
    await archive.settle(marks, {"p": cost}, START, START)

    told = models.Summary.model_validate(await summary(archive, STANDING, Reactions(), START))

    assert (told.reviewed, told.agreed) == (3, 1)
    assert {(c.model, c.person, c.count) for c in told.confusion} == {
        ("RATING", "AGREEMENT", 1),
        ("unsure", "RATING", 1),
        ("EMOTIONAL", "EMOTIONAL", 1),
    }
    assert told.cost.today.money == told.cost.total.money == 0.5
    assert told.cost.avoided == {"batched": 1, "removed": 1, "known": 4}
    assert told.cost.calls_avoided == 6


async def test_a_message_has_one_number_and_what_it_hides() -> None:
    """Two who rate it, one of them twice, and one who only agrees."""
    archive = ListArchive()
    on = {"target": "t", "session": "s"}
    good = {"satisfaction": 0.95, "score": 1.0}
    records = [
        judged(1, "RATING", 0.9, weight=0.5, of={**on, "user": "ann"}),
        judged(2, "RATING", 0.9, weight=0.5, of={**on, "user": "ann", "emoji": "👍"}),
        judged(3, "RATING", 0.9, weight=0.5, of={**on, "user": "bob", "emoji": "👎"}),
        judged(4, "AGREEMENT", 0.9, of={**on, "user": "carl"}),
        a_reaction(5, state="retracted", of=on),
    ]
    assert records[0].ruling is not None
    ruling = msgspec.structs.replace(records[0].ruling, **good)
    await archive.add_reactions([msgspec.structs.replace(records[0], ruling=ruling), *records[1:]])

    told = models.Pooled.model_validate(await message_pooled(archive, "s", "t"))

    assert (told.reactions, told.people, told.split) == (4, 2, 1.0)
    assert told.meanings == {"RATING": 3, "AGREEMENT": 1}
    assert told.satisfaction is not None and 0.5 < told.satisfaction < 0.7
    assert await message_pooled(archive, "s", "other") is None


async def test_labels_are_cases_with_both_words() -> None:
    """One line for each that a person said a meaning of; none for the others."""
    archive = await kept()
    await archive.set_consents([agreed("ann")])
    lines = b"".join([part async for part in gold(archive)]).splitlines()
    labels = [json.loads(line) for line in lines]

    assert [(one["person"], one["model"]) for one in labels] == [
        ("EMOTIONAL", "EMOTIONAL"),
        ("RATING", None),
        ("AGREEMENT", "RATING"),
    ]
    assert set(labels[0]["case"]) >= {"emoji", "reply", "before", "after", "target_is"}


async def test_labels_are_of_those_who_agreed_to_training() -> None:
    """Whom nobody asked is in none, and of a room's others no word is in any."""
    archive = await kept()
    around = [Line(who="other", text="not mine"), Line(who="user", text="mine")]
    one = judged(6, "RATING", 0.9, said="RATING", meaning="RATING", state="reviewed", before=around)
    await archive.add_reactions([one])

    assert b"".join([part async for part in gold(archive)]) == b""
    await archive.set_consents([agreed("ann")])
    lines = b"".join([part async for part in gold(archive)])
    assert lines.count(b"\n") == 4
    assert b'"text":"mine"' in lines and b"not mine" not in lines
    await archive.set_consents([agreed("ann", granted=False, days=1)])
    assert b"".join([part async for part in gold(archive)]) == b""
