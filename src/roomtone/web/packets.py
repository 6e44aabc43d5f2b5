"""Socket.IO's packets as we read and write them: nothing that a client says is more than text."""

from __future__ import annotations

import json
from typing import Any

OURS = frozenset({"connect", "disconnect"})
"""What the server itself calls its handlers for: from a client it is no event."""


class Text:
    """A packet's data that is text already."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Json:
    """JSON in which what is nested too deeply is as wrong as any other nonsense."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str) -> Any:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply; send a flat object") from None


def packet_class(packet: Any, mark: str) -> Any:
    """The class of packets, made of the library's; clients are given `mark` to remember."""

    class Packet(packet.Packet):  # type: ignore[misc]
        """A packet whose text may have been made before; it tells clients to keep marks.

        With a `pid`, socket.io-client remembers the last text that an event ended with and
        says it when it connects again. What is no packet for us is an event that nobody hears:
        raised, it would be a traceback in the log for each; and bytes, which the library collects
        for as long as a client promises more of them, are no packets for us.
        """

        data: Any

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            if self.packet_type == packet.EVENT and self.data is None:  # nothing at all was said
                self._pass_over()

        def encode(self) -> Any:
            if self.packet_type == packet.EVENT and isinstance(self.data[-1], Text):
                space = "" if self.namespace in (None, "/") else f"{self.namespace},"
                return f"{packet.EVENT}{space}{self.data[-1].text}"
            if self.packet_type == packet.CONNECT and self.data:
                self.data = {**self.data, "pid": mark}
            return super().encode()

        def decode(self, encoded_packet: Any) -> int:
            try:
                heard = isinstance(encoded_packet, str) and not super().decode(encoded_packet)
            except (ValueError, IndexError, TypeError):
                heard = False
            if not heard or not self._known():
                self._pass_over()
            return 0

        def _pass_over(self) -> None:
            self.packet_type, self.namespace, self.id = packet.EVENT, "/", None
            self.data = ["unheard"]

        def _known(self) -> bool:
            if self.packet_type == packet.EVENT:
                name = self.data[0] if isinstance(self.data, list) and self.data else None
                return isinstance(name, str) and name not in OURS
            return self.packet_type in (packet.CONNECT, packet.DISCONNECT)

    return Packet
