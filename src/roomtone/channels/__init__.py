"""How news spreads to whoever listens."""
