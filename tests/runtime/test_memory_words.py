"""Words bring back what vectors miss, and only the best of it is weighed."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import structs

from roomtone.contracts_memory import a_memory
from roomtone.memories import holding
from roomtone.runtime.memory_words import MOST, best_of, by_words, ranks

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Shelf:
    """A store of which only the page of memories is asked."""

    def __init__(self, texts: list[str]) -> None:
        self.memories_ = [
            structs.replace(a_memory(n), content=text, response="", at=NOW)
            for n, text in enumerate(texts)
        ]
        self.asked: list[dict] = []

    async def memories(self, **sought: object) -> tuple[list, int]:
        self.asked.append(sought)
        holds = holding({"words": sought["words"], "each": sought["each"]})  # type: ignore[typeddict-item]
        found = [one for one in self.memories_ if holds(one.content)]
        return found, len(found)


async def test_the_longest_words_are_looked_up() -> None:
    """In their other forms, of one person, without what is hidden, replaced or expired."""
    shelf = Shelf(["I adopted a dog", "The trumpets", "Nothing"])
    found = await by_words(shelf, "luna", "ann", "Did the adoption of trumpet players?", NOW)  # type: ignore[arg-type]

    assert {one.content for one in found} >= {"The trumpets"}
    assert [one["words"] for one in shelf.asked] == [("adoption", "trumpet", "play")]
    assert all(
        (one["bot"], one["user"], one["alive"]) == ("luna", "ann", NOW) for one in shelf.asked
    )
    assert all(one["hidden"] is one["superseded"] is False for one in shelf.asked)
    assert await by_words(shelf, "luna", "ann", "What is it?", NOW) == []  # type: ignore[arg-type]


def test_only_what_no_vector_found_is_added() -> None:
    """And of that the few that fit the question best."""
    rows = Shelf(["my dog Rex", *(f"a dog {'and more ' * n}" for n in range(1, 9))]).memories_
    near = {"session": [(rows[1], 0.5)]}
    more = best_of("What is the dog called, Rex?", near, rows, NOW)

    assert len(more) == MOST and more[0].content == "my dog Rex"
    assert rows[1] not in more
    assert best_of("dog", near, rows[1:2], NOW) == []


def test_words_and_meaning_are_weighed_together() -> None:
    """A memory with the words beats one that is a little nearer; none found, none weighed."""
    dog, tax = Shelf(["The dog is called Rex", "Taxes are due"]).memories_
    fits = ranks(
        "What is the dog called?", {"session": [(dog, 0.3)], "personal": [(tax, 0.35)]}, NOW
    )

    assert fits[dog.id] > fits[tax.id] > 0
    assert ranks("dog", {}, NOW) == {}
