"""Turns are measured once, when they were read; state survives; nothing grows without bound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomtone import conversations as module
from roomtone.conversations import Conversations
from roomtone.engine import Output
from roomtone.events import Event, Message, RelationshipSet, Turn, TurnRead, TurnRevised
from roomtone.heard import Feeling, Standing
from roomtone.points import Field, Measurement, Point
from roomtone.runtime import plugins
from roomtone.turns import Heard

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MS = round(T0.timestamp() * 1000)
NEW = Standing(source="default")


def make(**more: Any) -> Conversations:
    """With all that the product measures."""
    return Conversations(plugins.turn_signals(), **more)


def turn(id: str, minutes: float = 0, **more: Any) -> Turn:
    """Ann says something to luna."""
    told = {"session": "s", "bot": "luna", "user": "ann", "message": f"m{id}", "reply": f"r{id}"}
    return Turn(id=id, at=T0 + timedelta(minutes=minutes), **{**told, **more})


def read(id: str, **more: Any) -> TurnRead:
    """What a model makes of it."""
    told = {"session": "s", "turn": id, "bot": "luna", "user": "ann", "standing": NEW}
    return TurnRead(**{**told, **more})


def feel(label: str) -> Feeling:
    """A reading as the wire has it."""
    return Feeling(primary=label, intensity=0.8, confidence=0.9)


def run(own: Conversations, *events: Event, seconds: float = 5) -> Output:
    """Apply, and tick once."""
    own.apply(events, MS)
    whole = Output(0)
    for part in own.ticking(round(MS / 1000 + seconds)):
        whole.blocks += part.blocks
        whole.turns += part.turns
        whole.conversations += part.conversations
        whole.relationships += part.relationships
        whole.revisions += part.revisions
    return whole


def rows(out: Output, measurement: str) -> list[Point]:
    """All points of a measurement."""
    return [p for block in out.blocks if block.measurement == measurement for p in block.points()]


def test_a_turn_is_measured_when_it_was_read_and_only_once() -> None:
    """Not before, and not again when the reading comes twice."""
    own = make()
    waits = run(own, turn("1"))
    out = run(own, read("1", user_emotion=feel("joy")), read("1", user_emotion=feel("anger")))

    assert not waits.blocks
    (row,) = rows(out, "user_emotion")
    assert (row.time, row.tags["emotion"], row.texts["source"]) == (T0, "joy", "model")
    assert [one.id for one in out.turns] == ["1"]
    assert out.turns[0].values["user_emotion"]["emotion"] == "joy"
    assert not run(own).blocks


def test_what_the_sender_said_goes_before_what_a_model_read() -> None:
    """It was measured where it was made."""
    own = make()
    out = run(own, turn("1", user_emotion=feel("fear")), read("1", user_emotion=feel("joy")))

    (row,) = rows(out, "user_emotion")
    assert (row.tags["emotion"], row.texts["source"]) == ("fear", "measured")


@pytest.mark.parametrize(
    ("standing", "levels", "source"),
    [
        (Standing(trust=0.8, affection=0.6, attunement=0.7), (0.8, 0.6, 0.7), "store"),
        (Standing(trust=0.8), (0.8, 0.35, 0.45), "store"),
        (Standing(source="default"), (0.4, 0.35, 0.45), "default"),
        (Standing(source="estimate"), (0.5, 0.4, 0.5), "estimate"),
    ],
)
def test_real_scores_come_from_the_store(
    standing: Standing, levels: tuple[float, ...], source: str
) -> None:
    """A row gives its scores, a new pair the defaults; only a store that is away gives a guess."""
    out = run(make(), turn("1"), read("1", standing=standing))

    (row,) = rows(out, "relationship_progression")
    names = ("trust_level", "affection_level", "attunement_level")
    assert tuple(row.fields[name] for name in names) == pytest.approx(levels)
    assert row.texts["source"] == source
    assert bool(out.relationships) == (source != "estimate")


def test_a_store_that_is_back_ends_the_guessing() -> None:
    """Until then each turn asks again; afterwards none does."""
    own = make()
    away = Standing(source="estimate")
    run(own, turn("1"), read("1", standing=away))
    own.apply([turn("2", 1)], MS)
    asked = own.to_read(9)[0].asks
    out = run(own, read("2", standing=Standing(trust=0.9, affection=0.9, attunement=0.9)))
    own.apply([turn("3", 2)], MS)

    assert asked
    assert rows(out, "relationship_progression")[0].texts["source"] == "store"
    assert not own.to_read(9)[0].asks


def test_the_owner_of_the_truth_has_the_last_word() -> None:
    """What is set counts at once, and what is not set stays."""
    own = make()
    first = run(own, RelationshipSet(bot="luna", user="ann", trust=0.9))
    second = run(own, RelationshipSet(bot="luna", user="ann", affection=0.1))

    assert [(r.trust, r.affection, r.source) for r in first.relationships] == [(0.9, 0.35, "store")]
    assert [(r.trust, r.affection) for r in second.relationships] == [(0.9, 0.1)]


def test_a_turn_that_nobody_reads_is_measured_as_it_is() -> None:
    """After ten minutes, by what its sender said; a reading that comes later changes nothing."""
    own = make()
    soon = run(own, turn("1", processing_time_ms=7))
    late = run(own, seconds=601)
    after = run(own, read("1", user_emotion=feel("joy")))

    assert not soon.blocks
    assert rows(late, "response_metrics")[0].fields["processing_time_ms"] == 7
    assert rows(late, "user_emotion") == []
    assert own.unread == 1
    assert not after.blocks


def test_turns_that_wait_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are measured unread; none is lost."""
    monkeypatch.setattr(module, "MOST_PENDING", 3)
    own = make()
    out = run(own, *(turn(str(n), n) for n in range(5)))

    assert [one.id for one in out.turns] == ["0", "1"]
    assert (len(own.pending), own.unread) == (3, 2)


