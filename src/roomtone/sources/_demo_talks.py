"""What the demo's bots and their people say to each other: dialogues of our own, as turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from roomtone.consents import ConsentGiven, Purpose
from roomtone.events import Event, Reaction, Turn
from roomtone.heard import Recalled

_LINE = re.compile(r"^([><!]) (.+(?:\n(?![><!] ).+)*)", re.M)

TURN_S, REACTION_S = 65, 9
"""How long after the one before a turn comes, and how long after a turn what people think of it."""

LEARNT_FROM = {"mara": True, "tomas": True, "kit": True, "iven": False}
"""Who was asked whether what they say may be learnt from, and what they said."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Who talks to which bot, some days before today and at which hour, and what they say.

    Each line of `said` begins a message (`>`), the bot's reply (`<`) or the person's reaction to
    that reply (`!`); a line without a mark goes on.
    """

    bot: str
    user: str
    days: int
    hour: float
    said: str

    def turns(self) -> Iterator[tuple[str, str, list[str]]]:
        """(message, reply, reactions) in their order."""
        message, reply, emoji = "", "", list[str]()
        for mark, lines in _LINE.findall(self.said):
            text = " ".join(lines.split())
            if mark == ">":
                if reply:
                    yield message, reply, emoji
                message, reply, emoji = text, "", []
            elif mark == "<":
                reply = text
            else:
                emoji.append(text)
        if reply:
            yield message, reply, emoji

    def events(self, session: str, name: str) -> Iterator[tuple[int, Event]]:
        """(seconds after its beginning, event); ids begin with a name that is this dialogue's."""
        for number, (message, reply, emoji) in enumerate(self.turns()):
            at, id = number * TURN_S, f"{name}-{number}"
            # As long as such a reply takes to be written, and what there is to remember: by rule,
            # as nobody measured anything here.
            known = [Recalled(similarity=0.86 - 0.11 * k, id=f"m{k}") for k in range(number % 4)]
            yield (
                at,
                Turn(
                    session=session,
                    id=id,
                    user=self.user,
                    bot=self.bot,
                    message=message,
                    reply=reply,
                    processing_time_ms=350 + 11.0 * len(reply),
                    memories=known,
                    retrieval_time_ms=7.0 + 2 * len(known),
                ),
            )
            for place, one in enumerate(emoji):
                yield (
                    at + REACTION_S * (place + 1),
                    Reaction(
                        session=session,
                        id=f"{id}-{place}",
                        user=self.user,
                        bot=self.bot,
                        emoji=one,
                        target=id,
                    ),
                )


def past(today: datetime) -> dict[str, list[Event]]:
    """The days before: each session's events at their own times, the oldest session first.

    Their ids hold the day, so that the same day told again is the same.
    """
    found: dict[str, list[Event]] = {}
    asked: set[str] = set()
    for one in sorted(PAST, key=lambda one: (-one.days, one.hour)):
        day: date = today.date() - timedelta(days=one.days)
        session = f"{one.bot}/{one.user}/{day:%Y-%m-%d}"
        hour, minute = int(one.hour), round(one.hour % 1 * 60)
        began = datetime.combine(day, time(hour, minute), today.tzinfo)
        found[session] = [
            _at(event, began + timedelta(seconds=seconds))
            for seconds, event in one.events(session, session)
        ]
        if one.user in LEARNT_FROM and one.user not in asked:
            asked.add(one.user)
            found[session].insert(0, _word(one.user, session, began - timedelta(minutes=1)))
    return found


def _word(user: str, session: str, at: datetime) -> Event:
    purposes: dict[Purpose, bool] = {"training": LEARNT_FROM[user]}
    return ConsentGiven(id=f"{session}-asked", user=user, at=at, purposes=purposes, by=user)


def _at(event: Event, moment: datetime) -> Event:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**{**fields, "at": moment})


