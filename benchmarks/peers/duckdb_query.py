"""DuckDB: the whole file in one offline query on one thread; counts only, no score."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb  # type: ignore[import-not-found]

QUERY = """
COPY (
  WITH bucket AS (
    SELECT
      session,
      (epoch_ms("at") // 5000 + 1) * 5 AS tick,
      count(*) FILTER (type = 'message') AS a,
      count(*) FILTER (type = 'reaction') AS b,
      count(*) FILTER (type = 'poll_vote') AS c,
      count(*) FILTER (type = 'join') AS d,
      count(*) FILTER (type = 'leave') AS e
    FROM read_json(
      '{source}', format = 'newline_delimited',
      columns = {{type: 'VARCHAR', session: 'VARCHAR', "at": 'TIMESTAMP'}}
    )
    GROUP BY ALL
  ),
  bounds AS (SELECT min(tick) AS first, max(tick) AS last FROM bucket),
  grid AS (
    SELECT session, unnest(range(first, last + 1, 5)) AS tick
    FROM (SELECT DISTINCT session FROM bucket), bounds
  )
  SELECT session, tick, sum(a) OVER w, sum(b) OVER w, sum(c) OVER w, sum(d) OVER w, sum(e) OVER w
  FROM grid LEFT JOIN bucket USING (session, tick)
  WINDOW w AS (PARTITION BY session ORDER BY tick ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
) TO '{out}' (FORMAT csv, HEADER false)
"""


def main(source: Path, out: Path) -> None:
    """One connection, one thread, one query."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(QUERY.format(source=source, out=out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
