"""A query -> ranked hits."""
