"""The score is the documents' formula, exact, and honest about what a room does not have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from roomtone.engine import Engine
from roomtone.events import Heartbeat, Message
from roomtone.points import Column, level
from roomtone.signals.engagement import Engagement, engagement_score

NAN = math.nan
T0 = 1_763_719_200


def score(*values: float, seed_weights: bool = False) -> float:
    """The score of one room: chat, polls, active share, reactions, leave rate."""
    columns: list[Column] = [np.array([value]) for value in values]
    return float(engagement_score(*columns, seed_weights=seed_weights)[0])


VECTORS = [
    # chat, polls, active, reactions, leave, expected: worked out by hand from the documents
    (0, 0, 0, 0, 0, 0.0),
    (20, 1, 1, 10, 0, 0.9),
    (20, 1, 1, 10, 1, 0.8),
    (1, 0, 0, 0, 0, 0.30 * math.log(2) / math.log(21)),
    (0, 0, 0, 1, 0, 0.10 * math.log(2) / math.log(11)),
    (7, 0.4, 0.3, 3, 0.05, None),
    (1000, 3, 2, 500, 7, 0.8),
    (0, 0, 0, 0, 1, 0.0),
]


@pytest.mark.parametrize("vector", VECTORS)
def test_calculate_score_with_valid_signals(vector: tuple[float, ...]) -> None:
    """Thirty, twenty-five, twenty-five, ten, minus ten: exact to a billionth."""
    chat, polls, active, reactions, leave, expected = vector
    if expected is None:
        expected = (
            0.30 * min(math.log(chat + 1) / math.log(21), 1)
            + 0.25 * polls
            + 0.25 * active
            + 0.10 * min(math.log(reactions + 1) / math.log(11), 1)
            - 0.10 * leave
        )

    assert score(chat, polls, active, reactions, leave) == pytest.approx(expected, abs=1e-9)
    literal = score(chat, polls, active, reactions, leave, seed_weights=True)
    assert literal == pytest.approx(expected, abs=1e-9)


def test_normalize_chat_activity() -> None:
    """The second message says more than the twentieth, and beyond twenty nothing is gained."""
    gains = np.diff([score(n, 0, 0, 0, 0) for n in range(25)])

    assert (np.diff(gains[:20]) < 0).all()
    assert gains[20:] == pytest.approx(0)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1.0, "VERY_HIGH"),
        (0.8, "VERY_HIGH"),
        (0.79999, "HIGH"),
        (0.6, "HIGH"),
        (0.4, "MODERATE"),
        (0.2, "LOW"),
        (0.19999, "VERY_LOW"),
        (0.0, "VERY_LOW"),
    ],
)
def test_categorize_engagement(value: float, word: str) -> None:
    """Five levels, bounded at .8, .6, .4 and .2."""
    assert level(value) == word


def test_edge_cases_zero_values() -> None:
    """An empty room scores zero, whatever channels it has, and never below."""
    assert score(0, 0, 0, 0, 0) == 0
    assert score(NAN, NAN, 0, NAN, NAN) == 0
    assert score(0, NAN, 0, NAN, 1) == 0


def test_a_channel_that_is_not_there_costs_nothing() -> None:
    """A room without polls and reactions that is as lively as can be reaches the same top."""
    assert score(20, NAN, 1, NAN, NAN) == pytest.approx(0.9)
    assert score(20, NAN, 1, NAN, NAN, seed_weights=True) == pytest.approx(0.55)


def test_missing_channels_keep_the_others_in_proportion() -> None:
    """Chat and people share the whole as thirty to twenty-five."""
    assert score(20, NAN, 0, NAN, 0) / score(0, NAN, 1, NAN, 0) == pytest.approx(30 / 25)


def test_explanation_adds_up_to_the_score() -> None:
    """The parts' contributions are the score, and a part's gain is what it could still bring."""
    gauge = Engagement()
    fields = {
        "chat_per_min": 5.0,
        "active_share": 0.2,
        "reactions_per_min": 2.0,
        "leave_rate": 0.1,
    }
    expected = score(5, NAN, 0.2, 2, 0.1)

    explained = gauge.explain(fields)

    assert explained["score"] == pytest.approx(expected)
    best = explained["raise_most"]
    filled = score(5, NAN, 1.0, 2, 0.1)
    assert best["name"] == "active"
    assert best["gain"] == pytest.approx(filled - expected)


def test_a_feed_is_in_doubt_until_its_next_heartbeat() -> None:
    """Silence of a feed that beats is believed only when a heartbeat came after it began."""
    engine = Engine([Engagement()], [])
    engine.apply([Message(session="s", user="a", text="x"), Heartbeat(session="s")], T0 * 1000)
    seen = []
    for second in range(5, 40, 5):
        if second == 25:
            engine.apply([Heartbeat(session="s")], (T0 + 23) * 1000)
        block = engine.tick(T0 + second).blocks[0]
        seen.append(float(block.fields["feed"][0]))

    assert seen == [1, 0, 0, 0, 1, 1, 1]


def test_blocks_hold_every_declared_field() -> None:
    """What is declared is delivered, for all rooms, in columns of one length."""
    engine = Engine([Engagement()], [])
    engine.apply([Message(session=s, user="a", text="x") for s in "abc"], T0 * 1000)

    block = engine.tick(T0 + 5).blocks[0]

    assert set(block.fields) == set(Engagement.measurement.fields)
    assert {len(column) for column in block.fields.values()} == {3}
    for name, declared in Engagement.measurement.fields.items():
        known = block.fields[name][~np.isnan(block.fields[name])]
        assert declared.low is None or (known >= declared.low).all(), name
        assert declared.high is None or (known <= declared.high).all(), name
