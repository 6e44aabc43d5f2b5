// Trust and affection in the last hour: the first ten of each series.
from(bucket: "performance_metrics")
   |> range(start: -1h)
   |> filter(fn: (r) => r._measurement == "relationship_progression")
   |> filter(fn: (r) => r._field == "trust_level" or r._field == "affection_level")
   |> limit(n: 10)
