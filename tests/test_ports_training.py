"""The port of training data asks for what the training data's vocabulary names."""

from __future__ import annotations

import inspect

from roomtone.ports_training import TrainingArchive


def test_everything_that_is_asked_is_said_in_words() -> None:
    """A member's author reads this page alone: each method says what it does, and may wait."""
    asked = {name: one for name, one in vars(TrainingArchive).items() if not name.startswith("_")}

    assert {"revise", "training_page", "set_consents", "mark_exported", "put_dataset"} <= set(asked)
    assert [name for name, one in asked.items() if not one.__doc__] == []
    assert all(inspect.iscoroutinefunction(one) for one in asked.values())
