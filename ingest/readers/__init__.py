"""One reader a kind of file: bytes -> pages and blocks."""
