"""Compiled loops know the shapes that they were compiled for, and refuse all others."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from roomtone.compiled import loops
from roomtone.increments import Increments
from roomtone.room import Room
from roomtone.rooms import Rooms


def test_they_are_there_in_ci() -> None:
    """A build that silently lost them would be tested in Python alone."""
    if not os.environ.get("CI"):
        pytest.skip("outside CI a machine may have no compiler")

    assert loops is not None


needed = pytest.mark.skipif(loops is None, reason="the loops are not compiled here")


@needed
def test_other_numbers_are_refused() -> None:
    """Columns that were renumbered in Python alone would be counted wrongly, without a word."""
    assert loops is not None
    with pytest.raises(ValueError, match="other columns"):
        loops.know_rooms(Room, (60, 32, 6, 0, 1, 2, 3, 4, 601), 5000, -1, -(1 << 40))
    with pytest.raises(ValueError, match="other columns"):
        loops.know_rooms(Room, (60, 32, 6, 1, 0, 2, 3, 4, 600), 5000, -1, -(1 << 40))


@needed
def test_types_without_slots_are_refused() -> None:
    """Where a type does not say where its fields lie, nothing may be read."""
    assert loops is not None

    class Open:
        session = slot = 1

    with pytest.raises(TypeError, match="no slot"):
        loops.know_rooms(Open, (60, 32, 6, 0, 1, 2, 3, 4, 600), 5000, -1, -(1 << 40))
    with pytest.raises(TypeError, match="no slot"):
        loops.know_events(Open, Open, Open, Open, Open)


def columns(rooms: Rooms) -> list[Any]:
    own = rooms.columns
    return [rooms.buckets, rooms.minutes, own["tallies"], own["last"], own["quiet_since"],
            rooms.changed]  # fmt: skip


@needed
def test_columns_of_other_shapes_are_refused() -> None:
    """A write outside of an array would spoil what lies behind it."""
    assert loops is not None
    rooms = Rooms()
    for place, wrong in enumerate(
        (
            rooms.buckets[:59],
            rooms.minutes.astype(np.int64),
            rooms.columns["tallies"][:, :5],
            np.zeros(3, np.int64),
            np.zeros(16, np.int32),
            np.zeros((16, 1), np.bool_),
        )
    ):
        given = columns(rooms)
        given[place] = wrong
        with pytest.raises((ValueError, BufferError)):
            loops.settle(Increments(), 100, *given)


@needed
@pytest.mark.parametrize("name", ["said", "acted", "plus", "minus", "minute_plus", "minute_minus"])
@pytest.mark.parametrize("place", [-1, 1 << 20, 1 << 70])
def test_places_outside_are_refused(name: str, place: int) -> None:
    """Neither below the first nor behind the last, nor of a size that no place has."""
    assert loops is not None
    news = Increments()
    getattr(news, name).append(place)
    if name == "acted":
        news.before.append(0)
    with pytest.raises((IndexError, OverflowError)):
        loops.settle(news, 100, *columns(Rooms()))


@needed
def test_lists_that_do_not_match_are_refused() -> None:
    """Each act has the second of the one before it."""
    assert loops is not None
    news = Increments()
    news.acted.append(0)
    with pytest.raises(ValueError, match="as many seconds"):
        loops.settle(news, 100, *columns(Rooms()))
