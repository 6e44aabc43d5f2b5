"""Answers what the web asks of the reactions of the engine in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from roomtone.errors import BadEvent
from roomtone.runtime.reaction_views import show_reaction
from roomtone.verdicts import Meaning, ReactionReview

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

Does = Literal["mean", "accept", "skip"]


class ReactionDesk:
    """What of a Host is about reactions."""

    async def review_reaction(
        self, id: str, does: Does, meaning: str | None, by: str
    ) -> dict[str, Any] | None:
        """Take a person's word on a reaction; as it is from then on, or None if there is none.

        Waits until the engine knows it and, for a moment, until the archive does. Raises BadEvent
        where there is nothing to accept.
        """
        here = cast("Pipeline", self)
        reacting = here.conversations.reacting
        held = reacting.known.held.get(id)
        record = held.kept() if held is not None else await here.archive.reaction(id)
        if record is None or record.state == "retracted":
            return None
        said: Any = meaning if does == "mean" else None  # held against the four below
        if does == "accept":
            ruling = record.ruling
            if ruling is None or not (ruling.meaning or ruling.probabilities):
                raise BadEvent("no model has judged this reaction; give its `meaning`")
            likeliest = sorted(ruling.probabilities.items(), key=lambda one: (-one[1], one[0]))
            said = ruling.meaning or likeliest[0][0]
        if said is not None and said not in get_args(Meaning):
            raise BadEvent(f"no meaning is called {str(said)[:40]!r}; choose: {get_args(Meaning)}")
        review = ReactionReview(
            session=record.of.session,
            of=record.of,
            meaning=said,
            verdict=record.ruling,
            by=by,
            revision=record.revision,
        )
        receipt = await here.door.submit([review], (), None, by[:100], False, "", own=True)
        if receipt.errors:
            raise BadEvent(receipt.errors[0].reason)
        await here.caught_up()
        await here.keeper.kept()
        held = reacting.known.held.get(id)
        return show_reaction(held.kept()) if held is not None else None

    async def reactions_standing(self) -> dict[str, Any]:
        """What waits to be judged, since when, and whether the judge is well."""
        here = cast("Pipeline", self)
        reacting, judging = here.conversations.reacting, here.judging
        now = here.clock.now_ms()
        waiting = reacting.to_judge(len(reacting.waiting))
        return {
            "waiting": len(waiting),
            "waiting_for_target": sum(one.reply is None for one in waiting),
            "oldest_s": max(0, now - min(one.arrival for one in waiting)) / 1000
            if waiting
            else None,
            "again": judging.once_more,
            "known": judging.known,
            "capped": judging.capped,
            "judge": judging.name,
            "trouble": judging.trouble or "",
        }

    async def enrich_reactions(self, again: bool) -> int:
        """Judge now what waits; `again`: also what another model judged. How many these are."""
        here = cast("Pipeline", self)
        queued = await here.judging.again() if again else 0
        here.judging.look_now()
        return queued + len(here.conversations.reacting.waiting)
