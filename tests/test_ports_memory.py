"""The port of memory stands beside the others, and its vectors have names."""

from __future__ import annotations

from roomtone import ports, ports_memory
from roomtone.records import VECTORS


def test_the_port_is_found_where_all_are() -> None:
    """Who reads ports.py finds this one too."""
    assert ports.MemoryStore is ports_memory.MemoryStore
    assert VECTORS == ("content", "emotion", "semantic")
