"""What most events do is counted by a quick way, and gives what the careful one does."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from roomtone import counting
from roomtone.compiled import loops
from roomtone.counting import gather_plainly, stretch_plainly
from roomtone.engine import Engine, Output
from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    Turn,
)
from roomtone.signals.engagement import Engagement
from tests.each_way import plainly

T0 = 1_763_719_200

compiled = pytest.mark.skipif(loops is None, reason="the loops are not compiled here")

BERLIN, KABUL = timezone(timedelta(hours=1)), timezone(timedelta(hours=4, minutes=30))


def anything(rng: random.Random, ms: int, people: int = 12) -> Event:
    """Some event about now, of the kinds and in the ways in which they come, and others."""
    late = rng.choice([0, 0, 0, 0, 400, 2_500, 8_990, 9_000, 9_001, 10_000, 10_001, 70_000, -700])
    at = datetime.fromtimestamp((ms - late) / 1000, UTC)
    at = at.replace(microsecond=rng.choice([0, 1, 999_999, at.microsecond]))
    more: dict[str, Any] = {
        "session": f"s{rng.randrange(4)}",
        "user": None if rng.random() < 0.1 else f"u{rng.randrange(people)}",
        "at": rng.choice([None, at, at, at, at.astimezone(BERLIN), at.astimezone(KABUL)]),
    }
    kinds = ("message", "reaction", "join", "leave", "vote", "other")
    match rng.choices(kinds, (8, 4, 2, 2, 2, 1))[0]:
        case "message":
            role = rng.choices(("user", "bot", "host"), (8, 1, 1))[0]
            return Message(text="hello", role="".join(role), **more)  # type: ignore[arg-type]
        case "reaction":
            return Reaction(
                emoji=rng.choice("👍😂"),
                target=rng.choice([None, "m1", "m2"]),
                action="add" if rng.random() < 0.8 else "remove",
                bot=None if rng.random() < 0.9 else "luna",
                **more,
            )
        case "join":
            return Join(**more)
        case "leave":
            return Leave(**more)
        case "vote":
            return PollVote(poll=f"p{rng.randrange(2)}", option=1, **more)
        case _:
            poll = rng.choice([PollOpened(poll="p0", **more), PollClosed(poll="p0", **more)])
            return rng.choice([poll, Heartbeat(**more), Turn(bot="luna", message="hi", **more)])


def batches(seed: int, count: int = 120) -> list[tuple[int, list[Event]]]:
    """Batches with the instants of their arrival, a moment apart or hours."""
    rng, ms, made = random.Random(seed), T0 * 1000, []
    for _ in range(count):
        gaps = (0, 300, 1_100, 5_000, 30_000, 90_000, 3_000_000)
        ms += rng.choices(gaps, (4, 8, 4, 4, 2, 2, 0.4))[0]
        made.append((ms, [anything(rng, ms) for _ in range(rng.randrange(1, 40))]))
    return made


def engine(max_users: int) -> Engine:
    return Engine([Engagement()], [], max_users=max_users)


def everything(engine: Engine, outputs: Sequence[Output]) -> Any:
    """All that an engine knows and gave, to compare."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.dtype.str, value.shape, value.tobytes()
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    given = [
        (out.now, out.alerts, out.ended, [plain(dict(block.fields)) for block in out.blocks])
        for out in outputs
    ]
    return plain(engine.snapshot()), plain(engine.rooms.changed), given


