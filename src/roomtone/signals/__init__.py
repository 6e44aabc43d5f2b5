"""What we measure: each member declares its Measurement and computes it."""
