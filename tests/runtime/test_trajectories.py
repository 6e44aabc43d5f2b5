"""A number is read as fine as it is kept, of the one who was asked for, and never without bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from roomtone.errors import BadEvent
from roomtone.points import Field, Measurement, Point
from roomtone.runtime import trajectories
from roomtone.runtime.pseudonyms import KEY, pseudonym
from roomtone.runtime.trajectories import Asked, trajectory
from roomtone.testing import ListArchive, ListSeriesStore
from tests.talked import NOON, keep, turns

TEXTS = {"session_id": Field("s", is_text=True), "source": Field("w", is_text=True)}
PROGRESS = Measurement(
    "relationship_progression",
    "how a pair stands",
    ("bot", "user_id"),
    {"trust_level": Field("trust", "1", 0, 1), **TEXTS},
)
ROOM = Measurement("engagement", "a room", ("session",), {"score": Field("score", "1", 0, 1)})
TRUST = Asked("relationship_progression", "trust_level", bot="luna", user="ann")
DAY = timedelta(days=1)


@dataclass
class Kept:
    """Stores in lists."""

    series: ListSeriesStore
    archive: ListArchive
    measurements: Sequence[Measurement] = (ROOM, PROGRESS)

    async def write(
        self,
        values: Sequence[float],
        *,
        user: str = "ann",
        every: timedelta = DAY,
        session: str = "s",
        at: datetime = NOON,
        source: str = "store",
    ) -> None:
        """Points of a pair."""
        name = pseudonym(await self.archive.key(KEY), user)
        rows = [
            Point(
                PROGRESS.name,
                at + number * every,
                {"bot": "luna", "user_id": name},
                {"trust_level": value},
                {"session_id": session, "source": source},
            )
            for number, value in enumerate(values)
        ]
        await self.series.write([PROGRESS.gather(rows)])


@pytest.fixture
async def kept() -> Kept:
    made = Kept(ListSeriesStore(), ListArchive())
    await made.series.open(made.measurements)
    return made


async def test_a_person_is_found_behind_their_pseudonym(kept: Kept) -> None:
    """Only their points, with the share of each source, and the trend per day."""
    await kept.write([0.4 + 0.01 * day for day in range(9)])
    await kept.write([0.5], at=NOON + 9 * DAY, source="estimate")
    await kept.write([0.9] * 5, user="bob")
    found = await trajectory(kept, TRUST)

    assert len(found.samples) == 10
    assert found.sources() == {"store": 0.9, "estimate": 0.1}
    assert found.trend.direction == "rising"
    assert found.trend.slope_per_day == pytest.approx(0.01, rel=0.02)
    assert found.points()[0] == {"at": "2026-11-20T12:00:00.000Z", "value": 0.4, "source": "store"}


async def test_a_change_names_the_turns_that_led_to_it(kept: Kept) -> None:
    """The session, and the last three turns up to the first one on the new level."""
    values = [0.8] * 20 + [0.4] * 20
    await kept.write(values, every=timedelta(minutes=1))
    await keep(kept.archive, turns(count=40))
    found = await trajectory(kept, TRUST)
    [change] = found.changes

    assert change["at"] == "2026-11-20T12:20:00.000Z"
    assert (change["before"], change["after"], change["session"]) == (0.8, 0.4, "s")
    assert change["turns"] == ["t18", "t19", "t20"]
    assert change["p"] <= 0.01


async def test_turns_of_others_in_the_session_are_not_blamed(kept: Kept) -> None:
    """Several may talk in one session."""
    await kept.write([0.8] * 20 + [0.4] * 20, every=timedelta(minutes=1))
    await keep(kept.archive, turns(count=40))
    others = turns(count=40, user="bob")
    await kept.archive.add_turns([structs.replace(one, id=f"bob {one.id}") for one in others])
    [change] = (await trajectory(kept, TRUST)).changes

    assert change["turns"] == ["t18", "t19", "t20"]


async def test_one_session_is_read_beside_its_turns(kept: Kept) -> None:
    """Series do not tell sessions apart; the archive does, and filters by person and time."""
    await keep(kept.archive, turns(count=450))
    whole = await trajectory(kept, Asked(TRUST.measurement, TRUST.field, session="s"))
    part = await trajectory(
        kept,
        Asked(
            TRUST.measurement,
            TRUST.field,
            session="s",
            user="ann",
            start=NOON + timedelta(minutes=10),
            end=NOON + timedelta(minutes=20),
        ),
    )
    nobody = await trajectory(kept, Asked(TRUST.measurement, TRUST.field, session="s", user="bob"))

    assert len(whole.samples) == 450
    assert [one.at for one in whole.samples] == sorted(one.at for one in whole.samples)
    assert whole.samples[0].source == "default"
    assert [round(one.value, 2) for one in part.samples] == [
        round(0.5 + n / 100, 2) for n in range(10)
    ]
    assert nobody.samples == []


async def test_too_many_points_become_means(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of minutes, hours or days, the finest that fits; means have no one source."""
    monkeypatch.setattr(trajectories, "MOST_POINTS", 30)
    await kept.write([0.5] * 40 + [0.7] * 40, every=timedelta(minutes=15))
    found = await trajectory(kept, TRUST)
    hours = await trajectory(kept, replace(TRUST, step_s=3600))

    assert (found.step_s, len(found.samples)) == (3600, 20)
    assert found.samples == hours.samples
    assert found.points()[0]["source"] is None
    assert found.sources() == {}
    with pytest.raises(BadEvent, match="less time"):
        await trajectory(kept, replace(TRUST, step_s=0))


