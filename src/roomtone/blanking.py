"""What stands in the place of a person who is erased: of the same length, and saying nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from roomtone.heard import ends
from roomtone.verdicts import MOST_LINE

IN_ROOMS = frozenset(
    {"message", "reaction", "join", "leave", "poll_opened", "poll_vote", "poll_closed"}
)
"""What happens in a room and is counted there: it stays, as somebody's. The rest goes."""

_TOLD = frozenset({"reaction_judged", "reaction_review"})
"""Events that hold what others said around them."""

_AROUND = ("reply", "before", "after")
_WHO = frozenset({"user", "by", "said_by"})
"""Where others' events name a person. What says what an event is never changes: anybody may have
called themselves `message`."""

_STAYS = ("type", "session", "id", "at", "role", "action", "emoji", "poll")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def stand_in(user: str, mark: str) -> str:
    """A name that is nobody's, of as many bytes; the same for a person wherever it stands.

    >>> len(stand_in("ann", "5f")), stand_in("ann", "5f") == stand_in("ann", "5f") != "ann"
    (3, True)
    """
    size, lead = len(user.encode()), "-" if user.startswith("~") else "~"
    digest = blake2b(f"{mark}/{user}".encode(), digest_size=32).digest() * (size // 32 + 1)
    return (lead + "".join(_DIGITS[byte % 36] for byte in digest))[:size]


def _key(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Blank:
    """Takes one person out of events and records, and leaves every other byte as it is.

    `mark` is the erasure's own; `said` are keys of what the person said, and was told by bots, and
    of the turns in which that was.

    >>> blank = Blank("ann", "5f")
    >>> blank.learn(["my dog is ill"])
    >>> blank.line("my dog is ill"), blank.line("hello")
    ('-------------', 'hello')
    """

    def __init__(self, user: str, mark: str, said: Iterable[str] = ()) -> None:
        self.user, self.mark = user, mark
        self.said = set(said)
        self.name = stand_in(user, mark)
        self._named = re.compile(rf"(?<!\w){re.escape(user)}(?!\w)")
        quoted = (json.dumps(user, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
        self.written = sorted({user, *quoted})  # as it stands in texts, and in documents
        words = b"|".join(re.escape(one.encode()) for one in self.written)
        self._written = re.compile(rb"(?<!\w)(?:" + words + rb")(?!\w)")

    def learn(self, texts: Iterable[str | None]) -> None:
        """These are theirs, also where they are told shortened."""
        for text in texts:
            if text:
                self.said |= {_key(text), _key(text[:MOST_LINE]), _key(ends(text, MOST_LINE))}

    def learn_turn(self, session: str, id: str | None) -> None:
        """This turn is theirs, and so is what becomes of its texts, whoever tells it."""
        if id:
            self.said.add(_key(f"turn\0{session}\0{id}"))

    def is_mine(self, event: Mapping[str, Any]) -> bool:
        """Whether an event, as plain values, is this person's."""
        of = event.get("of")
        of_user = of.get("user") if isinstance(of, Mapping) else None
        if event.get("type") == "turn_revised" and not event.get("user"):
            return _key(f"turn\0{event['session']}\0{event['turn']}") in self.said
        return self.user in (event.get("user"), of_user)

    def event(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """An event without the person; None where nothing of it stays."""
        if not self.is_mine(event):
            return self._of_others(event)
        if event["type"] not in IN_ROOMS or event.get("bot"):
            return None
        kept = {name: event[name] for name in _STAYS if name in event}
        if isinstance(kept.get("id"), str):
            kept["id"] = self.named(kept["id"])
        if event["type"] == "message":
            kept["text"] = _dashes(event.get("text", ""))
        if event["type"] == "poll_vote":
            kept["option"] = 0
        return kept | {"user": self.name}

    def _of_others(self, event: Mapping[str, Any]) -> dict[str, Any]:
        if event.get("type") == "message" and event.get("role", "user") != "user":
            event = {**event, "text": self.line(event.get("text", ""))}  # a bot, who answers them
        return self.record(event) if event.get("type") in _TOLD else self._unnamed(event)

    def _unnamed(self, told: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: self.exactly(told[name]) if name in _WHO else told[name] for name in told}
        if "agents" in kept:  # what these told is in their own words
            kept["agents"] = [
                {**one, "output": {n: self.exactly(v) for n, v in one["output"].items()}}
                if "output" in one
                else one
                for one in kept["agents"]
            ]
        return kept

    def around(self, name: str, value: Any) -> Any:
        """What was said around a reaction of somebody else."""
        if name == "reply":
            return self.line(value) if isinstance(value, str) else value
        if name in ("before", "after") and isinstance(value, list | tuple):
            return [
                one if one.get("who") == "user" else {**one, "text": self.line(one["text"])}
                for one in value
            ]
        return value

    def says(self, *texts: str | None) -> bool:
        """Whether any of these texts is theirs."""
        return bool(self.said) and any(text and _key(text) in self.said for text in texts)

    def line(self, text: str) -> str:
        """A text that may be theirs."""
        return _dashes(text) if _key(text) in self.said else text

    def exactly(self, value: Any) -> Any:
        """The stand-in where the person's name is all of a text; whatever else as it is."""
        return self.name if value == self.user else value

    def record(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What is told of somebody else's reaction, without the person.

        A judge that was shown what they said may have said it again.
        """
        kept = self._unnamed(told)
        for name in _AROUND:
            if name in kept:
                kept[name] = self.around(name, kept[name])
        if any(kept[name] != told[name] for name in _AROUND if name in told):
            for name in ("verdict", "ruling"):
                if kept.get(name) and (why := kept[name].get("reasoning")):
                    kept[name] = {**kept[name], "reasoning": _dashes(why)}
        return kept

    def document(self, value: Any) -> Any:
        """A JSON document in which the name is the stand-in: as a word of its texts, as a key.

        >>> Blank("7", "5f").document({"left": 7, "why": "7 said so"})
        {'left': 7, 'why': '~ said so'}
        """
        if isinstance(value, str):
            return self.named(value)
        if isinstance(value, Mapping):
            return {self.exactly(key): self.document(one) for key, one in value.items()}
        return [self.document(one) for one in value] if isinstance(value, list | tuple) else value

    def named(self, text: str) -> str:
        """A text in which the person's name, as a word of its own, is the stand-in.

        >>> Blank("ann", "5f").named("annie met ann.") == f"annie met {stand_in('ann', '5f')}."
        True
        """
        return self._named.sub(self.name, text)

    def is_in(self, raw: bytes) -> bool:
        """Whether raw bytes hold the name, as a word of its own.

        >>> Blank("bö", "5f").is_in(b'{"user": "b\\u00f6"'), Blank("ann", "5f").is_in(b"annie")
        (True, False)
        """
        return self._written.search(raw) is not None


def _dashes(text: str) -> str:
    return "-" * len(text.encode("utf-8", "surrogatepass"))
