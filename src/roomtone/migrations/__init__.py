"""The steps that bring the fixed tables of a database from one release to the next."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

# What a column is in each dialect: the same steps make both databases.
TIME = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
"""An instant: epoch milliseconds in SQLite, a real one in PostgreSQL, for psql and Grafana."""
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that pages are ordered by: by its code points everywhere, not by a country's rules."""
JSON = sa.Text().with_variant(JSONB(), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A number that is counted up by the database."""