def test_a_reader_is_told_what_was_said_before() -> None:
    """Also where that was not read yet itself; not after a long pause."""
    own = make()
    own.apply([turn("1"), turn("2", 1)], MS)
    two = own.to_read(9)[1]
    run(own, read("1"), read("2"))
    own.apply([turn("3", 2), turn("4", 90, session="s")], MS)
    run(own, read("3"), read("4"))
    own.apply([turn("5", 300)], MS)

    assert two.before == ("m1", "r1")
    assert own.to_read(9)[0].before == ("", "")


def test_a_pause_begins_another_conversation() -> None:
    """Half an hour without a turn: the session goes on, the conversation does not."""
    own = make()
    out = run(
        own,
        *(turn(str(n), minutes) for n, minutes in enumerate((0, 29, 58, 100))),
        *(read(str(n)) for n in range(4)),
    )

    kept = run(own, turn("9", 101), read("9")).conversations
    assert [one.turns for one in out.conversations] == [3, 1]
    assert [one.turns for one in kept] == [2]
    assert kept[0].id == out.conversations[1].id != out.conversations[0].id


def test_turns_of_one_millisecond_stay_apart() -> None:
    """A series holds one point a millisecond: none hides another."""
    own = make()
    out = run(own, *(turn(str(n)) for n in range(5)), *(read(str(n)) for n in range(5)))

    assert len({row.time for row in rows(out, "response_metrics")}) == 5


def test_old_turns_of_one_second_stay_where_they_were() -> None:
    """History of a pair that talks already: the second one does not jump to the present."""
    own = make()
    now, *past = turn("0", 20_000), *(turn(str(n), session="old") for n in (1, 2, 3))
    out = run(own, now, *past, read("0"), *(read(str(n), session="old") for n in (1, 2, 3)))
    times = sorted(row.time for row in rows(out, "response_metrics"))

    assert times == [*(T0 + timedelta(milliseconds=n) for n in range(3)), now.at]
    assert [one.turns for one in out.conversations] == [1, 3]


