"""Which event (a conference, say) each session belongs to, as the documents' payloads tell it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

MOST = 20_000
"""As many as there may be live sessions by default."""


class EventNames:
    """The newest name of each session's event; beyond the bound the oldest are forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._names: OrderedDict[str, str] = OrderedDict()

    def learn(self, names: Mapping[str, str]) -> None:
        """Sessions and their events, as just heard."""
        for session, event in names.items():
            self._names[session] = event
            self._names.move_to_end(session)
        while len(self._names) > self._most:
            self._names.popitem(last=False)

    def of(self, session: str) -> str:
        """The session's event; without one, the session itself."""
        return self._names.get(session, session)

    def __contains__(self, session: str) -> bool:
        return session in self._names

    def __len__(self) -> int:
        return len(self._names)
