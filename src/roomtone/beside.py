"""Runs a call that may hang in a thread of its own, which keeps nothing and nobody from ending."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def beside(call: Callable[[], T], *, name: str, ended: Callable[[], None]) -> asyncio.Future[T]:
    """What the call returns or raises, once a daemon thread of that name has done it.

    `ended` is called on the loop when the thread is through, also where nobody waits any more:
    whoever gives up cancels the future, and the call ends by itself.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        ended()
        if done.done():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=work, name=name, daemon=True).start()
    return done
