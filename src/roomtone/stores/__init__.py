"""Where things are kept, by time and by conversation."""
