"""A word on consent is kept before it is answered, and assumed only where a setting says so."""

from __future__ import annotations

import pytest

from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent
from tests.runtime.conftest import House


async def test_consent_of_nobody_is_refused(house: House) -> None:
    """Somebody must have given it."""
    with pytest.raises(BadEvent, match="give `user`"):
        await house.pipeline.give_consent(ConsentGiven(purposes={"training": True}))
