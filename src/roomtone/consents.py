"""Who agreed to what: a person's word as an event, and who may be measured and remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from roomtone.heard import PRINTABLE, Name
from roomtone.occurrence import Occurrence
from roomtone.training_data import DEFAULTS, PURPOSES, Consent

Purpose = Literal["analytics", "memory", "training"]
Basis = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=PRINTABLE)]


class ConsentGiven(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="consent"):
    """What a person agrees to from now on, and not; what is not named stays as it is.

    `basis` is why that is lawful: "consent", or the words of a law. `by` is who says so.
    """

    session: Name = "consents"  # it belongs to none
    purposes: Annotated[dict[Purpose, bool], Meta(min_length=1)]
    basis: Basis = "consent"
    by: Name = "api"


class Erased(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="erased"):
    """Somebody was erased, and the hash that stands for them. Roomtone says so to itself."""

    session: Name = "erasures"  # it belongs to none
    person: Name


def words(event: ConsentGiven, arrival: datetime) -> list[Consent]:
    """An event as what is kept of it: one word for each purpose."""
    return [
        Consent(
            user=event.user or "",
            purpose=purpose,
            granted=event.purposes[purpose],
            at=event.at or arrival,
            basis=event.basis,
            by=event.by,
        )
        for purpose in PURPOSES
        if purpose in event.purposes
    ]


class Agreed:
    """What everybody said of every purpose, so that it can be asked of each event.

    For a purpose in `ask` nobody counts as agreed before they said so.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> agreed = Agreed()
    >>> agreed.take([Consent(user="ann", purpose="analytics", granted=False, at=at)])
    >>> agreed.allows("ann", "analytics"), agreed.allows("bob", "analytics")
    (False, True)
    """

    def __init__(self, ask: Collection[str] = ()) -> None:
        self._unasked = {one: DEFAULTS[one] and one not in ask for one in PURPOSES}
        self._said: dict[tuple[str, str], Consent] = {}

    def __len__(self) -> int:
        return len(self._said)

    @property
    def is_quiet(self) -> bool:
        """Whether everybody may be measured: the usual case."""
        return not self._said and self._unasked["analytics"]

    def take(self, consents: Iterable[Consent]) -> None:
        """Hear these words; of two on the same purpose the later one holds."""
        for one in consents:
            key = (one.user, one.purpose)
            known = self._said.get(key)
            if known is None or known.at <= one.at:
                self._said[key] = one

    def allows(self, user: str | None, purpose: str) -> bool:
        """Whether a person agreed; nobody's (None or "") is everybody's."""
        if not user:
            return True
        said = self._said.get((user, purpose))
        return self._unasked[purpose] if said is None else said.granted

    def word(self, user: str, purpose: str) -> Consent | None:
        """A person's latest word on a purpose."""
        return self._said.get((user, purpose))

    def of(self, user: str) -> dict[str, dict[str, Any]]:
        """Each purpose with what holds for a person, and whether they were `asked`."""
        return told([one for one in map(self._said.get, self._keys(user)) if one], self._unasked)

    def forget(self, user: str) -> None:
        """As if this person had never said anything."""
        for key in self._keys(user):
            self._said.pop(key, None)

    def _keys(self, user: str) -> list[tuple[str, str]]:
        return [(user, purpose) for purpose in PURPOSES]

    def __iter__(self) -> Iterator[Consent]:
        return iter(list(self._said.values()))


def told(consents: Sequence[Consent], unasked: dict[str, bool]) -> dict[str, dict[str, Any]]:
    """A person's words by purpose, with what holds where nothing was said.

    >>> told([], DEFAULTS)["training"]
    {'granted': False, 'at': None, 'basis': '', 'by': '', 'asked': False}
    """
    said = {one.purpose: one for one in consents}
    shown: dict[str, dict[str, Any]] = {}
    for purpose in PURPOSES:
        one = said.get(purpose)
        shown[purpose] = {
            "granted": unasked[purpose] if one is None else one.granted,
            "at": None if one is None else one.at,
            "basis": "" if one is None else one.basis,
            "by": "" if one is None else one.by,
            "asked": one is not None,
        }
    return shown
