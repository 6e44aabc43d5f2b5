"""Increments that were gathered and added at once are those that were added one by one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from roomtone import rooms
from roomtone.increments import (
    ACTIVE,
    CHAT,
    FEW,
    KINDS,
    NEVER,
    UNCHANGED,
    UNSEEN,
    Increments,
    fill,
    welcome,
)
from roomtone.increments import MINUTES as RING
from roomtone.increments import WINDOW_S as WINDOW

SLOTS = 4

pytestmark = pytest.mark.usefixtures("each_way")


def columns() -> tuple[np.ndarray, ...]:
    """Buckets, minutes, tallies and what is known of each slot; nothing was counted yet."""
    return (
        np.zeros((WINDOW, SLOTS, KINDS), np.int32),
        np.zeros((RING, SLOTS), np.int32),
        np.zeros((SLOTS, KINDS), np.int64),
        np.zeros(SLOTS, np.int64),
        np.zeros(SLOTS, np.int64),
        np.zeros(SLOTS, np.bool_),
    )


def settle(news: Increments, head: int, *into: np.ndarray) -> None:
    """Put all of them into columns, by the way that rooms take."""
    rooms.settle(news, head, *into)


def test_acts_move_who_is_active() -> None:
    """Against a naive account of everybody's last act, over two hours of random acts."""
    rng = random.Random(3)
    buckets, minutes, tallies, *noted = columns()
    news, last = Increments(), {}
    head, said = 1_763_719_200, 0
    for _ in range(400):
        gone = rng.choice([1, 1, 1, 7, 65, 2000])
        for second in range(head + 1, head + gone + 1):
            buckets[second % WINDOW] = 0
            if second % 60 == 0:
                minutes[second // 60 % RING] = 0
        head += gone
        for _ in range(rng.choice([rng.randrange(FEW), rng.randrange(4 * FEW)])):
            slot, user = rng.randrange(SLOTS), rng.randrange(30)
            news.said.append(slot)
            said += 1
            if last.get((slot, user)) != head:
                news.acted.append(slot)
                news.before.append(last.get((slot, user), rng.choice([NEVER, UNSEEN])))
                last[slot, user] = head
        settle(news, head, buckets, minutes, tallies, *noted)
        for slot in range(SLOTS):
            lasts = [second for (its, _), second in last.items() if its == slot]
            assert buckets[:, slot, ACTIVE].sum() == sum(s > head - WINDOW for s in lasts)
            assert minutes[:, slot].sum() == sum(s // 60 > head // 60 - RING for s in lasts)
    assert tallies[:, CHAT].sum() == said


def test_places_are_added_and_taken_once() -> None:
    """What was gathered is counted once, the same place as often as it was named."""
    buckets, minutes, tallies, *noted = columns()
    news = Increments()
    place = (7 * SLOTS + 2) * KINDS + 1
    news.plus += [place, place, place + KINDS]
    news.minus += [place]
    news.minute_plus += [5, 5]
    news.minute_minus += [5]

    for _ in range(2):
        settle(news, 100, buckets, minutes, tallies, *noted)

    assert (buckets[7, 2, 1], buckets[7, 3, 1], buckets.sum()) == (1, 1, 2)
    assert (tallies[2, 1], tallies[3, 1], tallies.sum()) == (1, 1, 2)
    assert minutes.reshape(-1)[5] == minutes.sum() == 1


def test_many_at_once_give_what_each_alone_does() -> None:
    """Few are added one by one and many as arrays: to the last column it is the same."""
    rng = random.Random(5)
    one_by_one, at_once = columns(), columns()
    head = 1_763_719_200
    single, whole = Increments(), Increments()
    for _ in range(5 * FEW):
        place = rng.randrange(one_by_one[0].size)
        minute = rng.randrange(one_by_one[1].size)
        for news in (single, whole):
            news.plus.append(place)
            news.minus.append(place // 2)
            news.minute_plus.append(minute)
            news.minute_minus.append(minute // 3)
            news.reacted.append(place % SLOTS)
            news.acted.append(minute % SLOTS)
            news.before.append(head - place)
        settle(single, head, *one_by_one)
    settle(whole, head, *at_once)

    assert all(np.array_equal(a, b) for a, b in zip(one_by_one, at_once, strict=True))
    assert not whole.plus
    assert not whole.acted


def test_few_and_many_slots_are_filled() -> None:
    """The same value at these and at no others, in each column."""
    for size in (0, 1, FEW, 3 * FEW):
        first, second = np.zeros(4 * FEW, np.int64), np.zeros(4 * FEW, np.int64)
        fill((first, second), set(range(size)), 7)

        assert first.tolist() == second.tolist() == [7] * size + [0] * (4 * FEW - size)


def test_who_acted_is_noted() -> None:
    """The last event and the last act were now, and there is something to show."""
    *_, last, quiet, changed = into = columns()
    news = Increments()
    news.said += [2, 2]
    news.reacted.append(1)
    settle(news, 100, *into)

    assert last.tolist() == quiet.tolist() == [0, 100, 100, 0]
    assert changed.tolist() == [False, True, True, False]
    assert not news.said


def test_people_and_polls_are_brought_up_to_date() -> None:
    """Who was met and who came is added; of polls, what was said last holds, where it was said."""
    people, present, until, voters = (np.zeros(SLOTS, np.int32) for _ in range(4))
    for many in (1, 2 * FEW):
        news = Increments()
        news.met += [1] * many
        news.came += [1, 2] * many
        news.polled += [1, 700, 3, 1, UNCHANGED, 2, 2, 650, UNCHANGED]
        welcome(news, people, present, until, voters)
        assert not (news.met or news.came or news.polled)

    assert people.tolist() == [0, 2 * FEW + 1, 0, 0]
    assert present.tolist() == [0, 2 * FEW + 1, 2 * FEW + 1, 0]
    assert (until.tolist(), voters.tolist()) == ([0, 700, 650, 0], [0, 2, 0, 0])


def test_increments_know_whether_there_are_any() -> None:
    """Each kind of them counts, and none once they were added."""
    for name in sorted({*Increments.__slots__} - {"before"}):  # which comes with `acted`
        news = Increments()
        assert not news
        getattr(news, name).append(0)
        assert news, name
