"""Has reactions judged behind the engine's back: each once, whatever fails, within its bounds."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from roomtone.cases import Found, cost_of, event_of, in_questions, ruled, settled, told_before
from roomtone.errors import BadConfig, ServerError
from roomtone.ports import Judge
from roomtone.reacted import Mark, ReactionRecord, Spent
from roomtone.reacting import FAILED
from roomtone.runtime import plugins
from roomtone.runtime.around import Around
from roomtone.runtime.aside import Aside
from roomtone.runtime.clock import utc
from roomtone.verdicts import ReactionJudged

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

AT_ONCE = 64
"""How many reactions are judged in one go, and for how many the archive is asked."""

ASKED_AT_ONCE = 16
"""The same of a model that is a server, where what waits meanwhile is seen sooner."""

LAST_LOOK_MS = 60_000
"""It is looked again the later, the longer a reaction waits for its message: at most so long."""

LEASE_S = 600.0
"""How long a worker that vanished keeps reactions from others: longer than a batch takes."""

RETRY_S, LAST_RETRY_S = 0.5, 30.0
"""How long after a failure it is tried again: and each time twice as long."""

AGAIN_S = 30.0
"""When one is tried again that a judge failed on: and each time twice as long."""

MOST_AGAIN = 10_000
"""How many are judged again in one order."""

SOURCE = "judging"
"""Under which name its events stand in the journal."""

log = structlog.get_logger()


class Judging:
    """Takes reactions that wait, asks the judge, and submits a `reaction_judged` for each.

    What waits is part of the engine's state, and who asks is written in the archive's processing
    log first: so a crash, a restart or a second worker costs a call at most, and gives no second
    answer. An answer is written there before it is told, and found there afterwards.
    """

    def __init__(self, pipeline: Pipeline, worker: str = "") -> None:
        self._pipeline = pipeline
        self._rules = pipeline.settings.reactions
        self._url = pipeline.settings.models.judge
        self._at_once = AT_ONCE if self._url.startswith("local:") else ASKED_AT_ONCE
        # After a restart it is the same worker, and goes on with what it had taken for itself.
        own = f"{pipeline.settings.cluster.partition}\0{pipeline.settings.journal_folder.resolve()}"
        digest = hashlib.blake2b(own.encode("utf-8", "replace"), digest_size=8).hexdigest()
        self._worker = worker or f"judging-{digest}"
        self.judge: Judge | None = None
        self._around = Around(pipeline, self._rules.before, self._rules.wait_s)
        self._aside = Aside(self._rules.timeout_s)
        self._lost = Spent(calls=int(not self._url.startswith("local:")))  # on one that failed
        self._attempts: dict[str, int] = {}  # of those that a judge failed on
        self._not_before: dict[str, float] = {}  # when these are looked at again, epoch ms
        self._again: list[ReactionRecord] = []  # to be judged again on purpose
        self.news = asyncio.Event()  # there may be reactions to judge
        self._now = asyncio.Event()
        self.cycle = asyncio.Lock()
        self.judged = 0
        self.known = 0  # answers that were found, so that nobody was asked
        self.failures = 0
        self.capped = False
        self.trouble: str | None = None

    @property
    def name(self) -> str:
        """The judge and its version; empty before it was first asked."""
        return f"{self.judge.name}/{self.judge.version}" if self.judge is not None else ""

    @property
    def once_more(self) -> int:
        """How many wait to be judged again."""
        return len(self._again)

    async def run(self) -> None:
        """Judge what waits, as long as it takes."""
        delay = RETRY_S
        while True:
            await self.news.wait()
            try:
                done = await self.once()
                self.trouble, delay = None, RETRY_S
                if not done:
                    if not (self._pipeline.conversations.reacting.waiting or self._again):
                        self.news.clear()
                    self._now.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._rules.every_s):
                            await self._now.wait()
            except Exception as error:
                self.failures += 1
                if self.trouble is None:
                    log.error("reactions cannot be judged; it is tried again", error=str(error))
                self.trouble = str(error) or type(error).__name__
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_S)

    def look_now(self) -> None:
        """Wait no longer for the next look, nor for what failed."""
        self._not_before.clear()
        self.news.set()
        self._now.set()

    async def once(self) -> int:
        """Judge one batch; how many were answered. Raises what keeps it from being done."""
        async with self.cycle:
            await self._around.look_for_lost(self._tell)
            found, hopeless = await self._batch()
            if not found and not hopeless:
                return 0
            marks = {}
            if found:
                self.judge = self.judge or await asyncio.to_thread(plugins.judge, self._url)
                marks = await self._claim(found)
            mine = [one for one in found if one.of.id in marks]
            known = [told_before(marks[one.of.id], one) for one in mine if marks[one.of.id].answer]
            asked = [one for one in mine if not marks[one.of.id].answer]
            answered, trouble = await self._ask_all(asked, marks)
            answers = [*hopeless, *known, *answered]
            await self._tell(answers)
            await self._done([one for one in answers if one.of.id in marks], marks)
            self.known += len(known)
            self.judged += len(answers)
            if trouble is not None:
                raise trouble
            return len(answers)

    async def again(self) -> int:
        """Have those judged once more that another model or version judged, or nobody could."""
        self.judge = self.judge or await asyncio.to_thread(plugins.judge, self._url)
        archive = self._pipeline.archive
        other, _ = await archive.reactions(not_by=self.name, limit=MOST_AGAIN)
        failed, _ = await archive.reactions(states=("unanswered",), limit=MOST_AGAIN)
        there = {one.of.id for one in self._again}
        states = ("judged", "review")
        wanted = [one for one in other if one.state in states] + list(failed)
        self._again += [one for one in wanted if one.of.id not in there][:MOST_AGAIN]
        for one in self._again:
            self._not_before.pop(one.of.id, None)
        self.news.set()
        return len(self._again)

    # -- what is to be judged -----------------------------------------------------------------

    async def _batch(self) -> tuple[list[Found], list[ReactionJudged]]:
        """Reactions whose messages are known, and those whose never will be."""
        now = self._pipeline.clock.now_ms()
        state = self._pipeline.conversations.reacting
        kept = state.waiting.keys() | {one.of.id for one in self._again}
        self._not_before = {id: at for id, at in self._not_before.items() if id in kept}
        found: list[Found] = []
        hopeless: list[ReactionJudged] = []
        most = await self._allowed(now)
        looks = 0
        # First those that no look into the archive is needed for: they wait for nobody else's.
        for held in sorted(state.to_judge(len(state.waiting)), key=lambda one: one.reply is None):
            if len(found) >= most or len(hopeless) >= AT_ONCE or looks >= AT_ONCE:
                break
            id = held.of.id
            if self._not_before.get(id, 0) > now:
                continue
            if self._attempts.get(id) and found:
                continue  # what failed once is asked alone
            looks += held.reply is None
            one = await self._around.found(held, now)
            if isinstance(one, Found):
                found.append(one)
                if self._attempts.get(id):
                    break
            elif one is not None:
                hopeless.append(one)
            else:
                later = min((now - held.arrival) / 2, LAST_LOOK_MS)
                self._not_before[id] = now + max(later, self._around.look_again_ms)
        if not found:
            found = await self._once_more(most, now)
        return found, hopeless

    async def _once_more(self, most: int, now: int) -> list[Found]:
        """Of what is to be judged again."""
        found: list[Found] = []
        for record in list(self._again):
            if len(found) >= most:
                break
            if self._not_before.get(record.of.id, 0) > now:
                continue
            one = await self._around.found(record, now)
            if isinstance(one, Found):
                found.append(one)
            else:
                self._again.remove(record)  # there is still nothing to judge
        return found

    async def _allowed(self, now: int) -> int:
        """How many may be asked now, by what today has cost."""
        rules = self._rules
        self.capped = False
        if not (rules.calls_per_day or rules.money_per_day):
            return self._at_once
        day = utc(now).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await self._pipeline.archive.spent(day)
        most = self._at_once
        if rules.calls_per_day:
            most = min(most, max(0, int(rules.calls_per_day - spent.calls)))
        if rules.money_per_day and spent.money >= rules.money_per_day:
            most = 0
        self.capped = most == 0
        return most

    async def _claim(self, found: Sequence[Found]) -> dict[str, Mark]:
        """The rows of the processing log that are ours now: one question for all of them."""
        now = self._pipeline.clock.now_ms()
        until = utc(now) + timedelta(seconds=LEASE_S)
        marks = [one.mark(self.name) for one in found]
        mine = await self._pipeline.archive.claim(marks, self._worker, utc(now), until)
        got = {mark.point: mark for mark in mine}
        for one in found:
            if one.of.id not in got:  # another worker's
                self._not_before[one.of.id] = now + AGAIN_S * 1000
        return got

    # -- asking -------------------------------------------------------------------------------

    async def _ask_all(
        self, found: Sequence[Found], marks: dict[str, Mark]
    ) -> tuple[list[ReactionJudged], Exception | None]:
        """What the judge says of these, question by question, and why it does not say the rest."""
        answers: list[ReactionJudged] = []
        left, most = in_questions(self.judge, found), self._rules.questions_at_once
        while left:
            some, left = left[:most], left[most:]
            asking = (self._ask(one, marks) for one in some)
            parts = await asyncio.gather(*asking, return_exceptions=True)
            answers += [one for part in parts if isinstance(part, list) for one in part]
            if troubles := [part for part in parts if isinstance(part, BaseException)]:
                if not isinstance(trouble := troubles[0], Exception):
                    raise trouble
                await self._failed([marks[one.of.id] for q in left for one in q], count=False)
                return answers, trouble
        return answers, None

    async def _ask(self, found: Sequence[Found], marks: dict[str, Mark]) -> list[ReactionJudged]:
        """What the judge says in one call, written down before anybody is told."""
        judge = self.judge
        assert judge is not None
        cases = [one.case for one in found]
        try:
            words = await self._aside.run(lambda: list(judge.judge(cases)))
            if len(words) != len(cases):
                raise ValueError(f"{len(words)} answers came to {len(cases)} cases")
        except ServerError:
            await self._failed([marks[one.of.id] for one in found], count=False)
            raise
        except Exception as error:
            return await self._all_failed(found, marks, error)
        answers: list[ReactionJudged] = []
        costs: dict[str, Spent] = {}
        bad: list[tuple[Found, str]] = []
        for one, word in zip(found, words, strict=True):
            try:
                ruling = ruled(word, self._rules)
                raw = _ENCODER.encode(event_of(one, ruling))
                answer = _DECODER.decode(raw)  # what cannot be read again must not be told
            except Exception as error:  # of this one, and not of the others
                own = isinstance(error, BadConfig)
                bad.append((one, str(error) if own else f"what it says is {type(error).__name__}"))
                continue
            answers.append(answer)
            costs[one.of.id] = cost_of(ruling)
            marks[one.of.id] = msgspec.structs.replace(marks[one.of.id], answer=raw.decode())
        await self._settle([marks[one.of.id] for one in answers], "answered", costs)
        for one, wrong in bad:
            answers += await self._all_failed([one], marks, BadConfig(f"the judge: {wrong}"))
        return answers

    async def _all_failed(
        self, found: Sequence[Found], marks: dict[str, Mark], error: Exception
    ) -> list[ReactionJudged]:
        """A judge failed on these. Each is asked alone next time; after some times no more."""
        self.failures += 1
        log.warning("a reaction cannot be judged", error=type(error).__name__)
        self._pipeline.inspector.fault("judging", error)
        over = [one for one in found if marks[one.of.id].attempts + 1 >= self._rules.attempts]
        given_up = {one.of.id for one in over}
        left = [marks[one.of.id] for one in found if one.of.id not in given_up]
        await self._failed(left, count=True)
        now = utc(self._pipeline.clock.now_ms())
        answers = [event_of(one, None, FAILED) for one in over]
        for one, answer in zip(over, answers, strict=True):
            raw = _ENCODER.encode(answer)
            reason = f"no judge could say what this reaction means: {type(error).__name__}"
            self._pipeline.keeper.bury(now, SOURCE, reason, raw)
            mark = marks[one.of.id]
            marks[one.of.id] = msgspec.structs.replace(
                mark, status="dead", attempts=mark.attempts + 1, answer=raw.decode()
            )
        costs = dict.fromkeys(given_up, self._lost)
        await self._settle([marks[id] for id in given_up], "dead", costs)
        return answers

    async def _failed(self, marks: Sequence[Mark], *, count: bool) -> None:
        """Nobody's again, from some time on."""
        now = self._pipeline.clock.now_ms()
        for mark in marks:
            attempts = mark.attempts + count
            wait_s = AGAIN_S * 2 ** min(attempts, 8) if count else RETRY_S
            until = now + wait_s * 1000
            self._not_before[mark.point] = until
            if count:
                self._attempts[mark.point] = attempts
            told = msgspec.structs.replace(mark, status="failed", attempts=attempts)
            costs = {mark.point: self._lost} if count else {}
            await self._pipeline.archive.settle([told], costs, utc(now), utc(round(until)))

    async def _settle(self, marks: Sequence[Mark], status: Any, costs: dict[str, Spent]) -> None:
        if not marks:
            return
        now = utc(self._pipeline.clock.now_ms())
        told = [settled(mark, status, self._worker) for mark in marks]
        until = now + timedelta(seconds=LEASE_S)
        await self._pipeline.archive.settle(told, costs, now, until)

    # -- telling ------------------------------------------------------------------------------

    async def _tell(self, answers: Sequence[Any]) -> None:
        """Put them into the journal, and wait until they are in the engine."""
        if not answers:
            return
        door = self._pipeline.door
        receipt = await door.submit(answers, (), None, SOURCE, False, "", own=True)
        for refusal in receipt.errors:
            self._pipeline.inspector.fault("judging", ValueError(refusal.reason))
            of = answers[refusal.index].of
            blank = ReactionJudged(session=of.session, id=f"{of.id}/failed", of=of, why=FAILED)
            await door.submit([blank], (), None, SOURCE, False, "", own=True)
        await self._pipeline.caught_up()

    async def _done(self, answers: Sequence[ReactionJudged], marks: dict[str, Mark]) -> None:
        for one in answers:
            self._attempts.pop(one.of.id, None)
            self._not_before.pop(one.of.id, None)
        if self._again:
            over = {one.of.id for one in answers}
            self._again = [one for one in self._again if one.of.id not in over]
        await self._settle([marks[one.of.id] for one in answers], "done", {})

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        state = self._pipeline.conversations.reacting
        done = f"{self.judged:,} reactions judged, {len(state.waiting):,} wait"
        if self.capped:
            done += "; what a day may cost is spent, the rest waits"
        return {
            "name": "judging",
            "ok": self.trouble is None and not state.failures,
            "detail": done if self.trouble is None else f"{self.trouble}; {done}",
            "remedy": "see that the judge answers; reactions wait as long as it takes"
            if self.trouble
            else "see the log, and report it"
            if state.failures
            else "",
        }


_ENCODER, _DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(ReactionJudged)
