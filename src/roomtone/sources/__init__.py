"""Where events come from: each member turns something outside into events."""
