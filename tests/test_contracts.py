"""The contracts' own data is as odd as they claim."""

import math

from roomtone.contracts import HOSTILE, START, WEATHER, a_summary, an_alert, weather


def test_a_block_of_weather_is_as_declared():
    """What the checks write fits the measurement they declare, with no rows too."""
    block = weather(2.5, {"here": (1, math.nan), "there": (2, 3)}, height="high")

    assert set(block.tags) == set(WEATHER.tags)
    assert block.fields["warm"].tolist() == [1, 2]
    assert (block.time - START).total_seconds() == 2.5
    assert len(weather(0, {})) == 0


def test_hostile_names_hold_what_breaks_careless_stores():
    """Quotes, mark-up, separators of line protocol, wildcards, and text that runs backwards."""
    assert all(any(mark in name for name in HOSTILE) for mark in "'\"<,= \\%_\n\u202e\u200d")
    assert len(set(HOSTILE)) == len(HOSTILE)


def test_alerts_and_summaries_of_one_start_have_one_id():
    """Ids follow from what it is about, so that writing twice can be told."""
    assert an_alert(1).id == an_alert(1, score=0.1).id != an_alert(2).id
    assert a_summary(1).id == a_summary(1, messages=7).id != a_summary(2).id
