"""The documented API for reading and judging, as a FastAPI application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from roomtone import events as wire
from roomtone.alerts import AlertType, Severity
from roomtone.errors import JournalError, ServerError, StoreError
from roomtone.runtime.host import Host
from roomtone.runtime.views import show_row
from roomtone.web import models
from roomtone.web.listing import list_page
from roomtone.web.parameters import Cursor, Limit, When, pack, parse_time, unpack
from roomtone.web.problems import RETRY_S, Faults, Problem
from roomtone.web.readiness import detailed, readiness

PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": models.ProblemDocument, "description": "there is no such thing"},
    422: {"model": models.ProblemDocument, "description": "the question was not understood"},
}


def answer(value: Any, status: int = 200) -> Response:
    """JSON made by msgspec: five times faster than having a model check what we made ourselves."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def create_api(host: Host, faults: Faults) -> FastAPI:
    """The documented API. POST /v1/events, /v1/live and /v1/stream are served in front of it."""
    api = FastAPI(
        title="Roomtone",
        version="1",
        summary="Hears how a conversation feels: events in, score, alerts and their evidence out.",
        description="Times are ISO 8601 with an offset on the way in and UTC on the way out; time "
        "axes of series are epoch seconds. Problems are `application/problem+json`, and their "
        "`detail` ends in what to do.",
        docs_url=None,
        redoc_url=None,
        telemetry={"logs": False},  # its records would quote what came in
    )
    _add_handlers(api)
    _add_ingest(api, host)
    _add_sessions(api, host)
    _add_alerts(api, host)
    _add_health(api, host, faults)
    return api


def _add_handlers(api: FastAPI) -> None:
    @api.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return as_response(error)

    @api.exception_handler(StoreError)
    async def store(request: Request, error: StoreError) -> Response:
        return as_response(Problem(503, str(error), title="Store trouble", retry_s=RETRY_S))

    @api.exception_handler(JournalError)
    async def journal(request: Request, error: JournalError) -> Response:
        return as_response(Problem(503, str(error), title="Journal trouble", retry_s=RETRY_S))

    @api.exception_handler(ServerError)
    async def away(request: Request, error: ServerError) -> Response:
        return as_response(Problem(503, str(error), title="Engine away", retry_s=RETRY_S))

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]  # what came in is not repeated
        is_json = "json" in request.headers.get("content-type", "")
        if first["loc"] == ("body",) and first["type"] != "missing" and not is_json:
            return as_response(
                Problem(415, "the body is not said to be JSON; send Content-Type: application/json")
            )
        place = ".".join(str(part) for part in first["loc"])
        what = first["msg"][:1].lower() + first["msg"][1:]
        return as_response(Problem(422, f"{place}: {what}; /docs says what may be asked"))

    @api.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        detail = f"{request.method} {request.url.path[:200]}: {error.detail}; see /docs"
        return as_response(Problem(error.status_code, detail))


def as_response(problem: Problem) -> Response:
    """A problem as Starlette sends it."""
    headers = {name.decode(): value.decode() for name, value in problem.headers}
    return Response(problem.body(), problem.status, headers, media_type="application/problem+json")


def _add_sessions(api: FastAPI, host: Host) -> None:
    @api.get("/v1/sessions", response_model=models.Sessions, responses=PROBLEMS, tags=["sessions"])
    async def list_sessions(
        limit: Limit = 100, cursor: Cursor = None, state: Literal["live", "ended"] | None = None
    ) -> Response:
        """Live ones, the worst score first, then those that history is filled into; then ended
        ones, the one that started last first. `state` asks for one kind only."""
        page, more = await list_page(host, state, limit, cursor)
        return answer({"data": page, "next_cursor": more})

    @api.get(
        "/v1/sessions/{session}",
        response_model=models.Session,
        responses=PROBLEMS,
        tags=["sessions"],
    )
    async def one_session(session: str) -> Response:
        """One session: live, being filled with history, or ended."""
        name = unquote(session)
        found = await host.find(name)
        if found is None:
            raise no_session(name)
        return answer(found)

    @api.get(
        "/v1/sessions/{session}/explain",
        response_model=models.Explanation,
        responses=PROBLEMS,
        tags=["sessions"],
    )
    async def explain(session: str, at: When = None) -> Response:
        """The parts of a session's score, now or at the last tick up to `at`."""
        name = unquote(session)
        when = None if at is None else parse_time(at, _now(host), "at")
        explained = await host.explain(name, when)
        if explained is None:
            raise no_session(name)
        return answer(explained)

    @api.get(
        "/v1/sessions/{session}/events",
        response_model=models.Events,
        responses=PROBLEMS,
        tags=["sessions"],
    )
    async def last_events(session: str, limit: Limit = 50) -> Response:
        """The last events of a session, as far back as the server remembers. The texts come from
        the chat: show them as text only."""
        return answer({"data": await host.last_events(unquote(session), limit)})


