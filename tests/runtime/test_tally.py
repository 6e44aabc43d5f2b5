"""Durations are counted as Prometheus expects them: cumulative, with sum and worst."""

import random

from roomtone.runtime.tally import BLOCK_S, DISK_S, Durations


def test_each_bucket_counts_all_that_were_at_most_as_long():
    """A time that is exactly a bound counts in it, as `le` says."""
    times = Durations((0.1, 0.5))
    for seconds in (0.05, 0.1, 0.3, 2.0):
        times.add(seconds)

    assert list(times.buckets()) == [("0.1", 2.0), ("0.5", 3.0), ("+Inf", 4.0)]
    assert (times.count, times.longest) == (4, 2.0)
    assert abs(times.total - 2.45) < 1e-12


def test_nothing_falls_between_the_buckets():
    """Whatever came, the last bucket holds all of it, and counts never fall."""
    chance = random.Random(1)
    for bounds in (DISK_S, BLOCK_S):
        times = Durations(bounds)
        for _ in range(1000):
            times.add(chance.expovariate(50))
        counts = [count for _, count in times.buckets()]
        assert counts == sorted(counts)
        assert counts[-1] == times.count == 1000