def test_much_that_was_read_does_not_wait_for_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hold memory, and the tick up."""
    monkeypatch.setattr(module, "MOST_READY", 3)
    own = make()
    own.apply([turn(str(n), n) for n in range(3)], MS)
    before = own.is_due
    own.apply([read(str(n)) for n in range(3)], MS)

    assert (before, own.is_due) == (False, True)


def test_a_turn_of_an_older_journal_has_no_id_and_is_measured() -> None:
    """Nothing can be read of it, as nothing could name it."""
    own = make()
    out = run(own, turn(""), turn(""))

    assert len(rows(out, "response_metrics")) == 2


def test_a_session_can_be_made_a_tag() -> None:
    """Where somebody wants a series for each."""
    out = run(make(tag_session=True), turn("1"), read("1"))

    assert rows(out, "response_metrics")[0].tags["session_id"] == "s"


def test_a_reading_of_another_pair_is_none() -> None:
    """Whoever names a turn of somebody else says nothing of it."""
    own = make()
    own.apply([turn("1"), read("1", bot="other"), read("1", user="eve")], MS)

    assert [one.turn.id for one in own.to_read(9)] == ["1"]


def test_a_gap_is_not_the_readers_delay() -> None:
    """The server was down for an hour: what waited then is read, not given up."""
    own = make()
    own.apply([turn("1")], MS)
    own.gap(3_600_000)
    assert not run(own, seconds=3_605).blocks
    out = run(own, read("1", user_emotion=feel("joy")))

    assert rows(out, "user_emotion")


def test_what_cannot_be_told_has_no_valence_and_teaches_nothing() -> None:
    """A text in another language does not make its writer unhappy or happy."""
    own = make()
    unsure = Feeling(primary="unsure", intensity=0.2, confidence=0.1, valence=0.3)
    out = run(own, turn("1"), read("1", user_emotion=unsure))

    assert "valence" not in rows(out, "user_emotion")[0].fields
    assert own.pairs["luna", "ann"].valence is None
    assert out.conversations[0].valence is None


def test_labels_without_numbers_count_alike() -> None:
    """Of eight joys and one sadness joy is what was felt most."""
    own = make()
    labels = ["joy"] * 8 + ["sadness"]
    said = [turn(str(n), n, user_emotion=Feeling(primary=one)) for n, one in enumerate(labels)]
    out = run(own, *said, *(read(str(n)) for n in range(9)))

    assert out.conversations[0].emotion == "joy"


def test_an_old_turn_is_no_part_of_the_running_conversation() -> None:
    """An export with its newest first is as many conversations as it was."""
    own = make()
    out = run(own, *(turn(str(n), -1440 * n) for n in range(3)), *(read(str(n)) for n in range(3)))

    assert [one.turns for one in out.conversations] == [1, 1, 1]


def test_turns_of_an_outage_count_beside_those_the_store_had() -> None:
    """A hundred before, two while it was away, one after it: a hundred and three."""
    own = make()
    away, back = Standing(source="estimate"), Standing(trust=0.5, turns=100, first_ms=MS - 1000)
    run(own, turn("1"), turn("2", 1), read("1", standing=away), read("2", standing=away))
    out = run(own, turn("3", 2), read("3", standing=back))

    assert out.relationships[0].turns == 103
    assert out.relationships[0].first == T0 - timedelta(seconds=1)


def test_what_an_owner_sets_leaves_the_rest_as_the_store_had_it() -> None:
    """The door says how the pair stood; what was not said is not made up."""
    stood = Standing(trust=0.9, affection=0.8, attunement=0.7, turns=100)
    (kept,) = run(
        make(), RelationshipSet(bot="luna", user="ann", trust=0.1, standing=stood)
    ).relationships

    assert (kept.trust, kept.affection, kept.attunement, kept.turns) == (0.1, 0.8, 0.7, 100)
    assert kept.first == kept.updated == T0


def test_books_end_a_slice() -> None:
    """So that a loop gets its breath, however long the texts are."""
    own = make()
    book = "word " * 20_000
    own.apply([turn(str(n), n, message=book) for n in range(6)], MS)
    own.apply([read(str(n)) for n in range(6)], MS)

    assert len([out for out in own.ticking(round(MS / 1000) + 5) if out.turns]) == 6


def test_other_events_are_not_its_own() -> None:
    """A room's chat passes by."""
    assert not make().apply([Message(session="s", text="hi", user="u")], MS)


class Undeclared:
    """A signal that gives what it did not declare."""

    measurements: Sequence[Measurement] = (Measurement("x", "", ("bot",), {"y": Field("")}),)

    def update(self, heard: Heard) -> Sequence[Point]:
        """Always."""
        return (Point("x", heard.at, {"bot": "b"}, {"z": 1.0}),)


class Broken:
    """A signal that fails at every turn."""

    measurements: Sequence[Measurement] = (Measurement("x", "", ("bot",), {"y": Field("")}),)

    def update(self, heard: Heard) -> Sequence[Point]:
        """Always."""
        raise ZeroDivisionError


@pytest.mark.parametrize("kind", [Broken, Undeclared])
def test_a_signal_that_fails_loses_its_own_point_alone(kind: Any) -> None:
    """The others are not its hostages; it is counted."""
    own = Conversations([kind(), *plugins.turn_signals()])
    out = run(own, turn("1"), read("1", user_emotion=feel("joy")))

    assert rows(out, "user_emotion")
    assert rows(out, "response_metrics")
    assert own.failures == {"x": 1}


@pytest.mark.parametrize("cut", range(10))
def test_a_snapshot_goes_on_as_if_nothing_had_been(cut: int) -> None:
    """Wherever it is taken: the same outputs to the last digit."""
    events: list[Event] = [
        turn("1"),
        turn("2", 1),
        read("2", user_emotion=feel("joy"), bot_emotion=feel("caring"), shift=0.9),
        RelationshipSet(bot="luna", user="bob", trust=0.9),
        read("1", user_emotion=feel("anger")),
        turn("3", 2, user="bob"),
        turn("4", 99),
        read("3", bot_emotion=feel("joy"), user="bob"),
        TurnRevised(session="s", bot="luna", turn="4", role="assistant", why="deleted"),
    ]
    straight, begun, taken = make(), make(), make()
    expected = run(straight, *events, read("4"))
    begun.apply(events[:cut], MS)
    taken.restore(begun.snapshot())
    got = run(taken, *events[cut:], read("4"))

    assert [list(b.points()) for b in got.blocks] == [list(b.points()) for b in expected.blocks]
    assert (got.turns, got.conversations) == (expected.turns, expected.conversations)
    assert got.relationships == expected.relationships
    assert got.revisions == expected.revisions != []
    assert taken.snapshot() == straight.snapshot()
