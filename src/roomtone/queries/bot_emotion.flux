// What bots showed in the last hour: the first ten of each series and field.
from(bucket: "performance_metrics")
   |> range(start: -1h)
   |> filter(fn: (r) => r._measurement == "bot_emotion")
   |> limit(n: 10)
