"""Reads an InfluxDB URL and the INFLUXDB_ variables: where the bucket is, and what may be shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from roomtone.errors import StoreError

PORT = 8086
BUCKET = "performance_metrics"  # the documents' own
TIMEOUT_S = 10.0  # for one request; a batch takes a hundredth of it
BATCH = 5_000  # lines of one request: what InfluxData recommends
SERIES = 50_000  # of one measurement, beyond which persons are rolled up

VARIABLES = ("INFLUXDB_URL", "INFLUXDB_TOKEN", "INFLUXDB_ORG", "INFLUXDB_BUCKET")
"""What fills in the parts that a URL leaves out."""

_EXAMPLE = "influxdb://TOKEN@host:8086/ORG/BUCKET"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bucket is and how to use it. `shown` names it without the token."""

    server: str  # http://host:port
    token: str
    org: str
    bucket: str
    shown: str
    timeout_s: float = TIMEOUT_S
    batch: int = BATCH
    series: int = SERIES  # 0: no budget
    gzip: bool = True


def parse(url: str, environment: Mapping[str, str] | None = None) -> Address:
    """The address in a URL like `influxdb://token@host:8086/org/bucket?timeout=10`.

    `influxdb+https://` speaks TLS. What it leaves out is looked for in `VARIABLES`, so that
    `influxdb://` alone is enough where they are set. A token `user:password` is that of a 1.x
    server. Raises StoreError for what cannot be, and never repeats the URL, which holds the token.
    """
    known = os.environ if environment is None else environment
    try:
        parts = urlsplit(url)
        given = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        server = _server(parts.scheme, parts.netloc.rpartition("@")[2])
    except ValueError:
        raise StoreError(f"this is no InfluxDB URL; write it like {_EXAMPLE}") from None
    if not server:
        server = _from_variable(known.get("INFLUXDB_URL", ""))
    token = unquote(parts.netloc.rpartition("@")[0]) or known.get("INFLUXDB_TOKEN", "")
    org, _, bucket = parts.path.strip("/").partition("/")
    org = unquote(org) or known.get("INFLUXDB_ORG", "")
    bucket = unquote(bucket) or known.get("INFLUXDB_BUCKET", "") or BUCKET
    shown = f"InfluxDB {server}/{quote(org)}/{quote(bucket)}"
    if unknown := given.keys() - {"timeout", "batch", "series", "gzip"}:
        raise StoreError(
            f"{shown} knows no option {', '.join(sorted(unknown))}; "
            "choose among: timeout, batch, series, gzip"
        )
    return Address(
        server,
        token,
        org,
        bucket,
        shown,
        _number(given, "timeout", TIMEOUT_S, 0.1, 600, shown),
        round(_number(given, "batch", BATCH, 1, 50_000, shown)),
        round(_number(given, "series", SERIES, 0, 10_000_000, shown)),
        given.get("gzip", str(not _is_here(server))).lower() not in ("false", "0", "no"),
    )


def _server(scheme: str, place: str) -> str:
    """`http://host:port` of a URL's parts; empty where it names no host. Raises ValueError."""
    name, _, transport = scheme.partition("+")
    if name != "influxdb" or transport not in ("", "http", "https"):
        raise ValueError(scheme)
    if not place:
        return ""
    parts = urlsplit(f"//{place}")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if not host:
        raise ValueError(place)
    return f"{transport or 'http'}://{host}:{parts.port or PORT}"


def _is_here(server: str) -> bool:
    """Whether it is on this machine, where packing costs more than it saves."""
    return urlsplit(server).hostname in ("localhost", "127.0.0.1", "::1")


def _from_variable(value: str) -> str:
    if not value:
        raise StoreError(
            f"no InfluxDB is named; write the URL like {_EXAMPLE}, or set INFLUXDB_URL"
        )
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise StoreError("INFLUXDB_URL is no address; set it like http://host:8086")
    return value.rstrip("/")


def _number(
    given: Mapping[str, str], name: str, default: float, low: float, high: float, shown: str
) -> float:
    try:
        number = float(given.get(name, default))
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise StoreError(
            f"{name}={given.get(name)!r} ({shown}) cannot be; "
            f"give a number from {low:g} to {high:g}"
        )
    return number