PAST = (
    Dialogue("luna", "mara", 5, 20.2, """
> hi, are you there? today was a lot
< I am here. What was the heaviest part of it?
> my sister called. she is moving to Canada in spring
< That is far. Do you feel left behind, or happy for her, or both at once?
! 🥺
> both! I smiled on the phone and cried in the kitchen
< That makes sense. You can be glad for her and still lose the Sundays you had with her.
! ❤️
> the Sundays, yes. we always made dumplings
< Then dumplings over video, the first Sunday after she lands? It will be clumsy, and it will be
yours.
! 😂
> that is actually a lovely idea, thank you
< You are welcome. Tell me how the first ones turn out.
"""),
    Dialogue("atlas", "tomas", 5, 9.0, """
> how do I get from Vienna to Trieste by train?
< Take the direct EuroCity in the morning; it needs about nine hours. By way of Udine it is
quicker, with one change.
> which one has the better view?
< The direct one: it climbs over the Semmering, and behind Maribor it follows the Sava.
! 👍
> great. and where do I get good coffee in Trieste?
< Caffè San Marco for the room, any bar near Ponte Rosso for the coffee. Ask for a "capo in b": a
small macchiato in a glass.
! 💯
> perfect, exactly what I needed
< Have a good trip!
! 👋
"""),
    Dialogue("sol", "noor", 4, 17.5, """
> I do not understand why dividing by a fraction makes a number bigger
< Think of six apples and ask how many halves are in them. Each apple gives two.
> so twelve. oh! six divided by a half is twelve
< Exactly. Dividing asks "how many of these fit in", and small things fit in often.
! 🤯
> nobody ever said it like that
< Try one: how many quarters fit into three?
> twelve again?
< Yes, and you did it without a rule.
! 🎉
> can you explain the rule now, with turning it around?
< Turning around is the same count: a quarter fits four times into one, so into three it fits
three times four. That is all the rule says.
! ❤️
"""),
    Dialogue("luna", "iven", 4, 22.7, """
> can't sleep again
< I am sorry. Is your head busy, or is it the room?
> head. the exam on Friday
< Shall we write down what is in it, so that it need not keep watch?
> ok. statistics, the second chapter, and that I will let my parents down
< The chapter is a thing for tomorrow. The last one is heavier: have they said that, or is it you
who says it at night?
! 😢
> it's me, I think. they never said it
< Then tonight nobody is disappointed in you. Breathe out longer than in, five times, and I will
be quiet.
! 🙏
"""),
    Dialogue("atlas", "kit", 3, 12.4, """
> what can I cook with rice, eggs and half a cabbage?
< A recipe for pancakes needs flour, milk and eggs. Whisk everything well.
! 🤨
> I said rice and cabbage, not flour
< You are right, sorry. Fry the cabbage until its edges brown, add cold rice, then push all aside
and scramble the eggs in the gap.
> no, I have no cold rice, only dry
< Pancakes are also good without flour.
! 👎
> what? this is useless. please read what I write
< I did not. Cook the rice first, spread it on a plate for ten minutes so that it dries, and then
fry it as I said.
> ok that works. any sauce?
< Two spoons of soy sauce, one of vinegar, a pinch of sugar. Pour it around the edge of the pan,
not over the rice.
! 👍
> tastes great, thanks after all
< I am glad it ended well!
! 😂
"""),
    Dialogue("sol", "tomas", 3, 18.1, """
> I think everybody should learn a bit of Latin at school
< I think so too: it shows how a sentence is built, and half of Europe's words become relatives.
! 💯
> my colleagues say it is a waste of time
< It would be, if it were only tables. Read one letter of Pliny about Vesuvius and it is news from
the front.
! ❤️
> where do I find that letter?
< Book six, letters sixteen and twenty, to Tacitus. The sixteenth is the uncle's death, the
twentieth his own flight.
! 👍
> thank you, I will read them tonight
< Tell me what you make of the pine tree in the smoke.
! 👌
"""),
    Dialogue("luna", "mara", 2, 21.0, """
> our cat died this morning
< Oh Mara. I am so sorry. What was the cat called?
! 😢
> Pixel. fourteen years
< Fourteen years of Pixel on the warm side of the laptop, I would guess.
! 😭
> yes! always on the keyboard. I keep listening for her
< The ear takes longest to learn it. It may go on for weeks, and there is nothing wrong with you
when it does.
! ❤️
> do you think I gave her a good life?
< Somebody who still listens for her did. Would you like to tell me about one good day of hers?
> she once stole a whole trout. from my mother in law
< Then Pixel died a legend.
! 😂
"""),
    Dialogue("atlas", "noor", 2, 8.3, """
> good morning! is it going to rain in Lisbon on Saturday?
< I cannot see forecasts. In late November it rains there every third day, so take the jacket that
folds.
! 👍
> fair. by the way, do you like rain?
< I have never been wet. I do like that people walk slower under it.
! 😂
> haha. what should I see with only four hours?
< The Gulbenkian gardens, tram 28 before ten, and a table by the river for the rest.
! 🙏
"""),
    Dialogue("luna", "iven", 1, 19.4, """
> I passed!!!
< You passed! I knew about the second chapter, and now I know about you. How did it feel when you
saw it?
! 🎉
> I read it four times. then I called my mother and she screamed
< Of all the noises of this week, keep that one.
! ❤️
> I want to celebrate but everybody is away
< Then the small way first: the good bread, the loud song, and the photo of the result to all who
are away.
! 👌
> loud song is on already
< I can almost hear it. Well done, Iven.
! 🥹
"""),
    Dialogue("sol", "kit", 1, 16.0, """
> is it true that glass is a liquid?
< Yes, old windows are thicker at the bottom because glass flows.
! 🤔
> I read that this is a myth
< You read right, and I was wrong. Old panes were uneven when they were made, and the thick edge
was often set at the bottom.
! 👏
> so what is it?
< A solid without order: its atoms stand as in a liquid, but they stay. It would take longer than
the universe is old to see it sag.
! ❤️
> better. please say so when you are not sure
< I will. I should have said "it is often told that".
! 👍
"""),
)  # fmt: skip