def live(seed: int, max_users: int) -> list[Any]:
    """A life in batches, with ticks between them; all that can be seen after each."""
    own, seen = engine(max_users), []
    for ms, events in batches(seed):
        outputs = list(own.run_to(ms // 1000))
        notes = own.apply(events, ms)
        seen.append((notes, everything(own, outputs)))
    return seen


@compiled
@pytest.mark.parametrize("max_users", [5, 200_000])
def test_compiled_and_in_python_it_is_the_same_life(
    monkeypatch: pytest.MonkeyPatch, max_users: int
) -> None:
    """Notes, state and scores after each batch, to the bit; rooms full or not."""
    for seed in range(6):
        first = live(seed, max_users)
        with monkeypatch.context() as patch:
            plainly(patch)
            second = live(seed, max_users)
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            assert one == other, (seed, index)


@pytest.mark.usefixtures("each_way")
def test_in_a_batch_or_one_by_one_it_is_the_same() -> None:
    """The quick way through a batch counts what each event alone would."""
    for seed in range(4):
        whole, single = engine(200_000), engine(200_000)
        for ms, events in batches(seed, 60):
            assert list(whole.run_to(ms // 1000)) is not None
            assert list(single.run_to(ms // 1000)) is not None
            together = [note.reason for note in whole.apply(events, ms)]
            alone = [note.reason for one in events for note in single.apply([one], ms)]
            assert together == alone
            assert everything(whole, ()) == everything(single, ())


@compiled
def test_history_is_cut_at_the_same_places() -> None:
    """Runs of one second end where they do in Python, whatever zone an event's clock is in."""
    rng = random.Random(9)
    for _ in range(300):
        events = [anything(rng, T0 * 1000 + rng.randrange(3_000)) for _ in range(rng.randrange(9))]
        low = datetime.fromtimestamp(T0 - rng.randrange(10), UTC)
        high = low + timedelta(milliseconds=rng.choice([0, 999, 9_999]))
        latest = low + (high - low) * rng.random()
        start = rng.randrange(len(events) + 2)

        assert counting.stretch(events, start, low, latest, high) == stretch_plainly(
            events, start, low, latest, high
        )


@pytest.mark.usefixtures("each_way")
def test_what_goes_wrong_with_an_odd_event_is_told() -> None:
    """The error of whoever is asked about it reaches the caller, and what came before counts."""
    own = engine(10)
    own.apply([Message(session="s", user="ann", text="hi")], T0 * 1000)

    def odd(index: int, event: Event) -> None:
        raise LookupError(f"{index}: {event.session}")

    events = [Message(session="s", user="ann", text="hi"), Leave(session="s", user="ann")]
    with pytest.raises(LookupError, match="1: s"):
        counting.gather(own.rooms, events, T0, T0 - 1800, True, odd)
    assert own.summary("s").messages == 2


@compiled
def test_what_is_no_event_is_odd() -> None:
    """The compiled way looks at nothing whose shape it does not know."""
    assert loops is not None
    own, seen = engine(10), []

    class Stranger:
        session, user, at = "s", "ann", None

    own.apply([Message(session="s", user="ann", text="hi")], T0 * 1000)
    strangers: list[Any] = [Stranger(), None, 7, "text", object(), Message]
    loops.gather(own.rooms, strangers, T0, T0 - 1800, True, lambda i, _: seen.append(i))

    assert seen == [0, 1, 2, 3, 4, 5]
    with pytest.raises(TypeError):
        loops.gather(own.rooms, 7, T0, T0, True, print)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        loops.gather(None, [], T0, T0, True, print)
    with pytest.raises(TypeError):
        loops.gather(own.rooms, [], T0)  # type: ignore[call-arg]


@compiled
def test_odd_names_are_counted_as_in_python() -> None:
    """What a program that makes its own events puts into them is no text, and still a name."""
    seen = []
    for gather in (counting.gather, gather_plainly):
        own = engine(10)
        own.apply([Message(session="s", user="ann", text="hi")], T0 * 1000)
        odd: list[int] = []
        names: list[Any] = [7, ("a", 1), b"ann"]
        events = [Message(session="s", user=name, text="hi") for name in names]
        gather(own.rooms, events, T0, T0 - 1800, True, lambda index, _, at=odd: at.append(index))
        for index in odd:
            own.apply([events[index]], T0 * 1000)
        seen.append(own.summary("s"))

    assert seen[0] == seen[1]
    assert seen[0].people == 4


@compiled
def test_nothing_is_kept_of_what_was_counted() -> None:
    """No event, name or room is held longer than by whoever made it."""

    def once() -> None:
        own = engine(200_000)
        for ms, events in made:
            list(own.run_to(ms // 1000))
            own.apply(events, ms)
            list(own.play(events))
        own.rooms.settle()

    made = batches(1, 30)
    watched = [one for _, events in made for one in events]
    watched += [one for event in watched for one in (event.session, event.user, event.at)]
    for _ in range(2):
        once()
    gc.collect()
    before = [sys.getrefcount(one) for one in watched if one is not None], len(gc.get_objects())
    for _ in range(5):
        once()
    gc.collect()
    after = [sys.getrefcount(one) for one in watched if one is not None], len(gc.get_objects())

    assert after[0] == before[0]
    assert abs(after[1] - before[1]) < 50
