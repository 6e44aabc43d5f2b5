"""Whether this process can do its work: what /readyz and /health make of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roomtone import __version__
from roomtone.runtime.masking import mask

Part = Mapping[str, Any]


def readiness(parts: Iterable[Part]) -> tuple[dict[str, Any], int]:
    """The answer of /readyz and its status.

    Degraded is not dead: a server whose store is down still takes events durably, and a load
    balancer that took it out would turn them away. Only without a part that is vital, the one
    that acknowledges, is it not ready.
    """
    told = [{"vital": False, **part, "detail": mask(part["detail"])} for part in parts]
    unwell = [part for part in told if not part["ok"]]
    if any(part["vital"] for part in unwell):
        return {"status": "not ready", "parts": told}, 503
    return {"status": "degraded" if unwell else "ready", "parts": told}, 200


_WORDS = {"ready": "healthy", "degraded": "degraded", "not ready": "unhealthy"}


def detailed(parts: Iterable[Part], sessions: int | None) -> tuple[dict[str, Any], int]:
    """The answer of /health, in the words that the documents' own page had, and its status."""
    answer, status = readiness(parts)
    components = {
        part["name"]: {
            "status": "healthy" if part["ok"] else "unhealthy",
            "detail": part["detail"],
            "remedy": part["remedy"],
        }
        for part in answer["parts"]
    }
    told = {
        "status": _WORDS[answer["status"]],
        "service": "roomtone",
        "version": __version__,
        "active_sessions": sessions,
        "components": components,
    }
    return told, status
