"""What a conversation is about, told anew from what its agents made of it, for every dialect."""

from __future__ import annotations

import json
from collections.abc import Iterable

from roomtone.stores._jobs import Put, Steps, Texts, ask_of, json_of
from roomtone.training_data import CONTEXT, IMPORTED_TOPICS, topics_of

TELLING = (CONTEXT, IMPORTED_TOPICS)
_SAID = (  # what was told from elsewhere first, as it is whole
    "SELECT conversation_id, CAST(output AS TEXT) FROM agent_logs WHERE conversation_id IN ({}) "
    f"AND agent_name IN ('{CONTEXT}', '{IMPORTED_TOPICS}') "
    f"ORDER BY conversation_id, agent_name = '{CONTEXT}', timestamp, id"
)


def topics(texts: Texts, ids: Iterable[int]) -> Steps[None]:
    """Tell anew what these conversations are about."""
    told: dict[int, list[str]] = {id: [] for id in sorted(ids)}
    if not told:
        return
    for id, output in (yield from ask_of(_SAID, told)):
        told[id].append(output)
    rows = [
        [
            json_of(
                texts, topics_of(said for one in some if isinstance(said := json.loads(one), dict))
            ),
            id,
        ]
        for id, some in told.items()
    ]
    yield Put("UPDATE conversations SET topics_discussed = ? WHERE id = ?", rows)
