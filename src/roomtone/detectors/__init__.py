"""What we alarm on: each member watches blocks and speaks up."""
