"""Takes passwords out of whatever is shown: logs, errors, settings, the doctor's findings."""

from __future__ import annotations

import re

HIDDEN = "***"
EXAMPLES = ("TOKEN", "PASSWORD")

# scheme://user:password@host, also where the password holds an @ or a slash that was not escaped.
_URL = re.compile(r"(?P<before>[a-zA-Z][\w+.-]*://[^\s:/@'\"]*:)(?P<secret>[^\s'\"]*)(?=@)")
# influxdb://token@host and discord://token@, where the token stands alone.
_TOKEN = re.compile(
    r"(?P<before>\b(?:influxdb(?:\+https?)?|discord)://)(?P<secret>[^\s'\"]*)(?=@)", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?P<before>\b\w*(?:password|passwd|pwd|secret|token|api_?key|passfile)[\"']?\s*[=:]\s*[\"']?)"
    r"(?P<secret>[^\s&'\",;)]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<before>\b(?:bearer|basic)\s+)(?P<secret>[\w.~+/=-]{6,})", re.IGNORECASE)


def mask(text: str) -> str:
    """The same text without what opens doors.

    >>> mask("postgresql://ann:s3cret@db:5432/room?password=x")
    'postgresql://ann:***@db:5432/room?password=***'
    >>> mask("redis://:s3cret@cache")
    'redis://:***@cache'
    >>> mask("influxdb://t0ken==@db:8086/org/bucket")
    'influxdb://***@db:8086/org/bucket'
    >>> mask("discord://MTk4.Gx4.abc@?guilds=1")
    'discord://***@?guilds=1'
    >>> mask("write it like influxdb://TOKEN@host:8086/ORG, redis://USER:PASSWORD@host")
    'write it like influxdb://TOKEN@host:8086/ORG, redis://USER:PASSWORD@host'
    >>> mask("http://127.0.0.1:8003/ has no password")
    'http://127.0.0.1:8003/ has no password'
    """
    if "://" in text or "=" in text or ":" in text or " " in text:
        for pattern in (_TOKEN, _URL, _NAMED, _BEARER):
            text = pattern.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    """Nothing is hidden of an example, where a word stands for the secret."""
    secret = found["secret"]
    return found["before"] + (secret if secret.rpartition(":")[2] in EXAMPLES else HIDDEN)
