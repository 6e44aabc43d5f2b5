// Which replies users rated with an emoji in the last day: a row is a rating that still stands.
from(bucket: "performance_metrics")
   |> range(start: -24h)
   |> filter(fn: (r) => r._measurement == "user_feedback")
   |> filter(fn: (r) => r._field == "has_user_feedback")