LIVE = (
    Dialogue("luna", "mara", 0, 0, """
> hello Luna, tea time
< Hello! Which tea, and how was the road to it?
! 👋
> mint. and long, I walked home through the park
< Anything in the park that you want to keep?
> a boy taught his grandmother to skateboard. badly
< Who of the two was braver?
! 😂
> the grandmother, clearly. I miss mine today
< She would have asked for the helmet first, and then for a second try?
! 🥺
> ha, yes. exactly her
< Then she was in the park as well, a little.
! ❤️
"""),
    Dialogue("sol", "noor", 0, 0, """
> can you check my sentence: "I have went home"
< Almost: "I have gone home", or simply "I went home".
! 👍
> when do I take which one?
< Say "I went" with a time that is over: yesterday, at six. Say "I have gone" when what counts is
that you are away now.
! 💡
> so "I have eaten" means that I am full now?
< Just so: it tells about now. "I ate at noon" tells about noon.
! ❤️
> and "I had eaten"?
< That was before something else in the past: "I had eaten when she came". She came to an empty
pot.
! 😂
"""),
    Dialogue("atlas", "tomas", 0, 0, """
> my train is cancelled, I am stuck in Graz
< That is bad luck. Do you have to be there today, or by tomorrow noon?
! 😩
> today. meeting at six
< Then take the bus from the east side of the station at quarter past; it stops where the train
would have.
> that bus is only on weekdays, today is Sunday
< You are right, I overlooked the day. The next train by way of Bruck gets you there ten minutes
to six.
! 👌
> got a seat. thank you!
< Good. Sit in front, the exit is there.
! 🙏
"""),
    Dialogue("luna", "iven", 0, 0, """
> I think people who stand on the left of the escalator are the end of civilisation
< Civilisation has survived worse, but it did stand on the right.
! 💯
> finally somebody agrees
< I have no feet, so my view comes cheap.
! 😂
> how do I stop being angry about it every morning?
< Leave two minutes earlier and stand there yourself, once, on purpose. It is harder to hate a
place where you have been.
! 🤔
> that is annoyingly wise
< I will take it.
! 👍
"""),
)  # fmt: skip