def no_session(name: str) -> Problem:
    """Nobody has heard of this session."""
    return Problem(
        404, f"no session {name[:200]!r} is live or kept; GET /v1/sessions lists those there are"
    )


def _add_alerts(api: FastAPI, host: Host) -> None:
    @api.get("/v1/alerts", response_model=models.Alerts, responses=PROBLEMS, tags=["alerts"])
    async def list_alerts(
        session: Annotated[str | None, Query(max_length=200)] = None,
        type: AlertType | None = None,
        severity: Severity | None = None,
        start: Annotated[str | None, Query(alias="from", max_length=50)] = None,
        end: Annotated[str | None, Query(alias="to", max_length=50)] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """Alerts, newest first."""
        now = _now(host)
        rows = await host.archive.alerts(
            session=session,
            type=type,
            severity=severity,
            start=None if start is None else parse_time(start, now, "from"),
            end=None if end is None else parse_time(end, now, "to"),
            before=None if cursor is None else unpack(cursor, tuple[str])[0],
            limit=limit,
        )
        more = pack(rows[-1]["id"]) if len(rows) == limit else None
        return answer({"data": [show_row(row) for row in rows], "next_cursor": more})

    @api.post(
        "/v1/alerts/verdict", response_model=models.Alert, responses=PROBLEMS, tags=["alerts"]
    )
    async def judge(judgement: models.Judgement) -> Response:
        """Say what you think of an alert. All who watch are shown it."""
        shown = await host.judge(judgement.id, judgement.verdict, "dashboard")
        if shown is None:
            raise Problem(
                404,
                f"no alert {judgement.id[:300]!r} is kept; GET /v1/alerts lists those there are",
            )
        return answer(shown)


def _add_ingest(api: FastAPI, host: Host) -> None:
    body = {
        "required": True,
        "description": "one event, an array of events, or one event per line; gzip allowed",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }

    @api.post(
        "/v1/events",
        status_code=202,
        response_model=models.Taken,
        responses={
            status: {"model": models.ProblemDocument} for status in (400, 413, 415, 429, 503)
        },
        openapi_extra={"requestBody": body},
        tags=["ingest"],
    )
    async def ingest(
        history: Annotated[
            bool, Query(description="events of the past: each session runs on its own event time")
        ] = False,
        source: Annotated[str, Query(max_length=100, description="for the inspector")] = "http",
    ) -> Response:
        """Take events in: at most 1,000 and 1 MB. 202 means that the accepted ones are on the
        disk; one bad event never rejects the rest. The shapes of events are at /v1/schema."""
        raise Problem(
            503, "this route is served in front of this application; ask the server itself"
        )

    @api.post("/v1/history/close", response_model=models.ClosedSessions, tags=["ingest"])
    async def close_history(which: models.HistorySessions) -> Response:
        """Finish history sessions: their last tick and their summary."""
        return answer({"closed": await host.close_history(which.sessions)})

    @api.get("/v1/inspector", response_model=models.Inspection, tags=["ingest"])
    async def inspect(
        source: Annotated[str | None, Query(max_length=100)] = None,
        outcome: models.Outcome | None = None,
        limit: Limit = 200,
    ) -> Response:
        """What came in lately by each source, and what became of it and why; newest first."""
        return answer(await host.inspect(source, outcome, limit))

    @api.get("/v1/schema", tags=["ingest"])
    async def schema() -> Response:
        """The JSON Schema of an event."""
        return answer(wire.schema())


def _add_health(api: FastAPI, host: Host, faults: Faults) -> None:
    async def parts() -> list[dict[str, Any]]:
        return [*await host.readiness(), faults.health()]

    @api.get("/health/live", include_in_schema=False)
    @api.get("/healthz", tags=["health"])
    async def alive() -> Response:
        """The process answers."""
        return answer({"status": "alive"})

    @api.get("/health/ready", include_in_schema=False)
    @api.get(
        "/readyz",
        response_model=models.Readiness,
        responses={503: {"model": models.Readiness, "description": "nothing can be acknowledged"}},
        tags=["health"],
    )
    async def ready() -> Response:
        """Whether events can be taken, part by part, and what to do about those that are unwell.

        `degraded` is 200: what is unwell costs no event. 503 only when none can be acknowledged."""
        return answer(*readiness(await parts()))

    @api.get("/health", response_model=models.DetailedHealth, tags=["health"])
    async def health() -> Response:
        """The same in detail, with the version and how many sessions are live."""
        return answer(*detailed(await parts(), await _live(host)))

    @api.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """The server's own numbers for Prometheus."""
        raise Problem(
            503, "this route is served in front of this application; ask the server itself"
        )


async def _live(host: Host) -> int | None:
    """How many sessions are live; None while the engine cannot be asked."""
    try:
        count: int = (await host.overview(0))["count"]
        return count
    except ServerError:
        return None


def _now(host: Host) -> datetime:
    return datetime.fromtimestamp(host.clock.now_ms() / 1000, UTC)
