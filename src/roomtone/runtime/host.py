"""What the web shows and takes in, whether the engine runs in this process or in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from roomtone.consents import ConsentGiven
from roomtone.events import Event, Refusal, RelationshipSet
from roomtone.points import Measurement
from roomtone.ports import Archive, Channel, SeriesStore
from roomtone.runtime.clock import Clock
from roomtone.runtime.datasets import Datasets
from roomtone.runtime.door import Receipt
from roomtone.runtime.recalling import Recalling

Place = tuple[Literal["live", "past", "ended"], float, int, str]
"""Where a list of sessions was left: its part, and the last score and slot, or name, seen there.
Sessions that come or go in between neither repeat nor hide others."""


class Host(Protocol):
    """One Roomtone, as its faces see it.

    `runtime/desk.py` answers for the engine of this process, `runtime/away.py` asks one that runs
    elsewhere. What is live is asked; what is kept is read from the stores. Whoever asks away may
    hear a ServerError, which ends in what to do.
    """

    clock: Clock
    news: Channel
    series: SeriesStore
    archive: Archive
    measurements: Sequence[Measurement]

    @property
    def memory(self) -> Recalling:
        """What bots remember of people."""

    @property
    def datasets(self) -> Datasets:
        """The training data that was made of what is kept."""

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        kept: Sequence[int] | None = None,
        *,
        source: str = "api",
        history: bool = False,
        client: str = "",
    ) -> Receipt:
        """Take events in. Returns when those accepted are on the engine's disk."""

    async def close_history(self, sessions: Sequence[str]) -> int:
        """Finish history sessions; returns how many were open."""

    def refuse(self, source: str, refusals: Sequence[Refusal], samples: Sequence[bytes]) -> None:
        """Note what could not be taken in, for the inspector and the dead letters; never waits."""

    def remark(self, source: str, remarks: Mapping[str, int]) -> None:
        """Note for the inspector what is worth saying of what came in, and how often it was so;
        never waits."""

    def learn(self, names: Mapping[str, str]) -> None:
        """Note which event, in the documents' sense, sessions belong to; never waits."""

    async def event_names(self, sessions: Sequence[str]) -> Mapping[str, str]:
        """The events of these sessions, of those that have one; asks for a second at most."""

    def fault(self, where: str, error: Exception) -> None:
        """A part of this process failed and goes on; /readyz shows it."""

    async def overview(self, limit: int) -> dict[str, Any]:
        """The worst live sessions as `sessions`, and how many there are as `count`."""

    async def open_sessions(self, after: Place, limit: int) -> list[tuple[Place, dict[str, Any]]]:
        """Live sessions behind a place, the worst first, then those that history is filled into."""

    async def find(self, session: str) -> dict[str, Any] | None:
        """One session: live, being filled with history, or ended."""

    async def explain(self, session: str, at: datetime | None = None) -> dict[str, Any] | None:
        """The parts of a session's score, now or at the last tick up to `at`; None if unknown."""

    async def last_events(self, session: str, limit: int) -> list[dict[str, Any]]:
        """The last events of a session, newest last. The texts are hostile."""

    async def snapshot_frame(self, topic: str, since: float | None = None) -> bytes:
        """The first frame of a subscription, which the topic's later frames build on.

        The topic must be listened to by then: from here on its frames are made.
        """

    async def recent_alerts(self, session: str | None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest alerts as the wire shows them."""

    async def judge(self, id: str, verdict: str, by: str) -> dict[str, Any] | None:
        """Keep what a person says of an alert and show it to all; None if there is no such."""

    async def set_relationship(self, said: RelationshipSet) -> dict[str, Any]:
        """Take in what the owner of the truth says of a pair; returns it as it is kept now.

        Raises BadEvent when it is refused.
        """

    async def erase_person(self, user: str) -> dict[str, Any]:
        """Erase a person from every store; returns the receipt. What fails is done later."""

    async def readmit_person(self, user: str) -> bool:
        """Take a person in again who was erased; False if they were not."""

    async def is_erased(self, user: str) -> bool:
        """Whether a person was erased, so that nothing of them is taken."""

    async def person_in_journal(self, user: str) -> int:
        """How many of a person's events the journal holds."""

    async def give_consent(self, said: ConsentGiven) -> dict[str, Any]:
        """Take a person's word on what they agree to; returns what holds from now on.

        Raises BadEvent when it is refused.
        """

    async def review_reaction(
        self, id: str, does: Literal["mean", "accept", "skip"], meaning: str | None, by: str
    ) -> dict[str, Any] | None:
        """Take a person's word on a reaction; as it is from then on, or None if there is none.

        Raises BadEvent where there is nothing to accept.
        """

    async def reactions_standing(self) -> dict[str, Any]:
        """What waits to be judged, since when, and whether the judge is well."""

    async def enrich_reactions(self, again: bool) -> int:
        """Judge now what waits; `again`: also what another model judged. How many these are."""

    async def inspect(
        self, source: str | None, outcome: str | None, limit: int
    ) -> dict[str, list[dict[str, Any]]]:
        """What came in lately: totals as `sources`, the last events as `data`."""

    async def readiness(self) -> list[dict[str, Any]]:
        """Each part by name, whether it works, and what to do if not."""
