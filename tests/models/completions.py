"""A server of sockets that speaks OpenAI's chat completions as a test tells it to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def completion(content: object) -> bytes:
    said = content if isinstance(content, str) else json.dumps(content)
    return http(200, json.dumps({"choices": [{"message": {"content": said}}]}).encode())


@dataclass
class Fake:
    """A server of sockets: what it was asked, and what it says to each question in turn."""

    port: int
    say: Callable[[dict, int], bytes | None]
    asked: list[tuple[str, dict[str, str], dict]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"openai+http://127.0.0.1:{self.port}/v1?model=tiny"

    def answer(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as file:
            first = file.readline().decode().strip()
            headers = {}
            while written := file.readline().strip():
                name, _, value = written.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = json.loads(file.read(int(headers["content-length"])))
            with self.lock:
                self.asked.append((first, headers, body))
                count = len(self.asked)
            answer = self.say(body, count)
            if answer is None:  # neither answer nor end, until the other side gives up
                file.read()
            else:
                line.sendall(answer)


@contextmanager
def fake(say: Callable[[dict, int], bytes | None]) -> Iterator[Fake]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Fake(listener.getsockname()[1], say)

        def accept() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=server.answer, args=(line,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
