"""The pages: the built dashboard's files, or the one plain page where none was built."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import Any

from starlette.staticfiles import StaticFiles

from roomtone.errors import ServerError
from roomtone.runtime.host import Host
from roomtone.web import plain
from roomtone.web.guard import PAGE, with_headers
from roomtone.web.problems import Faults, Header, Message, Problem, Receive, Scope, Send, answer

_FOREVER: Header = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN: Header = (b"cache-control", b"no-cache")


class Pages:
    """Answers what is no address of the API."""

    def __init__(self, host: Host, faults: Faults, static: Path) -> None:
        self._host, self._faults, self._static = host, faults, static
        self._files: StaticFiles | None = None

    @property
    def built(self) -> bool:
        """Whether the dashboard is there; its files tell nothing of anybody."""
        return (self._static / "index.html").is_file()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A file of the dashboard, or its one page for every address; or the plain page."""
        path = scope["path"]
        if not self.built:
            if path != "/":
                raise Problem(404, "there is no such page; the only one is /")
            await self._plain_page(send)
            return
        if self._files is None:
            self._files = StaticFiles(directory=self._static)
        name = path.lstrip("/")
        asset = name.startswith("assets/")
        cache = _FOREVER if asset else _ASK_AGAIN
        if not _is_file(self._files, name):
            if asset or ("." in name.rsplit("/", 1)[-1] and not _wants_page(scope)):
                raise Problem(404, "there is no such file; the dashboard is at /")
            name = "index.html"

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = cache if message["status"] in (200, 206, 304) else _ASK_AGAIN
                headers = with_headers(message["headers"], (*PAGE, kept))
                message = {**message, "headers": headers}
            await send(message)

        response = await self._files.get_response(name, scope)
        await response(scope, receive, safe)

    async def _plain_page(self, send: Send) -> None:
        trouble, alerts = "", []
        now: dict[str, Any] = {"sessions": [], "count": 0}
        try:
            now = await self._host.overview(plain.SHOWN)
            alerts = await self._host.recent_alerts(None, 20)
        except Exception as error:
            if not isinstance(error, ServerError):
                self._faults.note("plain page", error)
            trouble = "Not all could be read; /readyz says what to do."
        page = plain.render(now["sessions"], now["count"], alerts, trouble)
        headers = (*PAGE, (b"cache-control", b"no-store"))
        await answer(send, 200, page.encode(), b"text/html; charset=utf-8", headers)


def _is_file(files: StaticFiles, name: str) -> bool:
    try:
        _, found = files.lookup_path(name)
    except (OSError, ValueError):  # too long a name, or one with a NUL
        return False
    return found is not None and S_ISREG(found.st_mode)


def _wants_page(scope: Scope) -> bool:
    """Whether a browser asks for something to show, and not a script or picture for a page."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
