"""The ports of models stand beside the others."""

from __future__ import annotations

import inspect

from roomtone import ports, ports_models


def test_the_ports_are_found_where_all_are() -> None:
    """Who reads ports.py finds these too."""
    own = [one for name, one in vars(ports_models).items() if name.endswith("Model")]

    assert len(own) >= 3
    assert all(getattr(ports, one.__name__) is one for one in [*own, ports_models.Judge])
    assert all(inspect.getdoc(one) for one in own)
