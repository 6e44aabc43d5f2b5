"""A broken pipe is told from a quiet room, and the room from the pipe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from roomtone.alerts import Alert
from roomtone.detectors.anomaly import Anomaly
from roomtone.detectors.stall import Stall
from roomtone.points import Block
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.testing import check_detector

START = 1_700_000_000


def live(last_message: int, last_beat: int, ticks: int, every: int = 5) -> list[Alert]:
    """Both detectors on one room: messages until one tick, heartbeats until another."""
    rng = np.random.default_rng(1)
    anomaly, stall = Anomaly(), Stall()
    counts = rng.poisson(12, ticks).astype(float)
    counts[last_message:] = 0
    found: list[Alert] = []
    for tick in range(ticks):
        now = 5 * (tick + 1)
        beat = min(now - 2, 5 * last_beat) // every * every
        quiet = float(max(0, now - 5 * last_message))
        age = float(now - beat)
        minute = counts[max(0, tick - 11) : tick + 1].sum()
        fields = {
            "activity_5s": counts[tick],
            "score": min(np.log1p(minute) / np.log(21), 1) * 0.9,
            "chat_per_min": minute,
            "quiet_s": quiet,
            "heartbeat_age_s": age,
            "heartbeat_every_s": float(every),
            "feed": float(not (quiet > 5 and age >= quiet)),
        }
        found += observe(anomaly, stall, tick, fields)
    return found


def observe(anomaly: Anomaly, stall: Stall, tick: int, fields: dict[str, float]) -> Sequence[Alert]:
    columns = {name: np.array([value], float) for name, value in fields.items()}
    tags = {"session": np.array(["s"], object)}
    time = datetime.fromtimestamp(START + 5 * (tick + 1), UTC)
    block = Block("engagement", time, tags, columns, np.array([0]))
    return [*anomaly.observe(block), *stall.observe(block)]


def test_a_stopped_producer_is_a_stall_and_never_a_drop() -> None:
    """Messages and heartbeats end together: the pipe broke."""
    found = live(last_message=100, last_beat=100, ticks=200)

    assert [alert.type for alert in found] == ["PIPELINE_STALL"]
    assert found[0].subject == "heartbeat_age_s"
    assert found[0].time.timestamp() - START <= 5 * 100 + 25


def test_people_who_stop_are_a_drop_and_never_a_stall() -> None:
    """Heartbeats go on: the people fell silent."""
    found = [alert.type for alert in live(last_message=100, last_beat=200, ticks=200)]

    assert found[0] in ("SUDDEN_DROP", "LOW_ENGAGEMENT")
    assert "PIPELINE_STALL" not in found


def test_people_first_and_then_the_pipe_are_both() -> None:
    """The drop is said while the pipe is open, the stall when it closes."""
    found = [alert.type for alert in live(last_message=100, last_beat=130, ticks=200)]

    assert found[0] in ("SUDDEN_DROP", "LOW_ENGAGEMENT")
    assert found.count("PIPELINE_STALL") == 1


def test_a_slow_heart_is_given_three_beats() -> None:
    """A feed that beats every 30 s is overdue after 90 s, not after 15."""
    found = live(last_message=100, last_beat=102, ticks=200, every=30)

    stalls = [alert for alert in found if alert.type == "PIPELINE_STALL"]
    assert len(stalls) == 1
    assert stalls[0].evidence["limit_s"] == 90


def beat(stall: Stall, tick: int, age: float, slot: int = 0) -> Sequence[Alert]:
    columns = {
        "quiet_s": np.array([1000.0]),
        "heartbeat_age_s": np.array([age]),
        "heartbeat_every_s": np.array([5.0]),
    }
    tags = {"session": np.array(["s"], object)}
    time = datetime.fromtimestamp(START + 5 * tick, UTC)
    return stall.observe(Block("engagement", time, tags, columns, np.array([slot])))


def test_a_stall_is_said_once_and_its_end_too() -> None:
    """RECOVERED tells how long the pipe was closed; it is news and no alarm."""
    stall = Stall()
    ages = [2.0, 7.0, 12.0, 17.0, 22.0, 27.0, 1.0, 6.0]
    found = [alert for tick, age in enumerate(ages) for alert in beat(stall, tick, age)]

    assert [alert.type for alert in found] == ["PIPELINE_STALL", "RECOVERED"]
    assert found[1].evidence["since_s"] == 15
    assert not found[1].is_alarm


def test_a_room_without_heartbeats_never_stalls() -> None:
    """Its silence is judged as silence."""
    assert not beat(Stall(), 0, float("nan"))


def test_state_is_exact_and_forgettable() -> None:
    """A restored detector does not say a stall again; a forgotten slot starts anew."""
    stall, restored = Stall(), Stall()
    assert beat(stall, 0, 40.0, slot=3)
    restored.restore(stall.snapshot())

    assert not beat(restored, 1, 45.0, slot=3)
    restored.forget(np.array([3]))
    assert beat(restored, 2, 50.0, slot=3)


def test_the_contract_of_detectors_holds() -> None:
    """Restored anywhere, forgotten, empty or without any knowledge: as the port promises."""
    check_detector(Stall, ENGAGEMENT)
