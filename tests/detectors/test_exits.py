"""People who leave together are told from people who leave."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from roomtone.detectors._exits import Exit, Exits
from roomtone.points import Block


def watch(exits: Exits, present: float, leavers: float, ticks: int = 1) -> Exit:
    """So many people leave within each 15 s of some ticks; the last tick's finding."""
    for _ in range(ticks):
        fields = {"leavers_15s": leavers, "leavers_60s": leavers, "present_before": present}
        columns = {name: np.array([value]) for name, value in fields.items()}
        time = datetime.fromtimestamp(1_700_000_000, UTC)
        found = exits.update(Block("engagement", time, {}, columns, np.array([0])))
    return found


def test_fifteen_percent_in_a_minute_is_a_mass_exit() -> None:
    """150 of 1,000 are, 149 are not; both are a burst where nobody leaves as a rule."""
    assert watch(Exits(), 1000, 150).mass[0]
    assert not watch(Exits(), 1000, 149).mass[0]
    assert watch(Exits(), 1000, 149).burst[0]


@pytest.mark.parametrize(
    ("present", "leavers", "mass"), [(10, 2, False), (10, 3, True), (25, 4, False)]
)
def test_a_mass_is_three_people_in_a_small_room_and_five_in_others(
    present: float, leavers: float, mass: bool
) -> None:
    """Two of ten are 20 %, but two people are no mass."""
    assert watch(Exits(), present, leavers).mass[0] == mass


def test_a_net_split_below_the_rule_is_a_burst() -> None:
    """Six of fifty-five within a second are 11 %: not 15 %, yet they left together."""
    exits = Exits()
    watch(exits, 55, 0, ticks=60)
    found = watch(exits, 55, 6)

    assert found.burst[0]
    assert not found.mass[0]
    assert found.share[0] == pytest.approx(6 / 55)


def test_a_room_where_people_come_and_go_is_used_to_it() -> None:
    """Where six leave in every 15 s, seven are no burst."""
    exits = Exits()
    watch(exits, 60, 6, ticks=200)

    assert not watch(exits, 60, 7).burst[0]


def test_a_few_of_very_many_are_no_burst() -> None:
    """Twenty of 5,000 within 15 s are unusual where nobody leaves, but the room does not notice."""
    assert not watch(Exits(), 5000, 20).burst[0]


def test_presence_that_nobody_tells_is_no_exit() -> None:
    """Without joins and leaves nothing is known and nothing is said."""
    found = watch(Exits(), float("nan"), float("nan"), ticks=20)

    assert not found.mass[0]
    assert not found.burst[0]
