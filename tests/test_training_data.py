"""The vocabulary of training data: what is kept to learn from, and who agreed to it."""

from __future__ import annotations

import msgspec

from roomtone.training_data import DEFAULTS, PURPOSES, KeptMessage


def test_training_alone_needs_a_word() -> None:
    """Whom nobody asked is measured and remembered, and never learnt from."""

    assert set(DEFAULTS) == set(PURPOSES)
    assert [purpose for purpose in PURPOSES if not DEFAULTS[purpose]] == ["training"]


def test_a_message_is_made_of_its_row() -> None:
    """Its fields come in the order in which they are read, the first six always there."""

    message = KeptMessage(1, 2, "t", "assistant", "Hello!", 0)

    assert msgspec.structs.astuple(message)[:6] == (1, 2, "t", "assistant", "Hello!", 0)
    assert message.training_flag is False
