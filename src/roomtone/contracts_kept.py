"""Of a training archive's contract: what talks are about, and what was kept elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from roomtone.contracts import START
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import (
    Kept,
    agrees,
    check_counts,
    every,
    one_of,
    revision,
    talk_of,
    turn_of,
)
from roomtone.training_data import AgentLog, Dataset, KeptConversation, Revision


async def check_kept(archive: Kept) -> None:
    """Raise AssertionError where an archive forgets topics, or takes in less than it is given."""
    await _topics_are_those_of_its_turns(archive)
    await _what_was_kept_elsewhere_comes_in_whole(archive)


def about(turn: str, second: int, **output: Any) -> AgentLog:
    """What a turn of session `topics` was about."""
    at = START + timedelta(seconds=second)
    return AgentLog(session="topics", turn=turn, role="user", agent="context", at=at, output=output)


async def _topics_are_those_of_its_turns(archive: Kept) -> None:
    talk = talk_of("topics", "Tea")
    first = turn_of(talk, "a", second=2, agents=[about("a", 2, topic="tea")])
    await archive.add_turns([first])
    await archive.add_conversations([talk])
    other = [about("b", 1, topic="cats"), msgspec.structs.replace(about("b", 1), agent="mood")]
    await archive.add_turns([turn_of(talk, "b", second=1, agents=other)])
    await archive.add_agent_logs([about("c", 3, topic="tea", mode="play")])

    async def topics() -> tuple[str, ...]:
        return (await one_of(archive, "Tea")).topics_discussed

    assert await topics() == ("cats", "tea"), "each once, as it came up"
    gone: dict[str, Any] = {"session": "topics", "role": "user", "at": talk.ended, "why": "deleted"}
    await archive.revise([Revision(turn="b", number=1, **gone)])
    assert await topics() == ("tea",), "nothing is left of what is deleted"
    many = [turn_of(talk, f"m{n}", second=4, agents=[about(f"m{n}", 4 + n, topic=f"{n}")])
            for n in range(60)]  # fmt: skip
    await archive.add_turns(many)
    assert await topics() == ("tea", *map(str, range(49)))


async def _what_was_kept_elsewhere_comes_in_whole(archive: Kept) -> None:
    talk = talk_of("there", "Kim")
    log = AgentLog(session="there", turn="k", agent="mood", at=START, output={"a": 1}, id=7_001)
    of = {"session": "there", "target": "k", "user": "Kim", "emoji": "👎", "id": "kept elsewhere"}
    await archive.add_conversations([talk])
    await archive.add_turns([turn_of(talk, "k", agents=[log]), turn_of(talk, "l", second=1)])
    await archive.revise([revision(1, "second", session="there", turn="k")])
    await archive.add_reactions([judged(950, "RATING", 0.9, of=of)])
    kept = await one_of(archive, "Kim")
    (reaction,) = kept.reactions
    replace = msgspec.structs.replace
    own = {"session": "here", "id": 90_001, "topics_discussed": ("tea", "cats")}
    moved = replace(
        kept,
        **own,
        messages=[replace(m, id=m.id + 90_000, conversation=90_001) for m in kept.messages],
        reactions=[replace(reaction, id="kept here", person="Kai")],
        revisions=[replace(one, session="here") for one in kept.revisions],
        agent_logs=[replace(one, session="here", id=90_002) for one in kept.agent_logs],
    )
    for new in ([90_001], []):
        assert await archive.keep([moved]) == ({90_001: 90_001}, new), "nothing twice"
        (found,) = await every(archive, ids=(90_001,), trainable=False)
        check_counts(found)
        logs = [one for one in found.agent_logs if one.agent == "mood"]
        assert replace(found, agent_logs=logs) == moved, "all that was known of it"
    record = await archive.reaction("kept here")
    assert record is not None and (record.of.user, record.meaning) == ("Kai", "RATING")
    taken = [msgspec.structs.replace(m, id=90_000 + i * 1_000) for i, m in enumerate(kept.messages)]
    taken[0] = replace(taken[0], id=moved.messages[0].id)  # the reply's is free
    later = replace(kept, session="later", id=90_009, messages=taken, reactions=[], agent_logs=[])
    await archive.keep([later])
    (found,) = await every(archive, ids=(90_009,), trainable=False)
    sides = [(one.turn, one.role) for one in found.messages]
    assert sides == [(one.turn, one.role) for one in taken], "a reply stays behind its message"
    await _what_was_deleted_stays_away(archive, moved)
    await archive.set_consents([agrees("Kim", minute=9)])
    (found,) = await every(archive, ids=(90_001,))
    assert all(one.training_flag for one in found.messages) and found.reactions == []
    for only, bad in ((False, 1), (True, 0)):
        counts = await archive.training_counts(ids=(90_001,), trainable=only)
        assert counts["ratings"] == {"desirable": 0, "undesirable": bad}, "of who agreed"
    at = START + timedelta(hours=9)
    for name in ("without", "with"):
        made = Dataset(id=name, name=name, format="kto", made=at, status="done")
        await archive.put_dataset(made)
        await archive.mark_exported([90_001], name, flag=False)
        held = [[one.id for one in await archive.datasets(user=user)] for user in ("Kai", "Kim")]
        assert held == ([[], [name]] if name == "without" else [["with"], ["without", "with"]])
        await archive.set_consents([agrees("Kai", minute=9)])


async def _what_was_deleted_stays_away(archive: Kept, before: KeptConversation) -> None:
    """Also where an export from before it was deleted is taken in again."""
    gone = before.messages[2]
    said = Revision(session=before.session, turn=gone.turn, role=gone.role, number=9, why="deleted",
                    at=START)  # fmt: skip
    await archive.revise([said])
    await archive.keep([before])
    (found,) = await every(archive, ids=(before.id,), trainable=False)
    check_counts(found)
    left = [one.id for one in before.messages if one is not gone]
    assert [one.id for one in found.messages] == left, "what was deleted does not come back"
    assert not any(one.turn == gone.turn and one.role == gone.role for one in found.agent_logs)
