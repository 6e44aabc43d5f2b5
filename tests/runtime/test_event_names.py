"""The newest event of a session is told; the memory is bounded."""

from roomtone.runtime.event_names import EventNames


def test_the_newest_name_counts_and_the_oldest_is_forgotten() -> None:
    """A session without one is its own event."""
    names = EventNames(most=2)
    names.learn({"a": "x", "b": "y"})
    names.learn({"a": "z"})
    names.learn({"c": "w"})

    assert (names.of("a"), names.of("b"), names.of("c")) == ("z", "b", "w")
    assert ("a" in names, "b" in names, len(names)) == (True, False, 2)
