"""Every registered member fits the port of its family."""

from __future__ import annotations

import inspect

import pytest

from roomtone import ports
from roomtone.runtime import plugins

PORT = {
    "detectors": ports.Detector,
    "signals": ports.Gauge,
    "stores.series": ports.SeriesStore,
    "stores.archive": ports.Archive,
    "stores.memory": ports.MemoryStore,
    "channels": ports.Channel,
    "models.emotion": ports.EmotionModel,
    "models.coherence": ports.CoherenceModel,
    "models.judge": ports.Judge,
    "models.embedding": ports.EmbeddingModel,
}


@pytest.mark.parametrize(
    ("family", "name"),
    [(family, name) for family in PORT for name in plugins.MEMBERS[family]],
)
def test_members_have_every_method_of_their_port(family: str, name: str) -> None:
    """A member that lacks a method, or takes other arguments, would fail in the field."""
    member = plugins.load(family, name)
    methods = {n: m for n, m in vars(PORT[family]).items() if inspect.isfunction(m) and n[0] != "_"}

    assert methods
    for method, declared in methods.items():
        wanted = set(inspect.signature(declared).parameters)
        assert wanted <= set(inspect.signature(getattr(member, method)).parameters), method
