"""What every event has: where it happened, when, by whom; and the texts that events hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from roomtone.heard import PRINTABLE, Name

# Bounds on what one event may hold. A text longer than this is not a chat message; ids and names
# end up in indexes, URLs and logs, where 200 characters is already generous.
MAX_TEXT = 16_384
MAX_EMOJI = 64
MAX_OPTIONS = 100

# A person may paste a book, and a bot may answer at length; a request's own limit comes first.
MAX_TURN_TEXT = 400_000

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
TurnText = Annotated[str, Meta(max_length=MAX_TURN_TEXT)]
Emoji = Annotated[str, Meta(min_length=1, max_length=MAX_EMOJI, extra_json_schema=PRINTABLE)]
At = Annotated[datetime, Meta(tz=True)]


class Occurrence(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False
):
    """What every event has: where it happened, when, by whom, and the client's own id for it.

    `id` makes a repeat harmless within its session; without one, every delivery counts. `at` is
    ISO 8601 with an offset; without it the event happened when it arrived.
    """

    session: Name
    id: Name | None = None
    at: At | None = None
    user: Name | None = None
