"""The soak harness sees a server's state, and tells growth from none."""

import random

import pytest

from tests.faults.soak import Sample, judge, soak, trend


def samples(minutes: int, *, mb_per_hour: float = 0.0, fds: float = 0.0, slower: float = 0.0):
    """What a server of 400 MB would show every ten seconds, with some noise."""
    chance, made = random.Random(1), []
    for n in range(minutes * 6):
        own = 400 + mb_per_hour * n / 360 + chance.gauss(0, 0.3)
        made.append(
            Sample(
                at_s=n * 10.0,
                rss_mb=own + 50,
                own_mb=own,
                fds=int(30 + fds * n),
                threads=9,
                tick_ms=20,
                ack_p50_ms=3,
                ack_p99_ms=9 * (1 + slower * n / (minutes * 6)),
                sessions=10,
                events=n,
            )
        )
    return made


def test_a_line_is_found_with_how_sure_it_is():
    """Exact on a line; wide where the points scatter."""
    times = [float(n) for n in range(10)]
    line = trend(times, [100 + t / 36 for t in times])
    scattered = trend(times, [100.0 + 5 * (-1) ** n for n in range(10)])

    assert line.percent_per_hour == pytest.approx(100, rel=0.01)
    assert line.give_or_take == pytest.approx(0, abs=1e-6)
    assert scattered.give_or_take > 1000
    assert not scattered.grows and not scattered.decided


def test_what_is_flat_passes_and_what_grows_does_not():
    """Memory by more than one percent an hour, files, and slower answers are each named."""
    flat = judge(samples(60))
    assert flat.failures == [] and flat.memory.decided
    assert "memory grows" in judge(samples(60, mb_per_hour=20)).failures[0]
    assert judge(samples(60, mb_per_hour=2)).failures == []  # half a percent
    assert "open files" in judge(samples(60, fds=0.2)).failures[0]
    assert "slower" in judge(samples(60, slower=1.0)).failures[0]


@pytest.mark.faults
def test_a_short_soak_sees_a_real_server(tmp_path):
    """Forty seconds: samples come, sessions are replaced, nothing is refused."""
    found, refused = soak(tmp_path, seconds=40, sessions=300, rate=100, churn=1.0, every_s=4)

    assert refused == 0
    assert len(found) >= 8
    assert found[-1].events > 3_000
    assert all(one.rss_mb > one.own_mb > 20 and one.fds > 5 for one in found)
    assert any(one.tick_ms > 0 for one in found)
    assert all(one.ack_p99_ms >= one.ack_p50_ms > 0 for one in found)
    assert found[-1].sessions > 300
    assert judge(found).fds[1] < 100
