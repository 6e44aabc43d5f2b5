"""How often one key or address may ask, so that nobody spoils it for the others."""

from __future__ import annotations

import time

from roomtone.runtime.config_access import Access
from roomtone.web.problems import Problem

SENDING = frozenset({"/v1/events", "/v1/traces", "/api/public/otel", "/api/public/otel/v1/traces"})


class Rates:
    """Counts in this process, by a window that slides; some microseconds a request."""

    def __init__(self, settings: Access) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import SlidingWindowCounterRateLimiter

        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._sending = parse(settings.rate_ingest)
        self._asking = parse(settings.rate)
        self._signing_in = parse(settings.rate_sign_in)
        self.refused = 0

    def check(self, path: str, who: str) -> None:
        """Count a request. Raises Problem 429 with when to come back."""
        if path in SENDING:
            self._count(self._sending, f"send {who}")
        else:
            self._count(self._asking, f"ask {who}")

    def check_sign_in(self, address: str) -> None:
        """Count an attempt to sign in. Raises Problem 429."""
        self._count(self._signing_in, f"sign in {address}")

    def _count(self, limit: object, who: str) -> None:
        if self._limiter.hit(limit, who):  # type: ignore[arg-type]
            return
        self.refused += 1
        reset_at, remaining = self._limiter.get_window_stats(limit, who)  # type: ignore[arg-type]
        wait_s = max(reset_at - time.time(), 0.0)  # noqa: TID251
        problem = Problem(
            429,
            f"that was more than {limit}; wait {max(1, round(wait_s))} s, send more at once, or "
            "raise access.rate",
            retry_s=wait_s,
        )
        amount = getattr(limit, "amount", 0)
        problem.headers += [
            (b"ratelimit-limit", b"%d" % amount),
            (b"ratelimit-remaining", b"%d" % remaining),
            (b"ratelimit-reset", b"%d" % max(1, round(wait_s))),
        ]
        raise problem
