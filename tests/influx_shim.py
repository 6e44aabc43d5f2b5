"""InfluxDB's newer writing API in front of a 1.6, as 1.8 has it: the same lines, renamed words."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Shim:
    """What came to it, and the answers that it gives before it passes anything on."""

    url: str = ""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    refusals: list[Answer] = field(default_factory=list)


def handler_of(shim: Shim, port: int) -> Callable[..., BaseHTTPRequestHandler]:
    """What answers each request, by asking the InfluxDB at this port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(*self._pass_on("GET", self.path, b""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = urlsplit(self.path)
            if parts.path != "/api/v2/write":
                self._answer(*self._pass_on("POST", self.path, body))
                return
            shim.asked.append((self.path, dict(self.headers), body))
            if shim.refusals:
                self._answer(*shim.refusals.pop(0))
                return
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            own = {"db": given["bucket"], "precision": given["precision"].replace("ns", "n")}
            self._answer(*self._pass_on("POST", f"/write?{urlencode(own)}", body))

        def _pass_on(self, method: str, path: str, body: bytes) -> Answer:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            kept = {"Content-Type": self.headers.get("Content-Type", "text/plain")}
            line.request(method, path, body, kept)
            answer = line.getresponse()
            data = answer.read()
            line.close()
            return answer.status, {"X-Influxdb-Version": "1.8.10"}, data

        def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing to standard error."""

    return Handler


@contextmanager
def shim_before(port: int) -> Iterator[Shim]:
    """A shim that runs, in threads of its own."""
    shim = Shim()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(shim, port))
    shim.url = f"influxdb://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield shim
    finally:
        server.shutdown()
        server.server_close()
