"""Words bring back what vectors miss, and only the best of it is weighed."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import structs

from roomtone.contracts_memory import a_memory
from roomtone.records import Memory
from roomtone.runtime.memory_words import MOST, WORDS, longest
from tests.runtime.weighed import Weighing

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def shelf(*texts: str) -> list[Memory]:
    """Memories of these texts, all said now."""
    return [
        structs.replace(a_memory(n), content=text, response="", at=NOW)
        for n, text in enumerate(texts)
    ]


def test_the_longest_words_are_looked_up() -> None:
    """As they are matched, the longest first; of a question of common words none."""
    assert longest("Did the adoption of trumpet players?") == ["adoption", "trumpet", "play"]
    assert longest("What is it?") == []
    assert len(longest("violins trumpets oboes harps drums")) == WORDS


def test_only_what_fits_best_is_added() -> None:
    """Of what words found and no vector did; however near it is."""
    rows = shelf("my dog Rex", *(f"a dog {'and more ' * n}" for n in range(1, 9)))
    near = {"session": [(rows[1], 0.5)]}
    others = [(one, None) for one in rows if one is not rows[1]]
    more = Weighing("What is the dog called, Rex?", NOW).best_of(near, others)

    assert len(more) == MOST and more[0] == (rows[0], None)
    assert rows[1] not in [memory for memory, _ in more]
    assert Weighing("dog", NOW).best_of(near, []) == []


def test_words_and_meaning_are_weighed_together() -> None:
    """A memory with the words beats one that is a little nearer; none found, none weighed."""
    dog, tax = shelf("The dog is called Rex", "Taxes are due")
    near = {"session": [(dog, 0.3)], "personal": [(tax, 0.35)]}
    weighing = Weighing("What is the dog called?", NOW)
    fits = weighing.ranks(near)

    assert fits[dog.id] > fits[tax.id] > 0
    assert weighing.ranks(near) == fits, "what was counted before counts the same"
    assert weighing.ranks({}) == {}


def test_what_was_counted_is_told_apart_by_the_memory() -> None:
    """Asked of others in between, each is weighed as if it were asked for the first time."""
    one, two, three = shelf("a dog", "a dog and a cat", "rain")
    weighing = Weighing("dog or cat", NOW)
    weighing.ranks({"session": [(three, 0.1), (two, 0.2)]})
    both = {"session": [(one, 0.1), (two, 0.1), (three, 0.1)]}

    assert weighing.ranks(both) == Weighing("dog or cat", NOW).ranks(both)
