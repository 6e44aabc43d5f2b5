"""What one session says moves no other by a bit, however their events are interleaved."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone.engine import Engine
from roomtone.events import Event, Join, Leave, Message, PollClosed, PollVote, Reaction
from roomtone.runtime import plugins

BEGIN = 1_790_000_000  # a multiple of 5
SECONDS = 90
SESSIONS = ("a", "b", "c")

Said = tuple[int, Event]  # second, event


def new_engine() -> Engine:
    return Engine(
        plugins.gauges(seed_weights=False),
        plugins.detectors(mode="calibrated", alarms_per_hour=10),
        session_idle_s=60,
    )


def story(session: str, seed: int, count: int) -> list[Said]:
    """What a session says: a seed and a length are all that it depends on."""
    chance, made = random.Random(f"{session} {seed}"), []
    for _ in range(count):
        about = {"session": session, "user": f"u{chance.randrange(6)}"}
        event = chance.choice(
            [
                Message(text="t", **about),
                Message(text="t", **about),
                Reaction(emoji="👍", action=chance.choice(["add", "remove"]), **about),
                Join(**about),
                Leave(**about),
                PollVote(poll="p", option=1, **about),
                PollClosed(poll="p", **about),
            ]
        )
        made.append((chance.randrange(SECONDS), event))
    return sorted(made, key=lambda said: said[0])


def interleave(stories: list[list[Said]], chance: random.Random) -> list[Said]:
    """All of them in one order that keeps each one's own, and the clock's."""
    heads, merged = [list(reversed(one)) for one in stories], []
    while any(heads):
        least = min(head[-1][0] for head in heads if head)
        merged.append(chance.choice([h for h in heads if h and h[-1][0] == least]).pop())
    return merged


def run(said: list[Said], chance: random.Random) -> dict[str, list[object]]:
    """Every number, alert and summary of each session, to the bit; in batches of any size."""
    engine, told = new_engine(), {session: [] for session in SESSIONS}
    rest = list(said)
    for now in range(BEGIN + 5, BEGIN + SECONDS + 100, 5):
        while rest and BEGIN + rest[0][0] < now:
            second = rest[0][0]
            most = next((n for n, (s, _) in enumerate(rest) if s != second), len(rest))
            size = chance.randint(1, most)
            engine.apply([event for _, event in rest[:size]], (BEGIN + second) * 1000)
            del rest[:size]
        for out in engine.ticking(now, rows=chance.randint(1, 3)):
            for block in out.blocks:
                for row, session in enumerate(block.tags["session"]):
                    numbers = {name: float(of[row]).hex() for name, of in block.fields.items()}
                    told[session].append((now, numbers))
            for alert in out.alerts:
                told[alert.session].append((now, repr(alert)))
            for summary in out.ended:
                told[summary.session].append((now, repr(summary)))
    return told


@settings(max_examples=6, deadline=None)
@given(
    seeds=st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    counts=st.lists(st.integers(0, 80), min_size=3, max_size=3),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_session_alone_and_among_others_is_the_same_to_the_bit(seeds, counts, shuffle):
    """Scores, alerts and summaries: with others beside it or not, in whatever order they come."""
    stories = [story(*of) for of in zip(SESSIONS, seeds, counts, strict=True)]
    alone = [run(one, shuffle)[session] for session, one in zip(SESSIONS, stories, strict=True)]

    for _ in range(2):
        together = run(interleave(stories, shuffle), shuffle)
        assert [together[session] for session in SESSIONS] == alone


def test_the_property_can_fail(monkeypatch):
    """A detector that looked at its neighbours would be found out."""
    from roomtone.signals.engagement import Engagement

    real = Engagement.read

    def nosy(self, rooms, now, slots=None):
        block = real(self, rooms, now, slots)
        block.fields["score"][:] += 1e-12 * len(rooms)
        return block

    monkeypatch.setattr(Engagement, "read", nosy)
    stories = [story(session, 1, 60) for session in SESSIONS]
    chance = random.Random(1)
    together = run(interleave(stories, chance), chance)
    assert together["a"] != run(stories[0], chance)["a"]
