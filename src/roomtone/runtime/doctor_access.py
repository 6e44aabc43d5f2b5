"""Looks who may ask this installation: which keys there are, and what is open without one."""

from __future__ import annotations

import ipaddress
import stat

from roomtone.errors import BadConfig
from roomtone.runtime.access import Access
from roomtone.runtime.config import Settings

OLD_S = 90 * 86_400
"""A key that nobody used for a quarter of a year is likely one that nobody needs."""


def examine_access(settings: Settings) -> tuple[str, bool, str, str]:
    """Name, whether all is well, what there is, and what to do."""
    name, access = "access", Access(settings)
    try:
        access.load()
    except BadConfig as error:
        return name, False, str(error), "see that this user may read it, or restore it"
    where = f"{settings.server.host}:{settings.server.port}"
    if not access.locked:
        if _local(settings.server.host):
            return name, True, "open: no key was made, and only this machine reaches it", ""
        remedy = "run: roomtone keys create --scope admin"
        return name, False, f"open: whoever reaches {where} may do everything", remedy
    if access.path.exists() and stat.S_IMODE(access.path.stat().st_mode) & 0o077:
        remedy = f"run: chmod 600 {access.path}"
        return name, False, f"{access.path} can be read by other users of this machine", remedy
    alive = [key for key in access.keys(None) if key.alive(access.now)]
    idle = sum(access.now - (key.used or key.made) > OLD_S for key in alive)
    told = f"{len(alive)} keys of {len(access.projects())} projects"
    if idle:
        told += f", {idle} of them not used for 90 days"
    if settings.access.open_health:
        told += "; /readyz, /health and /metrics need none"
    if not _local(settings.server.host) and not settings.access.https:
        told += "; without https in front keys can be read on the way (then set access.https)"
    remedy = "every key is revoked or over; run: roomtone keys create --scope admin"
    return name, bool(alive), told, remedy


def _local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
