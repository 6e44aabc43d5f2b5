"""The faces on the web."""
