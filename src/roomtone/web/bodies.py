"""The bytes of a request: read, counted and unpacked within bounds."""

from __future__ import annotations

import asyncio
import zlib

from roomtone.events import MALFORMED, TOO_LARGE, UNAVAILABLE, Refusal
from roomtone.web.problems import Problem, Receive, Send

RATIO = 100
"""How many times its size a body may unpack to: real chats reach 5 to 20, bombs 1,000."""

BODY_S = 30.0
"""How long a client may take to send a body; longer is a stalled or a hostile one."""

IN_HAND = 64_000_000
"""How many bytes of bodies are held at once, over all requests: what comes beyond waits outside."""

DRAIN = 8_000_000
"""How much more of a body that is too large is read and thrown away, so that its sender, who
writes before reading, sees the answer and not a broken connection."""

DRAIN_S = 2.0


class Held:
    """What a request holds of the common room for bodies, and whether more of it is to come."""

    __slots__ = ("bytes", "more", "told")

    def __init__(self) -> None:
        self.bytes = 0
        self.more = False
        self.told = False  # whether it is known already why it is refused


class Bodies:
    """The common room: what all requests hold at once is bounded."""

    def __init__(self) -> None:
        self.in_hand = 0

    async def read(self, receive: Receive, held: Held, most: int) -> bytes | None:
        """A whole body of at most `most` bytes; None where the client has gone.

        Raises Problem: 408 when it does not come, 413 when it is larger, 503 when too much is in
        hand.
        """
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        self._hold(held, len(body), bool(message.get("more_body")), most)
        if not held.more:
            return body
        parts = [body]
        try:
            async with asyncio.timeout(BODY_S):
                while held.more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    self._hold(held, len(parts[-1]), bool(message.get("more_body")), most)
        except TimeoutError:
            raise Problem(
                408,
                f"the body did not come within {BODY_S:.0f} s; send it again, or in smaller parts",
            ) from None
        return b"".join(parts)

    def release(self, held: Held) -> None:
        """Its request is answered."""
        self.in_hand -= held.bytes

    def _hold(self, held: Held, size: int, more: bool, most: int) -> None:
        held.bytes += size
        held.more = more
        self.in_hand += size
        if held.bytes > most:
            raise too_large("more", most)
        if self.in_hand > IN_HAND:
            raise Problem(503, "too much is coming in at once; try again in a moment", retry_s=1)


def check_length(value: bytes, held: Held, most: int) -> None:
    """Raise Problem (413) when a Content-Length says that the body will be too large."""
    length = int(value[:19]) if value.isdigit() else 0  # cut: no number is longer
    if length > most:
        held.more = True
        raise too_large(f"{length:,} bytes", most)


def too_large(size: str, most: int) -> Problem:
    """What to tell the sender of a body that is too large."""
    return Problem(
        413,
        f"the body is {size}, the limit is {most:,} bytes before and after unpacking; send it in "
        "smaller parts",
    )


def unpack(body: bytes, most: int) -> bytes:
    """Unpack gzip, never making more than `most` bytes, nor more than 100 times what came.

    Raises Problem: 413 when it would be more, 400 when it is no whole gzip.
    """
    allowed = min(most, max(len(body), 1) * RATIO)
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(rest, allowed - size + 1)
        except zlib.error:
            raise Problem(
                400, "the body is no gzip; leave Content-Encoding out, or pack it"
            ) from None
        size += len(part)
        if size > allowed:
            raise Problem(
                413,
                f"the body unpacks to more than {allowed:,} bytes, which is the limit (at most "
                f"{RATIO} times what was sent); send it in smaller parts",
            )
        if not member.eof:
            raise Problem(400, "the gzip body is cut off; send it whole")
        parts.append(part)
        if len(parts) > 100:
            raise Problem(400, "the gzip body has more than 100 members; pack it in one go")
        rest = member.unused_data
    return b"".join(parts)


def is_gzip(encoding: bytes) -> bool:
    """Whether a Content-Encoding says gzip. Raises Problem (415) for one that is not read."""
    name = encoding.decode("latin-1").strip().lower()
    if name in ("", "identity"):
        return False
    if name in ("gzip", "x-gzip"):
        return True
    raise Problem(415, f"content encoding {name[:100]!r} is not read here; send gzip or plain")


async def answer_and_drain(
    send: Send, receive: Receive, status: int, body: bytes, content_type: bytes
) -> None:
    """Answer at once, then read on for a moment: the sender may still be writing."""
    headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = DRAIN
    try:
        async with asyncio.timeout(DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b"")) or 1
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def whole(problem: Problem) -> Refusal:
    """A request that is refused before it is known how many events are in it."""
    kinds = {413: TOO_LARGE, 503: UNAVAILABLE}
    return Refusal(0, problem.detail, kinds.get(problem.status, MALFORMED))


def with_remedy(error: Exception) -> str:
    """An error's own sentence, which ends in what to do."""
    text = str(error)
    return text if ";" in text else f"{text}; nothing was taken, so send it again later"
