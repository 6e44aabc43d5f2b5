"""What a redis:// URL says of the source: which hosts, which channels, and how to listen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from roomtone.errors import BadConfig
from roomtone.sources._documents import CHANNELS, KINDS

OPTIONS = ("mode", "channels", "group", "consumer", "idle_s", "count", "start")


@dataclass(frozen=True)
class Address:
    """Where to listen, to what, and in which mode."""

    urls: tuple[str, ...]  # one for each host, in the order in which they are tried
    mode: str
    channels: Mapping[str, str]  # name: kind
    group: str
    consumer: str
    idle_s: float
    count: int
    start: str


def parse_address(url: str) -> Address:
    """Read `redis://host:6379,other/0?mode=streams&...`. Raises BadConfig with what is wrong."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    ours = {name: given.pop(name) for name in OPTIONS if name in given}
    mode = ours.get("mode", "streams")
    if mode not in ("streams", "pubsub"):
        raise BadConfig(f"mode={mode} is not known; choose streams or pubsub")
    login, at, hosts = parts.netloc.rpartition("@")
    rest = urlencode(given)
    urls = tuple(
        f"{parts.scheme}://{login}{at}{host or 'localhost'}{parts.path}{'?' + rest if rest else ''}"
        for host in hosts.split(",")
    )
    return Address(
        urls,
        mode,
        _channels(ours.get("channels", "")),
        ours.get("group") or "roomtone",
        ours.get("consumer", ""),
        _number(ours, "idle_s", 60.0, 1.0, 86_400.0),
        int(_number(ours, "count", 500, 1, 10_000)),
        ours.get("start") or "0",
    )


def _channels(text: str) -> Mapping[str, str]:
    """`a,b:chat`: names that are known, or any name with the kind of its payloads."""
    if not text:
        return CHANNELS
    chosen: dict[str, str] = {}
    for item in text.split(","):
        name, _, kind = item.strip().rpartition(":") if _has_kind(item) else (item.strip(), "", "")
        kind = kind or CHANNELS.get(name, "")
        if not name or kind not in KINDS:
            raise BadConfig(
                f"channels: {item!r} is not known; say what it carries, as in {item}:chat "
                f"({', '.join(KINDS)})"
            )
        chosen[name] = kind
    return chosen


def _has_kind(item: str) -> bool:
    return item.strip().rpartition(":")[2] in KINDS and ":" in item


def _number(ours: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = ours.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        raise BadConfig(f"{name}={text} cannot be; give a number from {low:g} to {high:g}")
    return value
