"""What _sqlite_columns.c holds; `_sqlite_rows` says whether it can be used."""

import sqlite3
from collections.abc import Sequence
from typing import Any

def load(connection: type, library: str, /) -> None: ...
def columns(
    connection: sqlite3.Connection, sql: str, given: Sequence[Any], /
) -> list[list[Any]] | None: ...
