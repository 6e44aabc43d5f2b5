"""Alarms that a host can believe: each kind of trouble, each kind of calm, and exact state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.detectors.anomaly import Anomaly
from roomtone.errors import BadConfig
from roomtone.points import Block
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.testing import check_detector

START = 1_700_000_000
NAN = float("nan")
UNKNOWN = {
    "poll_participation": NAN,
    "reactions_per_min": NAN,
    "leave_rate": NAN,
    "leavers_15s": NAN,
    "leavers_60s": NAN,
    "present_before": NAN,
    "feed": NAN,
    "heartbeat_age_s": NAN,
    "heartbeat_every_s": NAN,
}


def block(tick: int, slots: Sequence[int], **fields: Sequence[float] | float) -> Block:
    """A block at tick `tick` with one row per slot; a single number is every row's."""
    rows = len(slots)
    known = {name: np.full(rows, value) for name, value in UNKNOWN.items()}
    given = {
        name: np.broadcast_to(np.asarray(value, float), rows) for name, value in fields.items()
    }
    tags = {"session": np.array([f"s{slot}" for slot in slots], object)}
    time = datetime.fromtimestamp(START + 5 * tick, UTC)
    return Block("engagement", time, tags, known | given, np.array(slots, np.intp))


def feed(
    detector: Anomaly,
    counts: Sequence[float] | NDArray[np.float64],
    first: int = 0,
    **fields: float,
) -> list[Alert]:
    """One session's activity per tick, with a score as its last minute gives it."""
    found: list[Alert] = []
    for tick, count in enumerate(counts, first):
        minute = sum(counts[max(0, tick - first - 11) : tick - first + 1])
        score = min(np.log1p(minute) / np.log(21), 1) * 0.9
        row = {"activity_5s": count, "score": score, "chat_per_min": minute} | fields
        found += detector.observe(block(tick, [0], **row))
    return found


def crash(detector: Anomaly, points: int, **fields: float) -> list[Alert]:
    """The score stands at .78 for some points, and then at .30."""
    found: list[Alert] = []
    for tick in range(points):
        found += detector.observe(block(tick, [0], score=0.78, leave_rate=0.0))
    found += detector.observe(block(points, [0], score=0.30, **fields))
    return found + detector.observe(block(points + 1, [0], score=0.30, **fields))


def kinds(alerts: Sequence[Alert]) -> list[str]:
    return [alert.type for alert in alerts]


def chatter(rate: float, ticks: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).poisson(rate, ticks).astype(float)


def test_detect_sudden_drop() -> None:
    """A chat that loses 80 % within one tick is a sudden drop, found within half a minute."""
    found = feed(Anomaly(), np.concatenate([chatter(20, 120), chatter(4, 6, seed=1)]))

    assert kinds(found) == ["SUDDEN_DROP"]
    alert = found[0]
    assert alert.time.timestamp() - START >= 5 * 120
    assert alert.expected == pytest.approx(240, rel=0.25)
    assert alert.current < 0.5 * alert.expected
    assert alert.subject == "activity_per_min"
    assert "Messages fell from about 2" in alert.message


def test_detect_gradual_decline() -> None:
    """A chat that loses a fifth each minute is declining, not dropping."""
    fading = np.random.default_rng(3).poisson(20 * 0.8 ** (np.arange(96) / 12))
    found = feed(Anomaly(), np.concatenate([chatter(20, 240, seed=2), fading]))

    assert "GRADUAL_DECLINE" in kinds(found)
    assert "SUDDEN_DROP" not in kinds(found)


def test_detect_gradual_decline_in_the_documents_way() -> None:
    """Six points that each lose more than .02 are a decline where no single step is a drop."""
    detector = Anomaly("documents")
    found: list[Alert] = []
    for tick in range(36):
        score = 0.8 if tick < 30 else 0.8 - 0.03 * (tick - 29)
        found += detector.observe(block(tick, [0], score=score, leave_rate=0.0))

    assert kinds(found) == ["GRADUAL_DECLINE"]


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_detect_mass_exit(mode: str) -> None:
    """200 of 1,000 people leaving within 50 s is a mass exit at WARNING at least."""
    detector = Anomaly(mode)  # type: ignore[arg-type]
    found: list[Alert] = []
    for tick in range(30):
        gone = max(0, tick - 19) * 20.0
        fields = {
            "score": 0.6,
            "activity_5s": 10.0,
            "present_before": 1000.0,
            "leavers_60s": gone,
            "leavers_15s": min(gone, 60.0),
            "leave_rate": gone / 1000,
        }
        found += detector.observe(block(tick, [0], **fields))

    assert kinds(found)[0] == "MASS_EXIT"
    assert found[0].severity in ("WARNING", "CRITICAL")
    assert all(kind == "MASS_EXIT" for kind in kinds(found))


