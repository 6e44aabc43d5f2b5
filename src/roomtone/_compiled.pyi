"""What _compiled.c holds; `roomtone.compiled` says whether it was built."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

SHAPE: int

def know_events(
    occurrence: type, message: type, reaction: type, join: type, vote: type, /
) -> None: ...
def know_rooms(
    room: type, columns: tuple[int, ...], most_unread: int, never: int, unseen: int, /
) -> None: ...
def stretch(
    events: Sequence[Any], start: int, low: datetime, latest: datetime, high: datetime, /
) -> tuple[int, datetime]: ...
def gather(
    rooms: Any,
    events: Sequence[Any],
    now: int,
    lately: int,
    on_time: bool,
    odd: Callable[[int, Any], object],
    /,
) -> None: ...
def settle(
    news: Any,
    head: int,
    buckets: NDArray[Any],
    minutes: NDArray[Any],
    tallies: NDArray[Any],
    last: NDArray[Any],
    quiet: NDArray[Any],
    changed: NDArray[Any],
    /,
) -> None: ...
def between(body: bytes, /) -> int: ...
def suspect(body: bytes, events: Sequence[Any], /) -> bool: ...
