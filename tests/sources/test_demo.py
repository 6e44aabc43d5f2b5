"""The demo crowd is the same for the same seed, and goes wrong on cue."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import roomtone.sources.demo as demo
from roomtone.consents import ConsentGiven
from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollVote,
    Reaction,
    Turn,
    decode,
    encode,
)
from roomtone.reactions import MEANINGS, Case, Said
from roomtone.runtime import plugins


def script(until: float, **options) -> list[tuple[float, Event]]:
    return list(takewhile(lambda timed: timed[0] < until, demo.Demo(**options).script()))


def test_the_same_seed_gives_the_same_crowd():
    """A demo can be shown twice; another seed is another crowd."""
    assert script(60, seed=3) == script(60, seed=3)
    assert script(60, seed=3) != script(60, seed=4)


def test_events_are_in_order_and_people_come_before_they_leave():
    """Nobody leaves who is not there, and nobody comes twice."""
    here: dict[str, set[str | None]] = {}
    last = -600.0
    for at, event in script(900, warmup_s=600):
        assert at >= last
        last = at
        room = here.setdefault(event.session, set())
        if isinstance(event, Join):
            assert event.user not in room
            room.add(event.user)
        if isinstance(event, Leave):
            room.remove(event.user)


def test_everything_that_can_happen_happens():
    """Chat, reactions, votes, comings, goings and heartbeats stream in, in several rooms."""
    events = [event for _, event in script(20, warmup_s=300, talks=False)]

    assert {Message, Reaction, Join, Leave, PollVote, Heartbeat} <= {type(e) for e in events}
    assert len({event.session for event in events}) == len(demo.ROOMS) >= 3


def test_the_keynote_crashes_within_the_first_minute_and_recovers():
    """Chat all but stops and a third of the people leave; then they come back."""
    keynote = [(at, e) for at, e in script(240, warmup_s=300) if e.session == "keynote"]

    def count(kind: type, start: float, end: float) -> int:
        return sum(isinstance(e, kind) for at, e in keynote if start <= at < end)

    usual = count(Message, -60, 0)
    assert usual > 30
    assert count(Message, demo.CRASH_S, demo.CRASH_S + 60) < usual * 0.25
    assert count(Leave, demo.CRASH_S, demo.CRASH_S + 15) > 30
    assert count(Join, demo.MENDED_S, demo.MENDED_S + 45) > 25
    assert count(Message, 150, 210) > usual * 0.6


def test_trouble_comes_again_and_again():
    """The demo never becomes boring: every six minutes a room has trouble."""
    exits = Counter(
        int(at // demo.TROUBLE_EVERY_S)
        for at, event in script(4 * demo.TROUBLE_EVERY_S)
        if isinstance(event, Message) and event.text in demo.TROUBLED
    )

    assert {1, 2, 3} & exits.keys()


async def test_the_port_waits_until_each_event_has_its_time():
    """As a Source it sleeps between events, `speed` times shorter, and not before the start."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    source = demo.Demo(warmup_s=100, speed=10, sleep=sleep)
    async for event in source.events():
        assert event.at is None
        if sum(slept) > 2:
            break

    assert 2 < sum(slept) < 2.5


def test_people_talk_to_bots_while_one_looks():
    """One dialogue after another, each turn named anew for each showing, with reactions to it."""
    live = [
        (at, event)
        for at, event in script(1_400, warmup_s=100, rooms=(), name="today")
        if isinstance(event, Turn | Reaction)
    ]
    turns = {event.id: event for _, event in live if isinstance(event, Turn)}
    reactions = [event for _, event in live if isinstance(event, Reaction)]

    assert min(at for at, _ in live) == demo.FIRST_TALK_S
    assert len({turn.session for turn in turns.values()}) >= 4
    assert all("today" in (id or "") for id in turns)
    assert all(turns[r.target].bot == r.bot for r in reactions if r.target)
    assert not {id for _, e in script(90, rooms=(), name="later") if (id := e.id)} & turns.keys()


def test_the_days_before_are_told_at_their_own_times():
    """Three bots, several people, five days: the same for the same day, whole, and in the past."""
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    told = demo.past(now)
    events = [event for session in told.values() for event in session]
    turns = [event for event in events if isinstance(event, Turn)]

    assert told == demo.past(now + timedelta(hours=3))
    assert {turn.bot for turn in turns} == {"luna", "atlas", "sol"}
    assert len({turn.user for turn in turns}) == 5
    assert len({turn.at.date() for turn in turns if turn.at}) == 5
    assert all(event.at and event.at < now and event.id for event in events)
    assert len({event.id for event in events}) == len(events)
    assert all(turn.message and turn.reply and "\n" not in turn.reply for turn in turns)
    assert decode(encode(events))[0] == events
    starts = [session[0].at for session in told.values()]
    assert starts == sorted(starts)


def test_people_were_asked_whether_they_may_be_learnt_from_before_they_spoke():
    """Some said yes, one no, and one was not asked: so that there is something to show of each."""
    told = demo.past(datetime(2026, 5, 4, 12, tzinfo=UTC))
    events = [event for session in told.values() for event in session]
    words = {e.user: e for e in events if isinstance(e, ConsentGiven)}
    people = {e.user for e in events if isinstance(e, Turn)}

    assert sum(word.purposes["training"] for word in words.values()) == 3
    assert len(words) == 4 < len(people)
    assert all(
        word.at < min(e.at for e in events if e.user == user and e is not word)
        for user, word in words.items()
    )


def test_what_people_feel_of_answers_is_of_many_kinds():
    """Hearts alone would show nothing: the same ones stand for praise, for views and for grief."""
    given = Counter(
        event.emoji
        for session in demo.past(datetime(2026, 5, 4, tzinfo=UTC)).values()
        for event in session
        if isinstance(event, Reaction)
    )

    assert len(given) >= 12
    assert given["❤️"] >= 4
    assert {"👍", "💯", "😢", "😂", "👋"} <= given.keys()


def test_the_same_emoji_mean_different_things():
    """The judge inside the package finds all four meanings in the demo; hearts have several."""
    judge = plugins.load("models.judge", "local")("local://")
    cases, emoji = [], []
    for session in demo.past(datetime(2026, 5, 4, tzinfo=UTC)).values():
        said: list[Said] = []
        for event in session:
            if isinstance(event, Turn):
                said += [Said("user", event.message or ""), Said("bot", event.reply or "")]
            elif isinstance(event, Reaction):
                emoji.append(event.emoji)
                cases.append(
                    Case(
                        id=str(len(cases)),
                        emoji=event.emoji,
                        reply=said[-1].text,
                        before=tuple(said[-6:-1]),
                        latency_s=9.0,
                    )
                )
    found = [one.meaning for one in judge.judge(cases)]
    hearts = {meaning for one, meaning in zip(emoji, found, strict=True) if one == "❤️"}

    assert set(found) >= set(MEANINGS)
    assert len(hearts) >= 2
