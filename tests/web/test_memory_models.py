"""The models of memories are those of the records, and refuse what is no memory."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from roomtone import records
from roomtone.web import memory_models as models


def test_every_field_of_a_memory_is_documented() -> None:
    """No field is answered that the page does not tell of."""
    assert set(models.Memory.model_fields) == set(records.Memory.__struct_fields__)
    assert set(models.Recollection.model_fields) == set(records.Recollection.__struct_fields__)
    assert models.Tier.__args__ == records.TIERS  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "told",
    [
        {"bot": "", "user": "u", "content": "c"},
        {"bot": "b", "user": "u\n", "content": "c"},
        {"bot": "b", "user": "u", "content": ""},
        {"bot": "b", "user": "u", "content": "c", "importance": 2},
        {"bot": "b", "user": "u", "content": "c", "tags": ["a,b"]},
        {"bot": "b", "user": "u", "content": "c", "tier": "for ever"},
        {"bot": "b", "user": "u", "content": "c", "secret": 1},
    ],
)
def test_what_is_no_memory_is_refused(told: dict[str, object]) -> None:
    """Names, tiers, tags and shares have their form."""
    with pytest.raises(ValidationError):
        models.NewMemory.model_validate(told)