def test_hybrid_scoring() -> None:
    """combined = .7 tree + .3 min(z / 3, 1), and the z part alone until the trees are ready."""
    detector = Anomaly("documents", window=10)
    scores = [0.80, 0.78, 0.82, 0.79, 0.81]
    found: list[Alert] = []
    for tick, score in enumerate([*scores, 0.40]):
        found += detector.observe(block(tick, [0], score=score, leave_rate=0.0))
    cold = found[-1].evidence
    mean, sd = np.mean(scores), np.std(scores, ddof=1)
    assert cold["tree_ready"] == 0
    assert cold["z"] == pytest.approx((mean - 0.40) / sd)
    assert cold["combined"] == pytest.approx(1.0)

    rng = np.random.default_rng(1)
    for tick in range(6, 60):
        detector.observe(block(tick, [0], score=0.8 + 0.05 * rng.normal(), leave_rate=0.0))
    found = list(detector.observe(block(60, [0], score=0.45, leave_rate=0.0)))
    warm = found[0].evidence
    assert warm["tree_ready"] == 1
    assert 0 < warm["tree"] < 1
    assert warm["combined"] == pytest.approx(0.7 * warm["tree"] + 0.3 * min(warm["z"] / 3, 1))
    assert found[0].score == warm["combined"]
    assert found[0].severity == ("CRITICAL" if warm["combined"] >= 0.8 else "WARNING")


def test_the_documents_rules_come_in_their_order() -> None:
    """A room that is left, low and dropping at once is a mass exit; low comes before a drop."""
    left = crash(Anomaly("documents"), 10, leave_rate=0.4)
    detector = Anomaly("documents")
    low: list[Alert] = []
    for tick in range(12):
        low += detector.observe(block(tick, [0], score=0.78 if tick < 10 else 0.1))

    assert kinds(left)[0] == "MASS_EXIT"
    assert kinds(low) == ["LOW_ENGAGEMENT"]


@pytest.mark.parametrize("points", [4, 5, 30, 249, 300])
@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_a_crash_is_found_within_ten_seconds_at_any_age(mode: str, points: int) -> None:
    """.78 to .30 with 40 % leaving alarms at once: before the trees are ready, and after."""
    found = crash(Anomaly(mode), points, leave_rate=0.4)  # type: ignore[arg-type]

    assert kinds(found)[0] == "MASS_EXIT"
    assert found[0].time.timestamp() - START <= 5 * points + 5


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_a_flat_room_that_falls_is_found(mode: str) -> None:
    """A history without any spread hides nothing: a fall from it alarms."""
    found = crash(Anomaly(mode), 40, leave_rate=0.0)  # type: ignore[arg-type]

    assert kinds(found)[0] == "SUDDEN_DROP"


def test_flat_counts_that_fall_are_found() -> None:
    """A feed as regular as a clock that halves is a drop."""
    found = feed(Anomaly(), np.array([12.0] * 120 + [5.0] * 24))

    assert kinds(found) == ["SUDDEN_DROP"]


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_a_rise_is_never_a_drop(mode: str) -> None:
    """However far a room rises, no class that speaks of a fall comes of it."""
    detector = Anomaly(mode)  # type: ignore[arg-type]
    rng = np.random.default_rng(5)
    found: list[Alert] = []
    for tick in range(200):
        count = 2.0 if tick < 100 else 2.0 + (tick - 100)
        score = 0.3 + 0.003 * tick + 0.001 * rng.random()
        found += detector.observe(block(tick, [0], score=score, activity_5s=count, leave_rate=0.0))

    assert not found


