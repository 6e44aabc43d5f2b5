"""What cleans an export is made anew for each attempt, and leaves nobody's data in any field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from roomtone.duplicates import Duplicates
from roomtone.runtime import export_cleaning
from roomtone.runtime.clock import WallClock
from roomtone.runtime.export_cleaning import Redacting, cleaning
from roomtone.runtime.export_making import Making
from roomtone.runtime.export_plan import Plan
from roomtone.training_data import AgentLog, Revision
from tests.runtime.kept import NOON, KeptArchive, conversation

KEY = b"k" * 32
SECRETS = ("ann.smith@example.com", "Annabel")


def told() -> Any:
    """A talk in which an address stands wherever there is a text."""
    mail = SECRETS[0]
    one = conversation(1, "Annabel")
    one.messages[0] = replace(
        one.messages[0],
        content=f"I am Annabel, write to {mail}",
        agent_outputs=json.dumps({"seen": [mail], "n": 3}),
        memory_context=json.dumps([{"content": mail}]),
        content_hash="of the text before",
    )
    one.revisions.append(
        Revision(session="s1", turn="t0", role="assistant", number=1, why="edited", at=NOON,
                 before=mail, content=mail, by="Annabel")
    )  # fmt: skip
    one.agent_logs.append(
        AgentLog(session="s1", turn="t0", agent="a", at=NOON, output={"said": {"to": mail}})
    )
    one.memories.append({"id": "m", "content": mail, "tags": ["x"], "importance": 0.5})
    one.topics_discussed = (mail, "tea")
    one.session = "luna/Annabel/2026"
    one.messages = [replace(m, turn=f"{one.session}-{m.turn}") for m in one.messages]
    one.reactions = [replace(r, turn=f"{one.session}-{r.turn}") for r in one.reactions]
    one.revisions = [replace(r, turn=f"{one.session}-{r.turn}") for r in one.revisions]
    one.agent_logs = [replace(log, turn=f"{one.session}-{log.turn}") for log in one.agent_logs]
    return one


async def test_what_was_not_asked_for_is_not_done() -> None:
    """Neither personal data nor duplicates are looked for."""
    plan = Plan(format="sft", redact=False, dedupe=False)
    fresh = await cleaning(KeptArchive(), plan)  # type: ignore[arg-type]

    assert fresh(plan) == (None, None)


async def test_no_field_of_a_dataset_holds_personal_data(tmp_path: Path) -> None:
    """Whole conversations, to the last revision; the report counts what was there."""
    archive: Any = KeptArchive([told()])
    making = Making(archive, WallClock(), Plan(format="native"), tmp_path / "set")
    manifest = await making.run()
    text = "".join(path.read_text() for path in (tmp_path / "set").rglob("*") if path.is_file())

    assert [secret for secret in SECRETS if secret in text] == []
    assert manifest["redactions"]["email"] == 8 and "[EMAIL_" in text and "[PERSON_" in text
    row = json.loads(next((tmp_path / "set" / "data").iterdir()).read_text())
    assert row["messages"][0]["agent_outputs"]["n"] == 3
    assert {m["turn"] for m in row["messages"]} >= {r["turn"] for r in row["revisions"]}
    assert row["user_id"] in row["messages"][0]["content"], "a person's id is their name"


def test_the_same_goes_by_the_same_name_in_one_dataset_alone() -> None:
    """Under another seed it is another; what is cleaned twice is the same."""
    first, again, other = Redacting(KEY, 1), Redacting(KEY, 1), Redacting(KEY, 2)
    one = first.clean(told())

    assert one == again.clean(told())
    assert one.user != other.clean(told()).user
    assert one.messages[0].content_hash == ""
    assert one.messages[1] == replace(told().messages[1], turn=one.messages[1].turn)
    assert told().messages[0].content.startswith("I am"), "what is kept is not changed"


def test_counts_go_on_where_they_were_left() -> None:
    """As if nothing had happened."""
    whole, first, second = Redacting(KEY, 1), Redacting(KEY, 1), Redacting(KEY, 1)
    whole.clean(told())
    whole.clean(told())
    first.clean(told())
    second.restore(first.report())
    second.clean(told())

    assert second.report() == whole.report()


def test_a_text_is_known_again() -> None:
    """However it is spaced, and in whatever capitals; a new one is none."""
    known = Duplicates()

    assert known.seen("Hello  there") == "" == known.seen("hello you")
    assert known.seen("hello THERE\n") == "exact_duplicate"
    assert export_cleaning.KEY
