"""Members are loaded by name, and a wrong name is answered with the right ones."""

from __future__ import annotations

import pytest

from roomtone.errors import UnknownMember
from roomtone.runtime import plugins


@pytest.mark.parametrize(
    ("family", "name"), [(f, n) for f, members in plugins.MEMBERS.items() for n in members]
)
def test_every_row_of_the_table_loads(family: str, name: str) -> None:
    """The table names nothing that is not there."""
    assert plugins.load(family, name) is not None


def test_the_scheme_of_a_url_names_the_member(tmp_path: object) -> None:
    """A choice is one line; an unknown scheme says which there are."""
    assert type(plugins.series_store(f"sqlite:///{tmp_path}/x.db")).__name__ == "SQLite"
    with pytest.raises(UnknownMember, match="sqlite"):
        plugins.series_store("mongo://x")
