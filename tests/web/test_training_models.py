"""The models of training data are those of what is answered, and refuse what is no order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import ValidationError

from roomtone.reactions import MEANINGS
from roomtone.runtime.datasets import formats, shown
from roomtone.runtime.export_plan import FILES
from roomtone.training_data import Dataset
from roomtone.web import training_models as models


def test_every_field_of_a_dataset_is_documented() -> None:
    """And every state, file and meaning."""
    one = Dataset(id="d", name="n", format="sft", made=datetime(2026, 1, 1, tzinfo=UTC),
                  status="done")  # fmt: skip
    assert set(models.Dataset.model_fields) == set(shown(one, whole=True))
    assert get_args(models.Meaning) == MEANINGS
    file = models.Order.model_fields["file"].annotation
    assert set(get_args(get_args(file)[0])) == set(FILES)
    told = models.Formats.model_validate({"formats": formats()})
    assert told.formats[0].from_


@pytest.mark.parametrize(
    "told",
    [{}, {"format": "x" * 201}, {"format": "sft", "limit": 0}, {"format": "sft", "more": 1}],
)
def test_what_is_no_order_is_refused(told: dict[str, object]) -> None:
    """Before anything is looked up."""
    with pytest.raises(ValidationError):
        models.Order.model_validate(told)
