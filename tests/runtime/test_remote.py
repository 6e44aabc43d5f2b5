"""A server is asked over HTTP; what goes wrong is one sentence with the remedy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from roomtone.errors import ServerError
from roomtone.runtime.remote import Busy, NeedsKey, Remote, escape


class Handler(BaseHTTPRequestHandler):
    """A server that answers by path, and says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/close":
            self.reply(200, b'"bye"', close=True)
        elif self.path == "/problem":
            self.reply(404, b'{"detail": "no session x; see /v1/sessions"}')
        elif self.path == "/who":
            given = self.headers["Authorization"]
            self.reply(200 if given == "Bearer k-1" else 401, b'{"detail": "no key; send one"}')
        elif self.path == "/html":
            self.reply(500, b"<h1>oops</h1>")
        elif self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half of it")
            self.close_connection = True
        else:
            self.reply(200, b'{"path": "' + self.path.encode() + b'"}')

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"full":
            self.reply(503, b'{"detail": "the disk is full"}', retry="0.25")
        else:
            self.reply(202, b'{"accepted": %d}' % len(body))

    def reply(self, status, body, *, close=False, retry=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry:
            self.send_header("Retry-After", retry)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = close

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def remote() -> Iterator[Remote]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    client = Remote(f"127.0.0.1:{server.server_port}")
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def test_questions_keep_their_words(remote):
    """Query values are escaped, those not given left out."""
    answer = remote.get(f"/v1/sessions/{escape('a/b?c')}", at="10:00+01:00", limit=None)

    assert answer == {"path": "/v1/sessions/a%2Fb%3Fc?at=10%3A00%2B01%3A00"}


def test_the_key_of_the_environment_goes_along(remote, monkeypatch):
    """Or the one that is given; without one it is said what to set."""
    monkeypatch.setenv("ROOMTONE_KEY", " k-1\n")
    for key in (None, "k-1"):
        told = Remote(remote.url, key=key)
        assert told.get("/who")
        told.close()
    with pytest.raises(NeedsKey, match="no key; send one; set ROOMTONE_KEY"):
        Remote(remote.url, key="").get("/who")
    with pytest.raises(ServerError, match="the key is none"):
        Remote(remote.url, key="a\r\nX: y")


def test_a_long_answer_comes_with_the_key_too_and_is_whole_or_none(remote):
    """What breaks off is no server that is not there."""
    asked = Remote(remote.url, key="k-1")
    assert b"".join(asked.pieces("/who")).startswith(b"{")
    with pytest.raises(ServerError, match=r"broke off .*roomtone doctor"):
        list(asked.pieces("/half"))
    assert b"".join(asked.pieces("/x")), "and what is asked next is answered"
    with pytest.raises(NeedsKey, match="set ROOMTONE_KEY"):
        list(Remote(remote.url, key="").pieces("/who"))
    with pytest.raises(ServerError, match="no session x"):
        list(asked.pieces("/problem"))


def test_a_connection_closed_in_between_is_opened_again(remote):
    """Servers drop idle connections; that is nobody's fault."""
    assert remote.get("/close") == "bye"
    assert remote.get("/x") == {"path": "/x"}


def test_a_refusal_is_told_in_the_servers_words(remote):
    """`detail` of the problem is the sentence."""
    with pytest.raises(ServerError, match="no session x; see /v1/sessions"):
        remote.get("/problem")


def test_later_is_told_apart_from_no(remote):
    """A full disk is a reason to wait as long as the server says."""
    with pytest.raises(Busy, match="the disk is full") as caught:
        remote.post("/v1/events", b"full")

    assert caught.value.retry_s == 0.25
    assert remote.post("/v1/events", b"four") == {"accepted": 4}


def test_an_answer_that_is_no_json_is_suspicious(remote):
    """Something else may be listening there."""
    with pytest.raises(ServerError, match="something else listening"):
        remote.get("/html")


@pytest.mark.parametrize("url", ["ftp://x", "http://", "//"])
def test_an_address_that_is_none_is_shown_one(url):
    """The remedy is an example."""
    with pytest.raises(ServerError, match=r"write http://127\.0\.0\.1:8003"):
        Remote(url)


def test_nobody_there_names_three_ways_on():
    """Start one, name another, or read a folder."""
    with pytest.raises(ServerError, match=r"roomtone serve.*--url.*--data"):
        Remote("http://127.0.0.1:9", timeout_s=1).get("/healthz")
