"""Passages -> a saved index, and queries -> hits and citations."""