def test_silence_is_a_drop() -> None:
    """Where no feed says that it is broken, silence means that the people are silent."""
    found = feed(Anomaly(), np.concatenate([chatter(10, 60), np.zeros(12)]))

    assert kinds(found)[0] in ("SUDDEN_DROP", "LOW_ENGAGEMENT")
    assert found[0].time.timestamp() - START <= 5 * 60 + 30


def test_a_feed_in_doubt_is_not_judged_and_teaches_nothing() -> None:
    """Silence of a feed whose heartbeats stopped is no drop, now or when the feed is back."""
    detector = Anomaly()
    calm = feed(detector, chatter(10, 60), heartbeat_age_s=2.0, heartbeat_every_s=5.0, feed=1.0)
    dead: list[Alert] = []
    for tick in range(60, 84):
        age = 5.0 * (tick - 59)
        row = {"activity_5s": 0.0, "score": 0.0, "quiet_s": age, "feed": 0.0}
        dead += detector.observe(
            block(tick, [0], heartbeat_age_s=age, heartbeat_every_s=5.0, **row)
        )
    back = feed(
        detector, chatter(10, 60, 9), 84, heartbeat_age_s=2.0, heartbeat_every_s=5.0, feed=1.0
    )

    assert not calm + dead + back


def test_silence_that_heartbeats_confirm_is_a_drop() -> None:
    """Doubt ends when the next heartbeat comes; the silence before it counts."""
    detector = Anomaly()
    feed(detector, chatter(10, 60), heartbeat_age_s=2.0, heartbeat_every_s=10.0, feed=1.0)
    found: list[Alert] = []
    for tick in range(60, 72):
        sure = float(tick % 2)
        row = {"activity_5s": 0.0, "score": 0.3, "feed": sure, "heartbeat_every_s": 10.0}
        found += detector.observe(block(tick, [0], heartbeat_age_s=5.0, **row))

    assert kinds(found)[0] in ("SUDDEN_DROP", "LOW_ENGAGEMENT")


def test_one_trouble_is_one_alarm_and_then_a_recovery() -> None:
    """A drop that lasts is said once; RECOVERED comes when the room has been back for a while."""
    counts = np.concatenate([chatter(20, 120), chatter(3, 60, 1), chatter(20, 60, 2)])
    found = feed(Anomaly(), counts)

    assert kinds(found) == ["SUDDEN_DROP", "RECOVERED"]
    alert, news = found
    assert news.severity == "INFO"
    assert not news.is_alarm
    assert news.evidence["since_s"] == (news.time - alert.time).total_seconds()
    assert 5 * 180 < news.time.timestamp() - START < 5 * 204


def test_the_documents_way_cools_down_for_thirty_seconds() -> None:
    """The same type is not repeated within 30 s, and RECOVERED follows a return."""
    detector = Anomaly("documents")
    found: list[Alert] = []
    for tick in range(60):
        score = 0.1 if 30 <= tick < 38 else 0.8
        found += detector.observe(block(tick, [0], score=score))

    times = [alert.time.timestamp() - START for alert in found]
    assert kinds(found) == ["LOW_ENGAGEMENT", "LOW_ENGAGEMENT", "RECOVERED"]
    assert times[1] - times[0] == 30


def test_a_quiet_room_is_left_in_peace() -> None:
    """A room that never was lively does not alarm for being low."""
    detector, alarms = Anomaly(), 0
    counts = np.stack([chatter(0.05, 720, seed) for seed in range(10)], axis=1)
    for tick in range(720):
        minute = counts[max(0, tick - 11) : tick + 1].sum(axis=0)
        score = np.minimum(np.log1p(minute) / np.log(21), 1) * 0.9
        row = {"activity_5s": counts[tick], "score": score, "chat_per_min": minute}
        alarms += sum(alert.is_alarm for alert in detector.observe(block(tick, range(10), **row)))

    assert alarms <= 5  # ten hours at half an alarm an hour


