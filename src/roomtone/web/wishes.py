"""What a Socket.IO client says it wants to hear, by the documents' names or by ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from roomtone.web.following import Since, Topic
from roomtone.web.problems import Scope


def said(scope: Scope, auth: Any) -> dict[str, Any]:
    """What a client said when it connected, in its address or as `auth`."""
    query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
    said: dict[str, Any] = {name: values[-1] for name, values in query.items()}
    return said | (auth if isinstance(auth, dict) else {})


def session(asked: Any) -> str:
    """The session that is named, or nothing."""
    if not isinstance(asked, Mapping):
        return ""
    named = asked.get("sessionId") or asked.get("session_id")
    try:
        topic = str(msgspec.convert(f"session:{named}", Topic))
    except msgspec.ValidationError:
        return ""
    return topic[8:] if named and _is_whole(topic) else ""


def event_id(asked: Mapping[str, Any]) -> str:
    named = asked.get("eventId") or asked.get("event_id") or ""
    return named if isinstance(named, str) and len(named) <= 200 and _is_whole(named) else ""


def _is_whole(text: str) -> bool:
    """Whether it is text that can be sent: JSON may spell halves of characters, which cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def since(asked: Any) -> float | None:
    """Up to where a client knows what happened: what it says itself, or the mark it was given."""
    if not isinstance(asked, Mapping):
        return None
    for name in ("since", "offset"):
        try:
            return float(msgspec.convert(float(asked[name]), Since))
        except (KeyError, TypeError, ValueError, OverflowError, msgspec.ValidationError):
            continue
    return None


def room(session: str) -> str:
    """The name that the documents' predecessor gave the room of those who follow a session."""
    return f"session:{session}:agent"