async def test_what_is_older_than_points_are_kept_comes_as_means_of_hours(kept: Kept) -> None:
    """Before the hour of the first point as written, and never twice."""
    await kept.write([0.4] * 4 + [0.6] * 4, every=timedelta(minutes=30))
    reads = kept.series.read
    newest = NOON + timedelta(hours=2)

    async def forgetful(measurement: str, **asked):  # type: ignore[no-untyped-def]
        """Rollups of everything, points of the newest only, as after some days."""
        if not asked["step_s"]:
            asked["start"] = max(asked["start"], newest)
        return await reads(measurement, **asked)

    kept.series.read = forgetful  # type: ignore[method-assign]
    found = await trajectory(kept, TRUST)

    assert [one.at for one in found.samples] == [
        NOON,
        NOON + timedelta(hours=1),
        *(newest + n * timedelta(minutes=30) for n in range(4)),
    ]
    assert [one.source for one in found.samples] == ["", "", *["store"] * 4]
    assert found.step_s == 0


async def test_what_cannot_be_asked_is_told(kept: Kept) -> None:
    """With what there is."""
    for asked, why in [
        (Asked("nope", "x"), "relationship_progression"),
        (replace(TRUST, field="nope"), "trust_level"),
        (replace(TRUST, field="source"), "trust_level"),
        (Asked("engagement", "score", bot="luna"), "not told apart by bot"),
        (Asked("engagement", "score", user="ann"), "not told apart by user"),
        (replace(TRUST, session="s", step_s=60), "leave `step` out"),
    ]:
        with pytest.raises(BadEvent, match=why):
            await trajectory(kept, asked)


async def test_a_room_has_a_trend_too(kept: Kept) -> None:
    """What is measured on the clock, by its session."""
    rows = [
        Point("engagement", NOON + n * timedelta(seconds=5), {"session": "r"}, {"score": 0.5})
        for n in range(12)
    ]
    await kept.series.write([ROOM.gather(rows)])
    found = await trajectory(kept, Asked("engagement", "score", session="r"))

    assert (found.trend.direction, len(found.samples)) == ("steady", 12)
    assert found.sources() == {"measured": 1.0}


async def test_nothing_is_no_error(kept: Kept) -> None:
    """Nobody has said anything yet."""
    found = await trajectory(kept, TRUST)

    assert (found.samples, found.trend.direction, found.changes) == ([], "unclear", [])
    assert found.as_json()["trend"]["slope_per_day"] is None
    assert datetime(9999, 1, 1, tzinfo=UTC) == TRUST.end
