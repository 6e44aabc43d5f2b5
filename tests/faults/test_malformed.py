"""A hundred thousand malformed inputs: each is refused with a reason, its neighbours are taken."""

import json
import os
import random
from datetime import UTC

import pytest

from roomtone.events import decode, encode
from roomtone.records import Batch, decode_entry, encode_entry
from tests.faults.malformed import BOMBS, GOOD, VALID, mutate

CASES = int(os.environ.get("ROOMTONE_FUZZ_CASES", "100000"))
CONTROL = {chr(n) for n in [*range(32), 127]}


def check(body: bytes, **options: bool) -> int:
    """Decode and hold the answer to its promises; the number of events taken."""
    try:
        events, refusals, kept = decode(body, **options)
    except ValueError as error:
        assert str(error), body[:200]
        assert not isinstance(error, UnicodeError), body[:200]
        return 0
    assert sorted(kept + [r.index for r in refusals]) == list(range(len(kept) + len(refusals)))
    assert all(refusal.reason for refusal in refusals), body[:200]
    if events:
        batch = Batch(arrival=1, source="fuzz", events=events)
        assert decode_entry(encode_entry(batch)) == batch, body[:200]
        assert decode(encode(events))[0] == events, body[:200]
        for event in events:
            assert not CONTROL & set(event.session + (event.user or "") + (event.id or "")), body
            if event.at is not None:
                event.at.astimezone(UTC)
                event.at.timestamp()
    return len(events)


def test_a_hundred_thousand_mutations_are_answered():
    """Any accident to a valid event gives events or a reason, never another exception."""
    chance = random.Random(7)
    taken = sum(check(mutate(chance, chance.choice(VALID))) for _ in range(CASES))

    assert CASES / 50 < taken < CASES


def test_good_neighbours_on_other_lines_are_taken():
    """One bad line never costs the lines around it."""
    chance = random.Random(8)
    for _ in range(CASES // 20):
        bad = mutate(chance, chance.choice(VALID)).replace(b"\n", b" ")
        body = b"\n".join([GOOD, bad, GOOD])
        check(body, lines=True)
        events, _, kept = decode(body, lines=True)

        assert sum(event.user == "neighbour" for event in events) >= 2, bad
        assert kept[0] == 0


def test_good_neighbours_in_an_array_are_taken():
    """As long as the array as a whole can be read, one bad item is refused alone."""
    chance = random.Random(9)
    read = 0
    for _ in range(CASES // 20):
        bad = mutate(chance, chance.choice(VALID))
        body = b"[" + GOOD + b"," + bad + b"," + GOOD + b"]"
        check(body)
        try:
            items = json.loads(body)
        except (ValueError, RecursionError):
            continue
        if len(items) == 3:
            events, _, kept = decode(body)
            read += 1
            assert kept[0] == 0 and kept[-1] == 2, bad
            assert sum(event.user == "neighbour" for event in events) >= 2, bad
    assert read > CASES / 400


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("bomb", range(len(BOMBS)))
def test_bombs_do_no_harm(bomb, lines):
    """Deep, huge, truncated and lying bodies: nothing of them is taken, and it is said why."""
    assert check(BOMBS[bomb], lines=lines) <= 1
    assert check(GOOD + b"\n" + BOMBS[bomb].replace(b"\n", b" "), lines=True) >= 1