def test_every_alarm_says_what_it_was_made_of() -> None:
    """Both of the documents' parts, the statistic, its threshold and the budget are shown."""
    found = feed(Anomaly(), np.concatenate([chatter(20, 120), chatter(3, 12, 1)]))

    named = {"tree", "z", "combined", "deficit", "threshold", "window_s", "dispersion"}
    assert named <= found[0].evidence.keys()
    assert all(np.isfinite(value) for value in found[0].evidence.values())
    assert found[0].evidence["deficit"] > found[0].evidence["threshold"]


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_per_session_isolation(mode: str, seed: int) -> None:
    """A session's verdicts are the same to the bit alone and in any shuffled company."""
    rng = np.random.default_rng(seed)
    rooms, ticks = 5, 90
    counts = rng.poisson(rng.uniform(0.5, 30, rooms), (ticks, rooms)).astype(float)
    counts[60:, ::2] //= 5
    score = np.clip(np.log1p(counts) / 4, 0, 1)
    company = Anomaly(mode, 20.0, window=30)  # type: ignore[arg-type]
    alone = {slot: Anomaly(mode, 20.0, window=30) for slot in range(rooms)}  # type: ignore[arg-type]
    together: dict[int, list[Alert]] = {slot: [] for slot in range(rooms)}
    single: dict[int, list[Alert]] = {slot: [] for slot in range(rooms)}
    for tick in range(ticks):
        slots = rng.permutation(rooms).tolist()
        fields = {"activity_5s": counts[tick, slots], "score": score[tick, slots]}
        for alert in company.observe(block(tick, slots, **fields)):
            together[int(alert.session[1:])].append(alert)
        for slot in slots:
            one = {"activity_5s": counts[tick, slot], "score": score[tick, slot]}
            single[slot] += alone[slot].observe(block(tick, [slot], **one))

    assert together == single
    assert any(together.values())


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
@pytest.mark.parametrize("at", [3, 61, 130])
def test_a_restored_detector_goes_on_as_if_it_had_never_stopped(mode: str, at: int) -> None:
    """Snapshot, restore in a new object, go on: the same alerts and the same state."""
    counts = np.concatenate([chatter(20, 120), chatter(3, 40, 1), chatter(20, 40, 2)])
    whole, first, second = (Anomaly(mode, window=30) for _ in range(3))  # type: ignore[arg-type]
    expected = feed(whole, counts)
    found = feed(first, counts[:at])
    second.restore(first.snapshot())
    minute = np.convolve(counts, np.ones(12))[: len(counts)]
    for tick in range(at, len(counts)):
        score = min(np.log1p(minute[tick]) / np.log(21), 1) * 0.9
        row = {"activity_5s": counts[tick], "score": score, "chat_per_min": minute[tick]}
        found += second.observe(block(tick, [0], **row))

    assert found == expected
    ours, theirs = second.snapshot(), whole.snapshot()
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_a_forgotten_slot_cannot_be_told_from_a_new_one(mode: str) -> None:
    """The next session of the slot is judged as if nobody had been there before."""
    used, fresh = (Anomaly(mode, window=30) for _ in range(2))  # type: ignore[arg-type]
    feed(used, np.concatenate([chatter(20, 100), chatter(2, 20, 1)]))
    used.forget(np.array([0]))
    later = np.concatenate([chatter(8, 100, 4), chatter(1, 30, 5)])

    assert feed(used, later, 500) == feed(fresh, later, 500)
    ours, theirs = used.snapshot(), fresh.snapshot()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("mode", ["calibrated", "documents"])
def test_the_contract_of_detectors_holds(mode: str) -> None:
    """Restored anywhere, forgotten, empty or without any knowledge: as the port promises."""
    assert check_detector(lambda: Anomaly(mode), ENGAGEMENT)  # type: ignore[arg-type]


def test_missing_time_is_no_drop() -> None:
    """Nobody listened for a while: what was missed is no silence of the room."""
    detector = Anomaly()
    found = feed(detector, chatter(20, 120))
    found += feed(detector, np.concatenate([[2.0], chatter(20, 60, 3)]), 400)

    assert not found


@pytest.mark.parametrize("settings", [{"mode": "best"}, {"alarms_per_hour": 0}])
def test_settings_that_cannot_be_are_refused_in_a_sentence(settings: dict[str, object]) -> None:
    """The error says what to write instead."""
    with pytest.raises(BadConfig, match=r"choose|try"):
        Anomaly(**settings)  # type: ignore[arg-type]
