"""Which scope each route needs: one table, and nothing passes that does not stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

OPEN = "open"
"""Needs no key: nothing of anybody's is told."""

ANY = "any"
"""Needs a key, whatever it may do."""

ROUTES: Mapping[str, str] = {
    # the door
    "GET /healthz": OPEN,
    "GET /health/live": OPEN,
    "POST /v1/session": OPEN,  # it brings the key
    "DELETE /v1/session": ANY,
    "GET /v1/me": ANY,
    "POST /v1/tickets": "read",
    "GET /v1/keys": "admin",
    "POST /v1/keys": "admin",
    "DELETE /v1/keys/{id}": "admin",
    # what comes in
    "POST /v1/events": "ingest",
    "POST /v1/traces": "ingest",
    "POST /api/public/otel": "ingest",
    "POST /api/public/otel/v1/traces": "ingest",
    "POST /v1/history/close": "ingest",
    "POST /v1/memories": "ingest",
    "PUT /v1/relationships/{bot}/{user}": "ingest",
    # of the server itself
    "GET /readyz": "read",
    "GET /health": "read",
    "GET /health/ready": "read",
    "GET /metrics": "read",
    "GET /docs": "read",
    "GET /openapi.json": "read",
    "GET /v1/system": "read",
    "GET /v1/schema": "read",
    "GET /v1/inspector": "read",
    "GET /v1/measurements": "read",
    # live, and what is read
    "GET /v1/live": "read",
    "GET /v1/stream": "read",
    "GET /v1/sessions": "read",
    "GET /v1/sessions/{session}": "read",
    "GET /v1/sessions/{session}/explain": "read",
    "GET /v1/sessions/{session}/events": "read",
    "GET /v1/alerts": "read",
    "GET /v1/series": "read",
    "GET /v1/conversations": "read",
    "GET /v1/conversations/{session}": "read",
    "GET /v1/people": "read",
    "GET /v1/people/{user}": "read",
    "GET /v1/people/{user}/consent": "read",
    "GET /v1/relationships/{bot}/{user}": "read",
    "GET /v1/trends": "read",
    "GET /v1/compare": "read",
    "GET /v1/coverage": "read",
    "GET /v1/memories": "read",
    "GET /v1/memories/recall": "read",
    "GET /v1/memories/{id}": "read",
    "GET /v1/reactions": "read",
    "GET /v1/reactions/summary": "read",
    "GET /v1/reactions/pooled": "read",
    "GET /v1/reactions/{id}": "read",
    "GET /v1/formats": "read",
    # a person's word
    "POST /v1/alerts/verdict": "review",
    "POST /v1/reactions/{id}/review": "review",
    "POST /v1/reactions/enrich": "review",
    "PATCH /v1/memories/{id}": "review",
    "DELETE /v1/memories/{id}": "review",
    "PUT /v1/people/{user}/consent": "review",
    # what leaves
    "GET /v1/reactions/gold": "export",
    "GET /v1/people/{user}/export": "export",
    "GET /v1/training/overview": "export",
    "GET /v1/training/preview": "export",
    "GET /v1/datasets": "export",
    "POST /v1/datasets": "export",
    "GET /v1/datasets/{id}": "export",
    "GET /v1/datasets/{id}/files/{path:path}": "export",
    "DELETE /v1/datasets/{id}": "export",
    "GET /api/training/export": "export",
    "POST /api/training/export": "export",
    "GET /api/training/stats": "export",
    "POST /api/training/mark-exported/{id}": "export",
    "GET /api/training/conversation/{id}": "export",
    # what ends, and what begins anew after it
    "POST /v1/people/{user}/readmit": "admin",
    "DELETE /v1/people/{user}": "admin",
}
"""The scope of every route, by method and path; a name in braces is one part of a path."""

HEALTH = frozenset({"/healthz", "/health/live", "/readyz", "/health", "/health/ready", "/metrics"})
"""What probes and scrapers ask: never counted against a rate, and open to all where that is set."""


def scope_of(method: str, path: str) -> str | None:
    """What a request needs, by the path that it is routed by; None where nothing is.

    >>> scope_of("GET", "/v1/sessions/a/explain"), scope_of("HEAD", "/v1/keys")
    ('read', 'admin')
    >>> scope_of("GET", "/v1/nothing") is None
    True
    """
    method = "GET" if method == "HEAD" else method
    found = ROUTES.get(f"{method} {path}")
    if found is not None and "{" not in path:
        return found
    for pattern, needs in _PATTERNS.get(method, ()):
        if pattern.fullmatch(path):
            return needs
    return None


def takes_out(method: str, path: str) -> bool:
    """Whether an answer is what leaves, which may be long and takes its time.

    >>> takes_out("GET", "/v1/people/ann/export"), takes_out("GET", "/v1/people/ann")
    (True, False)
    """
    asks = method == "GET" or (method == "POST" and path == "/api/training/export")
    return asks and scope_of(method, path) == "export"


def methods_of(path: str) -> list[str]:
    """The methods that a path is asked with, if there is such a path."""
    return sorted({row.partition(" ")[0] for row in ROUTES if _pattern(row).fullmatch(path)})


def _pattern(row: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", row.partition(" ")[2])
    made = [
        re.escape(part) if not part.startswith("{") else "(?s:.*)" if ":path" in part else "[^/]+"
        for part in parts
    ]
    return re.compile("".join(made))


_PATTERNS: dict[str, list[tuple[re.Pattern[str], str]]] = {}
for _row, _needs in ROUTES.items():
    if "{" in _row:
        _PATTERNS.setdefault(_row.partition(" ")[0], []).append((_pattern(_row), _needs))
