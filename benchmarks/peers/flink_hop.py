"""Flink SQL: a hopping window of 60 s every 5 s, streaming, parallelism 1; counts only."""

from __future__ import annotations

import sys
from pathlib import Path

from pyflink.table import (  # type: ignore[import-not-found]
    EnvironmentSettings,
    TableEnvironment,
)

SOURCE = """
CREATE TABLE events (
  `type` STRING, `session` STRING, `at` TIMESTAMP_LTZ(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem', 'path' = 'file://{source}', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
)
"""

SINK = """
CREATE TABLE found (
  `session` STRING, tick BIGINT, a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'file://{out}', 'format' = 'csv')
"""

QUERY = """
INSERT INTO found
SELECT
  `session`,
  UNIX_TIMESTAMP(DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss')),
  COUNT(*) FILTER (WHERE `type` = 'message'),
  COUNT(*) FILTER (WHERE `type` = 'reaction'),
  COUNT(*) FILTER (WHERE `type` = 'poll_vote'),
  COUNT(*) FILTER (WHERE `type` = 'join'),
  COUNT(*) FILTER (WHERE `type` = 'leave')
FROM TABLE(
  HOP(TABLE events, DESCRIPTOR(`at`), INTERVAL '5' SECOND, INTERVAL '60' SECOND)
)
GROUP BY `session`, window_start, window_end
"""


def main(source: Path, out: Path) -> None:
    """One job, from file to file."""
    table = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    table.get_config().set("parallelism.default", "1")
    table.get_config().set("table.local-time-zone", "UTC")
    table.execute_sql(SOURCE.format(source=source.resolve()))
    table.execute_sql(SINK.format(out=out.resolve()))
    table.execute_sql(QUERY).wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
